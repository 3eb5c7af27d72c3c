import SnapshotModel

@testable import FileTrees
@testable import Packing
@testable import Repositories
@testable import Sealing
@testable import Workflows

/// What reads bytes that somebody else may have written. The first byte of an input chooses one.
enum Parser: UInt8, CaseIterable {
  case config, keySlot, snapshot, labels, tomb, directory, pack, scan, frame, segment, manifest, chunkList, announcement
  case operation, glob, ignoreFile, configuration

  /// Any outcome will do but a trap, an endless loop or too much memory. Checksums are made to fit, for no fuzzer guesses them.
  func parse(_ input: [UInt8]) {
    switch self {
    case .config:
      // The last line of a whole configuration, but for its digits.
      let body = input + Array("\n".utf8)
      let text = body + Array("checksum: \(hexadecimal(sha256(body)))\n".utf8)
      _ = try? RepositoryConfig(decoding: text)
    case .keySlot: _ = try? KeySlot(decoding: input + sha256(input))
    case .snapshot: _ = try? SnapshotCoder.decode(input + sha256(input))
    case .labels: _ = try? LabelsCoder.decode(input + sha256(input))
    case .tomb: _ = try? TombCoder.decode(input + sha256(input))
    case .directory:
      guard input.count > 2 else { return }
      _ = try? PackDirectoryCoder.decode(input[2...], frameCount: Int(input[0]), chunkCount: Int(input[1]))
    case .pack:
      _ = try? PackReader.readDirectory(PackBytes(input), repository: Self.repository, pack: Self.pack)
      try? PackReader.checkWhole(input)
    case .scan:
      _ = try? PackReader.scan(
        PackBytes(input), repository: Self.repository, pack: Self.pack, naming: .sha256, base: { _ in input[...] })
    case .frame: parseFrame(input)
    case .segment:
      guard var reader = try? ManifestReader(input[...]) else { return }
      _ = try? reader.entries()
    case .manifest: _ = try? ManifestRoot(decoding: input)
    case .chunkList: _ = try? ChunkList.decode(input)
    case .announcement: _ = SaveAnnouncement(decoding: input)
    case .operation: _ = OperationLog.decode(input, name: "0000000000000000-forget")
    case .glob:
      let parts = input.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
      let text = Array(parts.count > 1 ? parts[1] : [])
      _ = GlobPattern(parts.first ?? [])?.matches(text.span)
    case .ignoreFile:
      let list = IgnoreRuleList(text: input, source: .commandLine, folder: .root)
      _ = list.lastMatch(Array("src/build/app.log".utf8).span, nameStart: 10, isDirectory: false)
    case .configuration: _ = try? ProjectConfiguration(parsing: input)
    }
  }

  private func parseFrame(_ input: [UInt8]) {
    let checksum = input.dropFirst(4).prefix(FrameHeader.checksumByteCount)
    let hash = ChunkID(bytes: checksum + [UInt8](repeating: 0, count: ChunkID.byteCount - checksum.count))
    guard let hash, let header = try? FrameHeader(decoding: input[...], hash: { _ in hash }) else { return }
    _ = try? FrameDecoder().decode(header, payload: input.dropFirst(header.headerLength), prefix: input[...])
  }

  private static let repository = RepositoryID(bytes: [UInt8](repeating: 1, count: RepositoryID.byteCount))!
  private static let pack = PackID(bytes: [UInt8](repeating: 2, count: PackID.byteCount))!
}

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
  guard let first = bytes.first else { return 0 }
  let parsers = Parser.allCases
  parsers[Int(first) % parsers.count].parse(Array(bytes.dropFirst()))
  return 0
}

import SnapshotModel
import TestSupport

@testable import Packing

/// Trees that were never on a disk.
enum ManifestSamples {
  static let chunkID = ChunkID((1, 2, 3, 4))
  static let owner = FileOwner(userID: 1000, groupID: 1000, userName: Array("ada".utf8), groupName: Array("dev".utf8))

  static func path(_ text: String) -> ArchivePath {
    guard let path = ArchivePath(text) else { preconditionFailure("no path: \(text)") }
    return path
  }

  static func metadata(seconds: Int64 = 1_700_000_000) -> FileMetadata {
    FileMetadata(mode: 0o644, owner: owner, modified: Timestamp(seconds: seconds, nanoseconds: 5))
  }

  static func file(_ text: String, size: Int = 10, id: ChunkID = chunkID) -> ManifestEntry {
    ManifestEntry(
      path: path(text), kind: .file, metadata: metadata(), size: UInt64(size),
      content: .inline(size == 0 ? [] : [ChunkReference(id: id, length: size)]))
  }

  /// `count` files, `a/00000.txt` and on.
  static func files(_ count: Int) -> [ManifestEntry] {
    (0..<count).map { at in
      let digits = String(at)
      return file("a/" + String(repeating: "0", count: 5 - digits.count) + digits + ".txt", size: at + 1)
    }
  }

  static func segments(_ entries: [ManifestEntry]) throws -> [ManifestSegment] {
    var writer = ManifestWriter()
    var segments: [ManifestSegment] = []
    for entry in entries {
      if let segment = try writer.append(entry) { segments.append(segment) }
    }
    if let last = writer.finish() { segments.append(last) }
    return segments
  }

  static func decoded(_ segments: [ManifestSegment]) throws -> [ManifestEntry] {
    try segments.flatMap { try ManifestReader.entries(ofSegment: $0.bytes) }
  }
}

// Everything that an entry can hold, at random.
extension ManifestSamples {
  static func randomEntries(_ count: Int, using generator: inout SeededGenerator) -> [ManifestEntry] {
    var paths: Set<ArchivePath> = [.root]
    var folders: [ArchivePath] = [.root]
    while paths.count < count {
      let folder = folders[Int.random(in: 0..<folders.count, using: &generator)]
      guard let path = folder.appending(randomName(using: &generator)) else { continue }
      paths.insert(path)
      if generator.chance(1, in: 5) { folders.append(path) }
    }
    let directories = Set(folders)
    var entries: [ManifestEntry] = []
    for path in paths.sorted() {
      entries.append(
        randomEntry(path, isDirectory: directories.contains(path), earlier: entries, using: &generator))
    }
    return entries
  }

  private static func randomName(using generator: inout SeededGenerator) -> [UInt8] {
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: generator.bytes(Int.random(in: 1...255, using: &generator))
    case 1: Array(["a", "b", "...", ".x", "-", "ä", "a b"].randomElement(using: &generator)?.utf8 ?? "a".utf8)
    default: Array("file-\(Int.random(in: 0..<100_000, using: &generator)).txt".utf8)
    }
  }

  private static func randomEntry(
    _ path: ArchivePath, isDirectory: Bool, earlier: [ManifestEntry], using generator: inout SeededGenerator
  ) -> ManifestEntry {
    let kinds: [EntryKind] = [
      .file, .file, .file, .file, .symbolicLink, .fifo, .characterDevice, .blockDevice, .socket,
    ]
    let kind = isDirectory ? .directory : kinds.randomElement(using: &generator) ?? .file
    var entry = ManifestEntry(path: path, kind: kind, metadata: randomMetadata(using: &generator))
    switch kind {
    case .file: addRandomContent(to: &entry, using: &generator)
    case .symbolicLink:
      entry.linkTarget = generator.bytes(Int.random(in: 1...60, using: &generator)).map { max($0, 1) }
      entry.size = UInt64(entry.linkTarget.count)
    case .characterDevice, .blockDevice:
      entry.deviceNumber = DeviceNumber(
        major: .random(in: 0...(.max), using: &generator), minor: .random(in: 0...(.max), using: &generator))
    default: break
    }
    if kind != .directory, generator.chance(1, in: 8), let first = earlier.last(where: { $0.kind == kind }) {
      entry.hardLinkTarget = first.path
    }
    return entry
  }

  private static func randomMetadata(using generator: inout SeededGenerator) -> FileMetadata {
    let owner = FileOwner(
      userID: generator.chance(1, in: 4) ? .random(in: 0...(.max), using: &generator) : 1000, groupID: 1000,
      userName: generator.chance(1, in: 4) ? generator.bytes(3) : Array("ada".utf8), groupName: [])
    let seconds: [Int64] = [0, -1, .min, .max, 1_700_000_000, .random(in: 0...2_000_000_000, using: &generator)]
    let names = Set(
      (0..<Int.random(in: 0...3, using: &generator)).map { _ in "user.\(UInt8.random(in: 0...9, using: &generator))" })
    let hasAttributes = generator.chance(1, in: 4)
    return FileMetadata(
      mode: .random(in: 0...0o7777, using: &generator), owner: owner,
      modified: Timestamp(
        seconds: seconds.randomElement(using: &generator) ?? 0,
        nanoseconds: .random(in: 0...999_999_999, using: &generator)),
      extendedAttributes: hasAttributes
        ? names.sorted().map { ExtendedAttribute(name: Array($0.utf8), value: generator.bytes(4)) } : [])
  }

  private static func addRandomContent(to entry: inout ManifestEntry, using generator: inout SeededGenerator) {
    var chunks: [ChunkReference] = []
    for _ in 0..<Int.random(in: 0...4, using: &generator) {
      chunks.append(randomChunk(using: &generator))
    }
    if generator.chance(1, in: 10) {
      while chunks.count < FileContent.inlineCountMax { chunks.append(randomChunk(using: &generator)) }
    }
    entry.content = .inline(chunks)
    entry.size = chunks.reduce(0) { $0 + UInt64($1.length) }
    if generator.chance(1, in: 10) {
      entry.content = .indirect(lists: [randomChunk(using: &generator), randomChunk(using: &generator)])
      entry.size = .random(in: 1...(.max / 2), using: &generator)
    }
    if generator.chance(1, in: 6) {
      var extents: [DataExtent] = []
      var end: UInt64 = 0
      if entry.size > 1 {
        extents.append(DataExtent(offset: 4096, length: 1))
        extents.append(DataExtent(offset: 8192, length: entry.size - 1))
        end = 8192 + entry.size - 1
      } else if entry.size == 1 {
        extents.append(DataExtent(offset: 0, length: 1))
        end = 1
      }
      entry.dataExtents = extents
      entry.size = end + .random(in: 0...(.max / 4), using: &generator)
    }
  }

  static func randomChunk(using generator: inout SeededGenerator) -> ChunkReference {
    ChunkReference(
      id: ChunkID((generator.next(), generator.next(), generator.next(), generator.next())),
      length: .random(in: 1...ChunkReference.lengthMax, using: &generator))
  }
}

import FileTrees
import Repositories
import Sealing
import SnapshotModel

extension Session {
  /// - Throws: `SnapFault` `.refused` that says what it is instead.
  func checkIsFile(_ entry: ManifestEntry, _ version: Snapshot) throws {
    switch entry.kind {
    case .file: return
    case .directory:
      throw SnapFault(
        .refused, "'\(entry.path)' is a folder", hint: "snap ls \(version.version):\(entry.path)",
        path: entry.path.description)
    case .symbolicLink:
      throw SnapFault(
        .refused, "'\(entry.path)' is a symbolic link to '\(displayText(entry.linkTarget))'",
        path: entry.path.description)
    default:
      throw SnapFault(.refused, "'\(entry.path)' is a \(entry.kind.word), not a file", path: entry.path.description)
    }
  }
}

/// A file's bytes as a stream, holes as zeros.
enum EntryContent {
  /// Calls `body` with the content from front to back, a chunk at a time.
  ///
  /// - Throws: `SnapFault` `.damage` for an entry that contradicts itself, before the first call.
  static func forEachPiece(
    of entry: ManifestEntry, from reader: ChunkReader, _ body: (ArraySlice<UInt8>) throws -> Void
  ) throws {
    var end: UInt64 = 0
    for piece in try layout(of: entry, from: reader).pieces {
      let bytes = try reader.bytes(of: piece.chunk)
      for run in piece.runs {
        try writeZeros(run.offset - end, body)
        try body(bytes[(bytes.startIndex + run.start)...].prefix(run.length))
        end = run.offset + UInt64(run.length)
      }
    }
    try writeZeros(entry.size - end, body)
  }

  private static func layout(of entry: ManifestEntry, from reader: ChunkReader) throws -> ContentLayout {
    do {
      return try ContentLayout(of: entry, reading: reader)
    } catch let error as ContentLayout.Mismatch {
      let path = entry.path.description
      throw SnapFault(.damage, "\(path): \(error)", hint: "snap verify", path: path)
    }
  }

  /// The whole content; `nil` when it is larger than `byteCountMax`.
  static func bytes(of entry: ManifestEntry, from reader: ChunkReader, byteCountMax: UInt64) throws -> [UInt8]? {
    guard entry.size <= byteCountMax else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(entry.size))
    try forEachPiece(of: entry, from: reader) { bytes += $0 }
    return bytes
  }

  /// Holes count as zeros, which takes minutes for a terabyte; nobody waits for what a few bytes can claim beyond that.
  private static let hashedHolesMax: UInt64 = 1 << 40

  /// SHA-256 of the whole file in hexadecimal: of a file of one chunk without holes its chunk's id, where that is such a hash,
  /// else by reading all of it.
  ///
  /// - Returns: `nil` for what is no regular file, or has more than a tebibyte of holes.
  static func digest(of entry: ManifestEntry, from reader: ChunkReader) throws -> String? {
    guard entry.kind == .file, entry.size - min(entry.dataSize, entry.size) <= hashedHolesMax else { return nil }
    if case .sha256 = reader.naming, entry.dataExtents == nil, case .inline(let chunks) = entry.content,
      chunks.count == 1
    {
      return chunks[0].id.hexadecimal
    }
    let stream = SHA256Stream()
    try forEachPiece(of: entry, from: reader) { stream.update($0) }
    return hexadecimal(stream.finalize())
  }

  private static let zeros = [UInt8](repeating: 0, count: 1 << 16)

  private static func writeZeros(_ count: UInt64, _ body: (ArraySlice<UInt8>) throws -> Void) rethrows {
    var left = count
    while left > 0 {
      let piece = min(left, UInt64(zeros.count))
      try body(zeros.prefix(Int(piece)))
      left -= piece
    }
  }
}

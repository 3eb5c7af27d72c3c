import SnapshotModel

/// What an export left out or could not read.
package struct TarSummary: Sendable, Hashable {
  /// Members written.
  package var members = 0
  package var contentBytes: UInt64 = 0
  /// Files whose content could not be read whole: zeros stand in for missing chunks; a file whose chunks are not even
  /// known is left out.
  package var damaged: [ArchivePath] = []
  /// Sockets, which tar has no member type for.
  package var skippedSockets: [ArchivePath] = []
}

/// Writes the entries of a snapshot as a pax archive that GNU tar, bsdtar and Python's tarfile read.
///
/// Extended attributes (with ACLs among them) as `SCHILY.xattr.*`, holes as GNU sparse format 1.0, times to the
/// nanosecond. The same entries give the same bytes. Why not a library: `docs/decisions/own-tar-writer.md`.
package final class TarWriter {
  private let sink: any ByteSink
  private let content: any ContentReading
  private let prefix: [UInt8]
  package private(set) var summary = TarSummary()
  /// Hashes of the paths of all regular files so far; a collision, one in 2^64, would name a file that is not there.
  private var written: Set<Int> = []
  /// For files whose first name is not in the archive: the name that has the content.
  private var substitutes: [ArchivePath: ArchivePath] = [:]
  private var gate = EntryGate()

  /// - Parameter prefix: a folder to put everything below, such as `project-1.2/`; may be empty.
  package init(to sink: any ByteSink, content: any ContentReading, prefix: [UInt8] = []) {
    self.sink = sink
    self.content = content
    self.prefix = prefix.isEmpty || prefix.last == UInt8(ascii: "/") ? prefix : prefix + [UInt8(ascii: "/")]
  }

  /// Appends one member; entries come in path order.
  ///
  /// - Throws: what the sink throws; `SnapFault` `.refused` for an entry that whoever unpacks the archive may write through a link.
  ///   Content that cannot be read is noted in `summary` and does not stop the archive.
  package func append(_ entry: ManifestEntry) throws {
    guard gate.admits(entry) else {
      throw EntryGate.refusal(of: entry, hint: "snap restore --skip-unsafe restores the rest")
    }
    switch entry.kind {
    case .socket: return summary.skippedSockets.append(entry.path)
    case .file: try appendFile(entry)
    case .directory, .symbolicLink, .fifo, .characterDevice, .blockDevice: try appendNode(entry)
    }
  }

  /// Ends the archive and the sink.
  package func finish() throws -> TarSummary {
    try sink.write([UInt8](repeating: 0, count: 2 * TarHeader.blockByteCount)[...])
    try sink.finish()
    return summary
  }

  private func name(_ path: ArchivePath, isFolder: Bool = false) -> [UInt8] {
    let slash = UInt8(ascii: "/")
    if path.isRoot { return prefix.isEmpty ? Array("./".utf8) : prefix }
    return prefix + path.bytes + (isFolder ? [slash] : [])
  }

  private func appendNode(_ entry: ManifestEntry) throws {
    let kind: TarHeader.Kind =
      switch entry.kind {
      case .directory: .folder
      case .symbolicLink: .symbolicLink
      case .characterDevice: .characterDevice
      case .blockDevice: .blockDevice
      default: .fifo
      }
    var header = TarHeader(kind)
    header.setPath(name(entry.path, isFolder: entry.kind == .directory))
    header.setMetadata(entry.metadata)
    header.setSize(0)
    if entry.kind == .symbolicLink { header.setLinkTarget(entry.linkTarget) }
    header.setDevice(entry.deviceNumber)
    summary.members += 1
    try sink.write(header.encoded()[...])
  }

  private func appendFile(_ entry: ManifestEntry) throws {
    if let first = entry.hardLinkTarget {
      let source = written.contains(first.hashValue) ? first : substitutes[first]
      if let source { return try appendHardLink(entry, to: source) }
    }
    guard let layout = try? ContentLayout(of: entry, reading: content) else {
      // Its size cannot be believed, or its chunks are not known.
      return summary.damaged.append(entry.path)
    }
    if let first = entry.hardLinkTarget { substitutes[first] = entry.path }
    written.insert(entry.path.hashValue)
    summary.members += 1
    var header = TarHeader(.file)
    header.setMetadata(entry.metadata)
    var map: [UInt8] = []
    if let extents = entry.dataExtents {
      map = sparseMap(extents, size: entry.size)
      let name = name(entry.path)
      header.setShortName(Array("GNUSparseFile.0/".utf8) + entry.path.name)
      header.addRecord("GNU.sparse.major", "1")
      header.addRecord("GNU.sparse.minor", "0")
      header.addText("GNU.sparse.name", name)
      header.addRecord("GNU.sparse.realsize", "\(entry.size)")
    } else {
      header.setPath(name(entry.path))
    }
    let size = entry.dataSize
    header.setSize(UInt64(map.count) + size)
    try sink.write(header.encoded()[...])
    if !map.isEmpty { try sink.write(map[...]) }
    try writeContent(layout, of: entry.path)
    try sink.write(tarPadding(after: size)[...])
    summary.contentBytes += size
  }

  private func appendHardLink(_ entry: ManifestEntry, to source: ArchivePath) throws {
    var header = TarHeader(.hardLink)
    header.setPath(name(entry.path))
    header.setMetadata(entry.metadata)
    header.setSize(0)
    header.setLinkTarget(name(source))
    summary.members += 1
    try sink.write(header.encoded()[...])
  }

  /// The number of extents, then offset and length of each, a line each;
  /// an empty one at the end says where a hole ends.
  private func sparseMap(_ extents: [DataExtent], size: UInt64) -> [UInt8] {
    var extents = extents
    if extents.last.map({ $0.offset &+ $0.length < size }) ?? true {
      extents.append(DataExtent(offset: size, length: 0))
    }
    let lines = ["\(extents.count)"] + extents.flatMap { ["\($0.offset)", "\($0.length)"] }
    return padded(Array(lines.map { $0 + "\n" }.joined().utf8))
  }

  /// Exactly what the layout says, as the header has its size: zeros for a chunk that cannot be read.
  private func writeContent(_ layout: ContentLayout, of path: ArchivePath) throws {
    var isWhole = true
    for piece in layout.pieces {
      if let bytes = try? content.bytes(of: piece.chunk), bytes.count == piece.chunk.length {
        try sink.write(bytes)
      } else {
        isWhole = false
        try sink.write([UInt8](repeating: 0, count: piece.chunk.length)[...])
      }
    }
    if !isWhole { summary.damaged.append(path) }
  }
}

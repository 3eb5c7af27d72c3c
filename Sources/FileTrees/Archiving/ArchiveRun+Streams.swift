import Chunking
import Glibc
import Repositories
import SnapshotModel

/// A row of the manifest that the walk does not meet, and that is put in its place in path order.
struct SplicedRow {
  enum Kind {
    /// Made up, unless the walk meets it.
    case folder
    /// - Parameter prior: what the parent has there, whose time is kept where the content is the same.
    case file(SavedDump, content: FileContent, size: UInt64, prior: ManifestEntry?)
  }

  var path: ArchivePath
  var kind: Kind
}

/// What programs write: read before the walk, so that it is nowhere but in the repository, and spliced in where it belongs.
extension ArchiveRun {
  private static let streamBytesInFlightMax = 16 << 20

  /// Reads all streams to their ends.
  func ingestStreams() throws {
    guard let source = request.streams else { return }
    let files = source.files
    let priors = try files.map { try prior?.find($0.path).flatMap { $0.kind == .file ? $0 : nil } }
    let streams: [StreamMemory.Stream]
    if let remembered = memory.streams {
      guard try session.holds(remembered.flatMap(\.chunks)) else {
        throw SnapFault(
          .busy, "a collector removed what the dumps had stored; nothing was added to history",
          hint: "try again when no snap gc is running")
      }
      streams = remembered
    } else {
      try source.start()
      streams = try read(source, priors)
      memory.streams = streams
    }
    for (at, stream) in streams.enumerated() {
      if let failure = stream.failure {
        fail(files[at].path, failure)
        continue
      }
      dumps.append(files[at])
      statistics.bytesRead += stream.byteCount
      let content = try session.content(of: stream.chunks, prior: priors[at]?.content)
      splice(.file(files[at], content: content, size: stream.byteCount, prior: priors[at]), at: files[at].path)
    }
    spliced.sort { $0.path > $1.path }
  }

  private func splice(_ kind: SplicedRow.Kind, at path: ArchivePath) {
    spliced.append(SplicedRow(path: path, kind: kind))
    var folder = path.parent
    while let above = folder, !above.isRoot, !spliced.contains(where: { $0.path == above }) {
      spliced.append(SplicedRow(path: above, kind: .folder))
      folder = above.parent
    }
  }

  private func read(_ source: any StreamedFiles, _ priors: [ManifestEntry?]) throws -> [StreamMemory.Stream] {
    var streams = try source.files.enumerated().map { at, file in
      let base = try priors[at]?.content ?? prior?.file(resembling: file.path, byteCount: .max / 4)?.content
      return try session.makeContentStream(
        prior: base, byteCountExpected: priors[at]?.size ?? 0, number: source.files.count > 1 ? at : nil)
    }
    var ends = source.files.map { _ in StreamMemory.Stream(chunks: [], byteCount: 0, failure: nil) }
    var cutters = source.files.map { _ in StreamCutter(chunker) }
    var pending = Queue<(file: Int, byteCount: Int, chunks: PoolResult<[HashedChunk]>)>()
    var bytesInFlight = 0
    func takeOldest() throws {
      guard let oldest = pending.popFirst() else { return }
      bytesInFlight -= oldest.byteCount
      for chunk in try oldest.chunks.get() { try streams[oldest.file].add(chunk) }
    }
    func cut(_ file: Int, isFinal: Bool) throws {
      let (bytes, lengths) = cutters[file].cut(isFinal: isFinal)
      guard !bytes.isEmpty else { return }
      let chunks = session.pool.submit { tools in HashedChunk.named(bytes, lengths, by: tools.hasher) }
      pending.append((file, bytes.count, chunks))
      bytesInFlight += bytes.count
      while bytesInFlight > Self.streamBytesInFlightMax { try takeOldest() }
    }
    while let piece = try source.next() {
      try stopIfAsked()
      switch piece {
      case .nothingYet: continue
      case .bytes(let file, let bytes):
        cutters[file].add(bytes)
        ends[file].byteCount += UInt64(bytes.count)
        report(source.files[file].path, bytes: UInt64(bytes.count), isWhole: false)
        if cutters[file].byteCountWaiting >= FileIngest.slabBytes { try cut(file, isFinal: false) }
      case .end(let file, let failure):
        ends[file].failure = failure
        try cut(file, isFinal: true)
      }
    }
    while !pending.isEmpty { try takeOldest() }
    for file in streams.indices { ends[file].chunks = try streams[file].finish() }
    return ends
  }

  /// Puts in what comes before `path`, or all that is left.
  func spliceRows(before path: ArchivePath?) throws {
    while let next = spliced.last, path.map({ next.path < $0 }) ?? true {
      spliced.removeLast()
      try add(next)
    }
  }

  /// Settles what the walk and a program both have at a path.
  ///
  /// - Returns: whether the walk's item is passed over.
  /// - Throws: `SnapFault` when one is a folder and the other is none.
  func isReplaced(_ item: WalkedItem) throws -> Bool {
    guard let next = spliced.last, next.path == item.path else { return false }
    switch next.kind {
    case .folder:
      guard item.status.kind == .directory else { throw inTheWay(item) }
      spliced.removeLast()
      return false
    case .file(let dump, _, _, _):
      guard item.status.kind != .directory else { throw inTheWay(item) }
      events.note("the dump '\(dump.name)' stands in the version in place of the file \(item.path)")
      return true
    }
  }

  private func inTheWay(_ item: WalkedItem) -> SnapFault {
    let what = item.status.kind == .directory ? "a folder" : "no folder"
    return SnapFault(
      .refused, "the project's '\(item.path)' is \(what), and in the way of a dump; nothing was saved",
      hint: "give the dump another path in the configuration", path: item.path.description)
  }

  private func add(_ row: SplicedRow) throws {
    let owner = owners.owner(userID: geteuid(), groupID: getegid())
    let known = try prior?.entry(at: row.path)?.entry
    var metadata = FileMetadata(mode: 0o600, owner: owner, modified: request.time ?? started)
    switch row.kind {
    case .folder:
      metadata.mode = 0o700
      if let known, known.kind == .directory {
        metadata = known.metadata
      } else {
        statistics.directoriesNew += 1
      }
      try add(.node(nil, ManifestEntry(path: row.path, kind: .directory, metadata: metadata)), byteCount: 0)
    case .file(_, let content, let size, let prior):
      if let prior, prior.content == content { metadata = prior.metadata }
      let entry = ManifestEntry(path: row.path, kind: .file, metadata: metadata, size: size, content: content)
      try add(.made(entry, prior: known), byteCount: 0)
    }
  }
}

import Repositories
import SnapshotModel

/// What happens to each item once everything before it in path order has been decided.
extension ArchiveRun {
  func decide(_ work: ArchiveUnit.Work) throws {
    switch work {
    case .batch(let rows, let files): try decide(rows, try files?.get() ?? [])
    case .largeFileStart(let file):
      largeStream = try session.makeContentStream(
        prior: file.base, byteCountExpected: file.byteCountExpected)
    case .slab(let chunks):
      for chunk in try chunks.get() { try largeStream?.add(chunk) }
    case .largeFileEnd(let file): try decide(file)
    }
  }

  private func decide(_ rows: [ArchiveRow], _ files: [Result<IngestedFile, SystemError>]) throws {
    var next = 0
    for row in rows {
      switch row {
      case .node(let status, let entry): try append(node: entry, status: status)
      case .unchanged(let status, let old):
        try append(file: takenOver(old, status, hardLinkTarget: nil), status: status, prior: old)
      case .made(let entry, let prior): try append(file: entry, status: nil, prior: prior)
      case .link(let item, let prior, let target): try decide(item, prior, target)
      case .file(let item, let prior, let base):
        defer { next += 1 }
        switch files[next] {
        case .failure(let error): fail(item.path, error.description)
        case .success(let file): try decide(item, file, prior, base)
        }
      }
    }
  }

  private func decide(
    _ item: WalkedItem, _ file: IngestedFile, _ prior: ManifestEntry?, _ base: FileContent?
  ) throws {
    if file.changedWhileRead { fail(item.path, "changed while being saved (saved as read)") }
    let byteCount = file.chunks.reduce(0) { $0 + UInt64($1.bytes.count) }
    statistics.bytesRead += byteCount
    var stream = try session.makeContentStream(prior: base, isOwn: prior?.kind == .file, byteCountExpected: byteCount)
    for chunk in file.chunks { try stream.add(chunk) }
    let content = try session.content(of: stream.finish(), prior: base)
    let entry = ManifestEntry(
      path: item.path, kind: .file, metadata: file.metadata, size: file.size, dataExtents: file.dataExtents,
      content: content)
    if file.holdsSecret { noteSecret(entry, prior) }
    try append(file: entry, status: file.changedWhileRead ? nil : file.status, prior: prior)
  }

  private func decide(_ item: WalkedItem, _ prior: ManifestEntry?, _ target: ArchivePath) throws {
    guard let linked = linkedContent[target], linked.identity == item.status.identity else {
      return try decide(alone: item, prior, target)
    }
    var entry = linked.entry
    entry.path = item.path
    entry.hardLinkTarget = target
    try append(file: entry, status: item.status, prior: prior)
  }

  /// Reads a name of an inode whose first name could not be read, or was another inode's by then.
  private func decide(alone item: WalkedItem, _ prior: ManifestEntry?, _ target: ArchivePath) throws {
    guard item.status.size <= FileIngest.wholeFileBytesMax else {
      return fail(item.path, "is another name of '\(target)', which could not be saved")
    }
    let (chunker, owners, holdsSecret) = (chunker, owners, request.holdsSecret)
    let result = session.pool.submit { tools in
      FileIngest.ingest(item, chunker: chunker, owners: owners, tools: tools, holdsSecret: holdsSecret)
    }
    switch try result.get() {
    case .failure(let error): fail(item.path, error.description)
    case .success(let file):
      try decide(item, file, prior, try base(for: item.path, prior: prior, byteCount: item.status.size))
    }
  }

  private func decide(_ file: LargeFile) throws {
    guard var stream = largeStream.take() else { preconditionFailure("a large file ended that had not begun") }
    let chunks = try stream.finish()
    if let failure = file.failure { return fail(file.path, failure.description) }
    if file.changedWhileRead { fail(file.path, "changed while being saved (saved as read)") }
    statistics.bytesRead += file.bytesRead
    let entry = ManifestEntry(
      path: file.path, kind: .file, metadata: file.metadata,
      size: file.dataExtents == nil ? file.bytesRead : file.status?.size ?? file.bytesRead,
      dataExtents: file.dataExtents,
      content: try session.content(of: chunks, prior: file.base))
    if file.holdsSecret { noteSecret(entry, file.prior) }
    try append(file: entry, status: file.changedWhileRead ? nil : file.status, prior: file.prior)
  }

  /// A file that was read again and is as it was has been told of before.
  private func noteSecret(_ entry: ManifestEntry, _ prior: ManifestEntry?) {
    if prior?.content != entry.content { secretFiles.append(entry.path) }
  }

  /// The prior entry of an inode that nobody has touched since, under the names that its owner has today.
  func takenOver(_ old: ManifestEntry, _ status: FileStatus, hardLinkTarget: ArchivePath?) -> ManifestEntry {
    var entry = old
    entry.hardLinkTarget = hardLinkTarget
    entry.metadata.mode = status.mode
    entry.metadata.owner = owners.owner(userID: status.userID, groupID: status.groupID)
    return entry
  }

  private func append(node entry: ManifestEntry, status: FileStatus?) throws {
    if entry.kind == .directory { statistics.directories += 1 } else { statistics.otherEntries += 1 }
    statCache?.append(status)
    try session.append(entry)
  }

  /// - Parameter status: what the stat cache shall remember; `nil` for what must be read again next time.
  private func append(file entry: ManifestEntry, status: FileStatus?, prior: ManifestEntry?) throws {
    statistics.count(file: entry, prior: prior)
    if let status, status.linkCount > 1, entry.hardLinkTarget == nil {
      linkedContent[entry.path] = (entry, status.identity)
    }
    statCache?.append(status)
    try session.append(entry)
    report(entry.path, bytes: entry.size)
  }
}

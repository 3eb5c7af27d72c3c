import CLinux
import Glibc
import Sealing
import SnapshotModel

/// One regular file to restore.
struct FileJob: Sendable {
  var entry: ManifestEntry
  /// Without the stripped components.
  var targetPath: ArchivePath
  var folder: TargetFolder
}

/// Restores regular files, one at a time; each writing thread has its own.
final class FileRestorer {
  let context: RestoreContext
  private let hasher: ChunkHasher
  private let metadata: MetadataWriter
  private let temporaryPrefix: [UInt8]
  private var temporaryCount = 0
  private(set) var summary = RestoreSummary()
  /// Of the files that are now as the snapshot has them: what hard links may be made to.
  private(set) var fingerprints: [UInt64] = []

  init(context: RestoreContext, thread: Int) {
    self.context = context
    hasher = ChunkHasher(context.content.naming)
    metadata = MetadataWriter(context: context)
    temporaryPrefix = context.temporaryPrefix + Array("\(thread)-".utf8)
  }

  /// - Throws: only the fault that ends the restore; all others are collected.
  func restore(_ job: FileJob) throws(SnapFault) {
    do throws(TargetError) {
      try context.checkStop()
      try place(job)
    } catch {
      if error.stopsEverything { throw context.stop(error) }
      fail(job.targetPath, context.fault(job.targetPath, error))
    }
  }

  private func fail(_ path: ArchivePath, _ fault: SnapFault) {
    summary.add(fault)
    context.events.restore(failed: fault, path: path)
  }

  private func place(_ job: FileJob) throws(TargetError) {
    let name = job.targetPath.name
    let existing = job.folder.isFresh ? nil : try job.folder.status(name)
    let sidecars = job.folder.isFresh ? [] : try sidecars(of: job)
    if let existing, try settle(job, existing, hasSidecars: !sidecars.isEmpty) { return }
    // A folder goes by itself, and then something is made where nothing is.
    let folderInTheWay = existing?.kind == .directory ? existing : nil
    let action = existing == nil || folderInTheWay != nil ? RestoreAction.created : .replaced
    if context.options.isDryRun {
      if let folderInTheWay { try removeFolder(job, folderInTheWay) }
      try remove(sidecars, job)
      summary.files += 1
      // Hard links will find it done.
      fingerprints.append(fingerprint(job.targetPath, .planned))
      summary.bytesWritten = saturatingSum(summary.bytesWritten, job.entry.dataSize)
      return context.events.restore(did: action, path: job.targetPath, kind: .file, byteCount: job.entry.dataSize)
    }
    // In a folder of our own nothing can be lost: the rename, a quarter of a small file's cost, is saved.
    let working = job.folder.isFresh ? name : nextTemporaryName()
    let descriptor = try job.folder.createFile(working, isReadable: context.options.verifies)
    var isPlaced = false
    defer {
      close(descriptor)
      if !isPlaced { try? job.folder.remove(working) }
    }
    let damagedCount = summary.damaged.count
    guard let byteCount = try write(job, to: descriptor) else { return }
    let status = try TargetStatus(of: descriptor)
    try metadata.apply(job.entry.metadata, to: descriptor, status: status, existing: nil, summary: &summary)
    // First: a crash in between must not leave the log of one database to another.
    try remove(sidecars, job)
    if working != name {
      if let folderInTheWay { try removeFolder(job, folderInTheWay) }
      try job.folder.rename(working, to: name)
    }
    isPlaced = true
    summary.files += 1
    summary.bytesWritten += byteCount
    if summary.damaged.count == damagedCount { fingerprints.append(fingerprint(job.targetPath, status.identity)) }
    context.events.restore(did: action, path: job.targetPath, kind: .file, byteCount: byteCount)
  }

  private func removeFolder(_ job: FileJob, _ status: TargetStatus) throws(TargetError) {
    summary.deleted += try FolderRemover(context: context).remove(job.targetPath, in: job.folder, status)
  }

  /// What SQLite has left beside the database that the file replaces.
  private func sidecars(of job: FileJob) throws(TargetError) -> [ArchivePath] {
    guard context.options.databases.contains(job.entry.path) else { return [] }
    var found: [ArchivePath] = []
    for path in SidecarNames.paths(of: job.targetPath) where try job.folder.status(path.name)?.kind == .file {
      found.append(path)
    }
    return found
  }

  private func remove(_ sidecars: [ArchivePath], _ job: FileJob) throws(TargetError) {
    for path in sidecars {
      if !context.options.isDryRun { try job.folder.remove(path.name) }
      summary.deleted += 1
      context.events.restore(did: .deleted, path: path, kind: .file, byteCount: 0)
    }
  }

  private func nextTemporaryName() -> ArraySlice<UInt8> {
    temporaryCount += 1
    return (temporaryPrefix + Array(String(temporaryCount, radix: 36).utf8))[...]
  }

  /// Decides about something that stands where the file belongs.
  ///
  /// - Returns: `true` when nothing is left to do.
  private func settle(_ job: FileJob, _ existing: TargetStatus, hasSidecars: Bool) throws(TargetError) -> Bool {
    let path = job.targetPath
    func keep() -> Bool {
      summary.kept += 1
      context.events.restore(did: .kept, path: path, kind: .file, byteCount: 0)
      return true
    }
    switch context.options.overwrite {
    case .never: return keep()
    case .ifNewer where existing.modified >= job.entry.metadata.modified: return keep()
    case .ifChanged where existing.kind == .file && !hasSidecars:
      guard let isEqualContent = try hasEqualContent(job, existing), isEqualContent else { return false }
      let attributes = job.folder.attributes(path.name)
      let differs = metadata.differs(job.entry.metadata, existing, attributes)
      // The attributes of a file that has other names are theirs too: it is replaced, not changed.
      if differs, existing.linkCount > 1 { return false }
      if differs, !context.options.isDryRun { try repairMetadata(job, attributes) }
      if differs { summary.adjusted += 1 } else { summary.unchanged += 1 }
      fingerprints.append(fingerprint(path, existing.identity))
      context.events.restore(did: differs ? .adjusted : .unchanged, path: path, kind: .file, byteCount: 0)
      return true
    default:
      if existing.kind == .directory, context.options.overwrite != .always {
        throw TargetError(number: EISDIR)
      }
      return false
    }
  }

  private func repairMetadata(_ job: FileJob, _ attributes: [ExtendedAttribute]) throws(TargetError) {
    let descriptor = try job.folder.openFile(job.targetPath.name)
    defer { close(descriptor) }
    let status = try TargetStatus(of: descriptor)
    guard status.kind == .file else { throw TargetError(number: ESTALE) }
    try metadata.apply(job.entry.metadata, to: descriptor, status: status, existing: attributes, summary: &summary)
  }

  /// - Returns: `nil` when the snapshot's own content cannot be told.
  private func hasEqualContent(_ job: FileJob, _ existing: TargetStatus) throws(TargetError) -> Bool? {
    let entry = job.entry
    guard existing.size == entry.size else { return false }
    // The copy of a database has the time of a file that may hold less.
    let isDatabase = context.options.databases.contains(entry.path)
    if existing.modified == entry.metadata.modified, !context.options.verifies, !isDatabase { return true }
    guard let layout = try? ContentLayout(of: entry, reading: context.content) else { return nil }
    let descriptor = try job.folder.openFile(job.targetPath.name)
    defer { close(descriptor) }
    return try layout.matches(descriptor, hasher: hasher, context)
  }

  /// - Returns: how many bytes of content were written; `nil` when the file is not to stay.
  private func write(_ job: FileJob, to descriptor: Int32) throws(TargetError) -> UInt64? {
    let layout: ContentLayout
    do {
      layout = try ContentLayout(of: job.entry, reading: context.content)
    } catch {
      guard damaged(job, error), job.entry.size <= UInt64(Int64.max) else { return nil }
      try truncate(descriptor, to: job.entry.size)
      return 0
    }
    var firstError: (any Error)?
    var written: UInt64 = 0
    var end: UInt64 = 0
    for piece in layout.pieces {
      try context.checkStop()
      let bytes: ArraySlice<UInt8>
      do {
        bytes = try context.content.bytes(of: piece.chunk)
        guard bytes.count == piece.chunk.length else { throw ContentLayout.Mismatch() }
      } catch {
        if firstError == nil { firstError = error }
        guard context.options.keepsDamaged else { break }
        continue
      }
      for run in piece.runs {
        try writeAll(bytes[(bytes.startIndex + run.start)...].prefix(run.length), to: descriptor, at: run.offset)
        written += UInt64(run.length)
        end = run.offset + UInt64(run.length)
      }
    }
    if let firstError, !damaged(job, firstError) { return nil }
    if end < job.entry.size { try truncate(descriptor, to: job.entry.size) }
    if context.options.verifies, firstError == nil, !(try layout.matches(descriptor, hasher: hasher, context)) {
      let name = job.targetPath.description
      fail(job.targetPath, SnapFault(.inputOutput, "\(name): reads back differently from what was written", path: name))
      return nil
    }
    return written
  }

  /// Notes that the file's content is not whole.
  ///
  /// - Returns: whether to keep what there is of it.
  private func damaged(_ job: FileJob, _ error: any Error) -> Bool {
    summary.damaged.append(job.entry.path)
    let name = job.targetPath.description
    let state = context.options.keepsDamaged ? "restored in part" : "not restored"
    var fault = SnapFault(.damage, "\(name) is \(state): \(error)", path: name)
    if let cause = error as? SnapFault {
      fault = SnapFault(cause.code, "\(name) is \(state): \(cause.message)", hint: cause.hint, path: name)
    }
    fail(job.targetPath, fault)
    return context.options.keepsDamaged
  }

  private func truncate(_ descriptor: Int32, to size: UInt64) throws(TargetError) {
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw TargetError(number: errno) }
  }

  private func writeAll(_ bytes: ArraySlice<UInt8>, to descriptor: Int32, at offset: UInt64) throws(TargetError) {
    var failure: Int32 = 0
    // Reads only inside the slice, which outlives the loop.
    unsafe bytes.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let count = unsafe pwrite(
          descriptor, bytes.baseAddress.map { unsafe $0 + done }, bytes.count - done, off_t(offset) + off_t(done))
        if count > 0 {
          done += count
        } else if count == 0 || errno != EINTR {
          failure = count == 0 ? EIO : errno
          return
        }
      }
    }
    if failure != 0 { throw TargetError(number: failure) }
  }
}

/// Stands for one file of this run under one path; hard links are made to nothing else.
///
/// 64 bits of a hash with a random key: eight bytes a file, and nobody can aim at one.
func fingerprint(_ path: ArchivePath, _ identity: FileIdentity) -> UInt64 {
  var hasher = Hasher()
  hasher.combine(path)
  hasher.combine(identity)
  return UInt64(bitPattern: Int64(hasher.finalize()))
}

extension FileIdentity {
  /// Of what a dry run would make: no inode has the number 0.
  static let planned = FileIdentity(device: 0, inode: 0)
}

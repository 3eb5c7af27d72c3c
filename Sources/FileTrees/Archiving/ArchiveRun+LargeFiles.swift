import Glibc
import ObjectStores
import Repositories
import SnapshotModel

/// Files that are read in slabs by the walking thread, and streams.
extension ArchiveRun {
  func archiveLargeFile(_ item: WalkedItem, prior: ManifestEntry?) throws {
    let base = try base(for: item.path, prior: prior, byteCount: item.status.size)
    let file: LargeFile
    var reader: LargeFileReader
    do throws(SystemError) {
      let descriptor = try EntryCapture.open(item)
      let status = try FileStatus(descriptor: descriptor.number)
      guard status.kind == .file else { throw SystemError(errno: ESTALE, operation: "read") }
      let extents = try EntryCapture.dataExtents(descriptor.number, status: status)
      var current = item
      current.status = status
      file = LargeFile(
        path: item.path, prior: prior, base: base, status: status,
        metadata: try EntryCapture.metadata(current, descriptor.number, owners: owners), dataExtents: extents,
        byteCountExpected: extents?.reduce(0) { $0 + $1.length } ?? status.size)
      reader = LargeFileReader(descriptor, extents: extents, chunker: chunker)
    } catch {
      return fail(item.path, error.description)
    }
    try read(file, from: &reader)
    if file.failure == nil, let status = file.status, let after = try? FileStatus(descriptor: reader.number) {
      let isShort = file.dataExtents != nil && file.bytesRead != file.byteCountExpected
      file.changedWhileRead =
        status.differsInContent(from: after) || (file.dataExtents == nil && file.bytesRead != status.size)
      if isShort { file.failure = SystemError(errno: ESTALE, operation: "read") }
    }
    try submit(.largeFileEnd(file), byteCount: 0)
  }

  /// Saves what a descriptor gives as one file; the folders above it are made up.
  func archiveStream(_ descriptor: Int32, _ name: ArchivePath) throws {
    guard !memory.hasReadInput else {
      throw SnapFault(
        .busy, "a collector removed what the input of '\(name)' had stored; nothing was added to history",
        hint: "try again when no snap gc is running")
    }
    memory.hasReadInput = true
    var folder = ArchivePath.root
    let owner = owners.owner(userID: geteuid(), groupID: getegid())
    let metadata = FileMetadata(mode: 0o600, owner: owner, modified: request.time ?? started)
    for component in [[]] + name.components.dropLast().map(Array.init) {
      folder = component.isEmpty ? folder : folder.appending(component) ?? folder
      var folderMetadata = metadata
      folderMetadata.mode = 0o700
      if try prior?.entry(at: folder)?.entry.kind != .directory { statistics.directoriesNew += 1 }
      try submit(
        .batch([.node(nil, ManifestEntry(path: folder, kind: .directory, metadata: folderMetadata))], nil), byteCount: 0
      )
    }
    let known = try prior?.entry(at: name)?.entry
    let copy = dup(descriptor)
    guard copy >= 0 else { throw SnapFault(.inputOutput, "cannot read standard input: \(SystemError("read"))") }
    var reader = LargeFileReader(OwnedDescriptor(adopting: copy), extents: nil, chunker: chunker)
    let file = LargeFile(
      path: name, prior: known, base: try base(for: name, prior: known, byteCount: .max / 4), status: nil,
      metadata: metadata, dataExtents: nil,
      byteCountExpected: known?.size ?? 0)
    try read(file, from: &reader)
    if let failure = file.failure {
      throw SnapFault(.inputOutput, "cannot read the input of '\(name)': \(failure)")
    }
    // A stream has no status to compare with next time.
    file.changedWhileRead = false
    try submit(.largeFileEnd(file), byteCount: 0)
  }

  func read(_ file: LargeFile, from reader: inout LargeFileReader) throws {
    try submit(.largeFileStart(file), byteCount: 0)
    var isFirst = true
    do {
      while let slab = try reader.nextSlab() {
        try stopIfAsked()
        if isFirst { file.holdsSecret = request.holdsSecret?(file.path, slab.bytes) ?? false }
        isFirst = false
        let hashed = session.pool.submit { tools in HashedChunk.named(slab.bytes, slab.lengths, by: tools.hasher) }
        try submit(.slab(hashed), byteCount: slab.bytes.count)
      }
    } catch let error as SystemError {
      file.failure = error
    }
    file.bytesRead = reader.bytesRead
  }
}

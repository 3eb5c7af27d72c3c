import Sealing
import SnapshotModel

/// Snapshot records as bytes: canonical, so that equal snapshots are equal bytes.
///
/// - SeeAlso: docs/format/snapshot.md
package enum SnapshotCoder {
  private enum Tag {
    static let id: UInt64 = 1
    static let version: UInt64 = 2
    static let created: UInt64 = 3
    static let utcOffset: UInt64 = 4
    static let host: UInt64 = 5
    static let user: UInt64 = 6
    static let root: UInt64 = 7
    static let source: UInt64 = 8
    static let manifest: UInt64 = 9
    static let parent: UInt64 = 10
    static let git: UInt64 = 11
    static let statistics: UInt64 = 12
    static let message: UInt64 = 13
    static let label: UInt64 = 14
    static let toolVersion: UInt64 = 15
    static let dump: UInt64 = 16
    static let database: UInt64 = 17
    static let uncommitted: UInt64 = 18
    static let before: UInt64 = 20
  }

  private static let what = "snapshot record"
  private static let magic = "SNAPVERS"
  private static let voidMagic = "SNAPVOID"
  private static let formatVersion: UInt8 = 1
  /// Longer ones are refused.
  package static let byteCountMax = TaggedRecord.bytesMax

  package static func encode(_ snapshot: Snapshot) -> [UInt8] {
    var record = TaggedRecordWriter(magic: magic, version: formatVersion)
    record.append(tag: Tag.id, snapshot.id.bytes)
    record.append(tag: Tag.version, snapshot.version)
    var created = ByteWriter()
    created.append(snapshot.created)
    record.append(tag: Tag.created, created.bytes)
    if snapshot.utcOffsetSeconds != 0 {
      var offset = ByteWriter()
      offset.append(signedVarint: Int64(snapshot.utcOffsetSeconds))
      record.append(tag: Tag.utcOffset, offset.bytes)
    }
    record.append(tag: Tag.host, snapshot.host)
    record.append(tag: Tag.user, snapshot.user)
    record.append(tag: Tag.root, snapshot.root)
    for source in snapshot.sources { record.append(tag: Tag.source, source.bytes) }
    var manifest = ByteWriter()
    manifest.append(snapshot.manifest.id.bytes)
    manifest.append(varint: snapshot.manifest.length)
    record.append(tag: Tag.manifest, manifest.bytes)
    if let parent = snapshot.parent { record.append(tag: Tag.parent, parent.bytes) }
    if let git = snapshot.git { record.append(tag: Tag.git, encode(git)) }
    record.append(tag: Tag.statistics, encode(snapshot.statistics))
    record.append(tag: Tag.message, snapshot.message)
    for label in snapshot.tags { record.append(tag: Tag.label, Array(label.utf8)) }
    record.append(tag: Tag.toolVersion, snapshot.toolVersion)
    for dump in snapshot.dumps {
      var writer = ByteWriter()
      writer.append(counted: Array(dump.name.utf8))
      writer.append(dump.path.bytes)
      record.append(tag: Tag.dump, writer.bytes)
    }
    for database in snapshot.databases { record.append(tag: Tag.database, database.bytes) }
    if let changes = snapshot.uncommitted { record.append(tag: Tag.uncommitted, encode(changes)) }
    for link in snapshot.before { record.append(tag: Tag.before, link.id.bytes + link.hash) }
    return record.finish()
  }

  /// - Throws: `PackingError`; `damaged` also for the record that voids a save, which holds no snapshot.
  package static func decode(_ bytes: [UInt8]) throws(PackingError) -> Snapshot {
    let record = try TaggedRecord(bytes, magic: magic, version: formatVersion, what: what)
    guard let idBytes = try record.value(Tag.id), let id = SnapshotID(bytes: idBytes),
      var created = try record.reader(Tag.created), var manifest = try record.reader(Tag.manifest)
    else { throw .damaged(what: what) }
    let time = try created.timestamp()
    try created.expectEnd()
    guard let manifestID = ChunkID(bytes: try manifest.bytes(ChunkID.byteCount)) else { throw .damaged(what: what) }
    let length = try manifest.varint(limit: ChunkReference.lengthMax, of: "manifest length")
    try manifest.expectEnd()
    guard length > 0 else { throw .damaged(what: what) }
    var snapshot = Snapshot(
      id: id, version: try record.text(Tag.version), created: time,
      host: try record.text(Tag.host), user: try record.text(Tag.user), root: Array(try record.value(Tag.root) ?? []),
      sources: [], manifest: ChunkReference(id: manifestID, length: length), message: try record.text(Tag.message),
      tags: try record.texts(Tag.label), toolVersion: try record.text(Tag.toolVersion))
    if var offset = try record.reader(Tag.utcOffset) {
      guard let value = Int32(exactly: try offset.signedVarint()) else { throw .damaged(what: what) }
      try offset.expectEnd()
      snapshot.utcOffsetSeconds = value
    }
    snapshot.sources = try paths(Tag.source, of: record)
    snapshot.databases = try paths(Tag.database, of: record)
    for value in record.values(Tag.before) {
      guard value.count == SnapshotID.byteCount + RecordLink.hashByteCount, snapshot.before.count < RecordLink.countMax,
        let id = SnapshotID(bytes: value.prefix(SnapshotID.byteCount))
      else { throw .damaged(what: what) }
      snapshot.before.append(RecordLink(id: id, hash: Array(value.dropFirst(SnapshotID.byteCount))))
    }
    for value in record.values(Tag.dump) {
      var reader = ByteReader(value, what: what)
      let name = try reader.countedText()
      guard let path = ArchivePath(Array(reader.rest)) else { throw .damaged(what: what) }
      snapshot.dumps.append(SavedDump(name: name, path: path))
    }
    if let parent = try record.value(Tag.parent) {
      guard let parent = SnapshotID(bytes: parent) else { throw .damaged(what: what) }
      snapshot.parent = parent
    }
    if let git = try record.reader(Tag.git) { snapshot.git = try decodeGit(git) }
    if let changes = try record.reader(Tag.uncommitted) { snapshot.uncommitted = try decodeUncommitted(changes) }
    if let statistics = try record.reader(Tag.statistics) { snapshot.statistics = try decodeStatistics(statistics) }
    return snapshot
  }

  private static func paths(_ tag: UInt64, of record: TaggedRecord) throws(PackingError) -> [ArchivePath] {
    var paths: [ArchivePath] = []
    for value in record.values(tag) {
      guard let path = ArchivePath(Array(value)) else { throw .damaged(what: what) }
      paths.append(path)
    }
    return paths
  }

  /// What used to be created under a snapshot's name to keep a save from committing; nothing writes it any more.
  package static let void: [UInt8] = TaggedRecordWriter(magic: voidMagic, version: formatVersion).finish()

  package static func isVoid(_ bytes: [UInt8]) -> Bool { bytes.starts(with: voidMagic.utf8) }
}

// Fields of several values: more may be appended by later versions, and are skipped here.
extension SnapshotCoder {
  private static func encode(_ git: GitState) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(counted: Array(git.commit.utf8))
    writer.append(counted: Array(git.branch.utf8))
    writer.append(counted: Array(git.describe.utf8))
    writer.append(varint: git.dirtyFileCount)
    writer.append(counted: Array(git.remote.utf8))
    return writer.bytes
  }

  private static func decodeGit(_ reader: ByteReader) throws(PackingError) -> GitState {
    var reader = reader
    let commit = try reader.countedText()
    let branch = try reader.countedText()
    let describe = try reader.countedText()
    let dirtyFileCount = try reader.varint()
    return GitState(
      commit: commit, branch: branch, describe: describe, dirtyFileCount: dirtyFileCount,
      remote: try reader.countedText())
  }

  private static func encode(_ changes: UncommittedChanges) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(varint: changes.form.rawValue)
    for count in [changes.fileCount, changes.linesAdded, changes.linesRemoved] { writer.append(varint: count) }
    writer.append(changes.content.id.bytes)
    writer.append(varint: changes.content.length)
    return writer.bytes
  }

  private static func decodeUncommitted(_ reader: ByteReader) throws(PackingError) -> UncommittedChanges {
    var reader = reader
    guard let form = UncommittedChanges.Form(rawValue: try reader.varint()) else { throw .damaged(what: what) }
    let fileCount = try reader.varint()
    let linesAdded = try reader.varint()
    let linesRemoved = try reader.varint()
    let id = try reader.chunkID()
    let length = try reader.varint(limit: ChunkReference.lengthMax, of: "length of the uncommitted changes")
    guard length > 0 else { throw .damaged(what: what) }
    return UncommittedChanges(
      form: form, fileCount: fileCount, linesAdded: linesAdded, linesRemoved: linesRemoved,
      content: ChunkReference(id: id, length: length))
  }

  /// In the order of `docs/format/snapshot.md`: append, never reorder.
  private static var statisticsFields: [WritableKeyPath<SnapshotStatistics, UInt64>] {
    [
      \.filesNew, \.filesChanged, \.filesUnmodified, \.filesRemoved, \.directories, \.otherEntries, \.bytesLogical,
      \.bytesRead, \.bytesNew, \.bytesStored, \.bytesSavedByDelta, \.chunksNew, \.itemsWithErrors, \.itemsIgnored,
      \.durationMilliseconds, \.directoriesNew,
    ]
  }

  private static func encode(_ statistics: SnapshotStatistics) -> [UInt8] {
    var writer = ByteWriter()
    for field in statisticsFields { writer.append(varint: statistics[keyPath: field]) }
    return writer.bytes
  }

  private static func decodeStatistics(_ reader: ByteReader) throws(PackingError) -> SnapshotStatistics {
    var reader = reader
    var statistics = SnapshotStatistics()
    for field in statisticsFields where !reader.isAtEnd { statistics[keyPath: field] = try reader.varint() }
    return statistics
  }
}

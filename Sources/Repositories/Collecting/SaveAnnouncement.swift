import Indexing
import ObjectStores
import Packing
import SnapshotModel

/// Says that a save is at work, so that a collector spares the packs that it has written and not yet committed.
///
/// Only policy hangs on it, never safety: the save's own check before the commit finds out when packs are gone, and
/// repeats. It lies in `pending/` under an id of its own, beside the record of the save when that comes, and is not
/// synced. Layout: docs/format/protocol.md.
struct SaveAnnouncement: Equatable {
  private static let magic = Array("snap save in progress\n".utf8)
  /// A save on another host whose announcement is older is taken for dead.
  private static let foreignSecondsMax: UInt64 = 3 * 86400

  var process: ProcessIdentity
  var started: Timestamp

  func encoded() -> [UInt8] {
    var writer = ByteWriter()
    writer.append(Self.magic)
    writer.append(counted: Array(process.host.utf8))
    writer.append(varint: UInt64(UInt32(bitPattern: process.number)))
    writer.append(counted: Array(process.bootID.utf8))
    writer.append(started)
    return writer.bytes
  }

  init(process: ProcessIdentity, started: Timestamp) {
    self.process = process
    self.started = started
  }

  init(by machine: any Machine) { self.init(process: machine.process, started: machine.now()) }

  /// `nil` when the bytes are something else, such as the snapshot record of a save about to commit.
  init?(decoding bytes: [UInt8]) {
    guard bytes.starts(with: Self.magic) else { return nil }
    var reader = ByteReader(bytes[Self.magic.count...], what: "save announcement")
    guard let host = try? reader.counted(), let process = try? reader.varint(), let bootID = try? reader.counted(),
      let started = try? reader.timestamp()
    else { return nil }
    self.init(
      process: ProcessIdentity(
        host: String(decoding: host, as: UTF8.self), bootID: String(decoding: bootID, as: UTF8.self),
        number: Int32(bitPattern: UInt32(truncatingIfNeeded: process))),
      started: started)
  }

  /// Whether the bytes are what a loss of power may leave of an announcement, which is not made durable.
  static func isTorn(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: magic) || magic.starts(with: bytes) || bytes.allSatisfy { $0 == 0 }
  }

  /// Whether the save may still be running, as far as a machine can tell.
  func mayBeAlive(for machine: any Machine) -> Bool {
    let here = machine.process
    guard process.host == here.host else {
      // One from so far in the future would never be dead.
      return machine.now().seconds(since: started).magnitude < Self.foreignSecondsMax
    }
    return process.bootID == here.bootID && machine.isRunning(process.number)
  }
}

extension Repository {
  /// Packs that saves which are still running may be about to commit: those as young as the oldest of these saves.
  func packsOfSavesInProgress(among packs: [PackID]) throws -> Set<PackID> {
    var oldest: Timestamp?
    for name in try store.list(.pending) {
      guard let record = try? store.read(name), let announcement = SaveAnnouncement(decoding: record) else { continue }
      if announcement.mayBeAlive(for: machine) { oldest = min(oldest ?? announcement.started, announcement.started) }
    }
    guard let oldest else { return [] }
    // File systems stamp with the last tick's time: allow for a second.
    return Set(
      try packs.filter { pack in
        try store.modificationTime(.pack(pack)).map { $0.seconds(since: oldest) >= -1 } ?? false
      })
  }

  /// What saves left behind that are dead, or are taken for dead: announcements, and records that were never committed.
  ///
  /// Deleting the record is what ends such a save: it commits by renaming it, so one that was only suspended finds out
  /// and takes another id.
  func abandonedByDeadSaves() throws -> [ObjectName] {
    let now = machine.now()
    let abandoned = try store.list(.pending).filter { name in
      guard let id = name.snapshotID, let record = try? store.readRecord(name) else { return false }
      if let announcement = SaveAnnouncement(decoding: record) { return !announcement.mayBeAlive(for: machine) }
      guard let modified = try store.modificationTime(name) else { return false }
      // One from so far in the future would never be old.
      let isOld = now.seconds(since: modified).magnitude > 3600
      if SaveAnnouncement.isTorn(record) { return isOld }
      // A damaged one protects nothing, nor does one of which nobody can tell what it needs: neither must be committed.
      if try isOld || store.exists(.snapshot(id)) { return true }
      do {
        return try !canTellNeeds(of: SnapshotCoder.decode(record))
      } catch let error as PackingError {
        return !error.isNewerFormat
      }
    }
    return try abandoned + voidRecords()
  }

  /// Void records that stop nobody any more.
  ///
  /// Only who holds `pending/<id>` could commit under a void record's id; and nothing else can come to stand there,
  /// unless the version is in the trash and is taken back just now.
  private func voidRecords() throws -> [ObjectName] {
    try index.records(.snapshots).compactMap { id, record in
      guard SnapshotCoder.isVoid(record), let stored = try? store.read(.snapshot(id)), SnapshotCoder.isVoid(stored),
        try !store.exists(.pending(id)), try !store.exists(.trash(id))
      else { return nil }
      return .snapshot(id)
    }
  }
}

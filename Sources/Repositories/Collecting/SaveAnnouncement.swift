import Glibc
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

  var host: String
  var process: Int32
  var bootID: String
  var started: Timestamp

  static func here() -> SaveAnnouncement {
    SaveAnnouncement(host: hostName(), process: getpid(), bootID: currentBootID(), started: currentTime())
  }

  func encoded() -> [UInt8] {
    var writer = ByteWriter()
    writer.append(Self.magic)
    writer.append(counted: Array(host.utf8))
    writer.append(varint: UInt64(UInt32(bitPattern: process)))
    writer.append(counted: Array(bootID.utf8))
    writer.append(started)
    return writer.bytes
  }

  init(host: String, process: Int32, bootID: String, started: Timestamp) {
    self.host = host
    self.process = process
    self.bootID = bootID
    self.started = started
  }

  /// `nil` when the bytes are something else, such as the snapshot record of a save about to commit.
  init?(decoding bytes: [UInt8]) {
    guard bytes.starts(with: Self.magic) else { return nil }
    var reader = ByteReader(bytes[Self.magic.count...], what: "save announcement")
    guard let host = try? reader.counted(), let process = try? reader.varint(), let bootID = try? reader.counted(),
      let started = try? reader.timestamp()
    else { return nil }
    self.init(
      host: String(decoding: host, as: UTF8.self), process: Int32(bitPattern: UInt32(truncatingIfNeeded: process)),
      bootID: String(decoding: bootID, as: UTF8.self),
      started: started)
  }

  /// Whether the bytes are what a loss of power may leave of an announcement, which is not made durable.
  static func isTorn(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: magic) || magic.starts(with: bytes) || bytes.allSatisfy { $0 == 0 }
  }

  /// Whether the save may still be running.
  func mayBeAlive(now: Timestamp) -> Bool {
    guard host == hostName() else {
      // One from so far in the future would never be dead.
      return now.seconds(since: started).magnitude < Self.foreignSecondsMax
    }
    return bootID == currentBootID() && (kill(process, 0) == 0 || errno == EPERM)
  }
}

extension Repository {
  /// Packs that saves which are still running may be about to commit: those as young as the oldest of these saves.
  func packsOfSavesInProgress(among packs: [PackID]) throws -> Set<PackID> {
    let now = currentTime()
    var oldest: Timestamp?
    for name in try store.list(.pending) {
      guard let record = try? store.read(name), let announcement = SaveAnnouncement(decoding: record) else { continue }
      if announcement.mayBeAlive(now: now) { oldest = min(oldest ?? announcement.started, announcement.started) }
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
    let now = currentTime()
    let abandoned = try store.list(.pending).filter { name in
      guard let id = name.snapshotID, let record = try? store.readRecord(name) else { return false }
      if let announcement = SaveAnnouncement(decoding: record) { return !announcement.mayBeAlive(now: now) }
      guard let modified = try store.modificationTime(name) else { return false }
      let isOld = now.seconds(since: modified) > 3600
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

/// What this machine calls itself.
package func hostName() -> String {
  var name = utsname()
  guard unsafe uname(&name) == 0 else { return "localhost" }
  return unsafe withUnsafePointer(to: &name.nodename) { tuple in
    unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 65) { unsafe String(cString: $0) }
  }
}

/// Differs after each start of the machine; empty where the system does not tell.
private func currentBootID() -> String {
  guard let file = unsafe fopen("/proc/sys/kernel/random/boot_id", "re") else { return "" }
  defer { unsafe fclose(file) }
  var line: [CChar] = Array(repeating: 0, count: 64)
  guard unsafe fgets(&line, 64, file) != nil else { return "" }
  return String(decoding: line.prefix { $0 > 32 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

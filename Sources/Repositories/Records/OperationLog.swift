import ObjectStores
import Packing
import SnapshotModel

/// One command that changed the repository.
package struct OperationRecord: Sendable {
  /// The raw values stand in the log: never renumber (docs/format/operations.md).
  /// Nothing writes `gc`: its rules log `forget`.
  package enum Kind: UInt8, Sendable, CaseIterable {
    case forget = 0, gc, restore, undo, tag, note, hold, release, repair, drill, incident
  }

  package var kind: Kind
  package var time: Timestamp
  /// One line for people.
  package var summary: String
  package var snapshots: [SnapshotID]
  /// Of a restore in place: the folder that was restored into.
  package var target: String = ""
  /// Of a restore in place that made something new.
  package var trace: RestoreTrace?
  /// Of a drill.
  package var drill: DrillResult?
  /// Of a restore of which a report was asked for.
  package var incident: Incident?

  var name = ""

  /// `forget`, `gc`, … as people type it.
  package var kindName: String { "\(kind)" }
}

/// What `undo` found to do.
package enum UndoOutcome: Sendable {
  /// These are back in the list; of the others a collector was quicker.
  case versionsRestored([ListedSnapshot], givenUp: [SnapFault] = [])
  /// A restore in place is undone by taking away what it made, and restoring the version that was saved before it, if
  /// any, into the same folder; then comes `OperationLog.finishUndo`.
  case restoreNeeded(OperationRecord, safety: ListedSnapshot?)
}

/// The commands that changed the repository, in the order in which they ran; a small object each.
package enum OperationLog {
  /// Older ones are dropped, but for incidents.
  private static let countMax = 1000

  /// Oldest first; damaged ones are left out.
  package static func operations(in repository: Repository) throws -> [OperationRecord] {
    try asFault { try names(in: repository) }.compactMap { operation(named: $0, in: repository) }
  }

  /// - Returns: `nil` for one that is damaged or gone.
  static func operation(named name: String, in repository: Repository) -> OperationRecord? {
    (try? operationUnlessDamaged(named: name, in: repository)) ?? nil
  }

  /// - Throws: when the system does not let it be read now.
  private static func operationUnlessDamaged(named name: String, in repository: Repository) throws -> OperationRecord? {
    do {
      return decode(try repository.store.read(.operation(name)), name: name)
    } catch ObjectStoreError.missing, ObjectStoreError.truncated, ObjectStoreError.notAnObject, is PackingError {
      return nil
    }
  }

  /// What the log tells of versions.
  struct History {
    /// The objects that it was made from, oldest first.
    var names: [String]
    /// Those that exist, or did: somebody did something to them.
    var named: Set<SnapshotID> = []
    /// Those that were forgotten, and not taken back.
    var forgotten: Set<SnapshotID> = []
    /// Whether nothing was dropped or damaged.
    var isComplete = true
    /// Whether nothing was dropped for its age; what does not open was never said by who has the keys.
    var reachesBack = true
    /// When the log begins: what was done before may have left it.
    var start = Timestamp(seconds: .max)
  }

  static func history(in repository: Repository) throws -> History {
    let names = try names(in: repository)
    let operations = names.compactMap { operation(named: $0, in: repository) }
    var history = History(names: names)
    history.isComplete = names.count(where: isDroppable) < countMax && operations.count == names.count
    history.reachesBack = operations.count { isDroppable($0.name) } < countMax
    history.start = operations.first { isDroppable($0.name) }?.time ?? history.start
    for operation in operations {
      switch operation.kind {
      case .forget, .gc: history.forgotten.formUnion(operation.snapshots)
      case .undo:
        history.forgotten.subtract(operation.snapshots)
        history.named.formUnion(operation.snapshots)
      case .restore, .tag, .note, .hold, .release, .repair, .drill, .incident:
        history.named.formUnion(operation.snapshots)
      }
    }
    return history
  }

  package static func append(
    _ kind: OperationRecord.Kind, _ summary: String, _ snapshots: [SnapshotID], target: String = "",
    trace: RestoreTrace? = nil, drill: DrillResult? = nil, incident: Incident? = nil, in repository: Repository
  ) throws {
    let record = OperationRecord(
      kind: kind, time: repository.machine.now(), summary: summary, snapshots: snapshots, target: target, trace: trace,
      drill: drill, incident: incident)
    try asFault {
      var all = try store(record, in: repository).filter(isDroppable)
      // What anybody else put there takes no place away; without encryption nobody can tell.
      if all.count > countMax, repository.isEncrypted { all.removeAll { operation(named: $0, in: repository) == nil } }
      if all.count > countMax {
        try repository.store.delete(all.prefix(all.count - countMax).map(ObjectName.operation))
      }
    }
  }

  /// Under a name that is last in order, and nobody else's.
  ///
  /// - Returns: the names of all, with this one.
  private static func store(_ record: OperationRecord, in repository: Repository) throws -> [String] {
    while true {
      let others = try names(in: repository)
      let name = "\(stamp(of: record.time, after: others.last))-\(record.kindName)"
      do {
        try repository.store.create(.operation(name), encode(record))
        return others + [name]
      } catch ObjectStoreError.exists {}  // Somebody else was quicker, and stands before it now.
    }
  }

  /// What puts names in order: nanoseconds since 1970, but always more than those of what was done before, for clocks are set back.
  private static func stamp(of time: Timestamp, after last: String?) -> String {
    let (seconds, overflow) = time.seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let nanoseconds = overflow ? 0 : max(0, seconds) + Int64(time.nanoseconds)
    let before = last.flatMap { Int64($0.prefix(stampLength), radix: 16) } ?? 0
    // The last moment that there is, 2262, only somebody has made up.
    let stamp = String(before < .max - 1 << 40 ? max(nanoseconds, before + 1) : nanoseconds, radix: 16)
    return String(repeating: "0", count: max(0, stampLength - stamp.count)) + stamp
  }

  private static let stampLength = 16

  /// Takes back the last operation that can be: a forgetting (by `forget` or by `gc`'s rules), or a restore in place.
  ///
  /// - Throws: `SnapFault` `.refused` when there is none inside the undo window; what the system says when an operation cannot
  ///   be read, for it might be the last.
  package static func undoLast(in repository: Repository) throws -> UndoOutcome {
    let trashed = Dictionary(uniqueKeysWithValues: try repository.trashed().map { ($0.snapshot.id, $0) })
    let live = Dictionary(uniqueKeysWithValues: try repository.snapshots().map { ($0.snapshot.id, $0) })
    for name in try asFault({ try names(in: repository) }).reversed() {
      guard let operation = try asFault({ try operationUnlessDamaged(named: name, in: repository) }) else { continue }
      switch operation.kind {
      case .forget, .gc:
        let forgotten = operation.snapshots.compactMap { trashed[$0] }
        guard !forgotten.isEmpty else { continue }
        return try takeBack(forgotten, of: operation, in: repository)
      case .restore:
        let safety = operation.snapshots.first.flatMap { live[$0] ?? trashed[$0] }
        guard safety != nil || operation.trace != nil else { continue }
        return .restoreNeeded(operation, safety: safety)
      default: continue
      }
    }
    throw SnapFault(
      .refused, "nothing to undo: no forgotten version is left in the undo window", hint: "snap ops shows what was done"
    )
  }

  /// Takes back what no collector has given up meanwhile, and notes it also where it cannot go on.
  ///
  /// - Throws: `SnapFault` `.refused` where nothing is left.
  private static func takeBack(
    _ forgotten: [ListedSnapshot], of operation: OperationRecord, in repository: Repository
  ) throws -> UndoOutcome {
    var back: [ListedSnapshot] = []
    func note() throws {
      try append(.undo, "took back: \(operation.summary)", back.map(\.snapshot.id), in: repository)
    }
    var givenUp: [SnapFault] = []
    do {
      try asFault {
        for listed in forgotten {
          do {
            try repository.takeBack(listed.snapshot)
            back.append(listed)
          } catch let fault as SnapFault where fault.code == .refused {
            givenUp.append(fault)
          }
        }
        try repository.adoptRecords()
      }
    } catch {
      // The first error counts.
      if !back.isEmpty { try? note() }
      throw error
    }
    if back.isEmpty, let first = givenUp.first { throw first }
    try note()
    return .versionsRestored(back, givenUp: givenUp)
  }

  /// Notes that a restore in place was taken back: the next undo passes it by.
  package static func finishUndo(of operation: OperationRecord, in repository: Repository) throws {
    try asFault { try repository.store.delete([.operation(operation.name)]) }
    try append(.undo, "took back: \(operation.summary)", [], in: repository)
  }

  static func names(in repository: Repository) throws -> [String] {
    try repository.store.list(.operations).compactMap { if case .operation(let name) = $0 { name } else { nil } }
      .sorted()
  }

  private static func isDroppable(_ name: String) -> Bool { !name.hasSuffix("-\(OperationRecord.Kind.incident)") }

  private static let magic = Array("SNOP".utf8)

  private static func encode(_ record: OperationRecord) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(magic)
    writer.append(record.kind.rawValue)
    writer.append(record.time)
    writer.append(counted: Array(record.summary.utf8))
    writer.append(counted: Array(record.target.utf8))
    writer.append(varint: record.snapshots.count)
    for id in record.snapshots { writer.append(id.bytes) }
    record.trace?.encode(to: &writer)
    record.drill?.encode(to: &writer)
    record.incident?.encode(to: &writer)
    return writer.bytes
  }

  static func decode(_ bytes: [UInt8], name: String) -> OperationRecord? {
    var reader = ByteReader(bytes, what: "operation")
    do {
      guard try reader.bytes(magic.count) == magic[...], let kind = OperationRecord.Kind(rawValue: try reader.byte())
      else { return nil }
      let time = try reader.timestamp()
      let summary = String(decoding: try reader.counted(), as: UTF8.self)
      let target = String(decoding: try reader.counted(), as: UTF8.self)
      var snapshots: [SnapshotID] = []
      for _ in 0..<(try reader.count(minimumBytes: SnapshotID.byteCount)) {
        guard let id = SnapshotID(bytes: try reader.bytes(SnapshotID.byteCount)) else { return nil }
        snapshots.append(id)
      }
      let trace = kind == .restore && !reader.isAtEnd ? try RestoreTrace(from: &reader) : nil
      let drill = kind == .drill ? try DrillResult(from: &reader) : nil
      let incident = kind == .incident ? try Incident(from: &reader) : nil
      return OperationRecord(
        kind: kind, time: time, summary: summary,
        snapshots: snapshots, target: target, trace: trace, drill: drill, incident: incident, name: name)
    } catch {
      return nil  // The log is for people; a record that does not decode is left out.
    }
  }
}

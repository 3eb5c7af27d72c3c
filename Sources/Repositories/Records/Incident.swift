import ObjectStores
import Packing
import SnapshotModel

/// What a restore did because something had happened (docs/format/operations.md).
package struct Incident: Hashable, Sendable {
  /// The raw values stand in the log: never renumber.
  package enum Outcome: UInt8, Sendable {
    case restored = 0
    /// All but some items.
    case partial = 1
    case failed = 2
    /// The restore is still running, or was killed.
    case unfinished = 3
  }

  package enum IDKind {}
  package typealias ID = ObjectID<IDKind>

  package let id: ID
  package var outcome = Outcome.unfinished
  package var began: Timestamp
  package var durationMilliseconds: UInt64 = 0
  package var user: String
  package var host: String
  /// Name of what was restored: the snapshot may be gone when the report is read.
  package var version: String
  /// Name of what was saved before; empty where nothing was overwritten.
  package var safetyVersion = ""
  /// That the file was given to, without secrets; empty where files were written.
  package var command: String
  /// As asked for; empty for everything.
  package var patterns: [String]
  package var files: UInt64 = 0
  package var bytes: UInt64 = 0
  package var deleted: UInt64 = 0
  /// Why it failed, for people; else empty.
  package var reason = ""

  package init(
    began: Timestamp, user: String, host: String, version: String, patterns: [String], command: String = ""
  ) {
    var random = SystemRandomNumberGenerator()
    id = ID(using: &random)
    self.began = began
    self.user = user
    self.host = host
    self.version = version
    self.patterns = patterns
    self.command = command
  }

  /// What the hold of the safety version is called.
  package var holdName: String { "incident-\(id.short)" }

  func encode(to writer: inout ByteWriter) {
    func append(_ text: String) { writer.append(counted: Array(text.utf8)) }
    writer.append(id.bytes)
    writer.append(outcome.rawValue)
    writer.append(began)
    writer.append(varint: durationMilliseconds)
    for text in [user, host, version, safetyVersion, command] { append(text) }
    writer.append(varint: patterns.count)
    patterns.forEach(append)
    for number in [files, bytes, deleted] { writer.append(varint: number) }
    append(reason)
  }

  /// - Throws: `PackingError` for anything that `encode` does not write.
  init(from reader: inout ByteReader) throws {
    guard let id = ID(bytes: try reader.bytes(ID.byteCount)), let outcome = Outcome(rawValue: try reader.byte()) else {
      throw PackingError.damaged(what: "operation")
    }
    func text() throws -> String { String(decoding: try reader.counted(), as: UTF8.self) }
    self.id = id
    self.outcome = outcome
    began = try reader.timestamp()
    durationMilliseconds = try reader.varint()
    (user, host, version) = (try text(), try text(), try text())
    (safetyVersion, command) = (try text(), try text())
    patterns = try (0..<reader.count(minimumBytes: 1)).map { _ in try text() }
    (files, bytes, deleted) = (try reader.varint(), try reader.varint(), try reader.varint())
    reason = try text()
  }
}

extension OperationLog {
  /// Notes an incident, or what came of it since it was noted.
  ///
  /// - Parameters:
  ///   - text: what had happened.
  ///   - snapshots: what was restored; then what was saved before, if anything was.
  package static func note(
    _ incident: Incident, _ text: String, _ snapshots: [SnapshotID], target: String, in repository: Repository
  ) throws {
    let earlier = try records(of: incident.id, in: repository)
    try append(.incident, text, snapshots, target: target, incident: incident, in: repository)
    // Only now: a crash in between leaves both, and the newer counts.
    try asFault { try repository.store.delete(earlier.map { .operation($0.name) }) }
  }

  /// Every incident once, as it was noted last; in the order in which the restores began.
  package static func incidents(in repository: Repository) throws -> [(operation: OperationRecord, incident: Incident)]
  {
    var newest: [Incident.ID: (operation: OperationRecord, incident: Incident)] = [:]
    for name in try asFault({ try names(in: repository) }) where name.hasSuffix("-\(OperationRecord.Kind.incident)") {
      guard let operation = operation(named: name, in: repository), let incident = operation.incident else { continue }
      newest[incident.id] = (operation, incident)
    }
    return newest.values.sorted { ($0.incident.began, $0.incident.id) < ($1.incident.began, $1.incident.id) }
  }

  private static func records(of id: Incident.ID, in repository: Repository) throws -> [OperationRecord] {
    try asFault { try names(in: repository) }.filter { $0.hasSuffix("-\(OperationRecord.Kind.incident)") }
      .compactMap { operation(named: $0, in: repository) }.filter { $0.incident?.id == id }
  }
}

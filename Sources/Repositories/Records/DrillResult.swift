import Packing
import SnapshotModel

/// What came of restoring a version for practice (docs/format/operations.md).
package struct DrillResult: Hashable, Sendable {
  /// The raw values stand in the log: never renumber.
  package enum Outcome: UInt8, Sendable {
    /// All of it came back, and every check command was content.
    case passed = 0
    /// Content could not be read, or was not what the version says.
    case damaged = 1
    case checkFailed = 2
    /// The drill could not be carried through: no space, for instance.
    case incomplete = 3
  }

  package var outcome: Outcome
  package var durationMilliseconds: UInt64
  package var files: UInt64
  package var bytes: UInt64
  /// Why it did not pass, for people; empty when it did.
  package var reason: String

  package init(outcome: Outcome, durationMilliseconds: UInt64, files: UInt64, bytes: UInt64, reason: String) {
    self.outcome = outcome
    self.durationMilliseconds = durationMilliseconds
    self.files = files
    self.bytes = bytes
    self.reason = reason
  }

  package var hasPassed: Bool { outcome == .passed }

  func encode(to writer: inout ByteWriter) {
    writer.append(outcome.rawValue)
    writer.append(varint: durationMilliseconds)
    writer.append(varint: files)
    writer.append(varint: bytes)
    writer.append(counted: Array(reason.utf8))
  }

  /// - Throws: `PackingError` for anything that `encode` does not write.
  init(from reader: inout ByteReader) throws {
    guard let outcome = Outcome(rawValue: try reader.byte()) else { throw PackingError.damaged(what: "operation") }
    self.outcome = outcome
    durationMilliseconds = try reader.varint()
    files = try reader.varint()
    bytes = try reader.varint()
    reason = String(decoding: try reader.counted(), as: UTF8.self)
  }
}

extension OperationLog {
  /// The newest drill, and the newest that passed, each with when it ended.
  ///
  /// Cost: reads the drills that have failed since the last that passed, and that one.
  package static func lastDrills(
    in repository: Repository
  ) throws -> (last: OperationRecord?, lastPassed: OperationRecord?) {
    var last: OperationRecord?
    let all = try asFault { try names(in: repository) }
    for name in all.reversed() where name.hasSuffix("-\(OperationRecord.Kind.drill)") {
      guard let drill = operation(named: name, in: repository), let result = drill.drill else { continue }
      if last == nil { last = drill }
      if result.hasPassed { return (last, drill) }
    }
    return (last, nil)
  }
}

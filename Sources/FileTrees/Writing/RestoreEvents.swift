import SnapshotModel

/// What was done, or would be done, about one path.
package enum RestoreAction: String, Sendable {
  case created
  case replaced
  /// Found equal and left.
  case unchanged
  /// Found equal in content; its owner, mode, time or attributes are corrected.
  case adjusted
  /// Left because of the overwrite mode.
  case kept
  case deleted
}

/// Hears of a restore as it goes; called from several threads at once.
package protocol RestoreEvents: Sendable {
  /// - Parameter byteCount: written for a regular file; otherwise 0.
  func restore(did action: RestoreAction, path: ArchivePath, kind: EntryKind, byteCount: UInt64)
  /// The item is not as the snapshot has it; the rest continues, and the summary lists the fault again.
  func restore(failed fault: SnapFault, path: ArchivePath)
  /// Asked between items: `true` ends the restore with a fault `.interrupted`.
  var shouldStop: Bool { get }
}

extension RestoreEvents {
  package var shouldStop: Bool { false }
}

/// Hears nothing.
package struct SilentRestoreEvents: RestoreEvents {
  package init() {}
  package func restore(did action: RestoreAction, path: ArchivePath, kind: EntryKind, byteCount: UInt64) {}
  package func restore(failed fault: SnapFault, path: ArchivePath) {}
}

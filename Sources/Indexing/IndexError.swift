import SnapshotModel

/// Why the index cannot be used.
///
/// It is derived: after `damaged`, `newer` and `otherRepository` move it aside and rebuild.
package enum IndexError: Error, Hashable, Sendable {
  /// Not a database, or not ours, or it contradicts itself; the text says where that was noticed.
  case damaged(String)
  /// Written by a later version of snap, as this schema.
  case newer(version: Int)
  /// A good index, of another repository.
  case otherRepository
  /// SQLite's primary result code and its words.
  case cannotOpen(code: Int32, text: String)
  /// The disk, or a quota, is full: the transaction was rolled back, the index is as it was.
  case noSpace
  case readOnly
  /// Another process held the lock for longer than the timeout.
  case busy
  case failed(code: Int32, text: String)
}

extension IndexError: CustomStringConvertible {
  package var description: String { fault.message }

  package var fault: SnapFault {
    switch self {
    case .damaged(let text): SnapFault(.damage, "index.sqlite is damaged: \(text)", hint: "snap repair index")
    case .newer(let version):
      SnapFault(.newerFormat, "index.sqlite was written by a newer snap (schema \(version))")
    case .otherRepository: SnapFault(.damage, "index.sqlite belongs to another repository")
    case .cannotOpen(_, let text): SnapFault(.inputOutput, "cannot open index.sqlite: \(text)")
    case .noSpace: SnapFault(.noSpace, "the index could not be updated (No space left)")
    case .readOnly: SnapFault(.permission, "the index could not be updated (it is read-only)")
    case .busy: SnapFault(.busy, "index.sqlite is locked by another process")
    case .failed(_, let text): SnapFault(.inputOutput, "the index could not be updated (\(text))")
    }
  }

  /// The reason alone, for a message that names the index.
  package var shortText: String {
    switch self {
    case .noSpace: "No space left"
    case .readOnly: "it is read-only"
    case .busy: "it is locked by another process"
    case .newer, .otherRepository: "it is of another snap or repository"
    case .damaged(let text), .cannotOpen(_, let text), .failed(_, let text): text
    }
  }

  /// Whether a rebuild is the cure.
  package var callsForRebuild: Bool {
    switch self {
    case .damaged, .newer, .otherRepository: true
    case .cannotOpen, .noSpace, .readOnly, .busy, .failed: false
    }
  }
}

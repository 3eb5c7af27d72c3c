import FileTrees
import SnapshotModel
import Synchronization

/// What a restore in place would change and make, as a rehearsal found it.
struct InPlacePlan {
  /// What it would replace, delete or correct, folders apart: all of it is to be saved first.
  var changed: Set<ArchivePath> = []
  /// Folders whose mode, time and the like it would change, or that it would remove:
  /// saved alone, without what is in them.
  var changedFolders: Set<ArchivePath> = []
  /// Made where nothing is.
  var created: Set<ArchivePath> = []

  var takesNothingAway: Bool { changed.isEmpty && changedFolders.isEmpty }
  var isEmpty: Bool { takesNothingAway && created.isEmpty }

  /// Both changes, one after the other; to be saved is what stands there before the first.
  mutating func add(changesOf other: InPlacePlan) {
    changed.formUnion(other.changed)
    changedFolders.formUnion(other.changedFolders)
  }

  /// The folders that get a new time because something is made in them.
  var foldersAbove: Set<ArchivePath> { Set(created.compactMap(\.parent)).subtracting(created) }
}

/// Listens to a rehearsal.
final class RehearsalListener: RestoreEvents {
  private let found = Mutex(InPlacePlan())

  var plan: InPlacePlan { found.withLock { $0 } }
  var shouldStop: Bool { Interruption.isRequested }

  func restore(did action: RestoreAction, path: ArchivePath, kind: EntryKind, byteCount: UInt64) {
    found.withLock { plan in
      switch action {
      case .replaced, .deleted, .adjusted:
        if kind == .directory { plan.changedFolders.insert(path) } else { plan.changed.insert(path) }
      case .created: plan.created.insert(path)
      case .unchanged, .kept: break
      }
    }
  }

  func restore(failed fault: SnapFault, path: ArchivePath) {}
}

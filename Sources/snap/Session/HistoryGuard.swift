import FileTrees
import Packing
import Repositories
import SnapshotModel
import Workflows

/// Sees to it that an encrypted repository is the one that this machine knows, and no older state of it.
struct HistoryGuard {
  private let known: KnownRepositories?
  private let acceptsRollback: Bool
  private let expectedHead: String?
  private let console: Console

  init(_ options: TrustOptions, console: Console) {
    known = UserFolder.state.path().map(KnownRepositories.init)
    acceptsRollback = options.acceptRollback
    expectedHead = options.expectHead
    self.console = console
  }

  /// Before a password is asked for: that it goes to whom it belongs.
  ///
  /// - Throws: `SnapFault` `.tampering` when another repository was at this place.
  func checkPlace(_ folder: String, holds repository: RepositoryID) throws(SnapFault) {
    guard let before = known?.repository(at: folder), before != repository, !acceptsRollback else { return }
    throw SnapFault(
      .tampering, "repository id changed at \(folder) (was \(before.short)…, is \(repository.short)…)",
      hint: "if you put it there: --accept-rollback", path: folder)
  }

  /// Once it is open.
  ///
  /// - Throws: `SnapFault` `.tampering`.
  func check(_ repository: Repository) throws {
    guard repository.isEncrypted else {
      if let before = known?.repository(at: repository.folder) {
        guard acceptsRollback else {
          throw SnapFault(
            .tampering, "\(repository.folder) was encrypted (\(before.short)…), now is not; refusing",
            hint: "if you put it there: --accept-rollback", path: repository.folder)
        }
        known?.forget(place: repository.folder)
      }
      if expectedHead != nil { throw SnapFault(.usage, "--expect-head is for encrypted repositories") }
      return
    }
    if repository.isWriteOnly {
      if expectedHead != nil { throw SnapFault(.usage, "--expect-head needs a key that can read") }
      return
    }
    let before = known?.seen(of: repository.id) ?? KnownRepositories.Seen()
    if !acceptsRollback {
      if let keys = repository.keys, keys.newestEpochNumber < before.epoch {
        throw SnapFault(
          .tampering,
          "repository went back in time: its keys are of epoch \(keys.newestEpochNumber), and were of \(before.epoch) here",
          hint: "put back the folder keys/ as it was after snap key rotate", path: repository.folder)
      }
      try repository.checkChain(expectedHead: expectedHead, seen: before.versions, accepted: before.accepted)
    } else if let expectedHead {
      let gone = try repository.goneVersions(seen: before.versions)
      try repository.checkChain(expectedHead: expectedHead, seen: [:], accepted: before.accepted.union(gone))
    }
  }

  /// What is there at the end of a command.
  func remember(_ repository: Repository) throws {
    guard repository.isEncrypted, let known else { return }
    let before = known.seen(of: repository.id)
    var seen = before
    // Who can only save has seen nothing.
    if let keys = repository.keys {
      seen.versions = try repository.versionTimes()
      seen.epoch = keys.newestEpochNumber
      if acceptsRollback { seen.accepted.formUnion(try repository.goneVersions(seen: before.versions)) }
    }
    do throws(SnapFault) {
      if seen != before { try known.remember(seen, of: repository.id) }
      try known.remember(repository.id, at: repository.folder)
    } catch {
      console.note("what is in the repository cannot be remembered, so a rollback would not be seen: \(error.message)")
    }
  }

  /// For a repository that the user has just made at this place.
  func forget(place folder: String) { known?.forget(place: folder) }
}

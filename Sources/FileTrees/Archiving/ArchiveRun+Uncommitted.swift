import CLinux
import Glibc
import Repositories
import SnapshotModel

/// What the tree has over its commit, of files that are in the version and of files that are gone from both. Nothing else is told: what
/// somebody has left out of the save must not come in by way of a patch.
extension ArchiveRun {
  /// Before the walk: what to look out for.
  func findUncommitted() {
    guard !request.isDryRun, case .tree = request.input, let changes = request.uncommitted else { return }
    do throws(TreeChangesFailure) {
      uncommittedPaths = Set(try changes.paths { events.shouldStop })
    } catch {
      warnOfUncommitted(error)
    }
  }

  /// After it.
  func storeUncommitted() throws -> UncommittedChanges? {
    guard !uncommittedPaths.isEmpty, let changes = request.uncommitted else { return nil }
    let failed = outcomeErrors.filter { !SaveOutcome.isSavedAsRead($0.reason) }.map(\.path)
    let chosen = uncommittedSaved.subtracting(failed)
      .union(try uncommittedPaths.subtracting(uncommittedSaved).filter(isGone))
    if chosen.isEmpty { return nil }
    let description: TreeChangesDescription
    do throws(TreeChangesFailure) {
      let told = try changes.description(of: chosen) { events.shouldStop }
      if told.bytes.isEmpty { return nil }
      description = told
    } catch {
      warnOfUncommitted(error)
      return nil
    }
    if description.form == .list {
      events.note("the uncommitted changes are too large to be kept as a patch; the version has the list of files")
    }
    return UncommittedChanges(
      form: description.form, fileCount: description.fileCount, linesAdded: description.linesAdded,
      linesRemoved: description.linesRemoved,
      content: try session.store(whole: description.bytes, prior: parent?.uncommitted?.content))
  }

  private func warnOfUncommitted(_ failure: TreeChangesFailure) {
    if !events.shouldStop { events.warn("the uncommitted changes are not recorded: \(failure.reason)") }
  }

  /// Whether nothing is at the path, and what was there belonged to what is saved.
  private func isGone(_ path: ArchivePath) throws -> Bool {
    guard case .tree(let root, let sources) = request.input, sources.contains(where: { $0.contains(path) }),
      path.bytes.allSatisfy({ $0 != 0 })
    else { return false }
    var status = stat()
    let full = (root + [UInt8(ascii: "/")] + path.bytes).map { CChar(bitPattern: $0) } + [0]
    guard unsafe lstat(full, &status) != 0, errno == ENOENT || errno == ENOTDIR else { return false }
    return try !ignoreDecision(for: path, isDirectory: false, root: root, options: request.walk).isIgnored
  }
}

import FileTrees
import Repositories
import SnapshotModel
import Workflows

/// Saves what a restore in place is about to take away, whatever the ignore rules say.
struct SafetySave {
  var repository: Repository
  var target: [UInt8]
  var session: Session

  /// - Returns: `nil` when nothing is taken away.
  /// - Throws: `SnapFault` when any of it cannot be saved: then nothing may be restored.
  func save(_ plan: InPlacePlan, message: String) throws -> Snapshot? {
    if plan.takesNothingAway { return nil }
    if repository.isReadOnly {
      throw SnapFault(
        .refused, "the repository is read-only, so what would be overwritten cannot be saved first",
        hint: "--to DIR restores beside it")
    }
    var request = SaveRequest(
      version: try freeName().text, input: .tree(root: target, sources: try withOtherNames(plan.changed)),
      host: hostName(), user: ProcessEnvironment.userName())
    request.tags = [ListedSnapshot.safetyTag]
    request.message = message
    request.remembersStatus = false
    request.walk = walk
    let foldersAbove = plan.foldersAbove.filter { FileSystemPath.isRealFolder(FileSystemPath.joined(target, $0)) }
    request.walk.foldersAlone = Array(plan.changedFolders.union(foldersAbove))
    let outcome = try Archiver.save(request, to: repository, events: SaveReporter(session: session, expected: nil))
    if let error = outcome.errors.first {
      throw SnapFault(
        .refused,
        "'\(error.path)' would be overwritten and could not be saved first: \(error.reason); nothing restored",
        hint: "--to DIR restores beside it")
    }
    return outcome.snapshot
  }

  /// Adds the other names of files that have several, as far as they lie in the target: what ties them together is
  /// saved only if all are.
  private func withOtherNames(_ paths: Set<ArchivePath>) throws -> [ArchivePath] {
    let linked = Set(paths.compactMap { FileSystemPath.linkedIdentity(of: FileSystemPath.joined(target, $0)) })
    if linked.isEmpty { return paths.sorted() }
    let walker = try TreeWalker(root: target, options: walk)
    var all = paths
    while let event = walker.next() {
      if case .item(let item) = event, item.status.kind != .directory, linked.contains(item.status.identity) {
        all.insert(item.path)
      }
    }
    return all.sorted()
  }

  private var walk: WalkOptions {
    var options = WalkOptions()
    options.usesDefaultIgnores = false
    options.usesSnapIgnore = false
    options.neverEnter = repository.neverEnter
    return options
  }

  private func freeName() throws -> VersionName {
    let taken = Set(try repository.snapshots().map(\.snapshot.version))
    let first = VersionName(safetyAt: currentTime())
    if !taken.contains(first.text) { return first }
    return (2...).lazy.map { first.numbered($0) }.first { !taken.contains($0.text) } ?? first
  }
}

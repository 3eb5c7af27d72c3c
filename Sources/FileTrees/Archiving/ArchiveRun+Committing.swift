import Repositories
import SnapshotModel

extension ArchiveRun {
  /// The snapshot to compare with: the latest of the same folder on the same host, else of the same folder, else any; not
  /// one that a client has made that can only save, which says of itself what it likes.
  static func parent(of request: SaveRequest, in repository: Repository) throws -> Snapshot? {
    let candidates = try repository.snapshots().filter { !$0.isSuspect && $0.snapshot.writer == nil }
      .map(\.snapshot)
    let sameTree = candidates.filter { $0.root == request.root && $0.sources == request.sources }
    return sameTree.last { $0.host == request.host } ?? sameTree.last
      ?? candidates.last { $0.root == request.root } ?? candidates.last
  }

  /// The parent, unless its manifest is damaged: then every file is read,
  /// and nothing stands in the way of a new version.
  static func readableParent(
    of request: SaveRequest, in repository: Repository, _ events: any SaveEvents
  ) throws -> Snapshot? {
    guard let parent = try parent(of: request, in: repository) else { return nil }
    do {
      try Manifest(parent.manifest, reader: repository.reader()).checkSegments()
      return parent
    } catch let fault as ChunkFault {
      events.warn("the manifest of \(parent.version) cannot be read (\(fault)); every file is read; run snap verify")
      return nil
    }
  }

  func commit() throws -> SaveOutcome {
    if case .tree(_, let sources) = request.input, !sources.isEmpty, sourcesMissing == sources.count {
      throw SnapFault(.failed, "nothing to save: none of the sources exist")
    }
    let manifest = try session.finishManifest()
    let isUnchanged = request.skipIfUnchanged && parent?.manifest == manifest
    let uncommitted = isUnchanged ? nil : try storeUncommitted()
    try session.flush()
    statistics.filesRemoved = prior?.filesRemoved ?? 0
    session.complete(&statistics, started: started)
    if isUnchanged, let parent { return outcome(parent, wasSaved: false) }
    let time = request.time ?? currentTime()
    func snapshot(_ id: SnapshotID) -> Snapshot {
      var snapshot = Snapshot(
        id: id, version: request.version, created: time, utcOffsetSeconds: utcOffsetSeconds(at: time),
        host: request.host, user: request.user, root: request.root, sources: request.sources, manifest: manifest,
        parent: parent?.id, git: request.git, statistics: statistics, message: request.message, tags: request.tags,
        toolVersion: toolVersion)
      snapshot.dumps = dumps
      snapshot.databases = databases
      snapshot.uncommitted = uncommitted
      return snapshot
    }
    var random = SystemRandomNumberGenerator()
    guard !request.isDryRun else { return outcome(snapshot(SnapshotID(using: &random)), wasSaved: false) }
    try request.confirm?()
    try stopIfAsked()
    let committed = try session.commit(numbersVersion: request.numbersVersion, snapshot)
    rememberStatus(for: manifest)
    var result = outcome(committed.snapshot, wasSaved: true)
    result.indexFailure = committed.indexFailure
    return result
  }

  /// The stat cache only spares the next save work: that it cannot be written is worth a note, no more.
  private func rememberStatus(for manifest: ChunkReference) {
    guard case .tree = request.input, request.remembersStatus, let statCache else { return }
    do {
      let file = StatCacheFile(repository: repository.id, root: request.root, variable: request.environment)
      try file?.store(statCache.finish(manifest: manifest.id))
    } catch {
      events.note("the stat cache could not be written; the next save reads every file (\(error))")
    }
  }

  private func outcome(_ snapshot: Snapshot, wasSaved: Bool) -> SaveOutcome {
    SaveOutcome(
      snapshot: snapshot, wasSaved: wasSaved, ignoredByDefault: ignoredByDefault, ignoredByRules: ignoredByRules,
      errors: outcomeErrors, secretFiles: secretFiles, chunksHealed: session.chunksHealed)
  }
}

import Glibc
import Indexing
import ObjectStores
import Packing
import Sealing
import SnapshotModel
import Synchronization

/// A collector took something away that the save relied on: everything must be looked at again.
package struct SaveMustRepeat: Error {}

extension SaveSession {
  /// Fills in what the session knows: what it stored, and how long it has taken.
  package func complete(_ statistics: inout SnapshotStatistics, started: Timestamp) {
    statistics.bytesNew = bytesNew
    statistics.chunksNew = chunksNew
    statistics.bytesStored = bytesStored
    statistics.bytesSavedByDelta = bytesSavedByDelta
    let now = repository.machine.now()
    let elapsed =
      (now.seconds - started.seconds) * 1000 + (Int64(now.nanoseconds) - Int64(started.nanoseconds)) / 1_000_000
    statistics.durationMilliseconds = UInt64(max(0, elapsed))
  }

  /// What a commit came to.
  package struct Committed: Sendable {
    package var snapshot: Snapshot
    /// Why the index could not be updated, if it could not: the snapshot is saved all the same.
    package var indexFailure: String?
  }

  /// Commits: from its return on, the snapshot exists whatever happens.
  ///
  /// - Parameters:
  ///   - numbersVersion: whether a version whose name is taken becomes `name-2`, `name-3` …
  ///   - makeSnapshot: the record for an id; called again when another process took this save for dead.
  /// - Throws: `SaveMustRepeat`, `SnapFault` `.versionExists`, or what the store throws;
  ///   then nothing was added to history.
  package func commit(numbersVersion: Bool = false, _ makeSnapshot: (SnapshotID) -> Snapshot) throws -> Committed {
    /// A client that cannot read names its versions apart from all others'.
    func ownName(_ version: String) -> String { repository.writerKey.map { "\($0.name)/\(version)" } ?? version }
    let claim =
      numbersVersion ? try repository.claimVersion(ownName(makeSnapshot(repository.machine.newID()).version)) : nil
    defer { if let claim { repository.store.withdraw(claim.object) } }
    for _ in 0..<8 {
      var snapshot = makeSnapshot(repository.machine.newID())
      snapshot.version = claim?.version ?? ownName(snapshot.version)
      if repository.isEncrypted { snapshot.before = try repository.heads() }
      let record = SnapshotCoder.encode(snapshot)
      try storePacks(record: record)
      try repository.store.create(.pending(snapshot.id), record)
      do {
        try checkAvailability(of: snapshot)
        try checkVersionIsFree(snapshot.version)
        try repository.store.rename(.pending(snapshot.id), to: .snapshot(snapshot.id))
      } catch ObjectStoreError.missing(.pending) {
        // Someone took this save for dead: nothing is lost, take another id. Unless only the answer got lost.
        guard (try? repository.store.read(.snapshot(snapshot.id))) == record else { continue }
      } catch ObjectStoreError.exists {
        try repository.store.delete([.pending(snapshot.id)])
        continue
      } catch {
        try? repository.store.delete([.pending(snapshot.id)])  // The first error counts; a leftover is reaped.
        throw error
      }
      // Who took the right away just now may have looked for this client's versions before this one was there.
      try repository.requireRightToSave()
      return Committed(snapshot: snapshot, indexFailure: tidyUp(after: snapshot))
    }
    throw SnapFault(.busy, "another process took this save for dead eight times; is a collector running in a loop?")
  }

  /// After the commit nothing may fail it any more; what goes wrong is told.
  private func tidyUp(after snapshot: Snapshot) -> String? {
    // It may be there still on a file system that cannot rename; the snapshot of its name says that it is done with.
    repository.store.withdraw(.pending(snapshot.id))
    do {
      if repository.isWriteOnly {
        try rememberOwnChunks(of: snapshot.id)
        return nil
      }
      try repository.index.insert(ownPacks.map(IndexedPack.init))
      try repository.adoptRecords()
      repository.keepReserve()
      // It may have gone on in memory. That of an encrypted repository is a matter of this machine's, told on opening.
      return repository.isEncrypted ? nil : repository.index.reasonNotWritten?.shortText
    } catch {
      return (error as? IndexError)?.shortText ?? "\(error)"
    }
  }

  /// Step 5 of the protocol: list tombs, then packs; every chunk that the snapshot needs must be available.
  private func checkAvailability(of snapshot: Snapshot) throws {
    if repository.isWriteOnly {
      guard try isUntouched() else { throw SaveMustRepeat() }
      return try repository.requireRightToSave()
    }
    let condemned = try repository.condemnedPacks()
    let available = Set(try repository.packNames()).subtracting(condemned)
    repository.condemned.withLock { $0 = condemned }
    guard ownPacks.allSatisfy({ available.contains($0.pack) }) else { throw SaveMustRepeat() }
    // All that was there when the save began is still there: whatever it relied on is.
    if packsAtStart.isSubset(of: available), !needsFullCheck { return }
    try repository.adoptPacks()
    guard try repository.isAvailable(snapshot, in: available) else { throw SaveMustRepeat() }
  }

  private func checkVersionIsFree(_ version: String) throws {
    try repository.adoptRecords()
    try repository.requireFree(version: version)
  }
}

extension Repository {
  /// Whether all that the snapshot needs is there, in sound frames of packs that no collector has condemned.
  ///
  /// Cost: the directory of every pack, and the snapshot's manifest.
  func isAvailable(_ snapshot: Snapshot) throws -> Bool {
    // Tombs first: a pack that is listed after them and stands in none is nobody's to delete yet.
    let tombs = try condemnedPacks()
    let available = Set(try packNames()).subtracting(tombs)
    try adoptPacks()
    return try isAvailable(snapshot, in: available)
  }

  func isAvailable(_ snapshot: Snapshot, in packs: Set<PackID>) throws -> Bool {
    var graph = try PackGraph(self, packs: packs)
    graph.preferSoundCopies(keptPackCount: graph.packs.count, isReadable: canRead)
    var marker = LivenessMarker(graph: graph, reader: reader())
    do {
      try marker.mark(snapshot)
    } catch ChunkFault.missing {
      return false  // Of the manifest itself.
    }
    let ranks = graph.ranks(packs: graph.packs.indices)
    let isSound = graph.nodes.indices.allSatisfy { !marker.isLive[$0] || ranks[$0] != nil }
    return marker.missing.isEmpty && isSound
  }

  /// Reserves the first of `version`, `version-2`, `version-3` … that is free, against all who reserve theirs.
  ///
  /// - Returns: the name, and what to withdraw once the version exists or is given up.
  func claimVersion(_ version: String) throws -> (version: String, object: ObjectName) {
    for number in 1...10_000 {
      let name = number == 1 ? version : "\(version)-\(number)"
      guard let claim = try store.claim("version \(name)") else { continue }
      // Looked at after the claim: who held it before has committed, or will not.
      try adoptRecords()
      if try !snapshots().contains(where: { $0.snapshot.version == name }) { return (name, claim) }
      store.withdraw(claim)
    }
    throw SnapFault(.versionExists, "no name like '\(version)' is free", hint: "give the version a name")
  }

  /// - Throws: `SnapFault` `.versionExists` when a snapshot has the name.
  package func requireFree(version: String) throws {
    guard let taken = try snapshots().first(where: { $0.snapshot.version == version }) else { return }
    throw SnapFault(
      .versionExists, "version '\(version)' exists already (id \(taken.snapshot.id.short))",
      hint: "choose another name, or snap forget \(version)")
  }
}

import Indexing
import ObjectStores
import Packing
import SnapshotModel
import Synchronization

/// What other processes stored or removed since the index was last brought up to date.
extension Repository {
  /// Adopts changed records; packs only for a new index, since whoever needs them asks (`adoptPacks`).
  func adopt(isNewIndex: Bool) throws {
    if isWriteOnly { return }
    if index.isNew {
      let count = try adoptPacks()
      if isNewIndex, count > 0 { events.note("index rebuilt from \(counted(count, "pack"))") }
    }
    try adoptRecords()
    if index.isNew { try findLostRecords() }
    try tellOfLostRecords()
  }

  /// Brings the index's packs in line with the store. Cost: a listing, and reading the directory of each new pack.
  ///
  /// - Parameter again: packs to look at anew, though the index knows them.
  /// - Returns: how many packs were new.
  @discardableResult
  func adoptPacks(again: Set<PackID> = []) throws -> Int {
    if isWriteOnly { return 0 }
    let tombs = try condemnedPacks()
    condemned.withLock { $0 = tombs }
    let listed = Set(try packNames())
    var indexed = Set(try index.packIDs().keys)
    let gone = indexed.subtracting(listed)
    if !gone.isEmpty {
      try index.remove(packs: Array(gone))
      try forgetUnsoundPacks()
      indexed = Set(try index.packIDs().keys)
    }
    // With what a collector is about to delete: until it has, versions are read from there.
    let new = listed.subtracting(indexed)
    // What is new may be what frames of others stand on: a pack that was out of reach for a while.
    let redone = try (new.isEmpty ? again : again.union(index.incompletePacks()))
      .intersection(indexed).subtracting(tombs)
    if !new.isEmpty || !redone.isEmpty {
      // Found by listing: whoever stored them may not have got so far as to make the name durable.
      if !isReadOnly { try store.synchronize(foldersOf: new.map(ObjectName.pack)) }
      let directories = try new.union(redone).sorted().compactMap { try directory(of: $0) }
      try index.insert(soundPacks(directories, apartFrom: redone), replacing: redone.sorted())
    }
    return new.count
  }

  /// Takes packs out of the index, to be adopted anew, whose frames stand on chunks that are in no pack any more.
  ///
  /// Cost: the directory of every pack.
  func forgetUnsoundPacks() throws {
    if isWriteOnly { return }
    let graph = try PackGraph(self, packs: usablePacks().intersection(packNames()))
    let ranks = graph.ranks(packs: graph.packs.indices)
    let unsound = Set(graph.nodes.indices.filter { ranks[$0] == nil }.map { graph.packs[graph.nodes[$0].pack].pack })
    if !unsound.isEmpty { try index.remove(packs: Array(unsound)) }
  }

  /// The packs with those frames only that can be decoded with what is here: a save that was killed may have left
  /// frames whose bases were collected since, and nobody must take their chunks for known.
  ///
  /// - Parameter redone: packs of which the index is not believed; `nil` when nothing of it is.
  func soundPacks(_ directories: [PackDirectory], apartFrom redone: Set<PackID>?) throws -> [IndexedPack] {
    let graph = PackGraph(directories)
    let ranks = try graph.ranks { base in
      guard let redone else { return false }
      return try index.locate(base).contains { !redone.contains($0.1.pack) }
    }
    var node = 0
    return directories.map { directory in
      let frames = directory.frames.filter { _ in
        defer { node += 1 }
        return ranks[node] != nil
      }
      var pack = IndexedPack(PackDirectory(pack: directory.pack, byteCount: directory.byteCount, frames: frames))
      pack.isIncomplete = frames.count < directory.frames.count
      return pack
    }
  }

  /// The directory of a pack, by a scan where its own is damaged; `nil` when nothing of it can be used.
  ///
  /// - Parameter trustsIndex: of the index, what it says about packs of clients that can only save.
  func directory(of pack: PackID, trustsIndex: Bool = true) throws -> PackDirectory? {
    try anyDirectory(of: pack).map { try vouched($0, trustsIndex: trustsIndex) }
  }

  private func anyDirectory(of pack: PackID) throws -> PackDirectory? {
    let source = StoredPack(store: store, id: pack)
    do {
      return try PackReader.readDirectory(source, repository: id, pack: pack)
    } catch ObjectStoreError.missing {
      return nil
    } catch let error where error is PackingError || meansCutShort(error) {
      let scanned = try? scan(pack)
      events.warn(
        scanned == nil
          ? "pack \(pack.short)… cannot be read; run snap verify"
          : "pack \(pack.short)… directory is damaged; read by scan")
      return scanned
    }
  }

  /// Every pack that some collector has condemned.
  func condemnedPacks() throws -> Set<PackID> { Set(try tombs().flatMap(\.packs)) }

  /// Collections that are not finished: what each has condemned.
  func tombs() throws -> [(id: CollectionID, packs: [PackID])] {
    var tombs: [(id: CollectionID, packs: [PackID])] = []
    for case .tomb(let tomb) in try store.list(.tombs) {
      do {
        tombs.append((tomb, try TombCoder.decode(store.read(.tomb(tomb)))))
      } catch ObjectStoreError.missing {
        continue  // Its collector has just finished.
      } catch let error as PackingError {
        throw SnapFault(
          .damage, "tombs/\(tomb) cannot be read (\(error)): which packs are about to go is unknown",
          hint: "make sure that no snap is running, delete that file, then snap gc", path: "tombs/\(tomb)")
      }
    }
    return tombs
  }

  func packNames() throws -> [PackID] {
    try store.list(.packs).compactMap { if case .pack(let id) = $0 { id } else { nil } }
  }

  /// Brings the index's snapshots, trash and labels in line with the store; nothing is read when no folder changed.
  func adoptRecords() throws {
    if isWriteOnly { return }
    var gone: [(SnapshotID, [UInt8])] = []
    var stamps: [(String, UInt64)] = []
    for folder in RecordFolder.allCases {
      let stamp = try store.changeStamp(folder.objects)
      let key = "records." + folder.objects.name
      let agreed = try index.stamp(key) ?? 0
      if stamp != 0, agreed == stamp { continue }
      let missing = try adoptRecords(in: folder)
      if folder == .snapshots {
        gone = missing
      } else if !missing.isEmpty {
        try index.setRecords(folder, [], removing: missing.map(\.0))
      }
      // Also an old one goes: a copy of the folder as it was then, put back, would have it.
      if stamp != agreed { stamps.append((key, stamp)) }
    }
    // Remembered first: a command that is killed between the two finds them again.
    try rememberLost(gone)
    if !gone.isEmpty { try index.setRecords(.snapshots, [], removing: gone.map(\.0)) }
    for (key, stamp) in stamps { try? index.setStamp(key, stamp) }  // Without it the next command lists again.
  }

  /// - Returns: what the index holds and the folder does not.
  private func adoptRecords(in folder: RecordFolder) throws -> [(SnapshotID, [UInt8])] {
    // First: what another process saves in between is in both then, and not missed.
    let indexed = Dictionary(uniqueKeysWithValues: try index.records(folder))
    let listed = try store.list(folder.objects)
    var seen: Set<SnapshotID> = []
    for name in listed {
      guard let id = name.snapshotID else { continue }
      seen.insert(id)
      // Snapshots never change; labels do.
      if folder != .labels, indexed[id] != nil { continue }
      do {
        let record = try store.readRecord(name)
        if indexed[id] != record { try index.setRecord(folder, id, record: record) }
      } catch ObjectStoreError.missing {
        seen.remove(id)
      }
    }
    return indexed.filter { !seen.contains($0.key) }.map { ($0.key, $0.value) }
  }

  /// Where the scan of a damaged pack gets its bases from: the chunks that other packs hold.
  private func scan(_ pack: PackID) throws -> PackDirectory {
    let reader = reader()
    let source = StoredPack(store: store, id: pack, isSalvaged: true)
    let found = try PackReader.scan(source, repository: id, pack: pack, naming: naming) { prefix in
      try index.locate(prefix).lazy.compactMap { try? reader.bytes(of: $0.0) }.first
    }.0
    // Of a sealed pack that was cut short, a header may be whole whose frame is not there.
    let whole = found.frames.filter { $0.range.upperBound <= found.byteCount }
    return PackDirectory(pack: pack, byteCount: found.byteCount, frames: whole)
  }
}

/// Whether an object ends before its own words say.
func meansCutShort(_ error: any Error) -> Bool {
  if case ObjectStoreError.truncated = error { true } else { false }
}

extension RecordFolder {
  var objects: ObjectFolder {
    switch self {
    case .snapshots: .snapshots
    case .trash: .trash
    case .labels: .labels
    }
  }
}

extension ObjectName {
  var snapshotID: SnapshotID? {
    switch self {
    case .snapshot(let id), .pending(let id), .trash(let id), .labels(let id): id
    default: nil
    }
  }
}

extension IndexedPack {
  init(_ directory: PackDirectory) {
    self.init(
      id: directory.pack, byteCount: directory.byteCount,
      frames: directory.frames.map { IndexedFrame(offset: $0.offset, length: $0.header.frameLength, chunks: $0.chunks) }
    )
  }
}

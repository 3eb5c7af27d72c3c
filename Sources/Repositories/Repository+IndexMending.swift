import Indexing
import ObjectStores
import Packing
import SnapshotModel
import Synchronization

/// What to do when the index contradicts the packs: SQLite notices a torn page, not a changed byte within one.
extension Repository {
  /// Brings the index up to date, compares it with the packs, and fills it anew where it says what they do not.
  ///
  /// Frames that the index leaves out are none of its business: it does so on purpose with those that cannot be decoded.
  /// Cost: the directory of every pack, and every row of the index.
  ///
  /// - Returns: whether it was wrong.
  /// - Throws: `IndexError.damaged` where the file is too far gone for that: `snap repair index` makes a new one.
  @discardableResult
  func mendIndex() throws -> Bool {
    let isReadable = try adoptPacksIfReadable()
    let listed = try packNames()
    let directories = try listed.compactMap { try directory(of: $0, trustsIndex: false) }
    return try mendIndex(against: directories, listed: Set(listed), isReadable: isReadable).wasWrong
  }

  /// - Returns: whether the index could be brought up to date; `false` where what stands in it cannot be read.
  func adoptPacksIfReadable() throws -> Bool {
    do {
      try adoptPacks()
      return true
    } catch let error as IndexError where error.callsForRebuild {
      return false
    }
  }

  /// The comparison with directories that were read before.
  ///
  /// - Parameter listed: all packs there were when they were read.
  /// - Returns: also the frames that the index leaves out.
  func mendIndex(
    against directories: [PackDirectory], listed: Set<PackID>, isReadable: Bool
  ) throws -> (wasWrong: Bool, leftOut: Set<FrameKey>) {
    if isReadable {
      if let leftOut = try index.framesLeftOut(of: directories) { return (false, leftOut) }
      // What was collected meanwhile the index has rightly forgotten.
      if try !listed.isSubset(of: packNames()) { return (false, []) }
    }
    let replaced = try index.packIDs().keys.filter { try listed.contains($0) || !store.exists(.pack($0)) }
    try index.insert(soundPacks(directories, apartFrom: nil), replacing: Array(replaced))
    guard let leftOut = try index.framesLeftOut(of: directories) else {
      throw IndexError.damaged("its tables contradict each other")
    }
    events.note("index.sqlite contradicted the packs; filled anew")
    return (true, leftOut)
  }
}

extension Repository {
  /// The chunks of frames that the index leaves out, since one of them is damaged or what they stand on is missing: some
  /// may be whole.
  ///
  /// Cost: once what `mendIndex` costs.
  func placesLeftOut() throws -> [ChunkID: [ChunkLocation]] {
    if let known = leftOutPlaces.withLock({ $0 }) { return known }
    // Reading a directory by scan asks for chunks, too: those that are left out are no help there.
    leftOutPlaces.withLock { $0 = [:] }
    let directories = try packNames().compactMap { try directory(of: $0) }
    let leftOut = try index.framesLeftOut(of: directories) ?? []
    var places: [ChunkID: [ChunkLocation]] = [:]
    for pack in directories {
      for frame in pack.frames where leftOut.contains(FrameKey(pack: pack.pack, offset: frame.offset)) {
        for (id, location) in frame.locations(in: pack) { places[id, default: []].append(location) }
      }
    }
    leftOutPlaces.withLock { $0 = places }
    return places
  }
}

extension RepositoryIndex {
  /// Whether every chunk of every frame that the index knows stands where the directories say, and none elsewhere.
  ///
  /// - Returns: the frames that it does not know; `nil` where it contradicts a directory.
  fileprivate func framesLeftOut(of directories: [PackDirectory]) throws -> Set<FrameKey>? {
    var frames: [FrameKey: FrameDigest] = [:]
    do {
      try forEachChunk { id, location in
        frames[FrameKey(pack: location.pack, offset: location.frameOffset), default: FrameDigest()]
          .add(id, ordinal: location.ordinal)
      }
    } catch IndexError.damaged {
      return nil
    }
    let packs = Set(directories.map(\.pack))
    guard try packs.isSubset(of: packIDs().keys) else { return nil }
    var leftOut: Set<FrameKey> = []
    for directory in directories {
      for frame in directory.frames {
        let key = FrameKey(pack: directory.pack, offset: frame.offset)
        guard let found = frames.removeValue(forKey: key) else {
          if !frame.chunkIDs.isEmpty { leftOut.insert(key) }
          continue
        }
        var expected = FrameDigest()
        for (ordinal, id) in frame.chunkIDs.enumerated() { expected.add(id, ordinal: ordinal) }
        guard found == expected else { return nil }
      }
    }
    // Of packs that have come or gone meanwhile nothing is known here.
    return frames.keys.contains { packs.contains($0.pack) } ? nil : leftOut
  }
}

/// Which chunks a frame holds and where, in 16 bytes, whatever the order in which they are added.
///
/// Against damage, not against malice: whoever can write the index can as well delete it.
private struct FrameDigest: Equatable {
  private var count = 0
  private var sum = 0

  mutating func add(_ id: ChunkID, ordinal: Int) {
    var hasher = Hasher()
    hasher.combine(id.bytes)
    hasher.combine(ordinal)
    count += 1
    sum &+= hasher.finalize()
  }
}

import Indexing
import Packing
import SnapshotModel

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
    let directories = try packNames().compactMap { try directory(of: $0, trustsIndex: false) }
    return try mendIndex(against: directories, isReadable: isReadable)
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
  @discardableResult
  func mendIndex(against directories: [PackDirectory], isReadable: Bool) throws -> Bool {
    if isReadable, try index.agrees(with: directories) { return false }
    try index.insert(soundPacks(directories, apartFrom: nil), replacing: Array(index.packIDs().keys))
    guard try index.agrees(with: directories) else { throw IndexError.damaged("its tables contradict each other") }
    events.note("index.sqlite contradicted the packs; filled anew")
    return true
  }
}

extension RepositoryIndex {
  /// Whether every chunk of every frame that the index knows stands where the directories say, and none elsewhere.
  fileprivate func agrees(with directories: [PackDirectory]) throws -> Bool {
    var frames: [FrameKey: FrameDigest] = [:]
    do {
      try forEachChunk { id, location in
        frames[FrameKey(pack: location.pack, offset: location.frameOffset), default: FrameDigest()]
          .add(id, ordinal: location.ordinal)
      }
    } catch IndexError.damaged {
      return false
    }
    let packs = Set(directories.map(\.pack))
    guard try packs.isSubset(of: packIDs().keys) else { return false }
    for directory in directories {
      for frame in directory.frames {
        guard let found = frames.removeValue(forKey: FrameKey(pack: directory.pack, offset: frame.offset)) else {
          continue
        }
        var expected = FrameDigest()
        for (ordinal, id) in frame.chunkIDs.enumerated() { expected.add(id, ordinal: ordinal) }
        guard found == expected else { return false }
      }
    }
    // Of packs that have come or gone meanwhile nothing is known here.
    return !frames.keys.contains { packs.contains($0.pack) }
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

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
    var isReadable = true
    do { try adoptPacks() } catch let error as IndexError where error.callsForRebuild { isReadable = false }
    let directories = try packNames().compactMap { try directory(of: $0) }
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
    var chunks: [FrameKey: [ChunkID: Int]] = [:]
    var agrees = true
    do {
      try forEachChunk { id, location in
        let key = FrameKey(pack: location.pack, offset: location.frameOffset)
        // A frame may hold a chunk once only.
        if chunks[key, default: [:]].updateValue(location.ordinal, forKey: id) != nil { agrees = false }
      }
    } catch IndexError.damaged {
      return false
    }
    let packs = Set(directories.map(\.pack))
    guard agrees, try packs.isSubset(of: packIDs().keys) else { return false }
    for directory in directories {
      for frame in directory.frames {
        guard let found = chunks.removeValue(forKey: FrameKey(pack: directory.pack, offset: frame.offset)) else {
          continue
        }
        guard found.count == frame.chunkIDs.count,
          frame.chunkIDs.enumerated().allSatisfy({ found[$0.element] == $0.offset })
        else { return false }
      }
    }
    // Of packs that have come or gone meanwhile nothing is known here.
    return !chunks.keys.contains { packs.contains($0.pack) }
  }
}

import SnapshotModel

/// One version of one file, as far as the order of re-encoded history depends on it.
struct FileVersion {
  var path: ArchivePath
  /// 0 for the newest snapshot, then counting up.
  var age: Int
  /// All that the file consists of.
  var chunks: [ChunkReference]
  /// Which of `chunks` no newer version, and no earlier path, has: the ones that are stored for this version.
  var own: [Int]

  var byteCount: Int { chunks.reduce(0) { $0 + $1.length } }
  var ownChunks: [ChunkReference] { own.map { chunks[$0] } }
  var ownByteCount: Int { own.reduce(0) { $0 + chunks[$1].length } }
}

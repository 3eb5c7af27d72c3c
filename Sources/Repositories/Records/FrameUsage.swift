import Packing
import SnapshotModel

/// Which frames only one snapshot, or one group of snapshots, needs.
struct FrameUsage {
  private static let nobody: Int32 = -1
  private static let several: Int32 = -2

  private let graph: PackGraph
  private let reader: ChunkReader
  /// By node: the one snapshot that needs it, or `nobody` or `several`.
  private var user: [Int32]
  /// The frames that each manifest segment needs: found once, however many versions share it.
  private var framesBySegment: [ChunkID: [Int]] = [:]

  init(graph: PackGraph, reader: ChunkReader) {
    self.graph = graph
    self.reader = reader
    user = Array(repeating: Self.nobody, count: graph.nodes.count)
  }

  /// - Parameter number: of the snapshot, or of its group.
  mutating func add(_ snapshot: Snapshot, number: Int32) throws {
    for chunk in [snapshot.manifest, snapshot.uncommitted?.content].compactMap(\.self) {
      if let frame = graph.firstFrame(holding: chunk.id) { use(frame, by: number) }
    }
    let manifest = try Manifest(snapshot.manifest, reader: reader)
    for (at, segment) in manifest.root.segments.enumerated() {
      let frames = try framesBySegment[segment.chunk.id] ?? frames(of: manifest, segment: at)
      framesBySegment[segment.chunk.id] = frames
      for frame in frames { use(frame, by: number) }
    }
  }

  /// By snapshot: the bytes of the frames that it alone needs.
  func exclusiveBytes(snapshotCount: Int) -> [UInt64] {
    var bytes = Array(repeating: UInt64(0), count: snapshotCount)
    for (frame, user) in user.enumerated() where user >= 0 {
      bytes[Int(user)] += UInt64(graph.frame(frame).header.frameLength)
    }
    return bytes
  }

  /// The bytes of the frames that several need.
  var bytesShared: UInt64 {
    user.indices.reduce(0) { $0 + (user[$1] == Self.several ? UInt64(graph.frame($1).header.frameLength) : 0) }
  }

  private func frames(of manifest: Manifest, segment: Int) throws -> [Int] {
    var frames: Set<Int> = []
    func insert(_ id: ChunkID) {
      if let frame = graph.firstFrame(holding: id) { frames.insert(frame) }
    }
    insert(manifest.root.segments[segment].chunk.id)
    let contents = try manifest.contents(ofSegment: segment)
    for chunk in contents.chunks { insert(chunk) }
    for list in contents.lists { insert(list.id) }
    try reader.forEachChunk(of: .indirect(lists: contents.lists)) { insert($0.id) }
    return Array(frames)
  }

  private mutating func use(_ frame: Int, by number: Int32) {
    guard user[frame] != number, user[frame] != Self.several else { return }
    user[frame] = user[frame] == Self.nobody ? number : Self.several
    for base in graph.frame(frame).header.bases {
      for chunk in graph.chunks(base) {
        if let next = graph.firstFrame(holding: chunk) { use(next, by: number) }
      }
    }
  }
}

import Packing
import SnapshotModel

/// How frames that move are spread over new packs: the same for the plan, which needs the sizes, and for its execution.
struct EvacuationLayout {
  var frames: [PackDirectory.Frame]
  /// What the whole pack takes in the store, exactly.
  var byteCount: UInt64

  static func layouts(of frames: [PackDirectory.Frame], in store: RepositoryStore) -> [EvacuationLayout] {
    var layouts: [EvacuationLayout] = []
    var current: [PackDirectory.Frame] = []
    var bytes = 0
    func close() {
      guard !current.isEmpty else { return }
      let byteCount = UInt64(PackWriter.byteCount(ofPackHolding: current))
      layouts.append(EvacuationLayout(frames: current, byteCount: store.storedByteCount(ofContent: byteCount)))
      current = []
      bytes = 0
    }
    for frame in frames {
      current.append(frame)
      bytes += frame.header.frameLength
      if bytes >= PackQueue.packBytesTarget { close() }
    }
    close()
    return layouts
  }
}

import Packing
import SnapshotModel

/// How frames that move are spread over new packs: the same for the plan, which needs the sizes, and for its execution.
struct EvacuationLayout {
  var frames: [PackDirectory.Frame]
  /// Of the whole pack, exactly.
  var byteCount: UInt64

  static func layouts(of frames: [PackDirectory.Frame]) -> [EvacuationLayout] {
    var layouts: [EvacuationLayout] = []
    var current: [PackDirectory.Frame] = []
    var bytes = 0
    func close() {
      guard !current.isEmpty else { return }
      layouts.append(
        EvacuationLayout(frames: current, byteCount: UInt64(PackWriter.byteCount(ofPackHolding: current))))
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

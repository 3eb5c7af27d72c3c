import SnapshotModel
import Synchronization

/// Decoded layouts by pack number, shared by all connections.
///
/// Numbers are never given twice, so what is cached never goes stale.
final class LayoutCache: Sendable {
  /// 48 MiB of memory at most: about twelve million chunks.
  static let costMax = 48 << 20

  private struct State {
    var layouts: [Int64: PackLayout] = [:]
    var cost = 0
  }
  private let state = Mutex(State())

  subscript(number: Int64) -> PackLayout? { state.withLock { $0.layouts[number] } }

  /// Forgets everything when full: lookups come in runs of neighbours, which a new cache serves as well.
  func insert(_ layout: PackLayout, number: Int64) {
    state.withLock { state in
      if state.cost + layout.cost > Self.costMax { state = State() }
      guard state.layouts.updateValue(layout, forKey: number) == nil else { return }
      state.cost += layout.cost
    }
  }
}

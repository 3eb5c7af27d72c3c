import SnapshotModel

/// Stretches of packs that were read lately: frames that are asked for together lie together.
///
/// Opening a pack and reading a few hundred bytes of it costs as much as reading 64 KiB, and of the frames of small files
/// a hundred lie in these. 4 MiB at most, enough for the packs of a long chain side by side.
struct PackWindows {
  static let windowBytesMax = 64 << 10
  private static let windowCountMax = 64

  private struct Window {
    var pack: PackID
    var start: UInt64
    var bytes: [UInt8]
  }

  /// The least recently used first.
  private var windows: [Window] = []

  /// - Returns: `nil` when no window holds all of the range.
  mutating func bytes(of pack: PackID, _ range: Range<UInt64>) -> ArraySlice<UInt8>? {
    let found = windows.lastIndex { window in
      window.pack == pack && window.start <= range.lowerBound
        && range.upperBound <= window.start + UInt64(window.bytes.count)
    }
    guard let found else { return nil }
    let window = windows.remove(at: found)
    windows.append(window)
    return window.bytes[Int(range.lowerBound - window.start)..<Int(range.upperBound - window.start)]
  }

  mutating func insert(_ bytes: [UInt8], of pack: PackID, at start: UInt64) {
    if windows.count >= Self.windowCountMax { windows.removeFirst() }
    windows.append(Window(pack: pack, start: start, bytes: bytes))
  }
}

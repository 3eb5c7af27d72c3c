extension ArchivePath {
  /// The path that takes `count` bytes over from `previous` and goes on with `suffix`, checked to be a valid path above
  /// `previous` in path order.
  ///
  /// This is how a manifest's front-coded column reads: only the new bytes are looked at.
  ///
  /// - Returns: `nil` when `count` is out of range, the path is not valid, or it is not above `previous`; also when
  ///   `count` is not the longest it could be, so that there is one spelling only.
  package init?(after previous: ArchivePath, sharing count: Int, suffix: ArraySlice<UInt8>) {
    let old = previous.bytes
    guard count >= 0, count <= old.count, let first = suffix.first else { return nil }
    let slash = UInt8(ascii: "/")
    if count < old.count {
      guard first != old[count], first != slash, old[count] == slash || first > old[count] else { return nil }
    }
    var componentStart = count
    while componentStart > 0, old[componentStart - 1] != slash { componentStart -= 1 }
    guard ArchivePath.isValid(tail: suffix, after: old[componentStart..<count]) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + suffix.count)
    bytes.append(contentsOf: old[..<count])
    bytes.append(contentsOf: suffix)
    self.init(validated: bytes)
  }

  /// How many bytes at the front `self` and `other` have in common.
  package func sharedByteCount(with other: ArchivePath) -> Int {
    let limit = min(bytes.count, other.bytes.count)
    var at = 0
    while at < limit, bytes[at] == other.bytes[at] { at += 1 }
    return at
  }

  /// - Parameter head: the bytes of the last component that stand before `tail`, without a slash.
  private static func isValid(tail: ArraySlice<UInt8>, after head: ArraySlice<UInt8>) -> Bool {
    let slash = UInt8(ascii: "/")
    let dot = UInt8(ascii: ".")
    var length = head.count
    var dots = head.count <= 2 && head.allSatisfy({ $0 == dot }) ? head.count : -1
    for byte in tail {
      if byte == slash {
        guard length > 0, dots < 1 else { return false }
        length = 0
        dots = 0
      } else {
        guard byte != 0 else { return false }
        dots = byte == dot && dots >= 0 && dots < 2 ? dots + 1 : -1
        length += 1
      }
    }
    return length > 0 && dots < 1
  }
}

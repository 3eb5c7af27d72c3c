extension ArchivePath {
  /// The path with every run of digits, and of digits with single `.`, `-`, `_`, `:` or `T` between them, as one `#`.
  ///
  /// Equal for exports that are named by the day (`backup-2026-03-01T02-00-00-000Z.json`) and for folders of a release.
  package var digitPattern: [UInt8] {
    var pattern: [UInt8] = []
    pattern.reserveCapacity(bytes.count)
    var at = 0
    while at < bytes.count {
      guard Self.isDigit(bytes[at]) else {
        pattern.append(bytes[at])
        at += 1
        continue
      }
      pattern.append(UInt8(ascii: "#"))
      while at < bytes.count, Self.isDigit(bytes[at]) {
        at += 1
        if at + 1 < bytes.count, Self.isSeparator(bytes[at]), Self.isDigit(bytes[at + 1]) { at += 1 }
      }
    }
    return pattern
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private static func isSeparator(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "T"): true
    default: false
    }
  }
}

/// A path inside a snapshot: relative, `/`-separated, any bytes but NUL; empty for the root itself.
///
/// No component is empty, `.` or `..`, so a path can be joined to a folder without leaving it. Bytes need not be UTF-8.
/// Ordered with `/` below every other byte, so that a folder is followed by all that it holds.
package struct ArchivePath: Hashable, Sendable {
  package let bytes: [UInt8]
  /// What a manifest takes; a path may be longer until it is written into one.
  package static let byteCountMax = 65_535

  package static let root = ArchivePath(unchecked: [])

  /// - Returns: `nil` when a component is empty, `.` or `..`, or a byte is NUL.
  package init?(_ bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    guard Self.isValid(bytes) else { return nil }
    self.bytes = bytes
  }

  package init?(_ text: some StringProtocol) { self.init(Array(text.utf8)) }

  private init(unchecked bytes: [UInt8]) { self.bytes = bytes }
  /// For extensions in this module that have checked `bytes` already.
  init(validated bytes: [UInt8]) { self.bytes = bytes }

  package var isRoot: Bool { bytes.isEmpty }

  /// - Parameter name: one valid component; `nil` when it is not.
  package func appending(_ name: some Collection<UInt8>) -> ArchivePath? {
    guard !name.isEmpty, !name.contains(UInt8(ascii: "/")), Self.isValid(Array(name)) else { return nil }
    return ArchivePath(unchecked: isRoot ? Array(name) : bytes + [UInt8(ascii: "/")] + name)
  }

  package var components: [ArraySlice<UInt8>] { bytes.split(separator: UInt8(ascii: "/")) }
  package var name: ArraySlice<UInt8> {
    bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes[($0 + 1)...] } ?? bytes[...]
  }
  /// What is behind the name's last dot; empty where there is none.
  package var nameExtension: ArraySlice<UInt8> {
    name.lastIndex(of: UInt8(ascii: ".")).map { name[($0 + 1)...] } ?? []
  }
  /// The folder that holds it; `nil` for the root.
  package var parent: ArchivePath? {
    guard !isRoot else { return nil }
    return ArchivePath(unchecked: bytes.lastIndex(of: UInt8(ascii: "/")).map { Array(bytes[..<$0]) } ?? [])
  }

  /// Whether `other` is this path or lies below it.
  package func contains(_ other: ArchivePath) -> Bool {
    isRoot
      || (other.bytes.starts(with: bytes)
        && (other.bytes.count == bytes.count || other.bytes[bytes.count] == UInt8(ascii: "/")))
  }

  private static func isValid(_ bytes: [UInt8]) -> Bool {
    if bytes.isEmpty { return true }
    let slash = UInt8(ascii: "/")
    let dot = UInt8(ascii: ".")
    var start = 0
    for end in 0...bytes.count where end == bytes.count || bytes[end] == slash {
      switch end - start {
      case 0: return false
      case 1 where bytes[start] == dot: return false
      case 2 where bytes[start] == dot && bytes[start + 1] == dot: return false
      default: start = end + 1
      }
    }
    return !bytes.contains(0)
  }
}

extension ArchivePath: Comparable {
  package static func < (a: Self, b: Self) -> Bool {
    let slash = UInt8(ascii: "/")
    let count = min(a.bytes.count, b.bytes.count)
    var at = 0
    while at < count, a.bytes[at] == b.bytes[at] { at += 1 }
    guard at < count else { return a.bytes.count < b.bytes.count }
    if a.bytes[at] == slash { return true }
    if b.bytes[at] == slash { return false }
    return a.bytes[at] < b.bytes[at]
  }
}

extension ArchivePath: CustomStringConvertible {
  /// For people: UTF-8 as it is; bytes that are not, and control characters, escaped as `\xff`.
  package var description: String { displayText(bytes) }
}

/// `bytes` for people: UTF-8 as it is, everything else and control characters as `\xff`.
package func displayText(_ bytes: some Collection<UInt8>) -> String {
  func escape(_ byte: UInt8) -> String { "\\x" + hexadecimal(CollectionOfOne(byte)) }
  var text = ""
  var rest = Array(bytes)[...]
  while let first = rest.first {
    let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    if let scalar = String(validating: rest.prefix(length), as: UTF8.self), !scalar.isEmpty {
      let isControl = first < 0x20 || first == 0x7F || (first == 0xC2 && rest[rest.startIndex + 1] < 0xA0)
      text += isControl ? rest.prefix(length).map(escape).joined() : scalar
      rest = rest.dropFirst(length)
    } else {
      text += escape(first)
      rest = rest.dropFirst()
    }
  }
  return text
}

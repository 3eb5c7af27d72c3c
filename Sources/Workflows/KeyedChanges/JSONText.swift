import SnapshotModel

/// Writes JSON from bytes that are UTF-8.
package enum JSONText {
  /// The value at the end of a path of members, on one line; `nil` when there is none, or the text is no JSON.
  package static func member(_ path: [String], of text: [UInt8]) -> [UInt8]? {
    guard let index = try? JSONIndex(text) else { return nil }
    var node = 0
    for name in path {
      guard let inner = index.member(Array(name.utf8), of: node) else { return nil }
      node = inner
    }
    return index.compact(node)
  }

  static func quoted(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    appendQuoted(bytes, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  static func appendQuoted(_ bytes: some Sequence<UInt8>, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
      case 0x0A: text += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
      case 0x0D: text += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
      case 0x09: text += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
      case ..<0x20, 0x7F: text += Array("\\u00\(hexadecimal(CollectionOfOne(byte)))".utf8)
      default: text.append(byte)
      }
    }
    text.append(UInt8(ascii: "\""))
  }
}

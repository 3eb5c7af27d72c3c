import SnapshotModel
import Workflows

/// A JSON text in the making; the members of an object keep their order.
///
/// Own code, for it is all that `--json` needs and costs no start-up time: FoundationEssentials takes 3 to 11 ms.
enum JSONValue: Hashable {
  case null
  case boolean(Bool)
  case integer(Int64)
  case unsigned(UInt64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
  /// JSON on one line that was written elsewhere.
  case written(String)

  static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
  static func count(_ count: Int) -> JSONValue { .integer(Int64(count)) }

  /// RFC 3339 with the fraction that it has.
  static func time(_ time: Timestamp, utcOffsetSeconds: Int32 = 0) -> JSONValue {
    .string(time.rfc3339(utcOffsetSeconds: utcOffsetSeconds))
  }

  /// One line without the newline.
  var text: String {
    var text = ""
    write(to: &text)
    return text
  }

  fileprivate func write(to text: inout String) {
    switch self {
    case .null: text += "null"
    case .boolean(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .unsigned(let value): text += String(value)
    // JSON has no infinity; a rate over no time at all is none.
    case .number(let value): text += value.isFinite ? Self.decimal(value) : "null"
    case .string(let value): Self.write(value, to: &text)
    case .written(let json): text += json
    case .array(let values):
      text += "["
      for (at, value) in values.enumerated() {
        if at > 0 { text += "," }
        value.write(to: &text)
      }
      text += "]"
    case .object(let object):
      text += "{"
      for (at, member) in object.members.enumerated() {
        if at > 0 { text += "," }
        Self.write(member.name, to: &text)
        text += ":"
        member.value.write(to: &text)
      }
      text += "}"
    }
  }

  /// Without an exponent where possible: `3.0` stays `3`, as programs in other languages print it.
  private static func decimal(_ value: Double) -> String {
    if value.rounded() == value, value.magnitude < 1e15 { return String(Int64(value)) }
    return "\(value)"
  }

  private static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        text += "\\u00" + hexadecimal(CollectionOfOne(UInt8(scalar.value)))
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}

/// The members of a JSON object in the order of their writing.
struct JSONObject: Hashable {
  struct Member: Hashable {
    var name: String
    var value: JSONValue
  }

  private(set) var members: [Member] = []

  init(_ members: KeyValuePairs<String, JSONValue> = [:]) {
    self.members = members.map { Member(name: $0.key, value: $0.value) }
  }

  subscript(name: String) -> JSONValue? {
    get { members.first { $0.name == name }?.value }
    set {
      let at = members.firstIndex { $0.name == name }
      switch (at, newValue) {
      case (let at?, let value?): members[at].value = value
      case (nil, let value?): members.append(Member(name: name, value: value))
      case (let at?, nil): members.remove(at: at)
      case (nil, nil): break
      }
    }
  }

  /// Adds `name` as text and, when the bytes are no UTF-8, `name_b64` with all of them.
  mutating func setPath(named name: String = "path", _ bytes: [UInt8]) {
    self[name] = .string(String(decoding: bytes, as: UTF8.self))
    if String(validating: bytes, as: UTF8.self) == nil { self[name + "_b64"] = .string(base64(bytes)) }
  }

  var text: String { JSONValue.object(self).text }
}

/// - SeeAlso: RFC 4648, section 4
func base64(_ bytes: [UInt8]) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  var text = ""
  for at in stride(from: 0, to: bytes.count, by: 3) {
    let group = bytes[at..<min(at + 3, bytes.count)]
    let word = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
    for place in 0..<4 { text.append(place <= group.count ? alphabet[word >> (18 - 6 * place) & 63] : "=") }
  }
  return text
}

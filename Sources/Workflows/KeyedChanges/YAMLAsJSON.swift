/// Writes what a YAML text holds as JSON: plain words by YAML 1.2's core schema, aliases spelled out, a tag as a member.
///
/// Several documents become a list. Keys must be scalars.
struct YAMLAsJSON {
  /// Of the JSON: a text of aliases can be short and mean gigabytes.
  static let byteCountMax = 64 << 20

  private let events: YAMLEvents
  private var text: [UInt8] = []
  private var anchors: [String: Range<Int>] = [:]

  static func convert(_ bytes: [UInt8]) throws(KeyedFault) -> [UInt8] {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw KeyedFault("it is not UTF-8") }
    do {
      var converter = YAMLAsJSON(events: try YAMLEvents(bytes))
      return try converter.documents()
    } catch let fault as KeyedFault {
      throw fault
    } catch let fault as YAMLFault {
      throw KeyedFault("line \(fault.line) is \(fault.reason)")
    } catch {
      throw KeyedFault("\(error)")
    }
  }

  private init(events: YAMLEvents) { self.events = events }

  private mutating func documents() throws -> [UInt8] {
    _ = try events.next()  // The stream's start.
    var documents: [[UInt8]] = []
    while case .documentStart = try events.next().kind {
      text = []
      anchors = [:]
      try value(at: events.next(), depth: 1)
      documents.append(text)
      _ = try events.next()  // The document's end.
    }
    if documents.count == 1 { return documents[0] }
    let inner = documents.joined(separator: [UInt8(ascii: ",")])
    return [UInt8(ascii: "[")] + inner + [UInt8(ascii: "]")]
  }

  private mutating func value(at event: YAMLEvents.Event, depth: Int) throws {
    guard depth < JSONIndex.depthMax else {
      throw KeyedFault("it is nested deeper than \(JSONIndex.depthMax) levels")
    }
    guard text.count <= Self.byteCountMax else { throw KeyedFault("it is too large with its aliases spelled out") }
    let start = text.count
    if let tag = event.tag { text += Array("{\(JSONText.quoted(tag.utf8)):".utf8) }
    switch event.kind {
    case .alias(let name):
      guard let range = anchors[name] else { throw KeyedFault("line \(event.line) names an anchor that is not there") }
      // Of a copy: a slice would make the text itself be copied.
      text += Array(text[range])
    case .scalar(let scalar, let isPlain):
      text += isPlain ? Self.plain(scalar) : Array(JSONText.quoted(scalar.utf8).utf8)
    case .sequenceStart: try sequence(depth)
    case .mappingStart: try mapping(depth)
    case .streamStart, .streamEnd, .documentStart, .documentEnd, .sequenceEnd, .mappingEnd, .none:
      throw KeyedFault("line \(event.line) lacks a value")
    }
    if event.tag != nil { text.append(UInt8(ascii: "}")) }
    if let anchor = event.anchor { anchors[anchor] = start..<text.count }
  }

  private mutating func sequence(_ depth: Int) throws {
    text.append(UInt8(ascii: "["))
    var isFirst = true
    while true {
      let event = try events.next()
      if case .sequenceEnd = event.kind { break }
      if !isFirst { text.append(UInt8(ascii: ",")) }
      isFirst = false
      try value(at: event, depth: depth + 1)
    }
    text.append(UInt8(ascii: "]"))
  }

  private mutating func mapping(_ depth: Int) throws {
    text.append(UInt8(ascii: "{"))
    var isFirst = true
    while true {
      let event = try events.next()
      if case .mappingEnd = event.kind { break }
      guard case .scalar(let key, _) = event.kind else {
        throw KeyedFault("line \(event.line) has a key of several parts")
      }
      if !isFirst { text.append(UInt8(ascii: ",")) }
      isFirst = false
      JSONText.appendQuoted(key.utf8, to: &text)
      text.append(UInt8(ascii: ":"))
      try value(at: events.next(), depth: depth + 1)
    }
    text.append(UInt8(ascii: "}"))
  }

  /// - SeeAlso: https://yaml.org/spec/1.2.2/#103-core-schema
  private static func plain(_ scalar: String) -> [UInt8] {
    switch scalar {
    case "", "~", "null", "Null", "NULL": return Array("null".utf8)
    case "true", "True", "TRUE": return Array("true".utf8)
    case "false", "False", "FALSE": return Array("false".utf8)
    default: break
    }
    let bytes = Array(scalar.utf8)
    if let first = bytes.first, (48...57).contains(first) || first == UInt8(ascii: "-") {
      var check = JSONCheck()
      check.add(bytes[...])
      if check.isWhole { return bytes }
    }
    return Array(JSONText.quoted(bytes).utf8)
  }
}

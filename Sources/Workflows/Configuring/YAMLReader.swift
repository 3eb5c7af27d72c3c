import SnapshotModel

/// Reads a YAML text into a tree of bounded size.
///
/// The scalars stay text: what they mean is for those who know the key. Not taken: tags, keys that are no scalars or stand
/// twice, a second document, aliases to what encloses them, and whatever exceeds the limits once aliases are spelled out.
struct YAMLReader {
  static let byteCountMax = 256 << 10
  static let depthMax = 16
  static let nodeCountMax = 10_000

  private let events: YAMLEvents
  private var anchors: [String: YAMLNode] = [:]
  private var nodeCount = 0

  /// - Returns: `nil` for a text that holds nothing but comments.
  static func read(_ bytes: [UInt8]) throws -> YAMLNode? {
    guard bytes.count <= byteCountMax else {
      throw YAMLFault(line: 1, reason: "the file is larger than \(formatted(byteCount: UInt64(byteCountMax)))")
    }
    if String(validating: bytes, as: UTF8.self) == nil {
      throw YAMLFault(line: lineOfFirstBadByte(bytes), reason: "not UTF-8")
    }
    var reader = YAMLReader(events: try YAMLEvents(bytes))
    return try reader.document()
  }

  private init(events: YAMLEvents) { self.events = events }

  private mutating func document() throws -> YAMLNode? {
    _ = try events.next()  // The stream's start.
    guard case .documentStart = try events.next().kind else { return nil }
    let root = try node(at: events.next(), depth: 1)
    _ = try events.next()  // The document's end.
    let after = try events.next()
    guard case .streamEnd = after.kind else { throw YAMLFault(line: after.line, reason: "a second document begins") }
    return root
  }

  private mutating func node(at event: YAMLEvents.Event, depth: Int) throws -> YAMLNode {
    guard depth <= Self.depthMax else {
      throw YAMLFault(line: event.line, reason: "nested deeper than \(Self.depthMax) levels")
    }
    try count(1, event.line)
    if event.hasTag { throw YAMLFault(line: event.line, reason: "tags (!) are not understood") }
    let content: YAMLNode.Content
    switch event.kind {
    case .alias(let name):
      guard let target = anchors[name] else {
        throw YAMLFault(line: event.line, reason: "no anchor '&\(name)' stands before this alias")
      }
      try count(target.nodeCount - 1, event.line)
      return YAMLNode(content: target.content, line: event.line, nodeCount: target.nodeCount)
    case .scalar(let text, let isPlain): content = .scalar(text, isPlain: isPlain)
    case .sequenceStart: content = .sequence(try sequence(depth))
    case .mappingStart: content = .mapping(try mapping(depth))
    case .streamStart, .streamEnd, .documentStart, .documentEnd, .sequenceEnd, .mappingEnd, .none:
      throw YAMLFault(line: event.line, reason: "a value is missing")
    }
    let node = YAMLNode(content: content, line: event.line, nodeCount: Self.nodeCount(of: content))
    if let anchor = event.anchor { anchors[anchor] = node }
    return node
  }

  private mutating func sequence(_ depth: Int) throws -> [YAMLNode] {
    var nodes: [YAMLNode] = []
    while true {
      let event = try events.next()
      if case .sequenceEnd = event.kind { return nodes }
      nodes.append(try node(at: event, depth: depth + 1))
    }
  }

  private mutating func mapping(_ depth: Int) throws -> [YAMLMember] {
    var members: [YAMLMember] = []
    var lines: [String: Int] = [:]
    while true {
      let event = try events.next()
      if case .mappingEnd = event.kind { return members }
      guard case .scalar(let key, _) = try node(at: event, depth: depth + 1).content else {
        throw YAMLFault(line: event.line, reason: "a key must be one word")
      }
      if let first = lines.updateValue(event.line, forKey: key) {
        throw YAMLFault(
          line: event.line, reason: "the key '\(displayText(key.utf8))' stands twice (first on line \(first))")
      }
      members.append(YAMLMember(key: key, line: event.line, value: try node(at: events.next(), depth: depth + 1)))
    }
  }

  private mutating func count(_ nodes: Int, _ line: Int) throws {
    nodeCount += nodes
    guard nodeCount <= Self.nodeCountMax else {
      throw YAMLFault(
        line: line, reason: "more than \(formatted(count: Self.nodeCountMax)) values, aliases spelled out")
    }
  }

  private static func nodeCount(of content: YAMLNode.Content) -> Int {
    switch content {
    case .scalar: 1
    case .sequence(let nodes): nodes.reduce(1) { $0 + $1.nodeCount }
    case .mapping(let members): members.reduce(1) { $0 + 1 + $1.value.nodeCount }
    }
  }

  private static func lineOfFirstBadByte(_ bytes: [UInt8]) -> Int {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return (lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0) + 1
  }
}

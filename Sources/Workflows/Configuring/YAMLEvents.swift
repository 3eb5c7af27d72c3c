import CYAML
import SnapshotModel

/// The events of libyaml's parser, as values.
///
/// - SeeAlso: https://pyyaml.org/wiki/LibYAML
@safe final class YAMLEvents {
  enum Kind: Sendable {
    case streamStart, streamEnd, documentStart, documentEnd, sequenceStart, sequenceEnd, mappingStart, mappingEnd
    case scalar(String, isPlain: Bool)
    case alias(String)
    case none
  }

  struct Event: Sendable {
    var kind: Kind
    /// Counted from 1.
    var line: Int
    var anchor: String?
    /// As libyaml spells it out: `!Ref`, `tag:yaml.org,2002:str`.
    var tag: String?
    var hasTag: Bool { tag != nil }
  }

  // libyaml keeps pointers to both: they keep their address, and are freed in deinit only.
  private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
  private let input: UnsafeMutableBufferPointer<UInt8>

  /// - Parameter bytes: UTF-8.
  init(_ bytes: [UInt8]) throws {
    unsafe input = .allocate(capacity: max(bytes.count, 1))
    _ = unsafe input.initialize(from: bytes)
    guard unsafe yaml_parser_initialize(parser) == 1 else {
      unsafe input.deallocate()
      unsafe parser.deallocate()
      throw YAMLFault(line: 1, reason: "out of memory")
    }
    unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    unsafe yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
  }

  deinit {
    unsafe yaml_parser_delete(parser)
    unsafe parser.deallocate()
    unsafe input.deallocate()
  }

  /// - Throws: `YAMLFault` in libyaml's words.
  func next() throws -> Event {
    var event = unsafe yaml_event_t()
    guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw fault() }
    defer { unsafe yaml_event_delete(&event) }
    let line = unsafe Int(event.start_mark.line) + 1
    switch unsafe event.type {
    case YAML_STREAM_START_EVENT: return Event(kind: .streamStart, line: line)
    case YAML_STREAM_END_EVENT: return Event(kind: .streamEnd, line: line)
    case YAML_DOCUMENT_START_EVENT: return Event(kind: .documentStart, line: line)
    case YAML_DOCUMENT_END_EVENT: return Event(kind: .documentEnd, line: line)
    case YAML_SEQUENCE_END_EVENT: return Event(kind: .sequenceEnd, line: line)
    case YAML_MAPPING_END_EVENT: return Event(kind: .mappingEnd, line: line)
    case YAML_SEQUENCE_START_EVENT:
      let start = unsafe event.data.sequence_start
      return unsafe Event(kind: .sequenceStart, line: line, anchor: Self.text(start.anchor), tag: Self.text(start.tag))
    case YAML_MAPPING_START_EVENT:
      let start = unsafe event.data.mapping_start
      return unsafe Event(kind: .mappingStart, line: line, anchor: Self.text(start.anchor), tag: Self.text(start.tag))
    case YAML_ALIAS_EVENT: return unsafe Event(kind: .alias(Self.text(event.data.alias.anchor) ?? ""), line: line)
    case YAML_SCALAR_EVENT:
      let scalar = unsafe event.data.scalar
      let text = unsafe String(
        decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      let isPlain = unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE
      return unsafe Event(
        kind: .scalar(text, isPlain: isPlain), line: line, anchor: Self.text(scalar.anchor), tag: Self.text(scalar.tag))
    default: return Event(kind: .none, line: line)
    }
  }

  private func fault() -> YAMLFault {
    let parser = unsafe parser.pointee
    guard let problem = unsafe parser.problem else { return YAMLFault(line: 1, reason: "not YAML") }
    var reason = unsafe String(cString: problem)
    if let context = unsafe parser.context { unsafe reason += " " + String(cString: context) }
    return unsafe YAMLFault(line: Int(parser.problem_mark.line) + 1, reason: "not YAML: \(reason)")
  }

  private static func text(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    guard let bytes = unsafe bytes else { return nil }
    return unsafe String(cString: bytes)
  }
}

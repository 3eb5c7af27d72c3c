/// Keys and values in sections, in the making; what is set several times becomes a list.
struct KeyedTable {
  private final class Section {
    /// In the order of their first use.
    var names: [[UInt8]] = []
    var values: [[UInt8]: [[UInt8]]] = [:]
    var sections: [[UInt8]: Section] = [:]
  }

  private let root = Section()

  /// - Parameters:
  ///   - path: at least one name.
  ///   - json: the value.
  mutating func add(_ path: [[UInt8]], _ json: [UInt8]) {
    guard let name = path.last else { return }
    let section = section(path.dropLast())
    if section.values[name] == nil, section.sections[name] == nil { section.names.append(name) }
    section.values[name, default: []].append(json)
  }

  /// A section that may have nothing in it.
  mutating func addSection(_ path: [[UInt8]]) { _ = section(path[...]) }

  private func section(_ path: ArraySlice<[UInt8]>) -> Section {
    path.reduce(root) { parent, name in
      if let known = parent.sections[name] { return known }
      let section = Section()
      if parent.values[name] == nil { parent.names.append(name) }
      parent.sections[name] = section
      return section
    }
  }

  var json: [UInt8] {
    var text: [UInt8] = []
    Self.append(root, to: &text)
    return text
  }

  private static func append(_ section: Section, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "{"))
    for (place, name) in section.names.enumerated() {
      if place > 0 { text.append(UInt8(ascii: ",")) }
      JSONText.appendQuoted(name, to: &text)
      text.append(UInt8(ascii: ":"))
      let values = section.values[name] ?? []
      let inner = section.sections[name]
      if values.count + (inner == nil ? 0 : 1) == 1 {
        if let inner { append(inner, to: &text) } else { text += values[0] }
        continue
      }
      text.append(UInt8(ascii: "["))
      text += values.joined(separator: [UInt8(ascii: ",")])
      if let inner {
        text.append(UInt8(ascii: ","))
        append(inner, to: &text)
      }
      text.append(UInt8(ascii: "]"))
    }
    text.append(UInt8(ascii: "}"))
  }
}

/// Kinds of files that are compared by key, told by their names.
package enum KeyedFormat: Sendable {
  case json, yaml, toml, ini, environment

  /// - Returns: `nil` for a file that is compared as text.
  package init?(ofFile name: some Collection<UInt8>) {
    let name = String(decoding: name, as: UTF8.self).lowercased()
    if name == ".env" || name.hasPrefix(".env.") || name.hasSuffix(".env") || name == ".envrc" {
      self = .environment
      return
    }
    guard let dot = name.lastIndex(of: ".") else { return nil }
    switch name[name.index(after: dot)...] {
    case "json", "jsonl", "ndjson", "geojson", "webmanifest": self = .json
    case "yml", "yaml": self = .yaml
    case "toml": self = .toml
    case "ini", "cfg", "properties": self = .ini
    default: return nil
    }
  }

  /// Larger files are compared by size only.
  package var byteCountMax: UInt64 { self == .json ? UInt64(JSONIndex.byteCountMax) : 8 << 20 }

  /// - Parameter keys: names of members that tell rows apart, before the usual ones.
  /// - Throws: `KeyedFault` when one of them is not what its name says.
  package func compare(_ old: [UInt8], _ new: [UInt8], keys: [[UInt8]] = []) throws(KeyedFault) -> KeyedComparison {
    try KeyedComparison(
      JSONIndex(json(of: old)), JSONIndex(json(of: new)), keys: keys, names: SecretNames(countsBareKey: self != .json),
      masksRandom: self == .environment)
  }

  /// The same keys and values as JSON.
  private func json(of bytes: [UInt8]) throws(KeyedFault) -> [UInt8] {
    switch self {
    case .json: return Self.withoutMark(JSONLines.array(of: bytes) ?? bytes)
    case .yaml: return try YAMLAsJSON.convert(bytes)
    case .toml: return try TOMLAsJSON.convert(Self.withoutMark(bytes))
    case .ini: return try INIAsJSON.convert(Self.withoutMark(bytes))
    case .environment:
      let (variables, strayLine) = EnvironmentFile.read(bytes)
      if let strayLine { throw KeyedFault("line \(strayLine) is no NAME=value") }
      var table = KeyedTable()
      for (name, value) in variables { table.add([Array(name.utf8)], Array(JSONText.quoted(value.utf8).utf8)) }
      return table.json
    }
  }

  /// Without a byte order mark, as editors on Windows leave one.
  private static func withoutMark(_ bytes: [UInt8]) -> [UInt8] {
    bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
  }
}

/// JSON texts one a line, as `mongoexport` and loggers write them.
enum JSONLines {
  /// - Returns: one array of them; `nil` for a text that is none of such lines.
  static func array(of bytes: [UInt8]) -> [UInt8]? {
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    var first = JSONCheck()
    first.add(bytes[..<end])
    guard first.isWhole, bytes[end...].contains(where: { !" \t\r\n".utf8.contains($0) }) else { return nil }
    var array: [UInt8] = [UInt8(ascii: "[")]
    array.reserveCapacity(bytes.count + 2)
    for line in bytes.split(separator: UInt8(ascii: "\n")) where line.contains(where: { !" \t\r".utf8.contains($0) }) {
      if array.count > 1 { array += [UInt8(ascii: ","), UInt8(ascii: "\n")] }
      array += line
    }
    return array + [UInt8(ascii: "]")]
  }
}

import SnapshotModel

/// The `scripts` of a package.json, changed without touching any other byte of the file.
struct PackageScripts {
  private struct Script {
    var name: String
    /// Of name and value, with their quotes.
    var range: Range<Int>
    var command: String?
  }

  let bytes: [UInt8]
  private var scripts: [Script] = []

  /// - Throws: `SnapFault` when the text is no JSON object.
  init(_ bytes: [UInt8], file: String) throws(SnapFault) {
    self.bytes = bytes
    guard let scripts = Self.scripts(of: bytes) else {
      throw SnapFault(.failed, "'\(file)' is not a JSON object", path: file)
    }
    self.scripts = scripts
  }

  func contains(_ name: String) -> Bool { scripts.contains { $0.name == name } }

  /// The command of that name; `nil` when there is none, or it is no text.
  func command(_ name: String) -> String? { scripts.last { $0.name == name }?.command }

  /// The file with a script in front of another, in the other's manner.
  func inserting(_ name: String, _ command: String, before next: String) -> [UInt8] {
    guard let at = scripts.last(where: { $0.name == next })?.range.lowerBound else { return bytes }
    let blanks = bytes[..<at].reversed().prefix { Self.isBlank($0) }.reversed()
    let colon = blanks.isEmpty ? ":" : ": "
    return bytes[..<at] + Array("\(JSONText.quoted(name.utf8))\(colon)\(JSONText.quoted(command.utf8)),".utf8) + blanks
      + bytes[at...]
  }

  /// The file without a script: what `inserting` has put in, as it was before.
  func removing(_ name: String) -> [UInt8] {
    guard var range = scripts.last(where: { $0.name == name })?.range else { return bytes }
    var end = range.upperBound + bytes[range.upperBound...].prefix { Self.isBlank($0) }.count
    if end < bytes.count, bytes[end] == UInt8(ascii: ",") {
      end += 1
      end += bytes[end...].prefix { Self.isBlank($0) }.count
      range = range.lowerBound..<end
    } else {
      // Somebody has put it last: then the comma before it goes, where there is one.
      let before = bytes[..<range.lowerBound]
      let start = before.count - before.reversed().prefix { Self.isBlank($0) }.count
      if start > 0, bytes[start - 1] == UInt8(ascii: ",") { range = start - 1..<range.upperBound }
    }
    return Array(bytes[..<range.lowerBound] + bytes[range.upperBound...])
  }

  private static func isBlank(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

  /// - Returns: those of the last member of that name, as npm takes it; `nil` when the text is no object.
  private static func scripts(of bytes: [UInt8]) -> [Script]? {
    var scan = JSONScan(bytes)
    var found: [Script] = []
    guard scan.take("{") else { return nil }
    if scan.take("}") { return found }
    repeat {
      guard let key = scan.string(), scan.take(":") else { return nil }
      var inner = scan
      guard scan.skipValue() else { return nil }
      if key == "scripts" { found = members(&inner) ?? [] }
    } while scan.take(",")
    return scan.take("}") ? found : nil
  }

  /// - Returns: `nil` when there is no object.
  private static func members(_ scan: inout JSONScan) -> [Script]? {
    guard scan.take("{") else { return nil }
    var members: [Script] = []
    if scan.take("}") { return members }
    repeat {
      let start = scan.offset()
      guard let name = scan.string(), scan.take(":") else { return nil }
      var value = scan
      guard scan.skipValue() else { return nil }
      members.append(Script(name: name, range: start..<scan.end, command: value.string()))
    } while scan.take(",")
    return members
  }
}

import Repositories
import SnapshotModel
import Workflows

/// Writes changes as a unified diff in git's form.
struct PatchPrinter {
  let session: Session
  let sides: DiffSides
  /// What of the lines of a text may be shown.
  var shown: ([ArraySlice<UInt8>]) -> [ArraySlice<UInt8>] = { $0 }

  /// - Parameter writeBinary: what is done where the change is none of text, instead of git's line.
  func write(_ change: ManifestChange, writeBinary: (() throws -> Void)? = nil) throws {
    // A path whose type changed is removed and added, as git has it.
    if change.kind == .typeChanged {
      try patchFile(change.path, change.old, nil)
      return try patchFile(change.path, nil, change.new)
    }
    try patchFile(change.path, change.old, change.new, writeBinary)
  }

  private func patchFile(
    _ path: ArchivePath, _ old: ManifestEntry?, _ new: ManifestEntry?, _ writeBinary: (() throws -> Void)? = nil
  ) throws {
    func isShown(_ entry: ManifestEntry?) -> Bool {
      entry.map { $0.kind == .file || $0.kind == .symbolicLink } ?? false
    }
    guard isShown(old) || isShown(new) else { return }
    let (oldName, newName) = (Self.quoted("a/", path), Self.quoted("b/", path))
    var text = Array("diff --git ".utf8) + oldName + [UInt8(ascii: " ")] + newName + [UInt8(ascii: "\n")]
    switch (old, new) {
    case (nil, let new?): text += Array("new file mode \(Self.gitMode(new))\n".utf8)
    case (let old?, nil): text += Array("deleted file mode \(Self.gitMode(old))\n".utf8)
    case (let old?, let new?) where Self.gitMode(old) != Self.gitMode(new):
      text += Array("old mode \(Self.gitMode(old))\nnew mode \(Self.gitMode(new))\n".utf8)
    case (let old?, let new?)
    where old.content == new.content && old.linkTarget == new.linkTarget && !sides.hasWorkTree:
      return  // Only what git does not keep: times, owners, attributes.
    default: break
    }
    guard let before = try sides.bytes(of: old, isNew: false), let after = try sides.bytes(of: new, isNew: true) else {
      return try writeBinary?() ?? session.output.write(text + Self.binaryLine(old, oldName, new, newName))
    }
    if UnifiedDiff.isBinary(before) || UnifiedDiff.isBinary(after) {
      if let writeBinary { return try writeBinary() }
      if before != after || old == nil || new == nil { text += Self.binaryLine(old, oldName, new, newName) }
    } else {
      let hunks = UnifiedDiff.hunks(before, after, shown: shown)
      if hunks.isEmpty, old != nil, new != nil, old.map(Self.gitMode) == new.map(Self.gitMode) { return }
      if !hunks.isEmpty {
        text += Array("--- ".utf8) + (old == nil ? Array("/dev/null".utf8) : oldName) + [UInt8(ascii: "\n")]
        text += Array("+++ ".utf8) + (new == nil ? Array("/dev/null".utf8) : newName) + [UInt8(ascii: "\n")]
        text += hunks
      }
    }
    try session.output.write(text)
  }

  private static func gitMode(_ entry: ManifestEntry) -> String {
    entry.kind == .symbolicLink ? "120000" : entry.metadata.mode & 0o100 != 0 ? "100755" : "100644"
  }

  private static func binaryLine(
    _ old: ManifestEntry?, _ oldName: [UInt8], _ new: ManifestEntry?, _ newName: [UInt8]
  ) -> [UInt8] {
    let null = Array("/dev/null".utf8)
    return Array("Binary files ".utf8) + (old == nil ? null : oldName) + Array(" and ".utf8)
      + (new == nil ? null : newName) + Array(" differ\n".utf8)
  }

  /// A name that holds quotes, backslashes or control characters stands in quotes, escaped as in C.
  private static func quoted(_ prefix: String, _ path: ArchivePath) -> [UInt8] {
    let name = Array(prefix.utf8) + path.bytes
    let isPlain = name.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    if isPlain { return name }
    let letters: [UInt8: String] = [
      7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: "\\\"", 92: "\\\\",
    ]
    let escaped = name.flatMap { byte -> [UInt8] in
      if let letter = letters[byte] { return Array(letter.utf8) }
      guard byte < 0x20 || byte == 0x7F else { return [byte] }
      let octal = String(byte, radix: 8)
      return Array(("\\" + String(repeating: "0", count: 3 - octal.count) + octal).utf8)
    }
    return [UInt8(ascii: "\"")] + escaped + [UInt8(ascii: "\"")]
  }
}

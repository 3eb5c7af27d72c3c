import Glibc
import Repositories
import SnapshotModel
import Workflows

/// Writes changes in one of the forms of `diff`.
final class DiffPrinter {
  enum Form {
    case letters, nameOnly, stat, patch, json
  }

  private(set) var changeCount = 0
  private let form: Form
  private let session: Session
  private let reader: ChunkReader
  /// Where the work tree lies, when one side is it.
  private let workTree: [UInt8]?
  private let isReversed: Bool
  private var added = 0
  private var removed = 0
  private var changed = 0
  private var bytesAdded: UInt64 = 0
  private var bytesRemoved: UInt64 = 0

  /// Larger files are compared by size and hash only: nobody reads such a patch.
  private static let patchByteCountMax: UInt64 = 32 << 20

  init(form: Form, session: Session, reader: ChunkReader, workTree: [UInt8]?, isReversed: Bool) {
    self.form = form
    self.session = session
    self.reader = reader
    self.workTree = workTree
    self.isReversed = isReversed
  }

  func write(_ change: ManifestChange) throws {
    count(change)
    if session.isQuiet, form != .json { return }
    switch form {
    case .letters: try line(Array("\(change.letter)  ".utf8) + shown(change))
    case .nameOnly: try line(change.path.bytes)
    case .stat: try line(Array(Self.sizes(change).utf8) + shown(change))
    case .patch: try patch(change)
    case .json: try json(change)
    }
  }

  func finish() throws {
    let difference = Int64(bytesAdded) - Int64(bytesRemoved)
    if form == .json {
      try session.json(
        JSONObject([
          "message_type": "statistics", "changed_files": .count(changed), "added_files": .count(added),
          "removed_files": .count(removed), "added_bytes": .unsigned(bytesAdded),
          "removed_bytes": .unsigned(bytesRemoved),
        ]))
    } else if form == .stat, !session.isQuiet {
      let sign = difference < 0 ? "-" : "+"
      try session.output.line(
        "\(formatted(count: added)) added, \(formatted(count: removed)) removed, \(formatted(count: changed)) changed, "
          + "\(sign)\(formatted(byteCount: difference.magnitude))")
    }
  }

  private func count(_ change: ManifestChange) {
    changeCount += 1
    switch change.kind {
    case .added: added += 1
    case .removed: removed += 1
    default: changed += 1
    }
    bytesAdded += change.new?.size ?? 0
    bytesRemoved += change.old?.size ?? 0
  }

  private func shown(_ change: ManifestChange) -> [UInt8] {
    let isFolder = (change.new ?? change.old)?.kind == .directory
    let path = change.path.isRoot ? [UInt8(ascii: ".")] : change.path.bytes
    return path + (isFolder ? [UInt8(ascii: "/")] : [])
  }

  private func line(_ bytes: [UInt8]) throws {
    let text = session.output.isTerminal ? Array(displayText(bytes).utf8) : bytes
    try session.output.write(text + [UInt8(ascii: "\n")])
  }

  private static func sizes(_ change: ManifestChange) -> String {
    func text(_ entry: ManifestEntry?) -> String { entry.map { formatted(byteCount: $0.size) } ?? "" }
    func right(_ text: String) -> String { String(repeating: " ", count: max(0, 10 - text.count)) + text }
    return "\(change.letter) \(right(text(change.old))) -> \(right(text(change.new)))  "
  }

  private func json(_ change: ManifestChange) throws {
    var object = JSONObject(["message_type": "change"])
    object.setPath(change.path.bytes)
    object["modifier"] = .string(change.letter)
    object["kind"] = .string(change.kind.rawValue)
    object["old"] = change.old.map { .object($0.json()) } ?? .null
    object["new"] = change.new.map { .object($0.json()) } ?? .null
    try session.json(object)
  }

  // MARK: Patches

  private func patch(_ change: ManifestChange) throws {
    // A path whose type changed is removed and added, as git has it.
    if change.kind == .typeChanged {
      try patchFile(change.path, change.old, nil)
      return try patchFile(change.path, nil, change.new)
    }
    try patchFile(change.path, change.old, change.new)
  }

  private func patchFile(_ path: ArchivePath, _ old: ManifestEntry?, _ new: ManifestEntry?) throws {
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
    case (let old?, let new?) where old.content == new.content && old.linkTarget == new.linkTarget && workTree == nil:
      return  // Only what git does not keep: times, owners, attributes.
    default: break
    }
    guard let before = try bytes(of: old, isNew: false), let after = try bytes(of: new, isNew: true) else {
      return try session.output.write(text + Self.binaryLine(old, oldName, new, newName))
    }
    if UnifiedDiff.isBinary(before) || UnifiedDiff.isBinary(after) {
      if before != after || old == nil || new == nil { text += Self.binaryLine(old, oldName, new, newName) }
    } else {
      let hunks = UnifiedDiff.hunks(before, after)
      if hunks.isEmpty, old != nil, new != nil, old.map(Self.gitMode) == new.map(Self.gitMode) { return }
      if !hunks.isEmpty {
        text += Array("--- ".utf8) + (old == nil ? Array("/dev/null".utf8) : oldName) + [UInt8(ascii: "\n")]
        text += Array("+++ ".utf8) + (new == nil ? Array("/dev/null".utf8) : newName) + [UInt8(ascii: "\n")]
        text += hunks
      }
    }
    try session.output.write(text)
  }

  /// What git compares: a file's content, a link's target; `nil` when it is too large.
  private func bytes(of entry: ManifestEntry?, isNew: Bool) throws -> [UInt8]? {
    guard let entry else { return [] }
    if entry.kind == .symbolicLink { return entry.linkTarget }
    guard entry.kind == .file else { return [] }
    guard let workTree, isNew != isReversed else {
      return try EntryContent.bytes(of: entry, from: reader, byteCountMax: Self.patchByteCountMax)
    }
    guard entry.size <= Self.patchByteCountMax else { return nil }
    return try FileSystemPath.contents(of: FileSystemPath.joined(workTree, entry.path))
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

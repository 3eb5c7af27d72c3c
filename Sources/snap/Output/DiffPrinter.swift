import Repositories
import SnapshotModel

/// Writes changes in one of the forms of `diff`.
final class DiffPrinter {
  enum Form {
    case letters, nameOnly, stat, patch, json
    /// With a `KeyedPrinter.Style`: text, or with `--json` one object a line.
    case keys(KeyedPrinter.Style)
  }

  private(set) var changeCount = 0
  private let form: Form
  private let session: Session
  private let patches: PatchPrinter
  private let keys: KeyedPrinter?
  private var added = 0
  private var removed = 0
  private var changed = 0
  private var bytesAdded: UInt64 = 0
  private var bytesRemoved: UInt64 = 0

  init(form: Form, session: Session, sides: DiffSides) {
    self.form = form
    self.session = session
    patches = PatchPrinter(session: session, sides: sides)
    keys = if case .keys(let style) = form { KeyedPrinter(style: style, session: session, sides: sides) } else { nil }
  }

  func write(_ change: ManifestChange) throws {
    count(change)
    if session.isQuiet, !session.isJSON { return }
    switch form {
    case .letters: try session.outputLine(Array("\(change.letter)  ".utf8) + change.shownPath)
    case .nameOnly: try session.outputLine(change.path.bytes)
    case .stat: try session.outputLine(Array(Self.sizes(change).utf8) + change.shownPath)
    case .patch: try patches.write(change)
    case .json: try session.json(change.json)
    case .keys: try keys?.write(change)
    }
  }

  func finish() throws {
    if session.isJSON {
      try session.json(
        JSONObject([
          "message_type": "statistics", "changed_files": .count(changed), "added_files": .count(added),
          "removed_files": .count(removed), "added_bytes": .unsigned(bytesAdded),
          "removed_bytes": .unsigned(bytesRemoved),
        ]))
    } else if case .stat = form, !session.isQuiet {
      let (sign, difference) =
        bytesAdded < bytesRemoved ? ("-", bytesRemoved - bytesAdded) : ("+", bytesAdded - bytesRemoved)
      try session.output.line(
        "\(formatted(count: added)) added, \(formatted(count: removed)) removed, \(formatted(count: changed)) changed, "
          + "\(sign)\(formatted(byteCount: difference))")
    }
  }

  private func count(_ change: ManifestChange) {
    changeCount += 1
    switch change.kind {
    case .added: added += 1
    case .removed: removed += 1
    default: changed += 1
    }
    bytesAdded = saturatingSum(bytesAdded, change.new?.size ?? 0)
    bytesRemoved = saturatingSum(bytesRemoved, change.old?.size ?? 0)
  }

  private static func sizes(_ change: ManifestChange) -> String {
    func text(_ entry: ManifestEntry?) -> String { entry.map { formatted(byteCount: $0.size) } ?? "" }
    func right(_ text: String) -> String { String(repeating: " ", count: max(0, 10 - text.count)) + text }
    return "\(change.letter) \(right(text(change.old))) -> \(right(text(change.new)))  "
  }
}

extension ManifestChange {
  /// The path as listings show it: folders with a slash behind.
  var shownPath: [UInt8] {
    let isFolder = (new ?? old)?.kind == .directory
    return (path.isRoot ? [UInt8(ascii: ".")] : path.bytes) + (isFolder ? [UInt8(ascii: "/")] : [])
  }

  var json: JSONObject {
    var object = JSONObject(["message_type": "change"])
    object.setPath(path.bytes)
    object["modifier"] = .string(letter)
    object["kind"] = .string(kind.rawValue)
    object["old"] = old.map { .object($0.json()) } ?? .null
    object["new"] = new.map { .object($0.json()) } ?? .null
    return object
  }
}

extension Session {
  /// One line of bytes as they are; on a terminal without what could drive it.
  func outputLine(_ bytes: [UInt8]) throws {
    try output.write((output.isTerminal ? Array(displayText(bytes).utf8) : bytes) + [UInt8(ascii: "\n")])
  }
}

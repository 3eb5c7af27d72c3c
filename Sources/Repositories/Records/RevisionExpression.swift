import SnapshotModel

/// How people name a version: `v1.1.0`, `8c41d0e2`, `latest~2`, `@{yesterday}`, `tag:prod`,
/// `commit:ab12cd`, `branch:main`.
///
/// An exact version name wins over every other reading. Grammar: docs/guides/command-line.md.
package enum RevisionExpression {
  /// Splits `REV:path`; the path is `nil` without one.
  package static func split(_ text: String, in repository: Repository) throws -> (revision: String, path: String?) {
    let versions = Set(try repository.snapshots().map(\.snapshot.version))
    if versions.contains(text) { return (text, nil) }
    let start = ["tag:", "commit:", "branch:"].first { text.hasPrefix($0) }?.count ?? 0
    var colons = text.indices.dropFirst(start).filter { text[$0] == ":" }
    // A colon inside `@{2026-08-01T12:00}` separates nothing.
    if text.hasPrefix("@{"), let close = text.firstIndex(of: "}") { colons.removeAll { $0 < close } }
    // The longest revision that is an exact version name, else up to the first colon.
    let split = colons.last { versions.contains(String(text[..<$0])) } ?? colons.first
    guard let split else { return (text, nil) }
    return (String(text[..<split]), String(text[text.index(after: split)...]))
  }

  /// - Parameter folder: whose versions `latest`, times, tags and branches mean, if it has any; names and ids mean all.
  /// - Throws: `SnapFault` `.notFound` when nothing matches, or several do.
  package static func resolve(
    _ text: String, in repository: Repository, preferring folder: [UInt8]? = nil
  ) throws -> ListedSnapshot {
    var all = try repository.snapshots()
    if let exact = all.last(where: { $0.snapshot.version == text }) { return exact }
    let (name, back) = try steps(back: text)
    let (writer, ownName) = writer(in: name, among: all)
    if let writer { all = all.filter { $0.snapshot.writer == writer } }
    // Who can only save chooses what his versions say of themselves: nobody else's are taken for them unasked.
    let trusted = writer == nil ? all.filter { $0.snapshot.writer == nil } : all
    var own = folder.map { folder in trusted.filter { $0.snapshot.root == folder } } ?? []
    if own.isEmpty { own = trusted.isEmpty ? all : trusted }
    let start = try base(ownName, spelled: name, among: all, newestAmong: own)
    guard back > 0 else { return start }
    // Steps go back in the history of one project.
    all = all.filter { $0.snapshot.writer == start.snapshot.writer }
    if folder != nil { all.removeAll { $0.snapshot.root != start.snapshot.root } }
    guard let at = all.firstIndex(where: { $0.snapshot.id == start.snapshot.id }), at >= back else {
      throw SnapFault(
        .notFound, "no snapshot matches '\(text)': there are not that many before \(start.snapshot.version)")
    }
    return all[at - back]
  }

  /// `web1/latest` is `latest` among the versions of `web1`; the name of one of them is left whole.
  private static func writer(in name: String, among all: [ListedSnapshot]) -> (writer: String?, name: String) {
    guard let slash = name.firstIndex(of: "/") else { return (nil, name) }
    let writer = String(name[..<slash])
    guard all.contains(where: { $0.snapshot.writer == writer }) else { return (nil, name) }
    let isName = all.contains { $0.snapshot.version == name }
    return (writer, isName ? name : String(name[name.index(after: slash)...]))
  }

  /// `v1~2` is `v1` and 2; `v1~` is `v1` and 1.
  private static func steps(back text: String) throws -> (name: String, back: Int) {
    guard let tilde = text.lastIndex(of: "~") else { return (text, 0) }
    let digits = text[text.index(after: tilde)...]
    guard digits.isEmpty || digits.allSatisfy(\.isASCIIDigit) else { return (text, 0) }
    guard let count = digits.isEmpty ? 1 : Int(digits) else {
      throw SnapFault(.usage, "'\(text)': '\(digits)' is not a whole number")
    }
    return (String(text[..<tilde]), count)
  }

  /// - Parameters:
  ///   - text: what is looked for among `all`.
  ///   - spelled: the same as it was given.
  private static func base(
    _ text: String, spelled: String, among all: [ListedSnapshot], newestAmong own: [ListedSnapshot]
  ) throws -> ListedSnapshot {
    func newest(_ belongs: (ListedSnapshot) -> Bool) throws -> ListedSnapshot {
      if let found = own.last(where: belongs) { return found }
      throw notFound(spelled, among: all)
    }
    if let exact = all.last(where: { $0.snapshot.version == text }) { return exact }
    if text == "latest" || text == "@" {
      if let found = own.last(where: { !$0.isSuspect && !$0.isSafetyCopy }) { return found }
      guard let suspect = own.last(where: { $0.isSuspect }) else { throw notFound(spelled, among: all) }
      throw SnapFault(
        .notFound,
        "'\(spelled)' passes over suspect versions, and there are no others; "
          + "\(suspect.snapshot.version): \(suspect.labels.suspect)",
        hint: "snap trust \(suspect.snapshot.version), if it is as it should be; its own name works, too")
    }
    if text.hasPrefix("@{"), text.hasSuffix("}") {
      let moment = try moment(String(text.dropFirst(2).dropLast()))
      return try newest { $0.snapshot.created <= moment && !$0.isSafetyCopy }
    }
    for (prefix, belongs) in selectors {
      guard text.hasPrefix(prefix) else { continue }
      let value = String(text.dropFirst(prefix.count))
      return try newest { belongs($0, value) }
    }
    return try byID(text, spelled: spelled, among: all)
  }

  private static let selectors: [(String, @Sendable (ListedSnapshot, String) -> Bool)] = [
    ("tag:", { $0.tags.contains($1) }),
    ("branch:", { !$1.isEmpty && $0.snapshot.git?.branch == $1 }),
    ("commit:", { $1.count >= 4 && $0.snapshot.git?.commit.hasPrefix($1.lowercased()) == true }),
  ]

  private static func byID(
    _ text: String, spelled: String, among all: [ListedSnapshot]
  ) throws -> ListedSnapshot {
    let prefix = text.lowercased()
    guard prefix.count >= 4, prefix.allSatisfy(\.isHexDigit) else { throw notFound(spelled, among: all) }
    let matches = all.filter { $0.snapshot.id.hexadecimal.hasPrefix(prefix) }
    guard matches.count < 2 else {
      let names = matches.map { "\($0.snapshot.id.short)… (\($0.snapshot.version))" }.joined(separator: ", ")
      throw SnapFault(.notFound, "'\(spelled)' matches \(matches.count) snapshots: \(names)", hint: "type more digits")
    }
    guard let match = matches.first else { throw notFound(spelled, among: all) }
    return match
  }

  private static func notFound(_ text: String, among all: [ListedSnapshot]) -> SnapFault {
    guard !all.isEmpty else {
      return SnapFault(.notFound, "no snapshot matches '\(text)': nothing has been saved yet", hint: "snap save")
    }
    let nearest = nearestName(to: text, among: all.map(\.snapshot.version))
    return SnapFault(
      .notFound, "no snapshot matches '\(text)'",
      hint: nearest.map { "did you mean '\($0)'? (snap list shows all)" } ?? "snap list")
  }
}

import SnapshotModel

/// A command line that `snap.yml` names.
package enum ProjectCommand: Hashable, Sendable {
  /// A line for `/bin/sh -c`.
  case shell(String)
  /// A program, searched on the `PATH`, and its arguments; no shell looks at them.
  case words([String])

  package var arguments: [[UInt8]] {
    switch self {
    case .shell(let line): ["/bin/sh", "-c", line].map { Array($0.utf8) }
    case .words(let words): words.map { Array($0.utf8) }
    }
  }

  /// As it is written, on one line, with what looks like a secret left out.
  package var shown: String {
    let text =
      switch self {
      case .shell(let line): line
      case .words(let words): words.joined(separator: " ")
      }
    return withoutSecrets(displayText(text.split(whereSeparator: \.isNewline).joined(separator: " ").utf8))
  }
}

/// `text` with passwords in URLs (`://user:…@`) and values of names that say secret (`PASSWORD=…`) replaced by `***`;
/// what only names a variable stays.
package func withoutSecrets(_ text: String) -> String {
  var shown = ""
  var rest = text[...]
  while let first = rest.first {
    if let (kept, length) = secret(in: rest) {
      shown += kept + "***"
      rest = rest.dropFirst(length)
    } else {
      shown.append(first)
      rest = rest.dropFirst()
    }
  }
  return shown
}

private let secretNames = [
  "password", "passwd", "pwd", "secret", "token", "apikey", "api_key", "api-key", "access_key",
]

/// - Returns: what of the beginning may be shown, and how long it is with the secret.
private func secret(in text: Substring) -> (kept: String, length: Int)? {
  func isEnd(_ character: Character) -> Bool { " \t'\"&|;<>".contains(character) }
  if text.hasPrefix("://") {
    let authority = text.dropFirst(3).prefix { !"/?#".contains($0) && !isEnd($0) }
    guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else { return nil }
    let password = authority[authority.index(after: colon)..<at]
    if password.isEmpty || password.hasPrefix("$") { return nil }
    let kept = "://" + authority[...colon]
    return (kept, kept.count + password.count)
  }
  guard let name = secretNames.first(where: { text.prefix($0.count).lowercased() == $0 }) else { return nil }
  let rest = text.dropFirst(name.count)
  guard let sign = rest.first, "=:".contains(sign) else { return nil }
  let value = rest.dropFirst().prefix { !isEnd($0) }
  if value.isEmpty || value.hasPrefix("$") { return nil }
  return (String(text.prefix(name.count + 1)), name.count + 1 + value.count)
}

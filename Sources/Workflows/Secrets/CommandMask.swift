/// `text` with what looks like a secret replaced by `***`; what only names a variable (`$PGPASSWORD`) stays.
///
/// Secrets are passwords in URLs (`://user:…@`), values of names that say so (`PASSWORD=…`, `token: …`, `--api-key …`,
/// `Authorization: …`), and what the flags of known programs take (`mysqldump -p…`). It goes by looks: a secret that stands alone
/// is not recognised.
package func withoutSecrets(_ text: String) -> String {
  var masker = SecretMasker(text)
  return masker.masked()
}

/// The same for the words of a command, of which one may say that the next is a secret.
package func withoutSecrets(words: [String]) -> [String] {
  var shown: [String] = []
  for (at, word) in words.enumerated() {
    let announces = at > 0 && SecretMasker.announces(words[at - 1], program: SecretMasker.program(words[0]))
    if announces, !word.isEmpty, !word.hasPrefix("$"), !word.hasPrefix("-") {
      shown.append("***")
    } else {
      var masker = SecretMasker(word)
      masker.program = at > 0 ? SecretMasker.program(words[0]) : nil
      shown.append(masker.masked())
    }
  }
  return shown
}

/// Goes through a line of shell, or of a program's complaints, once.
private struct SecretMasker {
  /// How a program is given a secret without a name that says so.
  enum Flag {
    /// `-pSECRET`
    case attached(String)
    /// `-p SECRET`
    case apart(String)
    /// `-u user:SECRET`
    case afterColon(String)
  }

  private static let programs: [String: Flag] = [
    "mysql": .attached("-p"), "mysqldump": .attached("-p"), "mysqladmin": .attached("-p"), "mariadb": .attached("-p"),
    "mariadb-dump": .attached("-p"), "mongodump": .apart("-p"), "mongoexport": .apart("-p"), "mongosh": .apart("-p"),
    "sshpass": .apart("-p"), "redis-cli": .apart("-a"), "curl": .afterColon("-u"),
  ]
  private static let secretNames = [
    "password", "passwd", "pwd", "passphrase", "secret", "token", "apikey", "api_key", "api-key", "access_key",
    "private_key",
    "credential",
  ]

  private let text: [Character]
  private var at = 0
  private var shown = ""
  /// That the flags belong to.
  var program: String?

  init(_ text: String) { self.text = Array(text) }

  static func program(_ word: String) -> String? {
    let name = word.split(separator: "/").last.map(String.init) ?? word
    return programs[name] == nil ? nil : name
  }

  /// Whether the word behind `word` is a secret.
  static func announces(_ word: String, program: String?) -> Bool {
    if word.hasPrefix("--") { return isSecret(name: word) }
    if let program, case .apart(let flag) = programs[program] { return word == flag }
    return false
  }

  /// `--password`, `SECRET_KEY`; not `PASSWORD_FILE` or `--no-password`.
  private static func isSecret(name: String) -> Bool {
    let name = name.lowercased()
    if name.hasPrefix("--no-") || ["file", "path", "command"].contains(where: name.hasSuffix) { return false }
    return secretNames.contains(where: name.contains) || name == "pass" || name.hasSuffix("_pass")
      || name.hasSuffix("-pass")
  }

  private static func isEnd(_ character: Character) -> Bool { " \t\n'\"&|;<>".contains(character) }

  mutating func masked() -> String {
    while at < text.count {
      if starts(with: "://") {
        maskAuthority()
      } else if Self.isOfName(text[at]), at == 0 || !Self.isOfName(text[at - 1]) {
        takeName()
      } else {
        if ";|&".contains(text[at]) { program = nil }
        take(1)
      }
    }
    return shown
  }

  private static func isOfName(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || character == "_" || character == "-")
  }

  private func starts(with prefix: String) -> Bool { text[at...].starts(with: prefix) }

  private mutating func take(_ count: Int) {
    shown += String(text[at..<min(at + count, text.count)])
    at = min(at + count, text.count)
  }

  private mutating func takeBlanks() {
    while at < text.count, text[at] == " " { take(1) }
  }

  /// `://user:password@`
  private mutating func maskAuthority() {
    take(3)
    let authority = text[at...].prefix { !"/?#".contains($0) && !Self.isEnd($0) }
    guard let sign = authority.lastIndex(of: "@"), let colon = authority[..<sign].firstIndex(of: ":") else { return }
    take(colon + 1 - at)
    mask(upTo: sign)
  }

  private mutating func takeName() {
    let name = String(text[at...].prefix(while: Self.isOfName))
    if let program, let flag = Self.programs[program], take(flag, name) { return }
    if let known = Self.program(name) { program = known }
    take(name.count)
    guard at < text.count else { return }
    let next = text[at]
    if "=:".contains(next), name.lowercased() == "authorization" {
      take(1)
      takeBlanks()
      mask(upTo: text[at...].firstIndex { "'\"".contains($0) } ?? text.count)
    } else if "=:".contains(next), Self.isSecret(name: name) {
      take(1)
      if next == ":" { takeBlanks() }
      maskValue()
    } else if next == " ", name.lowercased() == "bearer" || (name.hasPrefix("--") && Self.isSecret(name: name)) {
      takeBlanks()
      if at < text.count, text[at] != "-" { maskValue() }
    }
  }

  /// - Returns: whether it was that flag.
  private mutating func take(_ flag: Flag, _ name: String) -> Bool {
    switch flag {
    case .attached(let letter):
      guard name.hasPrefix(letter), name.count > letter.count else { return false }
      take(letter.count)
      maskValue()
    case .apart(let letter):
      guard name == letter else { return false }
      take(letter.count)
      takeBlanks()
      maskValue()
    case .afterColon(let letter):
      guard name == letter else { return false }
      take(letter.count)
      takeBlanks()
      let value = text[at...].prefix { !Self.isEnd($0) }
      guard let colon = value.firstIndex(of: ":") else { return true }
      take(colon + 1 - at)
      maskValue()
    }
    return true
  }

  /// In quotes up to their end, else up to the end of the word.
  private mutating func maskValue() {
    guard at < text.count else { return }
    let quote = text[at]
    guard "'\"".contains(quote) else { return mask(upTo: text[at...].firstIndex(where: Self.isEnd) ?? text.count) }
    take(1)
    mask(upTo: text[at...].firstIndex(of: quote) ?? text.count)
  }

  private mutating func mask(upTo end: Int) {
    guard end > at, text[at] != "$" else { return }
    shown += "***"
    at = end
  }
}

/// Which names say that what stands under them is a secret.
package struct SecretNames: Sendable {
  /// Whether a bare `key` does, too. In JSON it is mostly what a row is known by.
  let countsBareKey: Bool

  package init(countsBareKey: Bool = true) { self.countsBareKey = countsBareKey }

  /// Anywhere in a name, for many are written in one word: `PGPASSWORD`, `authtoken`.
  private static let parts = [
    "password", "passwd", "passphrase", "passcode", "secret", "token", "credential", "apikey", "accesskey",
    "privatekey", "connectionstring",
  ].map { Array($0.utf8) }
  /// Whole words of a name: `auth_url`, not `author`.
  private static let words: Set<[UInt8]> = Set(
    [
      "pass", "pwd", "cred", "creds", "dsn", "auth", "oauth", "authorization", "authentication", "bearer", "pin", "otp",
      "salt", "webhook",
    ].map { Array($0.utf8) })
  private static let keyWords: Set<[UInt8]> = [Array("key".utf8), Array("keys".utf8)]
  /// In front of `key`: what everybody may know.
  private static let openKeys: Set<[UInt8]> = Set(
    ["public", "primary", "foreign", "sort", "partition", "cache", "row"].map { Array($0.utf8) })
  private static let secretKeys: Set<[UInt8]> = Set(
    ["access", "api", "private", "secret", "signing", "encryption", "master", "service", "ssh"].map { Array($0.utf8) })
  /// A name longer than this is a text, one with a blank, too; one with a slash is a path.
  private static let byteCountMax = 100

  package func isSecret(_ name: some Collection<UInt8>) -> Bool {
    guard !name.isEmpty, name.count <= Self.byteCountMax, !name.contains(where: { " /".utf8.contains($0) })
    else { return false }
    let words = Self.words(of: Array(name))
    if words.contains(where: { Self.words.contains($0) }) { return true }
    for (at, word) in words.enumerated() where Self.keyWords.contains(word) {
      if at == 0 {
        if words.count == 1, countsBareKey { return true }
      } else {
        if Self.secretKeys.contains(words[at - 1]) { return true }
        if at == words.count - 1, !Self.openKeys.contains(words[at - 1]) { return true }
      }
    }
    let joined = Array(words.joined())
    return Self.parts.contains { Self.contains(joined, $0) }
  }

  /// Members that hold a secret because of what stands beside them: in `{"name": "DB_PASSWORD", "value": "…"}` the value,
  /// in a Secret of Kubernetes its data.
  func members(thatHoldSecretsIn object: Int, of index: JSONIndex) -> SecretMembers {
    guard index.kind(object) == .object else { return SecretMembers() }
    for name in SecretMembers.titles {
      if let title = index.member(name, of: object), index.kind(title) == .string, isSecret(index.string(title)) {
        return SecretMembers(names: SecretMembers.values)
      }
    }
    if let kind = index.member(Array("kind".utf8), of: object), index.string(kind) == Array("Secret".utf8) {
      return SecretMembers(names: [Array("data".utf8), Array("stringData".utf8)])
    }
    return SecretMembers()
  }

  /// Lower case; cut at everything that is no letter or digit, and before a capital after a small letter.
  private static func words(of name: [UInt8]) -> [[UInt8]] {
    var words: [[UInt8]] = []
    var word: [UInt8] = []
    var lastIsSmall = false
    for byte in name {
      let isCapital = (65...90).contains(byte)
      let isLetter = isCapital || (97...122).contains(byte) || (48...57).contains(byte) || byte >= 0x80
      if !isLetter || isCapital && lastIsSmall, !word.isEmpty {
        words.append(word)
        word = []
      }
      if isLetter { word.append(isCapital ? byte + 32 : byte) }
      lastIsSmall = isLetter && !isCapital
    }
    return word.isEmpty ? words : words + [word]
  }

  private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
    guard text.count >= part.count else { return false }
    return (0...(text.count - part.count)).contains { text[$0..<$0 + part.count].elementsEqual(part) }
  }
}

/// The members of one object that hold a secret.
struct SecretMembers {
  /// What says what an object is about.
  static let titles = ["name", "key"].map { Array($0.utf8) }
  static let values = Set(["value", "values", "val", "default", "content"].map { Array($0.utf8) })

  var names: Set<[UInt8]> = []

  func contains(_ name: [UInt8]) -> Bool { names.contains(name) }

  func merging(_ other: SecretMembers) -> SecretMembers { SecretMembers(names: names.union(other.names)) }
}

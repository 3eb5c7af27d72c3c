import Glibc

/// Finds secrets in what a text says, whatever its name.
package enum SecretText {
  package static let mask = Array("***".utf8)

  /// Beginnings of keys that their makers mark as such.
  private static let marks: [(prefix: [UInt8], lengthMin: Int)] = [
    ("AKIA", 20), ("ASIA", 20), ("ghp_", 36), ("gho_", 36), ("ghs_", 36), ("github_pat_", 40), ("glpat-", 20),
    ("sk_live_", 20), ("rk_live_", 20), ("sk-", 40), ("xoxb-", 20), ("xoxp-", 20), ("AIza", 39), ("eyJ", 40),
    ("npm_", 36), ("SG.", 40),
  ].map { (Array($0.0.utf8), $0.1) }

  /// Names before `=` or `:` whose values are masked in any text.
  private static let names = [
    "password", "passwd", "pwd", "secret", "token", "apikey", "api_key", "api-key", "access_key",
  ].map { Array($0.utf8) }

  /// Whether nothing of it may be shown: a key in PEM, or one that its maker marks.
  package static func isSecret(_ value: some RandomAccessCollection<UInt8>) -> Bool {
    var rest = value[...]
    while let dash = rest.firstIndex(of: UInt8(ascii: "-")) {
      rest = rest[dash...]
      if beginsPrivateKey(rest.prefix(80)) { return true }
      rest = rest.drop { $0 == UInt8(ascii: "-") }
    }
    return marks.contains { mark in
      value.count >= mark.lengthMin && value.starts(with: mark.prefix)
        && value.prefix(200).allSatisfy { isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }
  }

  /// Whether a line begins a private key, as PEM and OpenSSH write it; certificates and public keys are for everybody.
  package static func beginsPrivateKey(_ line: some Collection<UInt8>) -> Bool {
    guard line.starts(with: "-----BEGIN ".utf8) else { return false }
    let label = String(decoding: line.dropFirst(11).prefix { $0 != UInt8(ascii: "-") && $0 != 0x0A }, as: UTF8.self)
    return label.hasSuffix("PRIVATE KEY") || label == "PGP PRIVATE KEY BLOCK"
  }

  /// `^9.0.2`: what a package of the name `jsonwebtoken` has for a value.
  static func isVersion(_ value: [UInt8]) -> Bool {
    let number = value.drop { "^~<>= v".utf8.contains($0) }
    return number.count <= 20 && number.contains(UInt8(ascii: "."))
      && number.first.map { (48...57).contains($0) } ?? false
      && number.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
  }

  /// Whether it looks like chance: 20 letters and digits or more, mixed as no word or number is.
  ///
  /// The measure is Shannon's, in bits a character: above 3 for hexadecimal digits, above 3.7 for others.
  package static func looksRandom(_ value: [UInt8]) -> Bool {
    guard (20...500).contains(value.count),
      value.allSatisfy({ isWord($0) || "+/=-.".utf8.contains($0) }),
      value.contains(where: { (48...57).contains($0) }), value.contains(where: { !(48...57).contains($0) })
    else { return false }
    let isHexadecimal = value.allSatisfy { (48...57).contains($0) || (65...70).contains($0 & 0xDF) }
    return entropy(value) > (isHexadecimal ? 3.0 : 3.7)
  }

  /// `text` with passwords in URLs (`://user:…@`) and values of names that say secret (`PASSWORD=…`) replaced by `***`;
  /// what only names a variable stays. Linear in the text's length.
  ///
  /// - Parameter hide: gets what was replaced.
  package static func masked(_ text: [UInt8], hide: (ArraySlice<UInt8>) -> Void = { _ in }) -> [UInt8] {
    var shown: [UInt8] = []
    var at = 0
    while at < text.count {
      let byte = text[at]
      shown.append(byte)
      at += 1
      guard byte == UInt8(ascii: ":") || byte == UInt8(ascii: "=") else { continue }
      if byte == UInt8(ascii: ":"), text[at...].starts(with: "//".utf8) {
        guard let password = passwordRange(in: text, after: at + 2) else { continue }
        shown += text[at..<password.lowerBound] + mask
        hide(text[password])
        at = password.upperBound
      } else if endsWithName(shown.dropLast()) {
        // As JSON has it: `"password": "…"`.
        let quotes = text[at...].prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\"") }.prefix(3)
        let start = quotes.last == UInt8(ascii: "\"") ? quotes.endIndex : at
        let value = text[start...].prefix { !endsValue($0) }
        if value.isEmpty || isVariable(value) { continue }
        shown += text[at..<start] + mask
        hide(value)
        at = value.endIndex
      }
    }
    return shown
  }

  /// Where the password of a URL stands whose authority begins at `start`.
  private static func passwordRange(in text: [UInt8], after start: Int) -> Range<Int>? {
    let authority = text[start...].prefix { !"/?#".utf8.contains($0) && !endsValue($0) }
    guard let at = authority.lastIndex(of: UInt8(ascii: "@")),
      let colon = authority[..<at].firstIndex(of: UInt8(ascii: ":")), colon + 1 < at,
      text[colon + 1] != UInt8(ascii: "$")
    else { return nil }
    return colon + 1..<at
  }

  private static func endsValue(_ byte: UInt8) -> Bool { " \t\r\n'\"&|;<>".utf8.contains(byte) }

  /// `$NAME`, `${NAME}`, `$(command)`; but not `$2b$…`, a hash of bcrypt.
  private static func isVariable(_ value: ArraySlice<UInt8>) -> Bool {
    value.first == UInt8(ascii: "$") && !(value.count > 3 && (48...57).contains(value[value.startIndex + 1]))
  }

  private static func endsWithName(_ text: ArraySlice<UInt8>) -> Bool {
    let text = text.last.map { "\"'".utf8.contains($0) } ?? false ? text.dropLast() : text
    return names.contains { name in
      text.count >= name.count
        && zip(text.suffix(name.count), name).allSatisfy { byte, letter in
          ((65...90).contains(byte) ? byte + 32 : byte) == letter
        }
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "_")
  }

  private static func entropy(_ bytes: [UInt8]) -> Double {
    var counts: [UInt8: Int] = [:]
    for byte in bytes { counts[byte, default: 0] += 1 }
    return counts.values.reduce(0) { sum, count in
      let share = Double(count) / Double(bytes.count)
      return sum - share * log2(share)
    }
  }
}

extension SecretText {
  /// Lines of a text without the secrets in them: bodies of private keys, and values of secret names.
  ///
  /// - Returns: as many lines, each with its end.
  package static func masked(lines: [ArraySlice<UInt8>]) -> [ArraySlice<UInt8>] {
    let names = SecretNames()
    var isInKey = false
    return lines.map { line in
      let text = line.prefix { $0 != 0x0A && $0 != 0x0D }
      let end = line.dropFirst(text.count)
      if isInKey {
        isInKey = !text.starts(with: "-----END ".utf8)
        return isInKey ? mask[...] + end : line
      }
      if beginsPrivateKey(text) {
        isInKey = true
        return line
      }
      return masked(line: text, names) + end
    }
  }

  /// `export API_KEY=…`, `apiKey: …`: what stands behind the first `=` or `:` of a secret name is masked.
  private static func masked(line: ArraySlice<UInt8>, _ names: SecretNames) -> ArraySlice<UInt8> {
    if let sign = line.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }) {
      let name = line[..<sign].split { " \t\"'".utf8.contains($0) }.last ?? []
      let blanks = line[(sign + 1)...].prefix { $0 == UInt8(ascii: " ") }
      let value = line[(sign + 1 + blanks.count)...]
      if !value.isEmpty, names.isSecret(name) { return line[...sign] + blanks + mask }
    }
    return masked(Array(line))[...]
  }
}

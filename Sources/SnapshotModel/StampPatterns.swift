/// What is left of a path without what changes in it from one version to the next.
package struct StampPatterns: Hashable, Sendable {
  /// The path with every hash in it as one `#`: what build tools name files by, `478.b84116fd218fb8df43ad.js` or `index-BqY8a1Zc.css`.
  ///
  /// Equal for a file that a build names anew each time; `nil` when there is none in it.
  package fileprivate(set) var butHashes: [UInt8]?
  /// The path with every hash in it, every run of digits, and of digits with single `.`, `-`, `_`, `:` or `T` between them, as one `#`.
  ///
  /// Equal for exports that are named by the day (`backup-2026-03-01T02-00-00-000Z.json`) and for folders of a release.
  package fileprivate(set) var butDigits: [UInt8] = []
  /// The most digits in one run, without what is between them.
  fileprivate var digitCountMax = 0

  /// The same as `butDigits` where a path has a hash and is numbered, but not by the day: bundlers number what they write anew as well
  /// (`2736.914069e5.chunk.js`), and in no order. `nil` for others.
  package var butNumbers: [UInt8]? { butHashes == nil || digitCountMax >= Self.dateDigitsMin ? nil : butDigits }

  /// Of what looks like a date: `260301` or more.
  private static let dateDigitsMin = 6
}

extension ArchivePath {
  /// Cost: one pass over the path.
  package var stampPatterns: StampPatterns {
    var patterns = StampPatterns()
    var butHashes: [UInt8] = []
    butHashes.reserveCapacity(bytes.count)
    patterns.butDigits.reserveCapacity(bytes.count)
    var hasHash = false
    var at = 0
    while at < bytes.count {
      if let end = hashEnd(at: at) {
        butHashes.append(UInt8(ascii: "#"))
        patterns.butDigits.append(UInt8(ascii: "#"))
        hasHash = true
        at = end
        continue
      }
      guard Self.isDigit(bytes[at]) else {
        butHashes.append(bytes[at])
        patterns.butDigits.append(bytes[at])
        at += 1
        continue
      }
      let start = at
      var digitCount = 0
      while at < bytes.count, Self.isDigit(bytes[at]) {
        at += 1
        digitCount += 1
        let next = at + 1
        if next < bytes.count, Self.isSeparator(bytes[at]), Self.isDigit(bytes[next]), hashEnd(at: next) == nil {
          at = next
        }
      }
      butHashes += bytes[start..<at]
      patterns.butDigits.append(UInt8(ascii: "#"))
      patterns.digitCountMax = max(patterns.digitCountMax, digitCount)
    }
    if hasHash { patterns.butHashes = butHashes }
    return patterns
  }

  /// Where the hash ends that begins at a place; `nil` where none does.
  private func hashEnd(at start: Int) -> Int? {
    guard Self.isAlphanumeric(bytes[start]) || Self.isDash(bytes[start]) else { return nil }
    if let end = shortHashEnd(at: start) { return end }
    guard start == 0 || !Self.isAlphanumeric(bytes[start - 1]) else { return nil }
    let word = bytes[start...].prefix(while: Self.isAlphanumeric)
    return Self.isHash(word) ? word.endIndex : nil
  }

  /// The same for eight characters of Base64 for URLs between a separator and a dot, as bundlers write them before an extension:
  /// `index.CuHMw-E2.js`, `index.C2ri_Q4N.js.map`.
  ///
  /// - SeeAlso: RFC 4648, section 5; `output.hashCharacters` of Rollup
  private func shortHashEnd(at start: Int) -> Int? {
    let end = start + Self.shortHashLength
    guard start > 0, Self.isDash(bytes[start - 1]) || bytes[start - 1] == UInt8(ascii: "."),
      end < bytes.count, bytes[end] == UInt8(ascii: ".")
    else { return nil }
    let word = bytes[start..<end]
    guard word.allSatisfy({ Self.isAlphanumeric($0) || Self.isDash($0) }) else { return nil }
    // No word is so, nor one with a number behind it, nor a part of a date.
    let isOfBothCases = word.dropFirst().contains(where: Self.isUpper) && word.contains(where: Self.isLower)
    let isNumberedWithin = zip(word, word.dropFirst()).contains { Self.isDigit($0) && Self.isLetter($1) }
    let hasDashes = word.contains(where: Self.isDash)
    let hasDashAtEnd = Self.isDash(bytes[start]) || Self.isDash(bytes[end - 1])
    return isOfBothCases || hasDashAtEnd || isNumberedWithin && !hasDashes ? end : nil
  }

  private static let shortHashLength = 8

  /// Whether a word looks like a hash: 7 or more hexadecimal digits, as git shortens its own, or 8 or more of a larger alphabet, in either
  /// case digits and letters mixed.
  private static func isHash(_ word: ArraySlice<UInt8>) -> Bool {
    guard word.count >= 7, word.contains(where: isDigit), word.contains(where: isLower) else { return false }
    return word.allSatisfy(isHexadecimal) || word.count >= 8 && word.contains(where: isUpper)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }
  private static func isLetter(_ byte: UInt8) -> Bool { isLower(byte) || isUpper(byte) }
  private static func isDash(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") }
  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
  private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
  private static func isUpper(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }

  private static func isSeparator(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "T"): true
    default: false
    }
  }
}

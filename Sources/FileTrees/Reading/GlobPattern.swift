/// A shell pattern as git understands it, compiled.
///
///     ?            one byte but `/`
///     *            any bytes but `/`
///     **           any bytes, when it is the last component; `**/` any number of whole folders, none too;
///                  anywhere else the same as `*`
///     [a-z] [!a]   one byte of a set, never `/`; `^` is as good as `!`; `[:alpha:]` and the like inside
///     \x           the byte x itself
///
/// - SeeAlso: docs/guides/ignore-rules.md; gitignore(5), whose verdicts the tests compare with
struct GlobPattern: Sendable {
  private enum Token {
    case byte(UInt8)
    case anyByte
    /// Index into `sets`.
    case set(Int)
    /// `*`
    case withinComponent
    /// `**` that may cross folders
    case anything
    /// `**/`
    case folders
  }

  private var tokens: [Token] = []
  private var sets: [ByteSet] = []

  /// - Parameter pattern: what follows the literal beginning of the written pattern, if it has one.
  /// - Returns: `nil` when it can match nothing: an unfinished bracket or escape, an unknown class.
  init?(_ pattern: ArraySlice<UInt8>) {
    let pattern = Array(pattern)
    var at = 0
    while at < pattern.count {
      switch pattern[at] {
      case UInt8(ascii: "\\"):
        guard at + 1 < pattern.count else { return nil }
        tokens.append(.byte(pattern[at + 1]))
        at += 2
      case UInt8(ascii: "?"):
        tokens.append(.anyByte)
        at += 1
      case UInt8(ascii: "*"):
        at = appendStars(pattern, at: at)
      case UInt8(ascii: "["):
        guard let (set, end) = Self.bracket(pattern, at: at) else { return nil }
        tokens.append(.set(sets.count))
        sets.append(set)
        at = end
      case let byte:
        tokens.append(.byte(byte))
        at += 1
      }
    }
  }

  /// - Returns: where the pattern goes on.
  private mutating func appendStars(_ pattern: [UInt8], at start: Int) -> Int {
    let slash = UInt8(ascii: "/")
    var end = start
    while end < pattern.count, pattern[end] == UInt8(ascii: "*") { end += 1 }
    let opensComponent = start == 0 || pattern[start - 1] == slash
    let isEscapedSlashNext = end + 1 < pattern.count && pattern[end] == UInt8(ascii: "\\") && pattern[end + 1] == slash
    switch true {
    case end - start == 1 || !opensComponent:
      tokens.append(.withinComponent)
    case end < pattern.count && pattern[end] == slash:
      tokens.append(.folders)
      end += 1
    case end == pattern.count || isEscapedSlashNext:
      tokens.append(.anything)
    default:
      tokens.append(.withinComponent)
    }
    return end
  }

  /// - Parameter start: of the `[`.
  /// - Returns: the set, and where the pattern goes on after the `]`; `nil` when it is malformed.
  private static func bracket(_ pattern: [UInt8], at start: Int) -> (ByteSet, end: Int)? {
    func byte(_ at: Int) -> UInt8? { at < pattern.count ? pattern[at] : nil }
    let (backslash, dash, close) = (UInt8(ascii: "\\"), UInt8(ascii: "-"), UInt8(ascii: "]"))
    var set = ByteSet()
    var at = start + 1
    let isNegated = byte(at) == UInt8(ascii: "!") || byte(at) == UInt8(ascii: "^")
    if isNegated { at += 1 }
    // What a `-` would count from; nothing at the beginning and after a range or class.
    var previous: UInt8?
    repeat {
      guard var current = byte(at) else { return nil }
      if current == dash, let low = previous, let next = byte(at + 1), next != close {
        at += 1
        var high = next
        if high == backslash {
          at += 1
          guard let escaped = byte(at) else { return nil }
          high = escaped
        }
        if low <= high { for member in low...high { set.insert(member) } }
        previous = nil
      } else if current == UInt8(ascii: "["), byte(at + 1) == UInt8(ascii: ":"),
        let end = pattern[(at + 2)...].firstIndex(of: close), end > at + 2, pattern[end - 1] == UInt8(ascii: ":")
      {
        guard let members = ByteSet(className: pattern[(at + 2)..<(end - 1)]) else { return nil }
        set.formUnion(members)
        at = end
        previous = nil
      } else {
        // `[:` that no `]` follows at all is malformed, and is found out at the pattern's end.
        if current == backslash {
          at += 1
          guard let escaped = byte(at) else { return nil }
          current = escaped
        }
        set.insert(current)
        previous = current
      }
      at += 1
    } while byte(at) != close
    if isNegated { set.invert() }
    set.remove(UInt8(ascii: "/"))
    return (set, at + 1)
  }
}

extension GlobPattern {
  /// Whether the whole of `text` matches.
  ///
  /// Backtracks to the last `*` and, when that would have to cross a `/`, to the last `**`. Earlier ones need no second
  /// try: whatever they would give up, the later one can take.
  ///
  /// - Complexity: O(pattern x text) for `*`, and for `**` times the folders in the text.
  func matches(_ text: Span<UInt8>) -> Bool {
    let slash = UInt8(ascii: "/")
    var (token, at) = (0, 0)
    // Where to go on when the rest does not match: token after the star, and how much the star has taken.
    var star: (token: Int, at: Int)?
    var folders: (token: Int, at: Int, isWhole: Bool)?
    while true {
      if token < tokens.count {
        var isMatch = false
        switch tokens[token] {
        case .withinComponent:
          star = (token + 1, at)
          token += 1
          continue
        case .anything, .folders:
          if case .folders = tokens[token] { folders = (token + 1, at, true) } else { folders = (token + 1, at, false) }
          star = nil
          token += 1
          continue
        case .byte(let byte): isMatch = at < text.count && text[at] == byte
        case .anyByte: isMatch = at < text.count && text[at] != slash
        case .set(let index): isMatch = at < text.count && sets[index].contains(text[at])
        }
        if isMatch {
          token += 1
          at += 1
          continue
        }
      } else if at == text.count {
        return true
      }
      if let last = star, last.at < text.count, text[last.at] != slash {
        star = (last.token, last.at + 1)
        (token, at) = (last.token, last.at + 1)
      } else if let last = folders, last.at < text.count {
        var next = last.at + 1
        if last.isWhole {
          while next <= text.count, text[next - 1] != slash { next += 1 }
          guard next <= text.count else { return false }
        }
        folders = (last.token, next, last.isWhole)
        star = nil
        (token, at) = (last.token, next)
      } else {
        return false
      }
    }
  }
}

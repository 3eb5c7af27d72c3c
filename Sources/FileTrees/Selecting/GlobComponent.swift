/// One component of a glob: `*`, `?`, `[a-z]`, `[!a-z]`, and `\` before a byte that means itself.
///
/// `?` and a class take one character, be it several bytes of UTF-8; `*` takes any bytes, a leading dot included.
struct GlobComponent: Hashable, Sendable {
  private enum Step: Hashable, Sendable {
    case byte(UInt8)
    case anyCharacter
    case anyBytes
    case oneOf([ClosedRange<UInt8>], isNegated: Bool)
  }

  private let steps: [Step]

  init(_ pattern: ArraySlice<UInt8>) {
    var steps: [Step] = []
    var rest = pattern
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "*"): if steps.last != .anyBytes { steps.append(.anyBytes) }
      case UInt8(ascii: "?"): steps.append(.anyCharacter)
      case UInt8(ascii: "\\"): steps.append(.byte(rest.popFirst() ?? byte))
      case UInt8(ascii: "["): steps.append(Self.characterClass(&rest) ?? .byte(byte))
      default: steps.append(.byte(byte))
      }
    }
    self.steps = steps
  }

  /// Whether any byte of `pattern` has a meaning beyond itself.
  static func isGlob(_ pattern: ArraySlice<UInt8>) -> Bool {
    pattern.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "[") }
  }

  /// - Complexity: O(pattern * name) at worst.
  func matches(_ name: ArraySlice<UInt8>) -> Bool {
    var step = 0
    var at = name.startIndex
    // Where to go on when the rest does not match: the last `*` takes one byte more.
    var retry: (step: Int, at: Int)?
    while at < name.endIndex || step < steps.count {
      if step < steps.count {
        if steps[step] == .anyBytes {
          retry = (step, at + 1)
          step += 1
          continue
        }
        if at < name.endIndex, let next = end(of: steps[step], in: name, at: at) {
          step += 1
          at = next
          continue
        }
      }
      guard let again = retry, again.at <= name.endIndex else { return false }
      (step, at) = again
    }
    return true
  }

  /// Where the match of one step that takes a character ends.
  private func end(of step: Step, in name: ArraySlice<UInt8>, at: Int) -> Int? {
    switch step {
    case .byte(let byte): return name[at] == byte ? at + 1 : nil
    case .anyCharacter: return characterEnd(in: name, at: at)
    case .oneOf(let ranges, let isNegated):
      let isIn = ranges.contains { $0.contains(name[at]) }
      return isIn != isNegated ? characterEnd(in: name, at: at) : nil
    case .anyBytes: return nil
    }
  }

  private func characterEnd(in name: ArraySlice<UInt8>, at: Int) -> Int {
    var end = at + 1
    guard name[at] >= 0xC0 else { return end }
    while end < name.endIndex, name[end] & 0xC0 == 0x80 { end += 1 }
    return end
  }

  /// - Parameter rest: after the `[`; moved behind the `]`. Unmoved, and `nil` returned, when there is none.
  private static func characterClass(_ rest: inout ArraySlice<UInt8>) -> Step? {
    var ahead = rest
    var isNegated = false
    if let first = ahead.first, first == UInt8(ascii: "!") || first == UInt8(ascii: "^") {
      isNegated = true
      ahead.removeFirst()
    }
    var ranges: [ClosedRange<UInt8>] = []
    var isFirst = true
    while let byte = ahead.popFirst() {
      if byte == UInt8(ascii: "]"), !isFirst {
        rest = ahead
        return .oneOf(ranges, isNegated: isNegated)
      }
      isFirst = false
      let low = byte == UInt8(ascii: "\\") ? ahead.popFirst() ?? byte : byte
      var high = low
      if ahead.first == UInt8(ascii: "-"), let end = ahead.dropFirst().first, end != UInt8(ascii: "]") {
        ahead.removeFirst(2)
        high = end
      }
      if low <= high { ranges.append(low...high) }
    }
    return nil
  }
}

/// A line of bash as far as the cursor, taken apart into words.
struct ShellLine {
  private(set) var words: [String] = []
  /// The quote within which the last word ends.
  private var openQuote: Character?
  /// How much of the last word bash does not take for part of it: what stands before a colon, or an open quote.
  private var passedCount = 0

  /// - Parameter breaks: what ends a word for bash, though it does not for a command: `COMP_WORDBREAKS`.
  init(_ line: String, breaks: String) {
    var word = ""
    var isInWord = false
    var passedBeforeQuote = 0
    var rest = line[...]
    while let character = rest.popFirst() {
      if openQuote == nil, character == " " || character == "\t" {
        if isInWord { words.append(word) }
        (word, isInWord, passedCount) = ("", false, 0)
        continue
      }
      isInWord = true
      switch (openQuote, character) {
      case (nil, "'"), (nil, "\""):
        openQuote = character
        (passedBeforeQuote, passedCount) = (passedCount, word.count)
      case ("'", "'"), ("\"", "\""):
        openQuote = nil
        passedCount = passedBeforeQuote
      case (nil, "\\"), ("\"", "\\"):
        guard let next = rest.popFirst() else { break }
        if openQuote != nil, !"\"\\$`".contains(next) { word.append("\\") }
        word.append(next)
      default:
        word.append(character)
        if openQuote == nil, ":=".contains(character), breaks.contains(character) { passedCount = word.count }
      }
    }
    words.append(word)
  }

  /// Candidates as bash puts them in place of what it takes for the word; where no quote is open special characters are escaped.
  func replies(_ candidates: [CompletionAnswer.Candidate]) -> [String] {
    candidates.map { candidate in
      let reply = candidate.text.dropFirst(passedCount)
      return openQuote == nil ? Self.escaped(reply) : String(reply)
    }
  }

  private static func escaped(_ text: Substring) -> String {
    var escaped = ""
    for character in text {
      if " \t\\'\"`$&|;<>()[]{}*?!#~".contains(character) { escaped.append("\\") }
      escaped.append(character)
    }
    return escaped
  }
}

/// What may stand where somebody pressed the key for completion.
struct CompletionAnswer: Hashable {
  struct Candidate: Hashable {
    var text: String
    var meaning = ""

    /// Whether the word goes on behind it.
    var isOpen: Bool { text.hasSuffix("/") || text.hasSuffix(":") }
  }

  /// Who knows the words: this program, or the shell, which knows files best.
  enum Source: String {
    case words, files, folders
  }

  var source = Source.words
  var candidates: [Candidate] = []

  static let files = CompletionAnswer(source: .files)
  static let folders = CompletionAnswer(source: .folders)

  static func words(_ texts: [String]) -> CompletionAnswer {
    CompletionAnswer(candidates: texts.map { Candidate(text: $0) })
  }

  /// Only what goes on with `prefix`; what a line cannot hold is left out.
  func beginning(with prefix: String) -> CompletionAnswer {
    var answer = self
    answer.candidates.removeAll { candidate in
      !candidate.text.utf8.starts(with: prefix.utf8) || candidate.text.contains { $0.isNewline || $0 == "\t" }
    }
    return answer
  }

  /// With `head` in front of every word.
  func behind(_ head: String) -> CompletionAnswer {
    var answer = self
    for at in answer.candidates.indices { answer.candidates[at].text = head + answer.candidates[at].text }
    return answer
  }
}

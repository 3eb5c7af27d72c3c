import ArgumentParser
import FileTrees
import Repositories
import SnapshotModel

/// Finds what may stand behind a beginning of a command line.
///
/// Whatever goes wrong on the way means that nothing is offered: a message would stand in the middle of what is being typed.
struct Completer {
  private let invocation: Invocation
  private let prefix: String

  /// - Parameter words: behind the program's name; the last is the one that is being typed, perhaps empty.
  static func answer(_ words: [String]) -> CompletionAnswer {
    let prefix = words.last ?? ""
    if let last = words.dropLast().last, GlobalOptions.valueFlags.contains(last) { return .folders }
    guard let invocation = try? Invocation(Array(words.dropLast())) else { return CompletionAnswer() }
    return Completer(invocation: invocation, prefix: prefix).answer().beginning(with: prefix)
  }

  private func answer() -> CompletionAnswer {
    guard let name = invocation.name else {
      return prefix.hasPrefix("-") ? Self.options(CommandGrammar(SnapRoot.self)) : Self.commands
    }
    if name == "help" { return invocation.rest.isEmpty ? Self.commands : CompletionAnswer() }
    guard let type = SnapRoot.command(named: name) else { return CompletionAnswer() }
    let grammar = CommandGrammar(type)
    // What stands behind `--` may be another program's.
    if invocation.rest.contains("--") { return .files }
    var before: [String] = []
    var expected: CommandGrammar.Argument?
    for word in invocation.rest {
      if expected != nil {
        expected = nil
      } else if word.hasPrefix("-"), word.count > 1 {
        expected = grammar.option(named: word).flatMap { $0.kind == .option ? $0 : nil }
      } else {
        before.append(word)
      }
    }
    if let expected { return values(of: expected, prefix, behind: before) }
    if prefix.hasPrefix("--"), let sign = prefix.firstIndex(of: "=") {
      guard let option = grammar.option(named: String(prefix[..<sign])), option.kind == .option else {
        return CompletionAnswer()
      }
      let value = String(prefix[prefix.index(after: sign)...])
      return values(of: option, value, behind: before).behind(String(prefix[...sign]))
    }
    if prefix.hasPrefix("-") { return Self.options(grammar) }
    return grammar.positional(after: before.count).map { values(of: $0, prefix, behind: before) } ?? CompletionAnswer()
  }

  private static var commands: CompletionAnswer {
    let all = SnapRoot.commands.map {
      CompletionAnswer.Candidate(text: $0.name, meaning: $0.configuration.abstract)
    }
    return CompletionAnswer(candidates: all + [.init(text: "help", meaning: "Show what a command does.")])
  }

  private static func options(_ grammar: CommandGrammar) -> CompletionAnswer {
    CompletionAnswer(
      candidates: grammar.arguments.flatMap { argument in
        argument.names.filter { $0.hasPrefix("--") }.map { .init(text: $0, meaning: argument.meaning) }
      })
  }

  private func values(
    of argument: CommandGrammar.Argument, _ word: String, behind before: [String]
  ) -> CompletionAnswer {
    if !argument.values.isEmpty { return .words(argument.values) }
    switch argument.valueName {
    case "rev": return versions(word, hasPath: .never)
    case "rev[:path]": return versions(word, hasPath: .perhaps)
    case "rev:path": return versions(word, hasPath: .always)
    case "a..b": return versions(word, hasPath: .never)
    case "dir", "repo": return .folders
    case "path" where before.first.map { !$0.isEmpty } ?? false || argument.kind == .option:
      return pathsOfVersion(named: before.first, below: word) ?? .files
    case "file", "path", "version-and-paths", "command", "pattern": return .files
    default: return CompletionAnswer()
    }
  }

  // MARK: Versions and what is in them

  private enum PathPart {
    case never, perhaps, always
  }

  private func versions(_ word: String, hasPath: PathPart) -> CompletionAnswer {
    withRepository { session, repository in
      if hasPath != .never {
        let parts = try RevisionExpression.split(word, in: repository)
        if let path = parts.path {
          let version = try session.resolve(parts.revision, in: repository).snapshot
          return try Self.paths(below: path, of: version, in: repository).behind("\(parts.revision):")
        }
      }
      // `A..B`: the second is being typed.
      let head = RevisionRange.split(word).map { "\($0.first).." } ?? ""
      let all = try repository.snapshots().reversed().map { listed in
        CompletionAnswer.Candidate(
          text: head + listed.snapshot.version + (hasPath == .always ? ":" : ""),
          meaning: "\(TimeText.minute(listed.snapshot))  \(Self.line(listed.snapshot.message))")
      }
      let latest = CompletionAnswer.Candidate(
        text: head + "latest" + (hasPath == .always ? ":" : ""), meaning: "The newest.")
      return CompletionAnswer(candidates: all + (all.isEmpty ? [] : [latest]))
    } ?? CompletionAnswer()
  }

  private func pathsOfVersion(named name: String?, below word: String) -> CompletionAnswer? {
    withRepository { session, repository in
      let parts = try RevisionExpression.split(name ?? "latest", in: repository)
      let revision = RevisionRange.split(parts.revision)?.last ?? parts.revision
      return try Self.paths(below: word, of: session.resolve(revision, in: repository).snapshot, in: repository)
    }
  }

  /// What stands in the folder that `word` has come to.
  private static func paths(below word: String, of version: Snapshot, in repository: Repository) throws
    -> CompletionAnswer
  {
    let text = word.hasPrefix("./") ? String(word.dropFirst(2)) : word
    let folder = text.lastIndex(of: "/").map { String(text[..<$0]) } ?? ""
    guard let place = ArchivePath(ArgumentText.encode(folder)) else { return CompletionAnswer() }
    let manifest = try repository.manifest(of: version)
    var answer = CompletionAnswer()
    try manifest.forEach(below: place) { entry in
      guard entry.path.parent == place, entry.path != place else { return }
      answer.candidates.append(
        .init(text: ArgumentText.decode(entry.path.bytes) + (entry.kind == .directory ? "/" : "")))
    }
    return word.hasPrefix("./") ? answer.behind("./") : answer
  }

  private static func line(_ text: String) -> String {
    String(text.prefix { !$0.isNewline }).replacing("\t", with: " ")
  }

  /// - Returns: `nil` when there is no repository, or it cannot be read.
  private func withRepository(_ body: (Session, Repository) throws -> CompletionAnswer) -> CompletionAnswer? {
    guard let global = try? GlobalOptions.parse(globalWords),
      let session = try? Session(global: global, output: StandardOutput(), mayAsk: false)
    else { return nil }
    defer { session.close() }
    return try? body(session, session.openRepository())
  }

  /// The global options on either side of the command's name.
  private var globalWords: [String] {
    var words = invocation.leading
    var rest = invocation.rest[...]
    while let word = rest.popFirst() {
      if GlobalOptions.valueFlags.contains(word), let value = rest.popFirst() {
        words += [word, value]
      } else if Invocation.isJoined(word) {
        words.append(word)
      }
    }
    return words
  }
}

import ArgumentParser
import SnapshotModel

struct CompletionCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "completion", abstract: "Print a completion script for a shell.",
    discussion: """
      With it the shell completes commands, options, versions, and paths in versions: snap cat v1.0.0:co<TAB>. The script \
      asks snap each time, so it need not be printed again.
      """)
  static let page = HelpPage([
    "snap completion bash > ~/.local/share/bash-completion/completions/snap": "bash",
    "snap completion zsh > ~/.zfunc/_snap": "zsh; ~/.zfunc on fpath",
    "snap completion fish > ~/.config/fish/completions/snap.fish": "fish",
  ])

  enum Shell: String, CaseIterable, ExpressibleByArgument {
    case bash, zsh, fish
  }

  @Argument(help: "bash, zsh or fish.")
  var shell: Shell

  /// What is being typed, when a script asks: the words, or of bash where it breaks words, and the line.
  @Argument(parsing: .postTerminator, help: .private)
  var typed: [String] = []

  @OptionGroup var global: GlobalOptions

  func check() throws {
    if global.json { throw SnapFault(.usage, "--json and completion cannot be combined: a script is not JSON") }
  }

  func run(in session: Session) throws -> FaultCode? {
    guard !typed.isEmpty else {
      let script =
        switch shell {
        case .bash: CompletionScript.bash
        case .zsh: CompletionScript.zsh
        case .fish: CompletionScript.fish
        }
      try session.output.line(script)
      return nil
    }
    switch shell {
    case .bash:
      let line = ShellLine(typed.count > 1 ? typed[1] : "", breaks: typed[0])
      let answer = Completer.answer(Array(line.words.dropFirst()))
      try write(answer, line.replies(answer.candidates), session)
    case .zsh, .fish:
      let answer = Completer.answer(typed)
      try write(answer, answer.candidates.map { "\($0.text)\t\($0.meaning)" }, session)
    }
    return nil
  }

  private func write(_ answer: CompletionAnswer, _ lines: [String], _ session: Session) throws {
    let isOpen = answer.candidates.count == 1 && answer.candidates[0].isOpen
    try session.output.line(answer.source.rawValue + (isOpen ? " open" : ""))
    for line in lines { try session.output.write(ArgumentText.encode(line) + [UInt8(ascii: "\n")]) }
  }
}

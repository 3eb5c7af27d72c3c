import ArgumentParser
import SnapshotModel

struct CompletionCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "completion", abstract: "Print a completion script for a shell.")
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

  @OptionGroup var global: GlobalOptions

  func check() throws {
    if global.json { throw SnapFault(.usage, "--json and completion cannot be combined: a script is not JSON") }
  }

  func run(in session: Session) throws -> FaultCode? {
    let completionShell: CompletionShell =
      switch shell {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    try session.output.line(SnapRoot.completionScript(for: completionShell))
    return nil
  }
}

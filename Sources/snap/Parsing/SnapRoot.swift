import ArgumentParser
import Repositories

/// The tree of commands: for help, completion and finding a command by its name.
///
/// Arguments are parsed by the command itself, not by this tree: that costs less, and lets global flags stand on either
/// side of the command's name.
struct SnapRoot: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snap",
    abstract: "Versions of whole projects: saved in seconds, stored once, restored bit for bit.",
    groupedSubcommands: [
      CommandGroup(name: "Save", subcommands: [InitCommand.self, SaveCommand.self, IgnoredCommand.self]),
      CommandGroup(
        name: "Look",
        subcommands: [
          StatusCommand.self, ListCommand.self, ShowCommand.self, LsCommand.self, CatCommand.self, FindCommand.self,
          LogCommand.self, DiffCommand.self, StatsCommand.self,
        ]),
      CommandGroup(name: "Get back", subcommands: [RestoreCommand.self, ExportCommand.self]),
      CommandGroup(
        name: "Keep small",
        subcommands: [ForgetCommand.self, GCCommand.self, UndoCommand.self, OpsCommand.self]),
      CommandGroup(name: "Keep sound", subcommands: [VerifyCommand.self, RepairCommand.self]),
      CommandGroup(
        name: "Label",
        subcommands: [TagCommand.self, NoteCommand.self, HoldCommand.self, ReleaseCommand.self]),
      CommandGroup(name: "Shell", subcommands: [CompletionCommand.self]),
    ])

  @OptionGroup var global: GlobalOptions

  static var commands: [any Command.Type] {
    configuration.groupedSubcommands.flatMap(\.subcommands).compactMap { $0 as? any Command.Type }
  }

  /// The command called so, by its name or an alias.
  static func command(named name: String) -> (any Command.Type)? {
    commands.first { $0.name == name || $0.configuration.aliases.contains(name) }
  }

  static var allNames: [String] { commands.flatMap { [$0.name] + $0.configuration.aliases } }
}

/// Which `snap` this is.
enum ToolVersion {
  static let text = "snap \(toolVersion)"
}

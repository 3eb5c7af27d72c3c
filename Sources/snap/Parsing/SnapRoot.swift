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
    groupedSubcommands: groups.map { CommandGroup(name: $0.name, subcommands: $0.commands) })

  static let groups: [(name: String, commands: [any Command.Type])] = [
    (
      "Save",
      [
        InitCommand.self, SaveCommand.self, GuardCommand.self, IgnoredCommand.self, ConfigCommand.self,
        ImportCommand.self,
        HookCommand.self, ScheduleCommand.self,
      ]
    ),
    (
      "Look",
      [
        StatusCommand.self, ListCommand.self, ShowCommand.self, LsCommand.self, CatCommand.self, FindCommand.self,
        LogCommand.self, DiffCommand.self, StatsCommand.self, DuCommand.self, SQLCommand.self,
      ]
    ),
    ("Get back", [RestoreCommand.self, ExportCommand.self, IncidentCommand.self]),
    ("Keep small", [ForgetCommand.self, GCCommand.self, UndoCommand.self, OpsCommand.self]),
    ("Keep sound", [VerifyCommand.self, DrillCommand.self, RepairCommand.self]),
    ("Lock", [KeyCommand.self]),
    ("Label", [TagCommand.self, NoteCommand.self, HoldCommand.self, ReleaseCommand.self, TrustCommand.self]),
    ("Shell", [CompletionCommand.self]),
  ]

  @OptionGroup var global: GlobalOptions

  /// Never asked of `configuration`: casting its types to `Command` takes longer than all else that starting takes.
  static var commands: [any Command.Type] { groups.flatMap(\.commands) }

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

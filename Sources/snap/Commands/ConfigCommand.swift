import ArgumentParser
import Repositories
import SnapshotModel
import Workflows

struct ConfigCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Show what is in force in this project, and where each value comes from.",
    discussion: """
      Each line is a key, its value, and its origin: a flag, a variable of the environment, snap.yml and the line, or \
      the default. Flags given here are shown as a save or gc would understand them. Secrets are shown as ***.
      """)
  static let page = HelpPage(
    [
      "snap config": "what the next save and gc will do",
      "snap config --keep-daily 7 -e '*.log'": "the same with these flags",
      "snap config --write": "write a commented snap.yml that fits the project",
    ], statuses: [1: "there is a snap.yml already (--write)"])

  @Flag(help: "Write a commented snap.yml that fits the project, unless there is one.") var write = false

  @OptionGroup(title: "What to leave out") var ignore: IgnoreOptions
  @OptionGroup(title: "Which to keep") var retention: RetentionOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func run(in session: Session) throws -> FaultCode? {
    let location = try session.repositoryLocation()
    let root = session.projectRoot(at: location)
    if write {
      guard let draft = try ConfigurationDraft.write(inProject: root, always: true) else {
        throw SnapFault(
          .failed, "\(displayText(root)) has a \(ProjectConfiguration.fileName) already; nothing changed",
          hint: "snap config shows what it says", path: ProjectConfiguration.fileName)
      }
      if session.isJSON {
        try session.json(JSONObject(["message_type": "initialized", "configuration_written": .boolean(true)]))
      } else if !session.isQuiet {
        try draft.tell(session)
      }
      return nil
    }
    let configuration = try ProjectConfiguration(ofProject: root)
    let settings = SettingsInForce(configuration, ignore, retention, session, repository: location, root: root).all
    if session.isJSON {
      for setting in settings { try session.json(setting.json) }
    } else {
      var table = Table([.init(title: "KEY"), .init(title: "VALUE"), .init(title: "FROM")])
      for setting in settings { table.append([setting.key, setting.value, setting.origin]) }
      try session.output.write((session.output.isTerminal ? table.aligned : table.tabSeparated).utf8)
    }
    return nil
  }
}

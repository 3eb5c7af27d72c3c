import ArgumentParser
import Packing
import Repositories
import SnapshotModel
import Workflows

struct KeyCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "List, add, change and remove what opens an encrypted repository.",
    discussion: """
      Passwords, key files and recovery codes each have a slot; every slot opens the same keys. Changing a password or removing a slot keeps nobody out who \
      has an old copy of the repository: rotate makes new keys for all that is saved from then on (with --rewrite for all that was, too), for the slot it is called with; --drop-others removes the others. \
      remember keeps the keys in this machine's kernel for a time, so that not every command asks. \
      A write-only key is for a machine that saves and must not read: its versions are called NAME/version.
      """)
  static let page = HelpPage(
    [
      "snap key list": "whose keys there are",
      "snap key add --label ci --new-key-file ci.key": "make a key file for another machine",
      "snap key add --write-only web1 --new-key-file web1.key": "let a server save, and not read",
      "snap key add --recovery-code": "make a recovery code, and print it once",
      "snap key passwd": "change the password",
      "snap key remove ci": "remove a slot",
      "snap key rotate --drop-others": "new keys, for this password alone",
      "snap key rotate --rewrite": "also for all that is there",
      "snap key export keys.backup": "keep a copy of the slots; they stay locked",
      "snap key import keys.backup": "put damaged slots back",
      "snap key remember --for 30min": "not to be asked for a while; forget ends it",
    ],
    statuses: [
      10: "no repository", 12: "wrong password", 13: "every slot is damaged",
      18: "refused: the last key, or not encrypted",
      21: "no such key",
    ])

  enum Action: String, CaseIterable, ExpressibleByArgument {
    case list, add, passwd, remove, rotate, export, `import`, remember, forget
  }

  @Argument(
    help: ArgumentHelp("list, add, passwd, remove, rotate, export, import, remember or forget.", valueName: "action"))
  var action: Action
  @Argument(help: ArgumentHelp("For remove: a label or an id. For export and import: a file.", valueName: "name"))
  var name: String?

  @Option(help: ArgumentHelp("What a new key is called.", valueName: "text")) var label: String?
  @Option(help: ArgumentHelp("Read the new password from a file.", valueName: "file"), completion: .file())
  var newPasswordFile: String?
  @Option(help: ArgumentHelp("Take what a command prints as the new password.", valueName: "command"))
  var newPasswordCommand: String?
  @Option(help: ArgumentHelp("Make a key file there.", valueName: "file"), completion: .file())
  var newKeyFile: String?
  @Option(help: ArgumentHelp("Make a key file that can only save.", valueName: "name")) var writeOnly: String?
  @Flag(help: "Make a recovery code, and print it.") var recoveryCode = false
  @Flag(help: "For rotate: remove all other keys.") var dropOthers = false
  @Flag(help: "For rotate: seal all that is there under the new keys, too.") var rewrite = false
  @Option(
    name: .customLong("for"), help: ArgumentHelp("For remember: how long; 15min if not given.", valueName: "duration"))
  var period: DurationArgument?
  @OptionGroup var global: GlobalOptions

  func check() throws {
    let takesName = [.remove, .export, .import].contains(action)
    if takesName, name == nil {
      throw SnapFault(
        .usage, action == .remove ? "key remove needs a label or an id" : "key \(action.rawValue) needs a file")
    }
    if !takesName, let name {
      throw SnapFault(.usage, "key \(action.rawValue) takes no '\(ArgumentText.display(name))'")
    }
    let sources = [
      ("--new-password-file", newPasswordFile != nil), ("--new-password-command", newPasswordCommand != nil),
      ("--new-key-file", newKeyFile != nil), ("--recovery-code", recoveryCode),
    ].filter(\.1).map(\.0)
    if sources.count > 1 { throw SnapFault(.usage, "\(sources[0]) and \(sources[1]) cannot be combined") }
    if let source = sources.first, action != .add, action != .passwd || source == "--recovery-code" {
      throw SnapFault(.usage, "\(source) and key \(action.rawValue) cannot be combined")
    }
    try checkWriteOnly()
    for (flag, isGiven, owner) in [
      ("--label", label != nil, Action.add), ("--drop-others", dropOthers, .rotate), ("--rewrite", rewrite, .rotate),
      ("--for", period != nil, .remember),
    ] where isGiven && action != owner {
      throw SnapFault(.usage, "\(flag) and key \(action.rawValue) cannot be combined")
    }
    if let label, !Self.isLabel(label) {
      throw SnapFault(.usage, "--label: '\(ArgumentText.display(label))' is no label of 1 to 100 printable characters")
    }
  }

  private func checkWriteOnly() throws {
    guard let writeOnly else { return }
    if action != .add { throw SnapFault(.usage, "--write-only and key \(action.rawValue) cannot be combined") }
    if label != nil { throw SnapFault(.usage, "--write-only and --label cannot be combined: the name is the label") }
    guard newKeyFile != nil else { throw SnapFault(.usage, "--write-only needs --new-key-file") }
    let name = try VersionName(writeOnly)
    if name.text.utf8.count > 60 { throw SnapFault(.usage, "--write-only: a name of at most 60 bytes") }
  }

  private static func isLabel(_ text: String) -> Bool {
    (1...100).contains(text.count)
      && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0.value < 0x10_FF00 }
  }

  func run(in session: Session) throws -> FaultCode? {
    let run = try KeyRun(session)
    switch action {
    case .list: try run.list()
    case .add:
      if let writeOnly {
        try run.addWriter(named: writeOnly, keyFile: ArgumentText.encode(newKeyFile ?? ""))
      } else {
        try run.add(newSecret(), label: label)
      }
    case .passwd: try run.changePassword(newSecret())
    case .remove: try run.remove(name ?? "")
    case .rotate: try run.rotate(dropsOthers: dropOthers, rewrites: rewrite)
    case .export: try run.export(to: ArgumentText.encode(name ?? ""))
    case .import: try run.importSlots(from: ArgumentText.encode(name ?? ""))
    case .remember: try run.remember(seconds: period?.duration.seconds(before: currentTime()) ?? 900)
    case .forget: try run.forget()
    }
    return nil
  }

  private func newSecret() throws -> NewSecret {
    if recoveryCode { return .recoveryCode(RecoveryCode()) }
    if let newKeyFile { return .newKeyFile(ArgumentText.encode(newKeyFile)) }
    let allowsOthers = global.secrets.insecurePerms
    if let newPasswordFile {
      return .password(.passwordFile(ArgumentText.encode(newPasswordFile)), allowsOthers: allowsOthers)
    }
    if let newPasswordCommand {
      let source = KeySource.passwordCommand(ArgumentText.encode(newPasswordCommand), name: "--new-password-command")
      return .password(source, allowsOthers: allowsOthers)
    }
    return .typedPassword(hint: "--new-password-file, --new-password-command or --new-key-file")
  }
}

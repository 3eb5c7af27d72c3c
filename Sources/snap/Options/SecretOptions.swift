import ArgumentParser
import SnapshotModel

/// Where the password or the key file of an encrypted repository comes from; a secret itself is never an argument, since
/// every process can read those.
struct SecretOptions: ParsableArguments {
  @Option(
    name: [.customShort("p"), .long],
    help: ArgumentHelp("Read the password from a file (SNAP_PASSWORD_FILE).", valueName: "file"),
    completion: .file())
  var passwordFile: String?

  @Option(
    help: ArgumentHelp("Take what a command prints as the password (SNAP_PASSWORD_COMMAND).", valueName: "command"))
  var passwordCommand: String?

  @Option(help: ArgumentHelp("Unlock with a key file (SNAP_KEY_FILE).", valueName: "file"), completion: .file())
  var keyFile: String?

  @Flag(help: ArgumentHelp("Take secrets from files that others can read.", visibility: .hidden))
  var insecurePerms = false

  static let valueFlags = ["-p", "--password-file", "--password-command", "--key-file"]
  static let plainFlags = ["--insecure-perms"]

  /// The options that were given.
  var named: [String] {
    [("--key-file", keyFile), ("--password-command", passwordCommand), ("--password-file", passwordFile)]
      .filter { $0.1 != nil }.map(\.0)
  }

  /// - Throws: `SnapFault` `.usage` where more than one is named, or one of them names nothing.
  func check() throws {
    for (name, value) in [
      ("--key-file", keyFile), ("--password-command", passwordCommand), ("--password-file", passwordFile),
    ] where value?.isEmpty == true {
      throw SnapFault(.usage, "\(name): '' is not a path or command")
    }
    if named.count > 1 { throw SnapFault(.usage, "\(named[0]) and \(named[1]) cannot be combined") }
  }
}

import ArgumentParser
import SnapshotModel

/// Where to look for what a repository has lost, and what opens that.
struct DonorOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Bring back what is lost from this repository or folder; may be repeated.", valueName: "path"),
    completion: .directory)
  var from: [String] = []

  @Option(
    help: ArgumentHelp("Read the password of the repository named by --from.", valueName: "file"), completion: .file())
  var fromPasswordFile: String?

  @Option(help: ArgumentHelp("Take what a command prints as that password.", valueName: "command"))
  var fromPasswordCommand: String?

  @Option(help: ArgumentHelp("Unlock that repository with a key file.", valueName: "file"), completion: .file())
  var fromKeyFile: String?

  /// The same for that repository alone; `nil` where it opens as this one does.
  var secrets: SecretOptions? {
    guard fromPasswordFile != nil || fromPasswordCommand != nil || fromKeyFile != nil else { return nil }
    var options = SecretOptions()
    options.passwordFile = fromPasswordFile
    options.passwordCommand = fromPasswordCommand
    options.keyFile = fromKeyFile
    options.insecurePerms = false
    return options
  }

  /// - Throws: `SnapFault` `.usage`.
  func check() throws {
    let given = [
      ("--from-key-file", fromKeyFile), ("--from-password-command", fromPasswordCommand),
      ("--from-password-file", fromPasswordFile),
    ].filter { $0.1 != nil }.map(\.0)
    if given.count > 1 { throw SnapFault(.usage, "\(given[0]) and \(given[1]) cannot be combined") }
    if let first = given.first, from.isEmpty { throw SnapFault(.usage, "\(first) needs --from") }
    if from.contains("") { throw SnapFault(.usage, "--from: '' is not a path") }
  }
}

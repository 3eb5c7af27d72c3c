import ArgumentParser
import FileTrees
import Packing
import Repositories
import SnapshotModel
import Workflows

struct InitCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Create a repository: .snap in this folder, or what --repo names.",
    discussion: """
      In a project with databases, a package.json or earlier backups it also writes a commented snap.yml that fits them, \
      unless there is one.

      With --encrypt, --password-file and --password-command say where the new password is, and --key-file where a new key file \
      shall be made.
      """)
  static let page = HelpPage(
    [
      "snap init": "make this folder a project with versions",
      "snap init --repo /mnt/usb/store": "a repository elsewhere",
      "snap init --encrypt": "encrypted; asks for a password, and prints a recovery code once",
    ],
    statuses: [
      1: "there is one already", 12: "no password",
      18: "the folder is not empty, or no terminal to ask for a password on", 19: "no permission",
    ])

  @Flag(help: "Encrypt all that is stored.") var encrypt = false
  @Flag(help: "With --encrypt: make no recovery code.") var noRecoveryCode = false

  @OptionGroup var global: GlobalOptions

  func check() throws {
    let needing = (noRecoveryCode ? ["--no-recovery-code"] : []) + global.secrets.named
    if let option = needing.first, !encrypt { throw SnapFault(.usage, "\(option) needs --encrypt") }
  }

  func run(in session: Session) throws -> FaultCode? {
    let named = try session.namedRepository()
    let folder = named ?? FileSystemPath.joined(session.workingFolder, ArchivePath(".snap") ?? .root)
    if String(validating: PathText.split(folder).name, as: UTF8.self) == nil { FileSystemPath.makeFolder(folder) }
    let recoveryCode = encrypt && !noRecoveryCode ? RecoveryCode() : nil
    let repository = try Repository.create(
      at: PathText.text(of: folder), encryptedFor: encrypt ? { try keySlots(for: $0, recoveryCode, session) } : nil,
      cacheFolder: UserFolder.cache.path().map(PathText.text))
    let place = PathText.path(of: repository.folder)
    session.history.forget(place: repository.folder)
    try session.history.remember(repository)
    if repository.projectRoot != nil {
      // Git then passes the folder by, whatever the project's own ignore files say.
      let path = Array("\(repository.folder)/.gitignore".utf8)
      try FileSystemPath.createSmallFile(path, Array("# Made by snap: versions do not belong into git.\n*\n".utf8))
    }
    let written = named == nil ? try ConfigurationDraft.write(inProject: session.workingFolder, always: false) : nil
    if session.isJSON {
      var object = JSONObject(["message_type": "initialized", "id": .string(repository.id.hexadecimal)])
      object.setPath(named: "repository", place)
      object["encrypted"] = .boolean(encrypt)
      if let recoveryCode { object["recovery_code"] = .string(recoveryCode.text) }
      object["configuration_written"] = .boolean(written != nil)
      try session.json(object)
    } else {
      // Also with --quiet: it is told this once.
      if let recoveryCode { try session.output.line("recovery code: \(recoveryCode.text)") }
      if session.isQuiet { return nil }
      let option = named == nil ? "" : " --repo \(displayText(place))"
      let kind = encrypt ? "encrypted repository" : "repository"
      if recoveryCode != nil {
        try session.output.line("keep it where the password is not: either opens the repository, nothing else does")
      }
      try session.output.line("created \(kind) \(repository.id.short) at \(displayText(place))")
      try written?.tell(session)
      let name = written?.namesVersions == true ? "" : " v1"
      try session.output.line("next: snap save\(option)\(name)     to save the first version")
      try session.output.line("      snap ignored\(option)     to see what is left out, and why")
    }
    return nil
  }

  private func keySlots(
    for repository: RepositoryID, _ recoveryCode: RecoveryCode?, _ session: Session
  ) throws -> [NewKeySlot] {
    let secret = try NewSecret.forInit(global.secrets).make(for: repository)
    let code = recoveryCode.map { NewKeySlot(secret: .recoveryCode($0.secret), label: "recovery") }
    return [NewKeySlot(secret: secret, label: NewSecret.defaultLabel(of: secret))] + (code.map { [$0] } ?? [])
  }
}

import ArgumentParser
import Repositories
import SnapshotModel
import Workflows

struct InitCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Create a repository: .snap in this folder, or what --repo names.",
    discussion: """
      In a project with databases, a package.json or earlier backups it also writes a commented snap.yml that fits them, \
      unless there is one.
      """)
  static let page = HelpPage(
    [
      "snap init": "make this folder a project with versions",
      "snap init --repo /mnt/usb/store": "a repository elsewhere",
    ],
    statuses: [1: "there is one already", 18: "the folder is not empty", 19: "no permission"])

  @OptionGroup var global: GlobalOptions

  func run(in session: Session) throws -> FaultCode? {
    let named = try session.namedRepository()
    let folder = named ?? FileSystemPath.joined(session.workingFolder, ArchivePath(".snap") ?? .root)
    if String(validating: PathText.split(folder).name, as: UTF8.self) == nil { FileSystemPath.makeFolder(folder) }
    let repository = try Repository.create(at: PathText.text(of: folder))
    let place = PathText.path(of: repository.folder)
    if repository.projectRoot != nil {
      // Git then passes the folder by, whatever the project's own ignore files say.
      let path = Array("\(repository.folder)/.gitignore".utf8)
      try FileSystemPath.createSmallFile(path, Array("# Made by snap: versions do not belong into git.\n*\n".utf8))
    }
    let written = named == nil ? try ConfigurationDraft.write(inProject: session.workingFolder, always: false) : nil
    if session.isJSON {
      var object = JSONObject(["message_type": "initialized", "id": .string(repository.id.hexadecimal)])
      object.setPath(named: "repository", place)
      object["configuration_written"] = .boolean(written != nil)
      try session.json(object)
    } else if !session.isQuiet {
      let option = named == nil ? "" : " --repo \(displayText(place))"
      try session.output.line("created repository \(repository.id.short) at \(displayText(place))")
      try written?.tell(session)
      try session.output.line("next: snap save\(option) v1     to save the first version")
      try session.output.line("      snap ignored\(option)     to see what is left out, and why")
    }
    return nil
  }
}

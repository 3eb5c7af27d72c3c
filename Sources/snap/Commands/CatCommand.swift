import ArgumentParser
import Repositories
import SnapshotModel

struct CatCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "cat", abstract: "Write files of a version to standard output.", aliases: ["dump"])
  static let page = HelpPage(
    [
      "snap cat v1.2.0:config/app.yaml": "one file",
      "snap cat latest~1:data.json | jq .": "as it was one version ago",
    ], statuses: [10: "no repository", 13: "damaged", 18: "it is no file", 21: "no such version or path"])

  @Argument(help: ArgumentHelp("The files.", valueName: "rev:path"))
  var files: [String]

  @OptionGroup var global: GlobalOptions

  func check() throws {
    if global.json { throw SnapFault(.usage, "--json and cat cannot be combined: content is not JSON") }
  }

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    let reader = repository.reader()
    session.output.expectWholeRead()
    for file in files {
      let (version, path) = try session.locate(file, in: repository)
      guard let path, !path.isRoot else {
        throw SnapFault(
          .usage, "'\(ArgumentText.display(file))' names no file",
          hint: "snap cat REV:PATH; snap ls REV lists the paths")
      }
      let manifest = try repository.manifest(of: version.snapshot)
      guard let entry = try session.entry(at: path, of: version.snapshot, in: manifest) else { continue }
      try session.checkIsFile(entry, version.snapshot)
      try EntryContent.forEachPiece(of: entry, from: reader) { try session.output.write($0) }
    }
    return nil
  }
}

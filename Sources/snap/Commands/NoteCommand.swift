import ArgumentParser
import Repositories
import SnapshotModel

struct NoteCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "note", abstract: "Show or set the note of a version.")
  static let page = HelpPage(
    [
      "snap note v1.2.0 'went live on Monday'": "set it",
      "snap note v1.2.0": "show it",
      "snap note v1.2.0 --clear": "remove it",
    ], statuses: [10: "no repository", 21: "no such version"])

  @Argument(help: ArgumentHelp("The version.", valueName: "rev")) var revision: String
  @Argument(help: ArgumentHelp("The note.", valueName: "text")) var text: [String] = []
  @Flag(help: "Remove the note.") var clear = false
  @OptionGroup var global: GlobalOptions

  func check() throws {
    if clear, !text.isEmpty { throw SnapFault(.usage, "--clear and a text cannot be combined") }
  }

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    var version = try session.resolve(revision, in: repository)
    if clear || !text.isEmpty {
      version.labels.note = text.map { ArgumentText.prose($0) }.joined(separator: " ")
      try repository.setLabels(version.labels, of: version.snapshot.id)
      try OperationLog.append(
        .note, "\(version.snapshot.version): \(clear ? "removed" : version.labels.note)", [version.snapshot.id],
        in: repository)
    } else if !session.isJSON {
      if !version.labels.note.isEmpty { try session.output.line(version.labels.note) }
      return nil
    }
    if session.isJSON { try session.json(LabelsJSON.object(of: version)) }
    return nil
  }
}

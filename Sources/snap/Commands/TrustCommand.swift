import ArgumentParser
import Repositories
import SnapshotModel

struct TrustCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "trust", abstract: "Take the mark of a suspect version away.",
    discussion: """
      A save marks a version as suspect when a dump shrank to less than half, most files are gone, or a JSON file is none \
      any more: latest passes it over, and retention rules give it no good version's place. Once you have looked, trust it.
      """)
  static let page = HelpPage(
    [
      "snap diff latest v1.2.0 --stat": "what is so different about it",
      "snap trust v1.2.0": "it is as it should be",
    ], statuses: [10: "no repository", 21: "no such version"])

  @Argument(help: ArgumentHelp("The versions.", valueName: "rev")) var revisions: [String]
  @OptionGroup var global: GlobalOptions

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    for var version in try revisions.map({ try session.resolve($0, in: repository) }) {
      let wasSuspect = version.isSuspect
      if wasSuspect {
        version.labels.suspect = ""
        try repository.setLabels(version.labels, of: version.snapshot.id)
      }
      if session.isJSON {
        try session.json(LabelsJSON.object(of: version))
      } else if !session.isQuiet {
        try session.output.line("\(version.snapshot.version) is \(wasSuspect ? "trusted now" : "not suspect")")
      }
    }
    return nil
  }
}

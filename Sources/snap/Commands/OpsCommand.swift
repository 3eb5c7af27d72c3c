import ArgumentParser
import Repositories
import SnapshotModel
import Workflows

struct OpsCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "ops", abstract: "The operation log: what was done to the repository, newest first.")
  static let page = HelpPage(
    ["snap ops": "everything", "snap ops -n 5": "the last five"], statuses: [10: "no repository"])

  @Option(name: [.customShort("n"), .customLong("last")], help: ArgumentHelp("Only the newest n.", valueName: "n"))
  var last: WholeNumber?

  @OptionGroup var global: GlobalOptions

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    let operations = try OperationLog.operations(in: repository).reversed()
    for operation in operations.prefix(last?.value ?? .max) {
      if session.isJSON {
        try session.json(
          JSONObject([
            "message_type": "operation", "time": .time(operation.time), "operation": .string(operation.kindName),
            "summary": .string(operation.summary),
            "snapshots": .strings(operation.snapshots.map(\.hexadecimal)),
          ]))
      } else {
        let offset = utcOffsetSeconds(at: operation.time)
        let kind = operation.kindName
        try session.output.line(
          "\(TimeText.minute(operation.time, utcOffsetSeconds: offset))  "
            + kind + String(repeating: " ", count: max(1, 9 - kind.count)) + operation.summary)
      }
    }
    return nil
  }
}

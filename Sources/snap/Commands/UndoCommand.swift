import ArgumentParser
import Repositories
import SnapshotModel

struct UndoCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "undo", abstract: "Take back the last forget, gc rule or restore in place.",
    discussion: """
      Forgotten versions come back as long as no gc has freed them. Of a restore in place, what it overwrote, deleted or \
      corrected comes back as it was, and what it made goes, unless it was changed since. Undo saves first what it takes \
      away, so that another undo goes back to that.
      """)
  static let page = HelpPage(
    ["snap undo": "the last operation", "snap ops": "what was done so far"],
    statuses: [
      3: "done, but something was changed since and stays, or was given up", 10: "no repository",
      18: "there is nothing to undo",
    ])

  @OptionGroup var global: GlobalOptions

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    switch try OperationLog.undoLast(in: repository) {
    case .versionsRestored(let versions, let givenUp):
      let names = versions.map(\.snapshot.version)
      if session.isJSON {
        try session.json(
          JSONObject(["message_type": "summary", "undone": "forget", "versions": .strings(names)]))
      } else if !session.isQuiet {
        try session.output.line("back: \(names.joined(separator: ", "))")
      }
      for fault in givenUp { session.console.warn(fault.message) }
      return givenUp.isEmpty ? nil : .warnings
    case .restoreNeeded(let operation, let safety):
      Interruption.defer()
      return try UndoRun(operation, safety: safety?.snapshot, repository, session).run()
    }
  }
}

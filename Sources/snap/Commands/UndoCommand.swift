import ArgumentParser
import FileTrees
import Repositories
import SnapshotModel

struct UndoCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "undo", abstract: "Take back the last forget, gc rule or restore in place.",
    discussion: """
      Forgotten versions come back as long as no gc has freed them. A restore in place is taken back by restoring what \
      it had overwritten or deleted; files that it newly created stay.
      """)
  static let page = HelpPage(
    ["snap undo": "the last operation", "snap ops": "what was done so far"],
    statuses: [10: "no repository", 18: "there is nothing to undo"])

  @OptionGroup var global: GlobalOptions

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    switch try OperationLog.undoLast(in: repository) {
    case .versionsRestored(let versions):
      let names = versions.map(\.snapshot.version)
      if session.isJSON {
        try session.json(
          JSONObject(["message_type": "summary", "undone": "forget", "versions": .strings(names)]))
      } else if !session.isQuiet {
        try session.output.line("back: \(names.joined(separator: ", "))")
      }
      return nil
    case .restoreNeeded(let safety, let target):
      var settings = RestoreOptions(overwrite: .ifChanged)
      settings.requiresEmptyTarget = false
      // What was overwritten comes back as it was, set-user-id and all.
      settings.preservesPrivileged = true
      settings.snapshotName = safety.snapshot.version
      Interruption.defer()
      let run = RestoreRun(
        repository: repository, version: safety.snapshot, manifest: try repository.manifest(of: safety.snapshot),
        target: Array(target.utf8), settings: settings, session: session)
      // What was edited since is saved first, as by any restore in place; another undo goes back to that.
      return try run.restoreInPlace(isDryRun: false)
    }
  }
}

import ArgumentParser
import Repositories
import SnapshotModel
import Workflows

struct GuardCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "guard", abstract: "Save, then run a command; when it fails, say how to go back.",
    usage: "snap guard [<options>] -- <command> ...",
    discussion: """
      Saves the project as before-COMMAND-TIME, or under --name, and only then runs the command, with this terminal's input \
      and output. When the save fails, the command is not run. When the command fails, the last line is the one command \
      that goes back to the state before.
      """)
  static let page = HelpPage(
    [
      "snap guard -- npm run migrate": "a migration",
      "snap guard --name before-v2 -- ./deploy.sh production": "a deployment, with a name of its own",
    ],
    statuses: [
      3: "some items could not be read; the command was not run", 10: "no repository, or the command has removed it",
      16: "no space",
      21: "the command has taken the version away that was saved for it",
      22: "the version exists already; the command was not run",
      23: "the command failed",
      24: "saved, but suspect; the command was not run",
    ])

  @Option(help: ArgumentHelp("What to call the version.", valueName: "version")) var name: String?

  @Option(name: .shortAndLong, help: "Why this version was saved.") var message: String?

  @Flag(help: "Run the command even when some items could not be saved.") var allowPartial = false

  @Argument(help: ArgumentHelp("What to run, after --.", valueName: "command"))
  var words: [String] = []

  /// How many of `words` stood after `--`.
  @Option(name: .customLong(Invocation.terminatedWordsOption), help: .private)
  var terminatedWordCount = 0

  @OptionGroup var global: GlobalOptions

  func check() throws {
    if command.isEmpty || command.count < words.count {
      let line = words.map { shellWord(ArgumentText.display($0)) }.joined(separator: " ")
      throw SnapFault(
        .usage, "guard needs a command after --", hint: "snap guard -- \(line.isEmpty ? "npm run migrate" : line)")
    }
    if let name { _ = try VersionName(name) }
  }

  private var command: [String] { words.suffix(terminatedWordCount) }

  func run(in session: Session) throws -> FaultCode? {
    let program = ArgumentText.display(command[0])
    if try session.keys.writerKey() != nil {
      throw SnapFault(
        .wrongKey, "guard says how to restore, and this key can only save", hint: Repository.hintOfReadingKey)
    }
    let version = try savedVersion(before: program, session)
    session.console.note("saved \(version); running '\(program)'")

    // The command gets the signal, too; what becomes of it is told in the end.
    Interruption.defer()
    let started = monotonicSeconds()
    let ending = try start(program, version).wait(passingOn: { Interruption.signal })
    let seconds = monotonicSeconds() - started
    if session.isJSON {
      try session.json(
        JSONObject([
          "message_type": "summary", "version": .string(version), "passed": .boolean(ending.isSuccess),
          "command": .string(program), "ending": .string(ending.words), "total_duration": .number(seconds),
        ]))
    }
    if let loss = loss(of: version, session) {
      throw SnapFault(
        ending.isSuccess ? loss.code : .commandFailed,
        "'\(program)' \(ending.words), and \(version), the state before it, cannot be found any more: \(loss.message)",
        hint: loss.hint, path: loss.path)
    }
    if ending.isSuccess { return nil }
    throw SnapFault(
      .commandFailed, "'\(program)' \(ending.words); the state before it is saved as \(version)",
      hint: try restoreLine(version, session))
  }

  /// Saves under `name`, else under the first default name that is free.
  private func savedVersion(before program: String, _ session: Session) throws -> String {
    if let name {
      try save(name, before: program, session)
      return name
    }
    let first = VersionName(before: program, at: currentTime())
    var version = first
    var number = 1
    while true {
      do {
        try save(version.text, before: program, session)
        return version.text
      } catch let fault as SnapFault where fault.code == .versionExists && number < 9 {
        number += 1
        version = first.numbered(number)
      }
    }
  }

  /// By the command itself, so that whatever a save does is done here; it says nothing but warnings.
  private func save(_ version: String, before program: String, _ session: Session) throws {
    var words = [version, "--message", message ?? "before running '\(program)'"]
    if allowPartial { words.append("--allow-partial") }
    if let location = try session.namedRepository() { words += ["--repo", ArgumentText.decode(location)] }
    let save = try SaveCommand.parse(words)
    var silent = save.global
    silent.quiet = true
    silent.noColor = global.noColor
    let inner = try Session(global: silent, output: session.output, within: session)
    defer { inner.close() }
    guard let code = try save.run(in: inner), !allowPartial else { return }
    throw SnapFault(
      code, "\(version) does not hold everything; '\(program)' was not run",
      hint: "--allow-partial runs it all the same")
  }

  private func start(_ program: String, _ version: String) throws -> ChildProcess {
    do throws(SnapFault) {
      return try ChildProcess(
        command.map { ArgumentText.encode($0) }, input: .inherited, output: global.json ? .toError : .inherited)
    } catch {
      throw SnapFault(error.code, error.message, hint: "\(version) was saved and stays; snap forget removes it")
    }
  }

  /// Why there is nothing to go back to: the command may have done anything, to the repository too.
  private func loss(of version: String, _ session: Session) -> SnapFault? {
    do {
      let known = try session.openRepository().snapshots()
      guard !known.contains(where: { $0.snapshot.version == version }) else { return nil }
      return SnapFault(.notFound, "no snapshot matches '\(version)'", hint: "snap undo, or snap list")
    } catch {
      return snapFault(for: error) ?? SnapFault(.failed, "\(error)")
    }
  }

  private func restoreLine(_ version: String, _ session: Session) throws -> String {
    var place = try session.namedRepository().map { " -r \(shellWord(displayText($0)))" } ?? ""
    if !global.directory.isEmpty { place += " -C \(shellWord(session.workingFolderText))" }
    return "snap\(place) restore \(shellWord(version)) --delete"
  }
}

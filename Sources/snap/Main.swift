import ArgumentParser
import CLinux
import Glibc
import Repositories
import SnapshotModel

/// Words in, words out: takes the arguments apart, runs the command, and turns what it throws into an exit status.
@main
enum Main {
  static func main() {
    // A reader that has seen enough is told apart by the failing write.
    signal(SIGPIPE, SIG_IGN)
    // What threads free to arenas of their own stays with the process: with one a save peaks a tenth lower, and is no
    // slower, since what it allocates is large. Huge pages spare a save an eighth of its CPU: clearing small ones.
    linux_prepare_heap()
    exit(run(ArgumentText.processArguments()))
  }

  private static func run(_ arguments: [String]) -> Int32 {
    let isJSON = arguments.prefix { $0 != "--" }.contains("--json")
    var console = Console(style: .init(isJSON: isJSON))
    let output = StandardOutput()
    do {
      let invocation = try Invocation(arguments)
      if let status = try answerWithoutCommand(invocation, output) { return status }
      let command = try invocation.parse(invocation.commandType(named: invocation.name ?? StatusCommand.name))
      let session = try Session(global: command.global, output: output)
      console = session.console
      if invocation.name == nil, try session.repositoryLocation() == nil {
        throw SnapFault(
          .usage, "no command given, and no repository found in \(session.workingFolderText) or any parent",
          hint: "snap init makes a repository here; snap --help lists the commands")
      }
      Interruption.listen()
      defer { session.close() }
      let code = try command.run(in: session)
      console.clearProgress()
      try output.flush()
      return code?.rawValue ?? 0
    } catch {
      console.clearProgress()
      // What was printed before the failure is true and stays; a second failure to print adds nothing.
      try? output.flush()
      let fault = Self.fault(for: error)
      console.fail(fault)
      return fault.code.rawValue
    }
  }

  /// Help and version, which need no repository; `nil` when there is something to run.
  private static func answerWithoutCommand(_ invocation: Invocation, _ output: StandardOutput) throws -> Int32? {
    if invocation.wantsVersion {
      try output.line(ToolVersion.text)
    } else if invocation.name == "help" {
      let isJSON = (invocation.leading + invocation.rest).contains("--json")
      let name = invocation.rest.first { $0 != "--json" }
      try output.write(isJSON ? helpJSON(for: name).utf8 : helpText(for: name).utf8)
    } else if invocation.wantsHelp {
      try output.write(helpText(for: invocation.name).utf8)
    } else {
      return nil
    }
    try output.flush()
    return 0
  }

  private static func helpText(for name: String?) throws -> String {
    guard let name else { return SnapRoot.helpMessage() + "\n" }
    let type = try Invocation([]).commandType(named: name)
    return SnapRoot.helpMessage(for: type) + "\n\n" + type.page.text
  }

  private static func helpJSON(for name: String?) throws -> String {
    let object = try name.map { HelpJSON.command(try Invocation([]).commandType(named: $0)) } ?? HelpJSON.program()
    return object.text + "\n"
  }

  private static func fault(for error: any Error) -> SnapFault {
    guard let fault = snapFault(for: error) else {
      return SnapFault(.internalError, "internal error: \(error) (please report); repository not modified further")
    }
    return Interruption.named(fault)
  }
}

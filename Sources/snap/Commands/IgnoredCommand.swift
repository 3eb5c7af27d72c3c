import ArgumentParser
import FileTrees
import Repositories
import SnapshotModel
import Workflows

struct IgnoredCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "ignored", abstract: "Tell what a save leaves out, and which rule in which file and line decides.",
    discussion: """
      For each path that a rule speaks about one line, as git check-ignore -v: SOURCE:LINE:PATTERN, a tab, the path. A \
      pattern with ! takes the path in again. Without paths it walks the project and lists everything left out.
      """)
  static let page = HelpPage(
    [
      "snap ignored logs/today.log": ".snapignore:1:logs/  logs/today.log",
      "snap ignored": "everything that is left out",
      "snap ignored --git-ignore .env": "as if .gitignore counted",
    ], statuses: [1: "none of the paths is left out"])

  @Argument(help: ArgumentHelp("Files and folders; they need not exist.", valueName: "path"))
  var paths: [String] = []

  @OptionGroup var ignore: IgnoreOptions
  @OptionGroup var global: GlobalOptions

  func run(in session: Session) throws -> FaultCode? {
    // The rules need no repository: without one the current folder is the root.
    let location = try session.repositoryLocation()
    let root = session.projectRoot(at: location)
    let options = try ignore.walkOptions(
      repository: location.map { Array($0.utf8) }, configuration: ProjectConfiguration(ofProject: root), root: root)
    let count = try paths.isEmpty ? list(root, options, session) : explain(root, options, session)
    return count > 0 ? nil : .failed
  }

  /// - Returns: how many paths are left out.
  private func explain(_ root: [UInt8], _ options: WalkOptions, _ session: Session) throws -> Int {
    var count = 0
    for path in paths {
      let bytes = ArgumentText.encode(path)
      let absolute = try FileSystemPath.absolute(bytes)
      guard let inside = FileSystemPath.relative(absolute, to: root) else {
        throw SnapFault(.usage, "'\(ArgumentText.display(path))' is outside of \(displayText(root))")
      }
      let isFolder = bytes.last == UInt8(ascii: "/") || FileSystemPath.isRealFolder(absolute)
      let decision = try ignoreDecision(for: inside, isDirectory: isFolder, root: root, options: options)
      if decision.isIgnored { count += 1 }
      guard decision.cause != nil || session.isJSON else { continue }
      try write(decision, inside, shownAs: bytes, session)
    }
    return count
  }

  private func list(_ root: [UInt8], _ options: WalkOptions, _ session: Session) throws -> Int {
    var count = 0
    let walker = try TreeWalker(root: root, sources: [.root], options: options)
    while let event = walker.next() {
      guard case .ignored(let path, let isFolder, let decision) = event else { continue }
      count += 1
      try write(decision, path, shownAs: path.bytes + (isFolder ? [UInt8(ascii: "/")] : []), session)
    }
    return count
  }

  private func write(
    _ decision: IgnoreDecision, _ path: ArchivePath, shownAs shown: [UInt8], _ session: Session
  ) throws {
    guard session.isJSON else {
      let text = session.output.isTerminal ? Array(displayText(shown).utf8) : shown
      return try session.output.write(Array((IgnoreText.cause(decision) + "\t").utf8) + text + [UInt8(ascii: "\n")])
    }
    var object = JSONObject(["message_type": "ignored"])
    object.setPath(path.bytes)
    object["ignored"] = .boolean(decision.isIgnored)
    object["source"] = decision.rule.map { .string(IgnoreText.source($0.source)) } ?? .null
    object["line"] = decision.rule.map { .count($0.line) } ?? .null
    object["pattern"] = decision.rule.map { .string(displayText($0.pattern)) } ?? .null
    object["cause"] = .string(IgnoreText.cause(decision))
    try session.json(object)
  }
}

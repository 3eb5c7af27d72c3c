import ArgumentParser
import FileTrees
import Glibc
import SnapshotModel
import Workflows

/// Where a save's content comes from: a tree, standard input, or a command.
struct SaveInputOptions: ParsableArguments {
  @Flag(help: "Save standard input as one file.")
  var stdin = false

  @Option(help: ArgumentHelp("What to call that file.", valueName: "name"))
  var stdinFilename = "stdin"

  @Flag(help: "Save the output of the command after -- as one file; if it fails, nothing is saved.")
  var stdinFromCommand = false

  @Option(
    help: ArgumentHelp("Read more paths from a file, one a line or NUL-separated; - is stdin.", valueName: "file"))
  var filesFrom: [String] = []

  /// What is read, and what must be asked before it is committed.
  struct Start {
    var input: SaveRequest.Input
    var confirm: (@Sendable () throws -> Void)?
  }

  func check(words: [String], afterTerminator: [String]) throws {
    if stdin, stdinFromCommand { throw SnapFault(.usage, "--stdin and --stdin-from-command cannot be combined") }
    if stdinFromCommand, afterTerminator.isEmpty {
      throw SnapFault(
        .usage, "--stdin-from-command needs a command after --",
        hint: "snap save v1 --stdin-from-command -- pg_dump app")
    }
    if stdin || stdinFromCommand {
      let option = stdin ? "--stdin" : "--stdin-from-command"
      if !filesFrom.isEmpty { throw SnapFault(.usage, "\(option) and --files-from cannot be combined") }
      if words.count > 1 || (stdin && !afterTerminator.isEmpty) {
        throw SnapFault(.usage, "\(option) and paths cannot be combined")
      }
      if ArchivePath(ArgumentText.encode(stdinFilename))?.isRoot ?? true {
        throw SnapFault(
          .usage, "--stdin-filename: '\(ArgumentText.display(stdinFilename))' is not a path inside a version")
      }
    }
  }

  /// Starts the command, if there is one.
  ///
  /// - Parameters:
  ///   - base: what paths are kept relative to.
  ///   - configured: the paths to save, from `base`, when none are given.
  func start(paths: [String], base: [UInt8], command: [String], configured: [[UInt8]]) throws -> Start {
    guard stdin || stdinFromCommand else {
      if isWholeProject(paths), !configured.isEmpty {
        return Start(
          input: try tree(configured.map { FileSystemPath.joined(base, below: $0) }, base: base), confirm: nil)
      }
      return Start(input: try tree(paths + listedPaths(), base: base), confirm: nil)
    }
    let name = ArchivePath(ArgumentText.encode(stdinFilename)) ?? .root
    if stdin { return Start(input: .stream(descriptor: STDIN_FILENO, name: name), confirm: nil) }
    let child = try ChildProcess(command.map { ArgumentText.encode($0) }, input: .inherited)
    let program = ArgumentText.display(command.first ?? "")
    return Start(input: .stream(descriptor: child.outputDescriptor, name: name)) {
      let ending = child.wait()
      guard ending.isSuccess else {
        throw SnapFault(.commandFailed, "'\(program)' \(ending.words); nothing was saved")
      }
    }
  }

  /// Whether nobody said what to save, so that it is what the project is.
  func isWholeProject(_ paths: [String]) -> Bool { paths.isEmpty && filesFrom.isEmpty && !stdin && !stdinFromCommand }

  /// Paths below `base` are kept relative to it; as soon as one lies elsewhere, all are kept from the root.
  private func tree(_ paths: [[UInt8]], base: [UInt8]) throws -> SaveRequest.Input {
    if paths.isEmpty, filesFrom.isEmpty { return .tree(root: base, sources: [.root]) }
    let absolute = try paths.map { try FileSystemPath.absolute($0) }
    let inside = absolute.compactMap { FileSystemPath.relative($0, to: base) }
    if inside.count == absolute.count { return .tree(root: base, sources: inside) }
    let root = [UInt8(ascii: "/")]
    return .tree(root: root, sources: absolute.compactMap { FileSystemPath.relative($0, to: root) })
  }

  private func tree(_ paths: [String], base: [UInt8]) throws -> SaveRequest.Input {
    try tree(paths.map { ArgumentText.encode($0) }, base: base)
  }

  private func listedPaths() throws -> [String] {
    try filesFrom.flatMap { file in
      let bytes = try FileSystemPath.contents(of: ArgumentText.encode(file))
      let separator = bytes.contains(0) ? UInt8(0) : UInt8(ascii: "\n")
      return bytes.split(separator: separator).map { ArgumentText.decode(Array($0)) }
    }
  }
}

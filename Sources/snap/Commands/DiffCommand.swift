import ArgumentParser
import FileTrees
import Repositories
import SnapshotModel

struct DiffCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Compare two versions, or a version with the work tree.",
    usage: "snap diff [<a> [<b>]] [--path <path> ...] [<options>]",
    discussion: """
      Without versions it compares the newest one with the work tree, with one that one. '.' is the work tree, A..B the \
      same as A B. The letters: + added, - removed, M content changed, U only metadata changed, T another type. --keys shows \
      what changed inside files that have keys, and *** for passwords, tokens and the like; --patch shows every byte.
      """)
  static let page = HelpPage(
    [
      "snap diff": "what changed since the newest version",
      "snap diff v1.1.0 v1.2.0 --stat": "sizes",
      "snap diff v1.1.0..v1.2.0 --patch --path 'src/**'": "as a patch, for git apply",
      "snap diff v1.1.0 v1.2.0 --keys --path data": "rows and fields of the exports, keys of the configuration",
      "snap diff --exit-code --quiet": "status 1 when something changed",
    ], statuses: [10: "no repository", 21: "no such version"])

  @Argument(help: ArgumentHelp("Versions, or '.' for the work tree.", valueName: "rev"))
  var revisions: [String] = []

  @Option(help: ArgumentHelp("Only these paths or globs; several times for more.", valueName: "path"))
  var path: [String] = []

  @Flag(help: "Sizes instead of letters, and totals.") var stat = false
  @Flag(help: "Only the paths.") var nameOnly = false
  @Flag(name: [.customLong("patch"), .customShort("u")], help: "The changed lines, as a unified diff.") var patch =
    false
  @OptionGroup var keyed: KeyedDiffOptions
  @Flag(help: "End with 1 when there are differences.") var exitCode = false
  @Flag(help: "Leave out changes of metadata alone (U).") var contentOnly = false

  @OptionGroup(title: "Of the work tree, leave out") var ignore: IgnoreOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func check() throws {
    let forms = [
      ("--stat", stat), ("--name-only", nameOnly), ("--patch", patch), ("--keys", keyed.isWanted),
      ("--json", global.json),
    ].filter(\.1).map(\.0)
    if forms.count > 1, forms != ["--keys", "--json"] {
      throw SnapFault(.usage, "\(forms[0]) and \(forms[1]) cannot be combined")
    }
    try keyed.check()
    if revisions.count > 2 {
      throw SnapFault(
        .usage, "unexpected argument '\(ArgumentText.display(revisions[2]))' for diff",
        hint: "--path PATH selects paths")
    }
  }

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    let comparison = try Comparison(revisions, repository, session, ignore)
    let selection = try session.selection(path, root: comparison.root, in: repository)
    let form: DiffPrinter.Form =
      keyed.isWanted
      ? .keys(keyed.style())
      : patch ? .patch : stat ? .stat : nameOnly ? .nameOnly : global.json ? .json : .letters
    let printer = DiffPrinter(
      form: form, session: session,
      sides: DiffSides(
        reader: repository.reader(), workTree: comparison.workTreeRoot, isReversed: comparison.isReversed))
    try comparison.forEachChange { change in
      if contentOnly, change.kind == .metadata { return }
      let isFolder = (change.new ?? change.old)?.kind == .directory
      guard selection.selects(change.path, isFolder: isFolder) else { return }
      try printer.write(change)
    }
    try printer.finish()
    return exitCode && printer.changeCount > 0 ? .failed : nil
  }
}

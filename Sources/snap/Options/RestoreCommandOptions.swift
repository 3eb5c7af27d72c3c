import ArgumentParser
import FileTrees
import Repositories
import SnapshotModel
import Workflows

/// What to restore, where to, and what to do about what is there.
struct RestoreCommandOptions: ParsableArguments {
  @Option(
    name: [.customLong("path"), .customLong("include")],
    help: ArgumentHelp("Only this path or glob; may be repeated.", valueName: "path"))
  var path: [String] = []

  @Option(
    name: [.long, .customLong("target"), .customShort("t")],
    help: ArgumentHelp("The folder to restore to; without it in place.", valueName: "dir"))
  var to: String?

  @Option(help: ArgumentHelp("Give one file to a command, as its input.", valueName: "command"))
  var pipe: String?

  @Option(help: "What to do about files that are there: always, if-changed, if-newer or never.")
  var overwrite: OverwriteChoice?

  @Flag(help: "Delete what the version does not have; what save leaves out stays.") var delete = false
  @Option(help: ArgumentHelp("Drop leading folders of each path.", valueName: "n")) var stripComponents: WholeNumber?
  @Flag(name: [.customShort("n"), .long], help: "Only say what would be done.") var dryRun = false
  @Flag(help: "The same, path by path: new, replaced, same, corrected, kept or deleted, size, path.") var list = false
  @Option(help: ArgumentHelp("Keep a record of it, for snap incident: what had happened.", valueName: "text"))
  var incident: String?
  @Flag(help: "Read everything back and compare.") var verify = false
  @Flag(help: "Leave out entries that no honest save can have written.") var skipUnsafe = false
  @Flag(help: "Keep files that can be read only in part, zeros for the rest.") var keepDamaged = false
  @Flag(help: "End with status 3 where owners or attributes could not be restored.") var strict = false
  @Flag(help: "As root: set-user-id bits, devices, security attributes, too.") var preservePrivileged = false

  /// - Throws: `SnapFault` `.usage` for what means nothing beside `--pipe` or `--incident`.
  func check(paths: [String]) throws {
    if let incident {
      if incident.allSatisfy(\.isWhitespace) { throw SnapFault(.usage, "--incident: say what had happened") }
      for (option, isGiven) in [("--dry-run", dryRun), ("--list", list)] where isGiven {
        throw SnapFault(.usage, "--incident and \(option) cannot be combined")
      }
    }
    guard let pipe else { return }
    if pipe.isEmpty { throw SnapFault(.usage, "--pipe: the command is empty") }
    let others = [
      ("--to", to != nil), ("--path", !(path + paths).isEmpty), ("--overwrite", overwrite != nil), ("--delete", delete),
      ("--strip-components", stripComponents != nil), ("--dry-run", dryRun), ("--list", list),
      ("--verify", verify),
      ("--keep-damaged", keepDamaged),
    ]
    if let other = others.first(where: \.1) { throw SnapFault(.usage, "--pipe and \(other.0) cannot be combined") }
  }

  enum OverwriteChoice: String, CaseIterable, ExpressibleByArgument {
    case always
    case ifChanged = "if-changed"
    case ifNewer = "if-newer"
    case never

    var mode: OverwriteMode {
      switch self {
      case .always: .always
      case .ifChanged: .ifChanged
      case .ifNewer: .ifNewer
      case .never: .never
      }
    }
  }

  /// - Parameter base: the project's folder, whose ignore rules spare what `--delete` must not touch.
  func settings(
    isInPlace: Bool, version: Snapshot, _ repository: Repository, _ base: [UInt8]
  ) throws -> RestoreOptions {
    var settings = RestoreOptions(overwrite: overwrite?.mode ?? (isInPlace ? .ifChanged : .never))
    settings.requiresEmptyTarget = overwrite == nil && !isInPlace
    settings.replacesFolders = isInPlace
    settings.deletesExtra = delete
    settings.stripComponents = stripComponents?.value ?? 0
    settings.isDryRun = dryRun || list
    settings.verifies = verify
    settings.skipsUnsafe = skipUnsafe
    settings.keepsDamaged = keepDamaged
    settings.preservesPrivileged = preservePrivileged
    settings.snapshotName = version.version
    settings.neverEnter = repository.neverEnter
    settings.databases = Set(version.databases)
    if delete, isInPlace {
      let walk = try ProjectConfiguration(ofProject: base)?.walkOptions(root: base) ?? WalkOptions()
      settings.isSpared = { path, isFolder in
        // What cannot be decided is spared: deleting is the step that cannot be repeated.
        (try? ignoreDecision(for: path, isDirectory: isFolder, root: base, options: walk))?.isIgnored ?? true
      }
    }
    return settings
  }
}

extension PathSelection {
  /// A pattern that means exactly this path: anchored, with the signs of globs escaped.
  static func literal(_ path: ArchivePath) -> [UInt8] {
    [UInt8(ascii: "/")]
      + path.bytes.flatMap { byte -> [UInt8] in
        "*?[\\".utf8.contains(byte) ? [UInt8(ascii: "\\"), byte] : [byte]
      }
  }
}

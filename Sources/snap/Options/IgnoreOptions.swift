import ArgumentParser
import FileTrees
import Glibc
import ObjectStores
import SnapshotModel
import Workflows

/// What to leave out of a tree, as `save`, `diff` and `ignored` take it.
struct IgnoreOptions: ParsableArguments {
  @Option(name: [.customShort("e"), .long], help: ArgumentHelp("Leave out what matches.", valueName: "pattern"))
  var exclude: [String] = []

  @Option(help: ArgumentHelp("Read such patterns from a file.", valueName: "file"))
  var excludeFile: [String] = []

  @Flag(help: "Of a folder with a CACHEDIR.TAG keep nothing but that file.")
  var excludeCaches = false

  @Option(help: ArgumentHelp("The same for folders that hold a file of this name.", valueName: "name"))
  var excludeIfPresent: [String] = []

  @Option(help: ArgumentHelp("Leave out larger files.", valueName: "size"))
  var excludeLargerThan: ByteSize?

  @Flag(name: [.customShort("x"), .long], help: "Stay on each source's file system.")
  var oneFileSystem = false

  @Flag(help: "Honour .gitignore files too.")
  var gitIgnore = false

  @Flag(help: "Honour neither .snapignore files nor the built-in rules.")
  var noIgnore = false

  @Flag(help: "Do not apply the built-in rules (node_modules/ .git/ dist/ build/ coverage/).")
  var noDefaultIgnores = false

  /// What these flags say, on top of what the project's configuration does.
  ///
  /// - Parameter repository: the folder that must not be saved into itself.
  /// - Throws: `SnapFault` `.usage` when an exclude file cannot be read.
  func walkOptions(
    repository: [UInt8]?, configuration: ProjectConfiguration?, root: [UInt8]
  ) throws -> WalkOptions {
    var options = try configuration?.walkOptions(root: root) ?? WalkOptions()
    if noIgnore || noDefaultIgnores { options.usesDefaultIgnores = false }
    if noIgnore { options.usesSnapIgnore = false }
    if gitIgnore { options.usesGitIgnore = true }
    options.excludes = exclude.map { String(decoding: ArgumentText.encode($0), as: UTF8.self) }
    options.excludeFiles += try excludeFile.map { name in
      let path = try FileSystemPath.absolute(ArgumentText.encode(name))
      guard FileSystemPath.isReadable(path) else {
        throw SnapFault(.usage, "--exclude-file: cannot read '\(ArgumentText.display(name))': \(errorText(errno))")
      }
      return path
    }
    if excludeCaches { options.excludeCaches = true }
    options.excludeIfPresent += excludeIfPresent.map { ArgumentText.encode($0) }
    if let excludeLargerThan { options.excludeLargerThan = excludeLargerThan.byteCount }
    if oneFileSystem { options.oneFileSystem = true }
    if let repository, let identity = FileSystemPath.identity(of: repository) { options.neverEnter = [identity] }
    return options
  }
}

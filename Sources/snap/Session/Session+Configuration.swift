import FileTrees
import ObjectStores
import Repositories
import SnapshotModel
import Workflows

extension Session {
  /// What the project's `snap.yml` says; `nil` when it has none.
  ///
  /// - Throws: `SnapFault` `.usage` that names the line that is wrong.
  func configuration(of repository: Repository) throws -> ProjectConfiguration? {
    try ProjectConfiguration(ofProject: base(of: repository))
  }

  /// The folder that holds `.snap`, else the current one; it needs no repository.
  func projectRoot(at location: String?) -> [UInt8] {
    let suffix = Array("/\(Repository.folderName)".utf8)
    guard let place = location.map(PathText.path) else { return workingFolder }
    if place.count > suffix.count, place.suffix(suffix.count) == suffix[...] {
      return Array(place.dropLast(suffix.count))
    }
    // `--repo` may name the project.
    return FileSystemPath.isFolder(place + suffix) ? place : workingFolder
  }

  /// Refuses to run the commands of a file that somebody else could have written: whoever runs them lends them his rights.
  ///
  /// - Parameters:
  ///   - flags: what goes on without them.
  ///   - verb: what was to be done.
  ///   - consequence: what came of that.
  func checkMayRun(
    _ configuration: ProjectConfiguration, flags: String, verb: String = "save", consequence: String = "nothing saved"
  ) throws {
    let name = ProjectConfiguration.fileName
    if configuration.isWorldWritable {
      throw SnapFault(
        .refused, "everybody may write \(name), so its commands are not run; \(consequence)",
        hint: "chmod o-w \(name), or \(verb) with \(flags)", path: name)
    }
    guard !ProcessEnvironment.trustedUserIDs().contains(configuration.ownerID) else { return }
    throw SnapFault(
      .refused,
      "\(name) belongs to another user (id \(configuration.ownerID)), so its commands are not run; \(consequence)",
      hint: "\(verb) as that user, make the file yours, or \(verb) with \(flags)", path: name)
  }
}

extension ProjectConfiguration {
  /// What a walk leaves out.
  ///
  /// - Parameter root: what the paths of the file are relative to.
  /// - Throws: `SnapFault` `.usage` when an exclude file cannot be read.
  func walkOptions(root: [UInt8]) throws -> WalkOptions {
    var options = WalkOptions()
    options.usesDefaultIgnores = !usesNoIgnore && !usesNoDefaultIgnores
    options.usesSnapIgnore = !usesNoIgnore
    options.usesGitIgnore = usesGitIgnore
    options.configured = excludes.map { ($0.text, $0.line) }
    options.excludeFiles = try excludeFiles.map { name in
      let path = FileSystemPath.joined(root, below: name)
      guard FileSystemPath.isReadable(path) else {
        throw SnapFault(
          .usage, "\(Self.fileName): exclude-file: cannot read '\(displayText(path))'", path: displayText(path))
      }
      return path
    }
    options.excludeCaches = excludeCaches
    options.excludeIfPresent = excludeIfPresent
    options.excludeLargerThan = excludeLargerThan
    options.oneFileSystem = oneFileSystem
    return options
  }
}

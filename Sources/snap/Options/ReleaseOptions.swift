import ArgumentParser
import FileTrees
import SnapshotModel
import Workflows

/// What ties a version to a release of the project.
struct ReleaseOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Take the version's name from auto, package.json, pyproject.toml, Cargo.toml, git or time; all words are paths.",
      valueName: "source"))
  var versionFrom: VersionSource?

  @Option(help: ArgumentHelp("Append an entry for this version to a file.", valueName: "file"))
  var changelog: String?

  /// The version's name: the one given, or the one that the project gives; `nil` when nobody asked for either.
  ///
  /// - Throws: `SnapFault`, also when a changelog is named that cannot be written to: before anything is saved.
  func name(_ given: String?, in folder: [UInt8]) throws -> String? {
    if let changelog { try ChangelogEntry.check(FileSystemPath.absolute(ArgumentText.encode(changelog))) }
    return try given ?? versionFrom?.versionName(in: folder)?.text
  }

  /// Warns when git calls another commit by the version's name.
  func warnAboutTag(_ version: String, _ git: GitState?, in folder: [UInt8], _ session: Session) {
    guard let git, !git.commit.isEmpty, git.describe != version,
      let tagged = GitProbe.commit(ofTag: version, in: folder), tagged != git.commit
    else { return }
    session.console.warn(
      "the tag \(version) is at commit \(tagged.prefix(7)), but this is \(git.commit.prefix(7)); saving what is here")
  }

  /// Writes the entry of a version that was saved.
  ///
  /// - Returns: `.warnings` when it could not be written: the version is saved all the same.
  func appendToChangelog(_ outcome: SaveOutcome, _ session: Session) -> FaultCode? {
    guard let changelog, outcome.wasSaved else { return nil }
    do {
      let path = try FileSystemPath.absolute(ArgumentText.encode(changelog))
      if try !ChangelogEntry(outcome.snapshot).append(to: path) {
        session.console.note("\(displayText(path)) has an entry of \(outcome.snapshot.version) already")
      }
      return nil
    } catch {
      session.console.warn("\(outcome.snapshot.version) is saved; \(error.message)")
      return .warnings
    }
  }
}

extension VersionSource: ExpressibleByArgument {}

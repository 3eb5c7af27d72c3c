import FileTrees
import SnapshotModel

/// How the tracked files of a folder differ from the commit that is checked out.
///
/// Two git processes, each with bounded time and output. Neither changes anything nor runs what the tree configures to show differences.
package final class GitChanges: TreeChanges {
  /// Where git is asked, and where that lies in the version.
  private let folder: [UInt8]
  private let place: ArchivePath
  /// By path in the version.
  private var files: [ArchivePath: ChangedFile] = [:]

  /// Larger patches nobody reads, and the version has the files.
  static let patchBytesMax = 1 << 20
  /// So many are listed that this is no working on a project.
  static let listBytesMax = 4 << 20
  /// Of the paths on git's command line: the system takes some two million.
  static let argumentBytesMax = 128 << 10
  static let secondsMax = 20

  struct ChangedFile: Hashable {
    /// Below the folder that was asked about.
    var path: [UInt8]
    /// `nil` for binary files.
    var lines: (added: UInt64, removed: UInt64)?

    /// As `git diff --numstat` prints it, without quotes.
    var listed: [UInt8] {
      let counts = lines.map { "\($0.added)\t\($0.removed)\t" } ?? "-\t-\t"
      return Array(counts.utf8) + path + [UInt8(ascii: "\n")]
    }

    static func == (left: ChangedFile, right: ChangedFile) -> Bool { left.listed == right.listed }
    func hash(into hasher: inout Hasher) { hasher.combine(listed) }
  }

  /// - Parameters:
  ///   - folder: in a git work tree that has a commit.
  ///   - place: where that lies in the version.
  package init(folder: [UInt8], place: ArchivePath) {
    self.folder = folder
    self.place = place
  }

  package func paths(shouldStop: () -> Bool) throws(TreeChangesFailure) -> [ArchivePath] {
    let words = Self.words + ["--numstat", "-z", "--relative", "HEAD", "--", "."]
    switch try git(words.map { Array($0.utf8) }, byteCountMax: Self.listBytesMax, shouldStop) {
    case nil: throw TreeChangesFailure("too many files differ")
    case let output?:
      for file in Self.parse(numstat: output) {
        let bytes = place.isRoot ? file.path : place.bytes + [UInt8(ascii: "/")] + file.path
        if let path = ArchivePath(bytes) { files[path] = file }
      }
    }
    return Array(files.keys)
  }

  package func description(
    of chosen: Set<ArchivePath>, shouldStop: () -> Bool
  ) throws(TreeChangesFailure) -> TreeChangesDescription {
    let told = chosen.sorted().compactMap { files[$0] }
    var description = TreeChangesDescription(
      form: .list, fileCount: UInt64(told.count), linesAdded: told.reduce(0) { $0 + ($1.lines?.added ?? 0) },
      linesRemoved: told.reduce(0) { $0 + ($1.lines?.removed ?? 0) }, bytes: told.flatMap(\.listed))
    // A file where a folder was, or the other way about: git takes the one for all that is in the other.
    let spared = files.filter { path, _ in
      !chosen.contains(path) && chosen.contains { $0 != path && $0.contains(path) }
    }
    let chosenWords = told.map { Array(":(literal)".utf8) + $0.path }
    let sparedWords = spared.values.map { Array(":(exclude,literal)".utf8) + $0.path }
    let pathWords = chosenWords + sparedWords
    guard pathWords.reduce(0, { $0 + $1.count }) <= Self.argumentBytesMax else { return description }
    let words = (Self.words + ["--binary", "HEAD", "--"]).map { Array($0.utf8) } + pathWords
    if let patch = try git(words, byteCountMax: Self.patchBytesMax, shouldStop) {
      description.form = .patch
      description.bytes = patch
    }
    return description
  }

  /// What a person's or the tree's configuration could have changed about the output is said, all of it; nothing here asks for a patch, as
  /// `--unified` would.
  private static let words = [
    "-c", "diff.relative=false", "-c", "core.quotePath=true", "-c", "diff.context=3", "-c", "diff.interHunkContext=0",
    "diff", "--no-color", "--no-ext-diff", "--no-textconv",
    "--no-renames", "--full-index", "--submodule=short",
    "--ignore-submodules=dirty", "--src-prefix=a/", "--dst-prefix=b/",
  ]

  /// - Returns: `nil` when it prints more.
  private func git(
    _ words: [[UInt8]], byteCountMax: Int, _ shouldStop: () -> Bool
  ) throws(TreeChangesFailure) -> [UInt8]? {
    let child: ChildProcess
    do throws(SnapFault) {
      child = try GitProbe.git(folder, words)
    } catch {
      throw TreeChangesFailure(error.message)
    }
    switch child.readAll(byteCountMax: byteCountMax, secondsMax: Self.secondsMax, shouldStop: shouldStop) {
    case .whole(let output, _, let ending) where ending.isSuccess: return output
    case .whole(_, let complaint, let ending):
      throw TreeChangesFailure(complaint.isEmpty ? "git diff \(ending.words)" : displayText(complaint))
    case .tooLong: return nil
    case .timedOut: throw TreeChangesFailure("git diff took longer than \(counted(Self.secondsMax, "second"))")
    case .interrupted: throw TreeChangesFailure("interrupted")
    }
  }

  /// - Parameter numstat: output of `git diff --numstat -z` without renames: `added TAB removed TAB path NUL`.
  static func parse(numstat: [UInt8]) -> [ChangedFile] {
    numstat.split(separator: 0).compactMap { record in
      let parts = record.split(separator: UInt8(ascii: "\t"), maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, !parts[2].isEmpty else { return nil }
      let added = UInt64(String(decoding: parts[0], as: UTF8.self))
      let removed = UInt64(String(decoding: parts[1], as: UTF8.self))
      return ChangedFile(path: Array(parts[2]), lines: added.flatMap { added in removed.map { (added, $0) } })
    }
  }
}

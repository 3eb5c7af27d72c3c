import FileTrees
import Repositories
import SnapshotModel

/// The two sides of a `diff`.
struct Comparison {
  private enum Side {
    case version(ListedSnapshot)
    case workTree
  }

  private let repository: Repository
  private let old: Side
  private let new: Side
  private let options: WalkOptions
  private let base: [UInt8]

  /// Whether the work tree is the old side: changes are then found the other way round and turned.
  let isReversed: Bool

  init(_ words: [String], _ repository: Repository, _ session: Session, _ ignore: IgnoreOptions) throws {
    var words = words
    if words.count == 1, let (first, last) = RevisionRange.split(words[0]), words[0] != ".." {
      words = [first, last]
    }
    func side(_ word: String) throws -> Side {
      word == "." ? .workTree : .version(try session.resolve(word, in: repository))
    }
    let sides = try [words.first ?? "latest", words.count > 1 ? words[1] : "."].map(side)
    var (old, new) = (sides[0], sides[1])
    if case .workTree = old {
      guard case .version = new else {
        throw SnapFault(.usage, "the work tree cannot be compared with itself", hint: "snap diff REV")
      }
      (old, new) = (new, old)
      isReversed = true
    } else {
      isReversed = false
    }
    self.old = old
    self.new = new
    self.repository = repository
    options = try ignore.walkOptions(
      repository: Array(repository.folder.utf8), configuration: session.configuration(of: repository),
      root: session.base(of: repository))
    if case .version(let version) = old, case .workTree = new {
      // A version of paths outside of the project was walked from the root. One of the project is compared with where the project is
      // now: it may have been moved, or copied.
      let root = version.snapshot.root
      let isOfProject = root.isEmpty || (repository.projectRoot != nil && root != [UInt8(ascii: "/")])
      base = isOfProject ? session.base(of: repository) : root
      guard FileSystemPath.isFolder(base) else {
        throw SnapFault(
          .refused, "\(displayText(base)), which \(version.snapshot.version) was saved from, is not there any more",
          hint: "snap diff REV REV compares two versions", path: displayText(base))
      }
    } else {
      base = session.base(of: repository)
    }
  }

  /// What paths in selections are relative to.
  var root: [UInt8] { base }

  /// Where the new side's files lie; `nil` when both sides are versions.
  var workTreeRoot: [UInt8]? { if case .workTree = new { base } else { nil } }

  func forEachChange(_ body: (ManifestChange) throws -> Void) throws {
    guard case .version(let oldVersion) = old else { return }
    let manifest = try repository.manifest(of: oldVersion.snapshot)
    switch new {
    case .version(let newVersion):
      try ManifestDiffer.forEachChange(from: manifest, to: repository.manifest(of: newVersion.snapshot), body)
    case .workTree:
      try WorkTreeDiffer.forEachChange(
        from: manifest, of: oldVersion.snapshot, root: base, options: options, in: repository
      ) { try body(isReversed ? $0.reversed : $0) }
    }
  }
}

extension ManifestChange {
  /// The change that takes it back.
  var reversed: ManifestChange {
    let kind: Kind =
      switch self.kind {
      case .added: .removed
      case .removed: .added
      default: self.kind
      }
    return ManifestChange(path: path, kind: kind, old: new, new: old)
  }

  /// restic's letter.
  var letter: String {
    switch kind {
    case .added: "+"
    case .removed: "-"
    case .modified: "M"
    case .metadata: "U"
    case .typeChanged: "T"
    }
  }
}

import FileTrees
import Glibc
import Repositories
import SnapshotModel
import Synchronization
import Workflows

/// What a command works with: where it is, which repository is meant, and where its words go.
final class Session: Sendable {
  let console: Console
  let output: StandardOutput
  let keys: Keys
  let history: HistoryGuard
  /// Absolute, after `-C`.
  let workingFolder: [UInt8]
  private let repositoryOption: String?
  /// Who named the repository: `--repo`, `SNAP_REPOSITORY`, or nobody.
  let repositoryOrigin: String
  private let opened = Mutex<[Repository]>([])
  /// Those of them that are what this machine knows them to be.
  private let trusted = Mutex<[Repository]>([])

  /// - Parameters:
  ///   - outer: the session of the command that this one is a part of; it shares its keys.
  ///   - mayAsk: whether a person may be asked for a password.
  init(
    global: GlobalOptions, output: StandardOutput, within outer: Session? = nil, mayAsk: Bool = true
  ) throws {
    _ = KeySource.variablePassword
    try global.secrets.check()
    try global.trust.check()
    self.output = output
    console = Console(
      style: .init(
        isQuiet: global.quiet, isVerbose: global.verbose, isJSON: global.json,
        usesColor: !global.noColor && (ProcessEnvironment.value("NO_COLOR") ?? []).isEmpty
          && ProcessEnvironment.value("TERM") != Array("dumb".utf8)))
    history = HistoryGuard(global.trust, console: console)
    keys = outer?.keys ?? Keys(global.secrets, console: console, mayAsk: mayAsk)
    for folder in global.directory { try FileSystemPath.changeFolder(ArgumentText.encode(folder)) }
    workingFolder = try FileSystemPath.currentFolder()
    if let option = global.repo {
      if option.isEmpty { throw SnapFault(.usage, "--repo: '' is not a path") }
      repositoryOption = option
      repositoryOrigin = "--repo"
    } else if let variable = ProcessEnvironment.value("SNAP_REPOSITORY") {
      if variable.isEmpty { throw SnapFault(.usage, "SNAP_REPOSITORY: '' is not a path") }
      repositoryOption = ArgumentText.decode(variable)
      repositoryOrigin = "SNAP_REPOSITORY"
    } else {
      repositoryOption = nil
      repositoryOrigin = "found"
    }
  }

  var isJSON: Bool { console.style.isJSON }
  var isQuiet: Bool { console.style.isQuiet }
  var isVerbose: Bool { console.style.isVerbose }
  var workingFolderText: String { displayText(workingFolder) }

  /// The repository that was named, or found by walking up; `nil` when there is none.
  func repositoryLocation() throws -> String? {
    if let repositoryOption {
      return PathText.text(of: try FileSystemPath.absolute(ArgumentText.encode(repositoryOption)))
    }
    var folder = workingFolder
    // Where the way is no text, one folder at a time.
    while String(validating: folder, as: UTF8.self) == nil {
      let text = PathText.text(of: folder)
      if let found = Repository.find(from: text), found.hasPrefix(text + "/") { return found }
      folder = PathText.split(folder).folder
    }
    return Repository.find(from: String(decoding: folder, as: UTF8.self))
  }

  /// The folder that `--repo` or SNAP_REPOSITORY names; `nil` without them.
  func namedRepository() throws -> [UInt8]? {
    try repositoryOption.map { try FileSystemPath.absolute(ArgumentText.encode($0)) }
  }

  /// - Parameter mayOnlySave: whether a key will do that cannot read.
  func openRepository(mayOnlySave: Bool = false) throws -> Repository {
    let repository = try Repository.open(
      at: requiredLocation(), access: access, events: ConsoleEvents(console: console))
    opened.withLock { $0.append(repository) }
    if repository.isWriteOnly, !mayOnlySave {
      throw SnapFault(
        .wrongKey, "this key can only save into \(repository.folder)",
        hint: Repository.hintOfReadingKey, path: repository.folder)
    }
    try history.check(repository)
    if !repository.isEncrypted { try keys.refusePlain(repository.folder) }
    trusted.withLock { $0.append(repository) }
    return repository
  }

  /// Has a repository closed with the others, without taking it for one that this machine is to know.
  func track(_ repository: Repository) -> Repository {
    opened.withLock { $0.append(repository) }
    return repository
  }

  /// Closes what was opened, at the end of the command.
  func close() {
    // What cannot be read any more is told by whoever needs it.
    for repository in trusted.withLock({ $0 }) { try? history.remember(repository) }
    for repository in opened.withLock({ $0 }) { repository.close() }
  }

  /// Where the repository is.
  ///
  /// - Throws: `SnapFault` `.noRepository` that says where it was looked for.
  func requiredLocation() throws -> String {
    guard let location = try repositoryLocation() else {
      throw SnapFault(
        .noRepository, "no repository found in \(workingFolderText) or any parent", hint: "snap init",
        path: workingFolderText)
    }
    if repositoryOption != nil, !FileSystemPath.exists(Array(location.utf8)) {
      throw SnapFault(
        .noRepository, "no repository at \(location) (is the disk mounted?)", hint: "snap init --repo \(location)",
        path: location)
    }
    return location
  }

  /// The folder that archive paths are relative to: the project's root, else the current folder.
  func base(of repository: Repository) -> [UInt8] { repository.projectRoot.map(PathText.path) ?? workingFolder }

  /// How the log of operations names the folder that was restored into: empty for the project itself, wherever it is moved or copied.
  func recorded(_ target: [UInt8], in repository: Repository) -> String {
    repository.projectRoot.map(PathText.path) == target ? "" : ArgumentText.decode(target)
  }

  /// The folder that a restore in place wrote into.
  func target(of operation: OperationRecord, in repository: Repository) -> [UInt8] {
    operation.target.isEmpty ? base(of: repository) : ArgumentText.encode(operation.target)
  }

  func json(_ object: JSONObject) throws { try output.line(object.text) }
}

/// Passes on what the libraries tell.
struct ConsoleEvents: RepositoryEvents {
  let console: Console

  func note(_ message: String) { console.note(message) }
  func warn(_ message: String) { console.warn(message) }
}

extension Repository {
  /// What neither a walk nor a restore may enter: the repository itself.
  var neverEnter: [FileIdentity] { FileSystemPath.identity(of: Array(folder.utf8)).map { [$0] } ?? [] }
}

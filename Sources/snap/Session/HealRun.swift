import FileTrees
import Repositories
import SnapshotModel
import Workflows

/// Brings back what is lost from other repositories and folders, and tells what came of it, file by file.
struct HealRun {
  let repository: Repository
  let options: DonorOptions
  let isDryRun: Bool
  let session: Session

  func run() throws -> FaultCode? {
    if repository.isReadOnly {
      throw SnapFault(.permission, "repository is read-only", path: repository.folder)
    }
    let donors = try options.from.flatMap(donors)
    Interruption.defer()
    let meter = ProgressMeter(session: session)
    let report = try Healer.heal(repository, from: donors, isDryRun: isDryRun) { done, total in
      guard meter.due() != nil, !session.isJSON else { return }
      meter.show("\(formatted(byteCount: done)) of \(formatted(byteCount: total)) read", item: nil)
    }
    session.console.clearProgress()
    if !isDryRun, report.chunksFound > 0 || report.packs.replaced > 0 {
      let summary =
        "\(counted(report.chunksFound, "chunk")) brought back, \(counted(report.packs.replaced, "pack")) replaced"
      try OperationLog.append(.repair, summary, [], in: repository)
    }
    try HealingText(report: report, isDryRun: isDryRun).write(to: session)
    guard !report.after.isEmpty || report.packs.left > 0 else { return nil }
    throw fault(report)
  }

  /// A repository gives its chunks, a folder its files; a project's folder with a repository of its own both.
  private func donors(at name: String) throws -> [any ChunkDonor] {
    let path = try FileSystemPath.absolute(ArgumentText.encode(name))
    guard FileSystemPath.isFolder(path) else {
      throw SnapFault(
        .notFound, "--from: there is no folder '\(displayText(path))'", hint: "name a repository or a folder of files",
        path: displayText(path))
    }
    let text = PathText.text(of: path)
    let isRepository = Repository.isRepository(text)
    var donors: [any ChunkDonor] = []
    let place = isRepository ? path : path + Array("/\(Repository.folderName)".utf8)
    if isRepository || Repository.isRepository(PathText.text(of: place)) {
      if FileSystemPath.identity(of: place) != FileSystemPath.identity(of: PathText.path(of: repository.folder)) {
        let other = try session.openDonor(at: PathText.text(of: place), secrets: options.secrets)
        donors.append(RepositoryDonor(other))
      } else if isRepository {
        throw SnapFault(
          .usage, "--from: '\(displayText(path))' is the repository that is to be repaired",
          hint: "name a copy of it, or the folder whose files it holds")
      }
    }
    if !isRepository { donors.append(FolderDonor(try request(for: path), events: HealEvents(session: session))) }
    return donors
  }

  /// How `snap save` would read the folder.
  private func request(for folder: [UInt8]) throws -> SaveRequest {
    var request = SaveRequest(
      version: "", input: .tree(root: folder, sources: [.root]), host: "", user: "")
    let configuration = try session.configuration(of: repository)
    if folder == session.base(of: repository), let configuration {
      request.walk = try configuration.walkOptions(root: folder)
      let sources = configuration.sources.compactMap {
        FileSystemPath.relative(FileSystemPath.joined(folder, below: $0), to: folder)
      }
      if !sources.isEmpty { request.input = .tree(root: folder, sources: sources) }
    }
    if configuration?.databases != .off { request.databases = DatabaseCopier() }
    request.walk.neverEnter = repository.neverEnter
    return request
  }

  private func named(_ lost: [Loss.Version: Set<ChunkID>]) -> String {
    lost.keys.sorted().map(\.description).joined(separator: ", ")
  }

  private func fault(_ report: HealingReport) -> SnapFault {
    let files = report.after.files.count
    var parts: [String] = []
    if files > 0 {
      parts.append(
        "\(counted(files, "file")) of \(counted(Set(report.after.files.keys.map(\.version)).count, "version"))")
    }
    if !report.after.manifests.isEmpty {
      parts.append("the list of files of \(named(report.after.manifests))")
    }
    if !report.after.patches.isEmpty {
      parts.append("the uncommitted changes of \(named(report.after.patches))")
    }
    guard !parts.isEmpty else {
      return SnapFault(
        .damage, "\(counted(report.packs.left, "pack")) still damaged, of which nobody can tell what was in it",
        hint: "snap verify --read-data", path: repository.folder)
    }
    let givingUp =
      report.after.isOfForgotten ? "snap gc gives up what is forgotten" : "to go on without: snap forget the versions"
    let nothing = report.chunksFound == 0 && !options.from.isEmpty ? "nothing of it is in what --from names; " : ""
    return SnapFault(
      .damage, "\(nothing)still lost: \(parts.joined(separator: " and "))",
      hint: options.from.isEmpty
        ? "snap repair --from . takes it from the files here; --from also takes another repository"
        : "another copy: snap repair --from PATH; \(givingUp)",
      path: repository.folder)
  }
}

/// What reading a donor's files has to say: little, for what cannot be read may not be needed.
private final class HealEvents: SaveEvents {
  private let session: Session

  init(session: Session) { self.session = session }

  func note(_ message: String) { session.console.detail(message) }
  func warn(_ message: String) { session.console.detail(message) }
  func progress(_ progress: SaveProgress) {}
  func itemFailed(_ path: ArchivePath, _ reason: String) { session.console.detail("skipped: \(path): \(reason)") }
  func ignored(_ path: ArchivePath, isDirectory: Bool, decision: IgnoreDecision) {}
  var shouldStop: Bool { Interruption.isRequested }
}

extension Session {
  /// Another repository, to take from: nothing is said of what this machine knows of it, for each chunk is judged by itself.
  fileprivate func openDonor(at location: String, secrets: SecretOptions?) throws -> Repository {
    var access = access
    if let secrets {
      let (keys, history) = (Keys(secrets, console: console, mayAsk: true), history)
      access.unlock = { slots in
        try history.checkPlace(slots.folder, holds: slots.repository)
        return try keys.keys(of: slots)
      }
    }
    return track(try Repository.openDonor(at: location, access: access, events: ConsoleEvents(console: console)))
  }
}

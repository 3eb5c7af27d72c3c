import Foundation

final class Snap: Program {
  static let kind = ProgramKind.snap
  let store: URL
  private let cache: URL
  private let program: String

  /// The binary under test.
  nonisolated(unsafe) static var path = "snap"  // written once, before the first use

  init(home: URL) throws {
    store = home.appending(path: "store")
    cache = home.appending(path: "cache")
    program = unsafe Self.path
    _ = try command(["init"]).run()
  }

  func command(_ arguments: [String], in folder: URL? = nil) -> Command {
    let places = ["SNAP_CACHE_DIR": cache.path, "SNAP_STATE_DIR": cache.path]
    return Command([program, "--repo", store.path] + arguments, in: folder, environment: places)
  }

  func save(_ version: String, of folder: URL) -> Command { command(["save", version, "--no-ignore"], in: folder) }
  func list() -> Command { command(["list"]) }
  func diff(_ old: String, _ new: String) -> Command { command(["diff", old, new]) }
  func restore(_ version: String, to target: URL) -> Command { command(["restore", version, "--to", target.path]) }
  func compact() -> Command? { command(["gc"]) }
  func verify() -> Command? { command(["verify", "--read-data"]) }
}

/// Encrypts always; repository format 2, zstd.
final class Restic: Program {
  static let kind = ProgramKind.restic
  let store: URL
  private let environment: [String: String]

  init(home: URL) throws {
    store = home.appending(path: "store")
    environment = ["RESTIC_PASSWORD": "benchmark", "RESTIC_CACHE_DIR": home.appending(path: "cache").path]
    _ = try command(["init", "--repository-version", "2"]).run()
  }

  private func command(_ arguments: [String], in folder: URL? = nil) -> Command {
    Command(["restic", "-r", store.path] + arguments, in: folder, environment: environment)
  }

  func save(_ version: String, of folder: URL) -> Command {
    command(["backup", "-q", "--compression", "auto", "--tag", version, "."], in: folder)
  }
  func list() -> Command { command(["snapshots"]) }
  func restore(_ version: String, to target: URL) -> Command {
    command(["restore", "-q", "latest", "--target", target.path])
  }
  func verify() -> Command? { command(["check", "--read-data"]) }

  func diff(_ old: String, _ new: String) throws -> Command {
    struct Row: Decodable {
      var id: String
      var tags: [String]?
    }
    let rows = try JSONDecoder().decode([Row].self, from: Data(try command(["snapshots", "--json"]).output().utf8))
    let ids = [old, new].compactMap { name in rows.first { $0.tags?.first == name }?.id }
    return command(["diff"] + ids)
  }
}

/// Unencrypted, zstd 3.
final class Borg: Program {
  static let kind = ProgramKind.borg
  let store: URL
  private let environment: [String: String]

  init(home: URL) throws {
    store = home.appending(path: "store")
    environment = [
      "BORG_BASE_DIR": home.appending(path: "base").path, "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
    ]
    _ = try command(["init", "-e", "none", store.path]).run()
  }

  private func command(_ arguments: [String], in folder: URL? = nil) -> Command {
    Command(["borg"] + arguments, in: folder, environment: environment)
  }

  func save(_ version: String, of folder: URL) -> Command {
    command(["create", "--compression", "zstd,3", "\(store.path)::\(version)", "."], in: folder)
  }
  func list() -> Command { command(["list", store.path]) }
  func diff(_ old: String, _ new: String) -> Command { command(["diff", "\(store.path)::\(old)", new]) }
  func verify() -> Command? { command(["check", "--verify-data", store.path]) }
  func restore(_ version: String, to target: URL) -> Command {
    try? FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
    return command(["extract", "\(store.path)::\(version)"], in: target)
  }
}

/// `add` and `commit` into a bare repository; its size is that after `gc --aggressive`.
final class Git: Program {
  static let kind = ProgramKind.git
  let store: URL
  private let identity = [
    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
  ]

  init(home: URL) throws {
    store = home.appending(path: "store")
    _ = try Command(["git", "init", "-q", "--bare", "--template=", store.path]).run()
  }

  private func command(_ line: String, _ arguments: [String], in folder: URL? = nil) -> Command {
    var command = Command.shell(line, arguments, in: folder)
    command.environment = identity.merging(["GIT_DIR": store.path]) { $1 }
    if folder != nil { command.environment["GIT_WORK_TREE"] = "." }
    return command
  }

  func save(_ version: String, of folder: URL) -> Command {
    command(
      "git -c gc.auto=0 add -A -f . && git -c gc.auto=0 commit -q --allow-empty -m \"$1\" && git tag -f \"$1\"",
      [version], in: folder)
  }
  func list() -> Command { command("git tag -n1", []) }
  func diff(_ old: String, _ new: String) -> Command { command("git diff --stat \"$1\" \"$2\"", [old, new]) }
  func restore(_ version: String, to target: URL) -> Command {
    try? FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
    return command(
      "GIT_INDEX_FILE=\"$2.index\" GIT_WORK_TREE=\"$2\" git checkout -q -f \"$1\" -- .", [version, target.path])
  }
  func compact() -> Command? { command("git gc -q --aggressive --prune=now", []) }
  func verify() -> Command? { command("git fsck --full", []) }
}

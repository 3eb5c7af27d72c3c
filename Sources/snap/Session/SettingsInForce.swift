import FileTrees
import Repositories
import SnapshotModel
import Workflows

/// What a command would go by, value by value, and who said so.
struct SettingsInForce {
  struct Setting {
    var key: String
    var value: String
    /// `--exclude`, `SNAP_REPOSITORY`, `snap.yml:7`, `default`.
    var origin: String

    var json: JSONObject {
      JSONObject([
        "message_type": "setting", "key": .string(key), "value": .string(value), "origin": .string(origin),
      ])
    }
  }

  private(set) var all: [Setting] = []

  init(
    _ configuration: ProjectConfiguration?, _ ignore: IgnoreOptions, _ retention: RetentionOptions, _ session: Session,
    repository: String?, root: [UInt8]
  ) {
    add("project", displayText(root), repository == nil ? "current folder" : "found")
    add(
      "repository", repository.map { displayText(Self.folder(of: $0)) } ?? "none yet; snap init makes one",
      session.repositoryOrigin)
    addCacheFolder()
    let written = configuration?.entries ?? []
    let ignoreFlags = Self.flags(of: ignore)
    let retentionFlags = Self.flags(of: retention)
    for key in Self.order {
      let fromFlags = ignoreFlags.filter { $0.key == key }
      let isRetention = key == "retention"
      // Patterns of both count; of what holds one value the flag's does.
      let isReplaced = (isRetention && retention.isGiven) || (!Self.isList(key) && !fromFlags.isEmpty)
      let fromFile = isReplaced ? [] : written.filter { $0.key == key || $0.key.hasPrefix(key + ".") }
      for entry in fromFile { add(entry.key, entry.text, "\(ProjectConfiguration.fileName):\(entry.line)") }
      for flag in fromFlags { add(flag.key, flag.value, "--\(flag.key)") }
      if isRetention { for flag in retentionFlags { add("retention.\(flag.key)", flag.value, "--\(flag.key)") } }
      if fromFile.isEmpty, fromFlags.isEmpty, !(isRetention && retention.isGiven), let value = Self.defaults[key] {
        add(key, value, "default")
      }
    }
  }

  private static let order = [
    "sources", "version-from", "exclude", "exclude-file", "exclude-if-present", "exclude-larger-than", "exclude-caches",
    "one-file-system", "git-ignore", "no-ignore", "no-default-ignores", "dumps", "sqlite", "guard", "secrets",
    "retention",
    "checks",
    "hooks", "notify", "schedule",
  ]

  private static let defaults = [
    "sources": "the whole project", "version-from": "the time", "exclude-caches": "false", "one-file-system": "false",
    "git-ignore": "false",
    "no-ignore": "false", "no-default-ignores": "false", "dumps": "none", "sqlite": "auto", "guard": "auto",
    "secrets": "warn",
    "retention": "every version is kept",
  ]

  private static func isList(_ key: String) -> Bool { ["exclude", "exclude-file", "exclude-if-present"].contains(key) }

  /// The repository's own folder, where it was named by the project that holds it.
  private static func folder(of location: String) -> [UInt8] {
    let path = PathText.path(of: location)
    let inner = FileSystemPath.joined(path, below: Array(Repository.folderName.utf8))
    return FileSystemPath.isFolder(inner) ? inner : path
  }

  private mutating func add(_ key: String, _ value: String, _ origin: String) {
    all.append(Setting(key: key, value: value, origin: origin))
  }

  private mutating func addCacheFolder() {
    guard let folder = UserFolder.cache.origin() else { return add("cache", "none", "default") }
    add("cache", displayText(folder.path), folder.variable == "HOME" ? "default" : folder.variable)
  }

  private static func flags(of ignore: IgnoreOptions) -> [(key: String, value: String)] {
    var flags = ignore.exclude.map { ("exclude", ArgumentText.display($0)) }
    flags += ignore.excludeFile.map { ("exclude-file", ArgumentText.display($0)) }
    flags += ignore.excludeIfPresent.map { ("exclude-if-present", ArgumentText.display($0)) }
    if let size = ignore.excludeLargerThan {
      flags.append(("exclude-larger-than", formatted(byteCount: size.byteCount)))
    }
    let switches = [
      ("exclude-caches", ignore.excludeCaches), ("one-file-system", ignore.oneFileSystem),
      ("git-ignore", ignore.gitIgnore), ("no-ignore", ignore.noIgnore), ("no-default-ignores", ignore.noDefaultIgnores),
    ]
    return flags + switches.filter(\.1).map { ($0.0, "true") }
  }

  private static func flags(of retention: RetentionOptions) -> [(key: String, value: String)] {
    let counts = [
      ("keep-last", retention.keepLast), ("keep-hourly", retention.keepHourly), ("keep-daily", retention.keepDaily),
      ("keep-weekly", retention.keepWeekly), ("keep-monthly", retention.keepMonthly),
      ("keep-yearly", retention.keepYearly),
    ]
    var flags = counts.compactMap { key, count in
      count.map { (key, $0.count == .max ? "unlimited" : String($0.count)) }
    }
    if let within = retention.keepWithin { flags.append(("keep-within", "\(within.duration)")) }
    return flags + retention.keepTag.map { ("keep-tag", ArgumentText.display($0)) }
  }
}

import SnapshotModel

/// What a project's `snap.yml` says, every value checked.
///
/// - SeeAlso: docs/guides/configuration.md
package struct ProjectConfiguration: Sendable {
  package static let fileName = "snap.yml"
  /// What people call it by mistake.
  private static let otherFileNames = ["snap.yaml", ".snap.yml", ".snap.yaml"]

  /// A pattern, and the line of the file that it stands on.
  package struct Pattern: Hashable, Sendable {
    package var text: String
    package var line: Int
  }

  package enum Databases: String, Sendable {
    case auto, off
  }

  /// Around a save, and after it.
  package enum HookEvent: String, CaseIterable, Sendable {
    case beforeSave = "before-save"
    case afterSave = "after-save"
    case onSuccess = "on-success"
    case onFailure = "on-failure"
  }

  /// Paths to save instead of the whole project, from its root unless absolute; empty for the whole.
  package var sources: [[UInt8]] = []
  /// Where a save without a name takes it from; `nil` for the time.
  package var versionSource: VersionSource?
  package var excludes: [Pattern] = []
  package var excludeFiles: [[UInt8]] = []
  package var excludeIfPresent: [[UInt8]] = []
  package var excludeLargerThan: UInt64?
  package var excludeCaches = false
  package var oneFileSystem = false
  package var usesGitIgnore = false
  package var usesNoIgnore = false
  package var usesNoDefaultIgnores = false
  package var dumps: [DumpSpecification] = []
  package var databases = Databases.auto
  /// Whether a version is compared with those before it.
  package var guardsShape = true
  /// Whether a save into a repository that is not encrypted tells which files hold secrets.
  package var warnsOfSecrets = true
  /// `nil` without the key, for what `gc` then keeps is everything.
  package var retention: RetentionPolicy?
  /// Commands that must succeed in a restored copy.
  package var checks: [ProjectCommand] = []
  package var hooks: [HookEvent: ProjectCommand] = [:]
  /// How long each of them, and a command that is told how a save ended, may run.
  package var hookSecondsMax = 3600
  package var notifications: [Notification] = []
  /// When the project wants to be saved.
  package var schedule: Schedule?

  /// Everything that the file sets, for showing.
  package var entries: [ConfigurationEntry] = []
  /// Who could have written the commands in it.
  package var ownerID: UInt32 = 0
  package var isWorldWritable = false

  init() {}

  /// Reads the file of a project.
  ///
  /// - Parameter root: the project's folder.
  /// - Returns: `nil` when the project has none.
  /// - Throws: `SnapFault` `.usage` that names file and line.
  package init?(ofProject root: [UInt8]) throws(SnapFault) {
    let path = root + Array("/\(Self.fileName)".utf8)
    guard let content = try SmallFile.read(path, byteCountMax: YAMLReader.byteCountMax) else {
      try Self.refuseLookalikes(in: root)
      return nil
    }
    try self.init(parsing: content.bytes)
    ownerID = content.ownerID
    isWorldWritable = content.isWorldWritable
  }

  /// A file that was meant and is not read would leave out dumps and rules without a word.
  private static func refuseLookalikes(in root: [UInt8]) throws(SnapFault) {
    if try SmallFile.place(root + Array("/\(fileName)".utf8)) != .nothing {
      throw SnapFault(
        .usage, "\(fileName) is a symbolic link to a file that is not there", hint: "mend the link, or remove it",
        path: fileName)
    }
    for name in otherFileNames where try SmallFile.place(root + Array("/\(name)".utf8)) == .file {
      throw SnapFault(
        .usage, "\(name) is not read: the file is called \(fileName)", hint: "mv \(name) \(fileName)", path: name)
    }
  }

  /// Whether anything is to happen around a save.
  package var hasHooks: Bool { !hooks.isEmpty || !notifications.isEmpty }
}

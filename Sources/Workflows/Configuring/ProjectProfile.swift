import Glibc
import SnapshotModel

/// What lies in a project that a backup should know about; found by names and first bytes, nothing is run.
///
/// Looked at are the project's folder and the folders in it, not what lies deeper.
package struct ProjectProfile: Sendable {
  /// A kind of database, by what its URL or image is called.
  package enum Server: String, Sendable {
    case postgresql, mysql, mongodb
  }

  /// A variable of a `.env` file whose value is a database's URL; the value itself is not kept.
  package struct DatabaseVariable: Hashable, Sendable {
    package var file: String
    package var name: String
    package var server: Server
  }

  /// A service of a compose file that runs a database.
  package struct ComposeService: Hashable, Sendable {
    package var file: String
    package var name: String
    package var server: Server
  }

  package var isNodeProject = false
  /// What the project calls its present version, and the file that says so.
  package var version: (name: String, file: String)?
  package var databaseVariables: [DatabaseVariable] = []
  package var composeServices: [ComposeService] = []
  package var databaseFiles: [String] = []
  package var backupFolders: [String] = []
  package var backupScripts: [String] = []
  /// Folders that tools fill and can fill again, beside those that are always left out.
  package var generatedFolders: [String] = []

  private static let skippedFolders: Set = ["node_modules", "dist", "build", "coverage", "vendor", "target"]
  private static let generatedNames: Set = [
    ".next", ".nuxt", ".turbo", ".parcel-cache", ".cache", ".venv", "__pycache__",
  ]
  private static let entriesMax = 2_000

  package var isEmpty: Bool {
    !isNodeProject && version == nil && databaseVariables.isEmpty && composeServices.isEmpty && databaseFiles.isEmpty
      && backupFolders.isEmpty && backupScripts.isEmpty
  }

  package init(ofProject root: [UInt8]) {
    version = VersionSource.file(in: root).map { ($0.name.text, $0.source.rawValue) }
    let entries = Self.entries(of: root)
    for entry in entries {
      let name = entry.name
      if entry.isFolder {
        if ["backups", "backup"].contains(name) { backupFolders.append(name) }
        if Self.generatedNames.contains(name) { generatedFolders.append(name) }
        guard !name.hasPrefix("."), !Self.skippedFolders.contains(name), !backupFolders.contains(name) else { continue }
        for inner in Self.entries(of: root + Array("/\(name)".utf8)) where !inner.isFolder {
          look(at: "\(name)/\(inner.name)", inner.name, root)
        }
        continue
      }
      if name == "package.json" { isNodeProject = true }
      if name == ".env" || name.hasPrefix(".env.") { readVariables(name, root) }
      let isCompose = name.hasPrefix("docker-compose") || name.hasPrefix("compose.")
      if isCompose, name.hasSuffix(".yml") || name.hasSuffix(".yaml") { readCompose(name, root) }
      look(at: name, name, root)
    }
  }

  private mutating func look(at path: String, _ name: String, _ root: [UInt8]) {
    if [".sqlite", ".sqlite3", ".db"].contains(where: name.hasSuffix), Self.isDatabase(root + Array("/\(path)".utf8)) {
      databaseFiles.append(path)
    }
    if name.hasPrefix("backup"), [".js", ".mjs", ".cjs", ".sh", ".py"].contains(where: name.hasSuffix) {
      backupScripts.append(path)
    }
  }

  /// Of the examples that people keep in git, `.env.example`, nothing is taken.
  private mutating func readVariables(_ name: String, _ root: [UInt8]) {
    if ["example", "sample", "template", "dist"].contains(where: name.hasSuffix) { return }
    guard let content = try? SmallFile.read(root + Array("/\(name)".utf8)) else { return }
    for (variable, value) in EnvironmentFile.variables(content.bytes) where variable.hasSuffix("DATABASE_URL") {
      if let server = DatabaseURL.server(ofScheme: String(value.prefix { $0 != ":" })),
        !databaseVariables.contains(where: { $0.name == variable })
      {
        databaseVariables.append(DatabaseVariable(file: name, name: variable, server: server))
      }
    }
  }

  private mutating func readCompose(_ name: String, _ root: [UInt8]) {
    guard let content = try? SmallFile.read(root + Array("/\(name)".utf8)),
      let document = try? YAMLReader.read(content.bytes)
    else { return }
    for service in document["services"]?.members ?? [] {
      guard case .scalar(let image, _)? = service.value["image"]?.content else { continue }
      let product = image.split(separator: "/").last.map { $0.prefix { !":@".contains($0) } } ?? ""
      let server: Server? =
        switch product {
        case "postgres", "postgis", "timescaledb", "pgvector": .postgresql
        case "mysql", "mariadb": .mysql
        case "mongo": .mongodb
        default: nil
        }
      if let server, Self.isPlain(service.key) {
        composeServices.append(ComposeService(file: name, name: service.key, server: server))
      }
    }
  }

  private static func isDatabase(_ path: [UInt8]) -> Bool {
    let terminated = path + [0]
    return unsafe terminated.withUnsafeBytes { bytes in
      // The array ends in NUL and outlives the calls.
      let name = unsafe bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: CChar.self)
      let descriptor = unsafe open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
      guard descriptor >= 0 else { return false }
      defer { close(descriptor) }
      let magic = Array("SQLite format 3\0".utf8)
      var head = [UInt8](repeating: 0, count: magic.count)
      return unsafe read(descriptor, &head, head.count) == head.count && head == magic
    }
  }

  /// Whether it can stand in a file of ours as it is.
  private static func isPlain(_ name: String) -> Bool {
    name.utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "._-".utf8.contains(byte)
    }
  }

  /// In order of their names; those that are not plain are passed over.
  private static func entries(of folder: [UInt8]) -> [(name: String, isFolder: Bool)] {
    let terminated = folder + [0]
    let stream = unsafe terminated.withUnsafeBytes {
      unsafe opendir($0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: CChar.self))
    }
    guard let stream = unsafe stream else { return [] }
    defer { unsafe closedir(stream) }
    var found: [(name: String, isFolder: Bool)] = []
    while found.count < entriesMax, let record = unsafe readdir(stream) {
      let type = unsafe Int(record.pointee.d_type)
      let name = unsafe withUnsafeBytes(of: &record.pointee.d_name) { bytes in
        unsafe String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let name, isPlain(name), name != ".", name != "..", type == DT_DIR || type == DT_REG else { continue }
      found.append((name, type == DT_DIR))
    }
    return found.sorted { $0.name < $1.name }
  }
}

extension YAMLNode {
  fileprivate var members: [YAMLMember] { if case .mapping(let members) = content { members } else { [] } }

  fileprivate subscript(key: String) -> YAMLNode? { members.first { $0.key == key }?.value }
}

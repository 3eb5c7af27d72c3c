import FileTrees
import Glibc
import ObjectStores
import SnapshotModel

/// Finds the archives in files and folders.
package struct OldBackupSearch {
  /// Oldest first.
  package private(set) var backups: [OldBackup] = []
  /// Regular files that are no backups, MANIFESTs not counted.
  package private(set) var filesPassedOver: [[UInt8]] = []
  /// Folders and files that could not be examined.
  package private(set) var failures: [(path: [UInt8], reason: String)] = []

  private static let manifestNames = [Array("MANIFEST.txt".utf8), Array("MANIFEST".utf8), Array("manifest.txt".utf8)]
  /// 1 MiB: a MANIFEST lists a file a line.
  private static let manifestByteCountMax = 1 << 20

  /// - Parameters:
  ///   - paths: absolute; a folder is searched with all that is in it, symbolic links are not followed there.
  ///   - neverEnter: the repository.
  /// - Throws: `SnapFault` for a path that is not there, or a file that is no archive.
  package init(_ paths: [[UInt8]], neverEnter: [FileIdentity]) throws {
    for path in paths { try search(path, neverEnter) }
    var seen: Set<[UInt8]> = []
    backups = Self.told(apart: backups.filter { seen.insert($0.path).inserted })
      .sorted { ($0.time, $0.version, displayText($0.path)) < ($1.time, $1.version, displayText($1.path)) }
  }

  /// Exports of one time, of two databases for instance, have the rest of their names behind it.
  private static func told(apart backups: [OldBackup]) -> [OldBackup] {
    var byName: [String: Int] = [:]
    for backup in backups { byName[backup.version, default: 0] += 1 }
    return backups.map { backup in
      guard case .file(let path) = backup.form, byName[backup.version, default: 0] > 1 else { return backup }
      var renamed = backup
      renamed.version += "-" + path.description.map { $0 == "." || $0 == "/" ? "-" : String($0) }.joined()
      return renamed
    }
  }

  private mutating func search(_ path: [UInt8], _ neverEnter: [FileIdentity]) throws {
    let status = try Self.status(of: path)
    guard status.kind == .directory else {
      guard status.kind == .file, let name = BackupFileName(Self.name(of: path), needsTime: false) else {
        throw SnapFault(
          .failed, "cannot import '\(displayText(path))': it is no archive that is known by its name",
          hint: ".tar, .tar.gz, .tar.zst, .json, .json.gz, .sql and .sql.gz are read", path: displayText(path))
      }
      let folder = Self.folder(of: path)
      add(path, name, status, manifest: try manifest(in: folder, for: path, isOnlyArchive: true))
      return
    }
    try searchFolder(path, neverEnter)
  }

  private mutating func searchFolder(_ root: [UInt8], _ neverEnter: [FileIdentity]) throws {
    var options = WalkOptions()
    options.usesDefaultIgnores = false
    options.usesSnapIgnore = false
    options.neverEnter = neverEnter
    var byFolder: [[UInt8]: [(path: [UInt8], name: BackupFileName, status: FileStatus)]] = [:]
    let walker = try TreeWalker(root: root, options: options)
    while let event = walker.next() {
      switch event {
      case .item(let item) where item.status.kind == .file:
        let path = root + [UInt8(ascii: "/")] + item.path.bytes
        if let name = BackupFileName(Array(item.path.name)) {
          byFolder[Self.folder(of: path), default: []].append((path, name, item.status))
        } else if !Self.manifestNames.contains(Array(item.path.name)) {
          filesPassedOver.append(path)
        }
      case .failed(let path, let error):
        failures.append((root + [UInt8(ascii: "/")] + path.bytes, error.description))
      case .item, .ignored, .skippedRepository: break
      }
    }
    for (folder, found) in byFolder {
      let archiveCount = found.count { $0.name.form == .tar }
      for backup in found {
        let manifest =
          backup.name.form == .tar
          ? try manifest(in: folder, for: backup.path, isOnlyArchive: archiveCount == 1) : nil
        add(backup.path, backup.name, backup.status, manifest: manifest)
      }
    }
  }

  private mutating func add(_ path: [UInt8], _ name: BackupFileName, _ status: FileStatus, manifest: BackupManifest?) {
    let folder = displayText(Self.name(of: Self.folder(of: path)))
    backups.append(OldBackup(path: path, name: name, status: status, folder: folder, manifest: manifest))
  }

  /// The MANIFEST that is about the archive: one that names it, or names none and lies beside no other archive.
  private func manifest(in folder: [UInt8], for archive: [UInt8], isOnlyArchive: Bool) throws -> BackupManifest? {
    for name in Self.manifestNames {
      let path = folder + [UInt8(ascii: "/")] + name
      guard let bytes = try SmallFile.read(path, byteCountMax: Self.manifestByteCountMax)?.bytes else { continue }
      let manifest = BackupManifest(bytes)
      let named = manifest.archive.map { Self.name(of: Array($0.utf8)) }
      if let named, BackupFileName(named, needsTime: false) != nil {
        return named == Self.name(of: archive) ? manifest : nil
      }
      return isOnlyArchive ? manifest : nil
    }
    return nil
  }

  private static func status(of path: [UInt8]) throws(SnapFault) -> FileStatus {
    let number = unsafe open(SmallFile.terminated(path), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard number >= 0 else { throw SmallFile.fault("import", path, errno) }
    let descriptor = OwnedDescriptor(adopting: number)
    do throws(SystemError) {
      return try FileStatus(descriptor: descriptor.number)
    } catch {
      throw SmallFile.fault("import", path, error.errno)
    }
  }

  private static func name(of path: [UInt8]) -> [UInt8] {
    Array(path[((path.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)...])
  }

  private static func folder(of path: [UInt8]) -> [UInt8] {
    Array(path[..<(path.lastIndex(of: UInt8(ascii: "/")) ?? 0)])
  }
}

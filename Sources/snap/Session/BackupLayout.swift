import FileTrees
import Repositories
import SnapshotModel
import Workflows

/// Writes versions as backup scripts do: `v1.1.0/app_v1.1.0_2026-11-21T09-34-00Z.tar.gz` beside a `MANIFEST.txt`.
struct BackupLayout {
  /// What holds the versions' folders; absolute.
  var folder: [UInt8]
  /// A folder inside the archive to put everything below; may be empty.
  var prefix: [UInt8]
  var session: Session

  /// - Throws: `SnapFault` `.refused`, before anything is written, when a file of that name is there.
  func export(_ version: ListedSnapshot, of repository: Repository) throws -> FaultCode? {
    let snapshot = version.snapshot
    let place = Self.joined(folder, Array(snapshot.version.utf8))
    let archive = Self.joined(place, Array(Self.archiveName(of: snapshot, in: session.base(of: repository))))
    let manifestPath = Self.joined(place, Array("MANIFEST.txt".utf8))
    for path in [archive, manifestPath] where FileSystemPath.exists(path) {
      throw SnapFault(
        .refused, "\(displayText(path)) exists already; nothing written", hint: "--to another folder",
        path: displayText(path))
    }
    FileSystemPath.makeFolder(folder)
    FileSystemPath.makeFolder(place)
    let summary = try writeArchive(archive, snapshot, repository)
    for path in summary.damaged {
      session.console.itemFailed(path: path.bytes, message: "damaged: \(path): zeros stand in for what cannot be read")
    }
    if !summary.skippedSockets.isEmpty {
      session.console.note("left out \(counted(summary.skippedSockets.count, "socket")): tar cannot hold them")
    }
    // Its digests would be those of a version that can be read.
    if summary.damaged.isEmpty { try writeManifest(manifestPath, version, archive, repository) }
    try report(summary, snapshot, place, archive)
    return summary.damaged.isEmpty ? nil : .damage
  }

  private func writeArchive(_ path: [UInt8], _ snapshot: Snapshot, _ repository: Repository) throws -> TarSummary {
    let file = try ArchiveFile(at: path, replaces: false)
    let sink = InterruptibleSink(to: try GzipSink(to: file), path: path)
    let writer = TarWriter(to: sink, content: repository.reader(), prefix: prefix)
    try repository.manifest(of: snapshot).forEach { try writer.append($0) }
    return try writer.finish()
  }

  private func writeManifest(
    _ path: [UInt8], _ version: ListedSnapshot, _ archive: [UInt8], _ repository: Repository
  ) throws {
    let file = try ArchiveFile(at: path, replaces: false)
    let sink = InterruptibleSink(to: file, path: path)
    let manifest = try repository.manifest(of: version.snapshot)
    let reader = repository.reader()
    try sink.write(ManifestText.head(of: version, entryCount: manifest.entryCount)[...])
    try sink.write(Array("# Archive: \(displayText(PathText.split(archive).name))\n".utf8)[...])
    try manifest.forEach { entry in
      let digest = try EntryContent.digest(of: entry, from: reader)
      try sink.write(ManifestText.lines(of: entry, digest: digest)[...])
    }
    try sink.finish()
  }

  private func report(_ summary: TarSummary, _ snapshot: Snapshot, _ place: [UInt8], _ archive: [UInt8]) throws {
    if session.isJSON {
      var object = summary.object(of: snapshot)
      object.setPath(named: "folder", place)
      object.setPath(named: "file", archive)
      try session.json(object)
    } else if !session.isQuiet {
      try session.output.line(summary.line(of: snapshot, target: archive))
    }
  }

  /// `app_v1.1.0_2026-11-21T09-34-00Z.tar.gz`; the project's name is its folder's.
  private static func archiveName(of snapshot: Snapshot, in base: [UInt8]) -> [UInt8] {
    let project = PathText.split(base).name
    let time = VersionName(time: snapshot.created).text
    return (project.isEmpty ? Array("backup".utf8) : Array(project)) + Array("_\(snapshot.version)_\(time).tar.gz".utf8)
  }

  private static func joined(_ folder: [UInt8], _ name: [UInt8]) -> [UInt8] {
    (folder.last == UInt8(ascii: "/") ? folder : folder + [UInt8(ascii: "/")]) + name
  }
}

import Repositories
import SnapshotModel

/// Looks whether a version that was just saved has the shape of those before it.
///
/// A backup that silently became empty is found on the day it is needed. What looks wrong is saved all the same, and marked:
/// `latest` passes it over, and no retention rule gives it the place of a good one.
package struct ShapeGuard {
  /// With fewer files before, that half of them are gone means nothing.
  private static let fileCountMin: UInt64 = 20
  /// How many earlier versions the median of a dump's sizes is taken of.
  private static let versionsCompared = 7
  /// Of changed JSON files no more is read than this; a version of more is a rewrite, not an accident.
  private static let jsonBytesMax: UInt64 = 8 << 20
  private static let changedFilesMax: UInt64 = 1000

  let repository: Repository
  let version: Snapshot
  /// Trusted versions of the same paths, newest first.
  let earlier: [Snapshot]

  private init(_ version: Snapshot, in repository: Repository) throws {
    self.repository = repository
    self.version = version
    earlier = try repository.snapshots().filter {
      !$0.isSuspect && !$0.isSafetyCopy && $0.snapshot.id != version.id && $0.snapshot.root == version.root
        && $0.snapshot.sources == version.sources && $0.snapshot.created <= version.created
    }.map(\.snapshot).reversed()
  }

  /// Marks a version that was just saved where its shape is suspect.
  ///
  /// - Parameter hasAllDumps: whether it has every dump that is configured, so that one of the last version that it lacks is configured
  ///   no more.
  /// - Returns: what looks wrong; empty when nothing does.
  package static func examine(
    _ version: Snapshot, hasAllDumps: Bool = false, in repository: Repository
  ) throws -> [String] {
    let shape = try ShapeGuard(version, in: repository)
    let suspicions = try (hasAllDumps ? shape.droppedDumps() : []) + shape.suspicions()
    if !suspicions.isEmpty { try mark(version, suspicions, in: repository) }
    return suspicions
  }

  /// - Parameter version: just saved: it has no labels yet.
  package static func mark(_ version: Snapshot, _ suspicions: [String], in repository: Repository) throws {
    var labels = SnapshotLabels()
    labels.suspect = suspicions.joined(separator: "; ")
    try repository.setLabels(labels, of: version.id)
  }

  /// What looks wrong, in words; empty when nothing does.
  ///
  /// Cost: for each dump a manifest segment of up to seven versions; the segments that differ from the last version, and
  /// up to 8 MiB of JSON.
  private func suspicions() throws -> [String] {
    guard let last = earlier.first else { return [] }
    return try suspectDumps() + scrambledDumps(since: last) + missingFiles(since: last) + scrambledFiles(since: last)
      + brokenJSON(since: last)
  }

  /// Dumps of the last version that nobody asks for any more: the configuration was lost, or somebody took them out of it.
  private func droppedDumps() -> [String] {
    guard let last = earlier.first else { return [] }
    return last.droppedDumps(from: Set(version.dumps.map(\.name)), paths: Set(version.dumps.map(\.path))).map { name in
      "dump '\(name)' is not configured any more, \(last.version) has it"
    }
  }

  /// Dumps that are less than half of the last and of the median of the last ones.
  private func suspectDumps() throws -> [String] {
    if version.dumps.isEmpty { return [] }
    let manifest = try repository.manifest(of: version)
    var found: [String] = []
    for dump in version.dumps {
      guard let size = try manifest.entry(at: dump.path)?.size else { continue }
      let sizes = try sizesBefore(of: dump.path)
      guard let last = sizes.first else { continue }
      let median = sizes.sorted()[sizes.count / 2]
      if size < last / 2, size < median / 2 {
        found.append(
          "dump '\(dump.name)' has \(formatted(byteCount: size)), it had \(formatted(byteCount: last)) in "
            + (earlier.first?.version ?? ""))
      }
    }
    return found
  }

  /// Newest first.
  private func sizesBefore(of path: ArchivePath) throws -> [UInt64] {
    let versions = earlier.lazy.filter { $0.dumps.contains { $0.path == path } }.prefix(Self.versionsCompared)
    return try versions.compactMap { try repository.manifest(of: $0).entry(at: path)?.size }
  }

  private func missingFiles(since last: Snapshot) -> [String] {
    let (before, now) = (last.statistics.fileCount, version.statistics.fileCount)
    guard before >= Self.fileCountMin, now < before / 2 else { return [] }
    return ["it has \(counted(now, "file")), \(last.version) had \(formatted(count: before))"]
  }

  /// Files that were JSON and are none any more.
  private func brokenJSON(since last: Snapshot) throws -> [String] {
    guard (1...Self.changedFilesMax).contains(version.statistics.filesChanged) else { return [] }
    var bytesLeft = Self.jsonBytesMax
    var broken: [ArchivePath] = []
    try ManifestDiffer.forEachChange(
      from: repository.manifest(of: last), to: repository.manifest(of: version)
    ) { change in
      guard change.kind == .modified, change.path.name.suffix(5).elementsEqual(".json".utf8), let old = change.old,
        let new = change.new, new.kind == .file, new.dataExtents == nil, old.dataExtents == nil,
        old.size + new.size <= bytesLeft
      else { return }
      bytesLeft -= old.size + new.size
      if try !isJSON(new), try isJSON(old) { broken.append(change.path) }
    }
    guard let first = broken.first else { return [] }
    let others = broken.count > 1 ? " and \(counted(broken.count - 1, "other")) are" : " is"
    return ["'\(first)'\(others) no JSON any more"]
  }

  private func isJSON(_ entry: ManifestEntry) throws -> Bool {
    let reader = repository.reader()
    var check = JSONCheck()
    for chunk in try reader.chunks(of: entry.content) { check.add(try reader.bytes(of: chunk)) }
    return check.isWhole
  }
}

extension Snapshot {
  /// Names of its dumps that are neither among `names` nor at one of `paths`.
  package func droppedDumps(from names: Set<String>, paths: Set<ArchivePath>) -> [String] {
    dumps.filter { !names.contains($0.name) && !paths.contains($0.path) }.map(\.name)
  }
}

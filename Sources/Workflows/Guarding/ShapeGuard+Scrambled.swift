import Repositories
import SnapshotModel

/// What was text and is noise now: a dump that somebody encrypts or compresses, or the files of a project that somebody has taken hostage.
extension ShapeGuard {
  /// Fewer files than this are a person's work.
  private static let changedFilesMin: UInt64 = 8
  /// Of what a version adds, in percent of its size: text and programs take less than half, what is encrypted all.
  private static let (randomPercentMin, orderedPercentMax): (UInt64, UInt64) = (95, 70)

  /// Dumps that do not look like a dump any more.
  ///
  /// Cost: the first chunk of each dump, of this version and of the last that has it.
  func scrambledDumps(since last: Snapshot) throws -> [String] {
    if version.dumps.isEmpty { return [] }
    var found: [String] = []
    for dump in version.dumps {
      guard let before = earlier.first(where: { $0.dumps.contains { $0.path == dump.path } }),
        let now = try sample(of: dump.path, in: version), now.looksRandom,
        try sample(of: dump.path, in: before)?.looksOrdered ?? false
      else { continue }
      found.append("dump '\(dump.name)' looks encrypted or compressed, in \(before.version) it was not")
    }
    return found
  }

  private func sample(of path: ArchivePath, in version: Snapshot) throws -> SampledContent? {
    let reader = repository.reader()
    guard let entry = try repository.manifest(of: version).entry(at: path), entry.kind == .file,
      let chunk = try reader.chunks(of: entry.content).first
    else { return nil }
    return SampledContent(try reader.bytes(of: chunk))
  }

  /// Most files changed or went, and what came for them cannot be compressed, which what was there could.
  ///
  /// Costs nothing: a save counts all of it.
  func scrambledFiles(since last: Snapshot) -> [String] {
    let now = version.statistics
    let touched = now.filesChanged + now.filesRemoved
    guard touched >= Self.changedFilesMin, touched >= last.statistics.fileCount / 2,
      now.bytesNew >= now.bytesLogical / 2, now.bytesStored * 100 >= now.bytesNew * Self.randomPercentMin
    else { return [] }
    // Content of such an amount was seen to compress: one film among the files says nothing about the others.
    let wasOrdered = earlier.contains { version in
      let before = version.statistics
      return before.bytesNew >= now.bytesNew / 10
        && before.bytesStored * 100 <= before.bytesNew * Self.orderedPercentMax
    }
    guard wasOrdered else { return [] }
    return [
      "\(counted(touched, "file")) changed or went since \(last.version), and what is new looks encrypted or compressed"
    ]
  }
}

import Chunking
import Packing
import Sealing
import SnapshotModel

/// Another repository, plain or encrypted, of the same history or of another one.
package struct RepositoryDonor: ChunkDonor {
  private let donor: Repository

  package init(_ donor: Repository) { self.donor = donor }

  package func give(to site: HealingSite) throws {
    try giveByName(to: site)
    // Where both cut and name alike, what the other does not know by name it does not have.
    if site.wanted.isEmpty || donor.cutsAndNames(like: site.repository) { return }
    var contents: [FileContent: FileContent] = [:]
    for listed in try donor.snapshots().reversed() where !site.wanted.isEmpty {
      try give(listed.snapshot, to: site, &contents)
    }
  }

  /// Chunks that have the same name there.
  private func giveByName(to site: HealingSite) throws {
    try site.withSession { session in
      var stream = try session.makeContentStream(prior: nil, byteCountExpected: 0)
      let hasher = ChunkHasher(site.repository.naming)
      let reader = donor.reader()
      for id in site.wanted.sorted() {
        guard let bytes = try? reader.bytes(of: id), hasher.id(of: bytes) == id else { continue }
        try stream.add(HashedChunk(id: id, bytes: Array(bytes)[...]))
      }
      _ = try stream.finish()
    }
  }

  /// A version as this repository would have saved it: the same files, and the manifest that they would have made.
  ///
  /// What cannot be read there is left out, and the manifest with it.
  private func give(
    _ version: Snapshot, to site: HealingSite, _ contents: inout [FileContent: FileContent]
  ) throws {
    try site.withSession { session in
      guard let manifest = try? donor.manifest(of: version) else { return }
      var isWhole = true
      for number in manifest.segmentIndices {
        guard let entries = try? manifest.entries(ofSegment: number) else {
          isWhole = false
          continue
        }
        for var entry in entries {
          if entry.kind == .file {
            guard let content = try contents[entry.content] ?? recut(entry, session, site.repository) else {
              isWhole = false
              continue
            }
            contents[entry.content] = content
            entry.content = content
          }
          if isWhole { try session.append(entry) }
        }
      }
      if isWhole { _ = try session.finishManifest() }
    }
  }

  /// - Returns: what the file consists of here; `nil` when it cannot be read to its end.
  private func recut(
    _ entry: ManifestEntry, _ session: SaveSession, _ repository: Repository
  ) throws -> FileContent? {
    let reader = donor.reader()
    guard let chunks = try? reader.chunks(of: entry.content) else { return nil }
    let hasher = ChunkHasher(repository.naming)
    var cutter = StreamCutter(try repository.chunker())
    var stream = try session.makeContentStream(prior: nil, byteCountExpected: entry.size)
    var isWhole = true
    for (at, chunk) in chunks.enumerated() {
      guard let bytes = try? reader.bytes(of: chunk) else {
        isWhole = false
        break
      }
      cutter.add(bytes)
      let isFinal = at == chunks.count - 1
      guard isFinal || cutter.byteCountWaiting >= Self.cutBytesMin else { continue }
      let (cut, lengths) = cutter.cut(isFinal: isFinal)
      for chunk in HashedChunk.named(cut, lengths, by: hasher) { try stream.add(chunk) }
    }
    let references = try stream.finish()
    return isWhole ? try session.content(of: references, prior: nil) : nil
  }

  /// Cut in pieces of so many bytes, since cutting begins anew with each.
  private static let cutBytesMin = 4 << 20
}

extension Repository {
  /// Whether equal files consist of the same chunks in both.
  fileprivate func cutsAndNames(like other: Repository) -> Bool {
    let areKeysTheSame = isEncrypted ? other.isEncrypted && id == other.id : !other.isEncrypted
    return areKeysTheSame && config.chunkLengths == other.config.chunkLengths
  }
}

extension Repository {
  /// Opens a repository to take from.
  ///
  /// A copy of an encrypted one shares the index of this machine with it, which then tells of the damage here and not of what the
  /// copy has: it gets an index of its own, in memory.
  package static func openDonor(
    at path: String, access: RepositoryAccess, events: any RepositoryEvents
  ) throws -> Repository {
    var access = access
    access.keepsIndex = false
    return try open(at: path, access: access, events: events)
  }
}

import Glibc
import ObjectStores
import SnapshotModel

/// What this machine remembers of encrypted repositories, so that nobody can put an older state, or another repository, in their place.
///
/// Small text files in the user's state folder, which is not the cache: deleting them forgets what was seen.
package struct KnownRepositories: Sendable {
  private let folder: [UInt8]

  /// - Parameter folder: of the user; made when something is to be remembered.
  package init(folder: [UInt8]) { self.folder = folder }

  /// What was seen of one repository.
  package struct Seen: Hashable, Sendable {
    /// When each version was made.
    package var versions: [SnapshotID: Timestamp] = [:]
    /// Versions whose disappearance the user has accepted.
    package var accepted: Set<SnapshotID> = []
    /// The newest keys that opened it.
    package var epoch: UInt16 = 0

    package init() {}
  }

  // MARK: Versions

  /// - Returns: nothing seen, where there is no file or it cannot be understood.
  package func seen(of repository: RepositoryID) -> Seen {
    var seen = Seen()
    for line in lines(of: [repository.hexadecimal, "versions"]) {
      let words = line.split(separator: " ")
      if words.count == 2, words[0] == "epoch" { seen.epoch = UInt16(words[1]) ?? 0 }
      guard words.count >= 2, let id = SnapshotID(hexadecimal: words[1]) else { continue }
      if words[0] == "accepted" {
        seen.accepted.insert(id)
      } else if words.count == 3, let time = Timestamp(rfc3339: String(words[2])) {
        seen.versions[id] = time
      }
    }
    return seen
  }

  /// - Throws: `SnapFault` that names the file.
  package func remember(_ seen: Seen, of repository: RepositoryID) throws(SnapFault) {
    let lines =
      ["epoch \(seen.epoch)"] + seen.versions.sorted { $0.key < $1.key }.map { "seen \($0.key) \($0.value.rfc3339())" }
      + seen.accepted.sorted().map { "accepted \($0)" }
    try write(lines, to: [repository.hexadecimal, "versions"])
  }

  // MARK: Places

  /// The encrypted repository that was last seen at a place; `nil` when none was.
  package func repository(at place: String) -> RepositoryID? {
    let lines = lines(of: ["places", Self.name(of: place)])
    guard lines.count == 2, lines[0] == place else { return nil }
    return RepositoryID(hexadecimal: lines[1])
  }

  package func remember(_ repository: RepositoryID, at place: String) throws(SnapFault) {
    guard self.repository(at: place) != repository else { return }
    try write([place, repository.hexadecimal], to: ["places", Self.name(of: place)])
  }

  package func forget(place: String) {
    _ = unsafe unlink(SmallFile.terminated(path(of: ["places", Self.name(of: place)])))
  }

  /// FNV-1a, 64 bits; the path itself stands in the file.
  private static func name(of place: String) -> String {
    let hash = place.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    return String(hash, radix: 16)
  }

  // MARK: Files

  /// None of a file that cannot be read: then nothing was seen.
  private func lines(of place: [String]) -> [String] {
    let content = try? SmallFile.read(path(of: place))
    return String(decoding: content?.bytes ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private func write(_ lines: [String], to place: [String]) throws(SnapFault) {
    makePrivateFolders(path(of: place.dropLast()))
    try SmallFile.replace(path(of: place), with: Array(lines.map { $0 + "\n" }.joined().utf8), mode: 0o600)
  }

  private func path(of place: [String]) -> [UInt8] { folder + Array(place.map { "/" + $0 }.joined().utf8) }
}

import SnapshotModel

/// What people write by hand when they release something:
///
///     ## v1.1.0 - 2026-11-21
///
///     - the message (commit 0e82208)
package struct ChangelogEntry: Hashable, Sendable {
  private let version: String
  private let text: String

  package init(_ snapshot: Snapshot) {
    version = snapshot.version
    let date = snapshot.created.civil(utcOffsetSeconds: snapshot.utcOffsetSeconds).date
    let commit = snapshot.git.map { String($0.commit.prefix(7)) } ?? ""
    let place = commit.isEmpty ? "id \(snapshot.id.short)" : "commit \(commit)"
    // Further lines belong to the same item of the list.
    let message = snapshot.message.split(whereSeparator: \.isNewline).joined(separator: "\n  ")
    let item = message.isEmpty ? place : "\(message) (\(place))"
    text = "## \(snapshot.version) - \(date)\n\n- \(item)\n"
  }

  /// Refuses what could not be written to, before anything is saved.
  package static func check(_ path: [UInt8]) throws(SnapFault) {
    let place = try SmallFile.place(path)
    if case .other = place { throw SmallFile.refusal(path, place) }
  }

  /// Adds it at the end of a file, which is made when there is none; leaves alone one that has the version already.
  ///
  /// - Returns: whether it was added.
  package func append(to path: [UInt8]) throws(SnapFault) -> Bool {
    let known = try SmallFile.read(path)?.bytes
    var bytes = known ?? Array("# Changelog\n".utf8)
    let heading = Array("## \(version)".utf8)
    let isThere = bytes.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }).contains {
      $0.starts(with: heading)
        && ($0.count == heading.count || [0x20, 0x3A].contains($0[$0.startIndex + heading.count]))
    }
    if isThere { return false }
    while bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    if !bytes.isEmpty { bytes += Array("\n\n".utf8) }
    try SmallFile.replace(path, with: bytes + Array(text.utf8))
    return true
  }
}

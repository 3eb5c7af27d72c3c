import SnapshotModel

/// What a check found, by cause: one pack that is damaged or gone can take many chunks, files and versions along.
struct DamageLedger {
  enum Cause: Hashable {
    case pack(PackID)
    /// Chunks that are in no pack, and nobody remembers in which they were.
    case unknown
  }

  private struct Entry {
    /// `pack 7c1f2a90… is missing`, or nothing where only its chunks tell.
    var findings: [String] = []
    var hint: String?
    var damagedChunks: Set<ChunkID> = []
    var firstReason = ""
    var lostChunks: Set<ChunkID> = []
    var manifests: [Loss.Version] = []
    var files: [String] = []
    var versions: Set<Loss.Version> = []
  }

  /// Which versions were looked at.
  enum Scope: String {
    case all = ""
    /// All but those that are forgotten and can be taken back.
    case listed = " that is listed"
    case some = " that was checked"
  }

  /// So many files are named.
  private static let filesNamedMax = 5
  private var entries: [Cause: Entry] = [:]
  private var order: [Cause] = []
  private var others: [SnapFault] = []
  /// Packs that were there once and are not any more.
  var missingPacks: Set<PackID> = []

  /// Something about the pack as a whole.
  mutating func add(_ finding: String, of pack: PackID, hint: String? = nil) {
    change(.pack(pack)) {
      if !$0.findings.contains(finding) { $0.findings.append(finding) }
      $0.hint = $0.hint ?? hint
    }
  }

  /// A chunk that does not come out of its pack whole.
  mutating func add(damaged chunk: ChunkID, of pack: PackID, reason: String) {
    change(.pack(pack)) {
      if $0.damagedChunks.isEmpty { $0.firstReason = reason }
      $0.damagedChunks.insert(chunk)
    }
  }

  /// A file that cannot be had because of `chunk`.
  mutating func add(file: String, in version: Loss.Version, for chunk: ChunkID, because cause: Cause) {
    change(cause) {
      $0.lostChunks.insert(chunk)
      let name = "'\(file)' in \(version)"
      if $0.files.last != name { $0.files.append(name) }
      $0.versions.insert(version)
    }
  }

  mutating func add(manifestOf version: Loss.Version, because cause: Cause) {
    change(cause) { $0.manifests.append(version) }
  }

  /// Something that no pack is the cause of.
  mutating func add(_ problem: SnapFault) { others.append(problem) }

  /// The packs of which something as a whole is to be told.
  var packsWithFindings: Set<PackID> {
    Set(
      entries.compactMap { cause, entry in
        if case .pack(let pack) = cause, !entry.findings.isEmpty { pack } else { nil }
      })
  }

  /// Whether some manifest could not be read: then what its version needs is unknown.
  var hasUnreadableManifest: Bool { entries.values.contains { !$0.manifests.isEmpty } }

  /// One message a cause.
  ///
  /// - Parameters:
  ///   - gone: packs that were collected meanwhile: nothing is told of them.
  func problems(checked: Scope, without gone: Set<PackID>) -> [SnapFault] {
    let causes = order.filter { cause in if case .pack(let pack) = cause { !gone.contains(pack) } else { true } }
    return others
      + causes.map { cause in
        let entry = entries[cause] ?? Entry()
        var what = entry.findings.joined(separator: "; ")
        var path: String?
        if case .pack(let pack) = cause {
          path = "packs/\(pack.hexadecimal.prefix(2))/\(pack.hexadecimal)"
          if !entry.damagedChunks.isEmpty {
            let chunks = "\(counted(entry.damagedChunks.count, "chunk")) damaged (\(entry.firstReason))"
            what = what.isEmpty ? "pack \(pack.short)…: \(chunks)" : "\(what); \(chunks)"
          }
          if what.isEmpty, missingPacks.contains(pack) {
            what = "pack \(pack.short)… is missing: \(counted(max(entry.lostChunks.count, 1), "chunk"))"
          }
          if what.isEmpty { what = "pack \(pack.short)… lacks \(counted(entry.lostChunks.count, "chunk"))" }
        } else {
          what =
            entry.lostChunks.count > 1
            ? "\(counted(entry.lostChunks.count, "chunk")) are in no pack, or stand on what is in none"
            : "1 chunk is in no pack, or stands on what is in none"
        }
        return SnapFault(
          .damage, what + consequences(entry, checked: checked), hint: hint(entry), path: path)
      }
  }

  private func consequences(_ entry: Entry, checked: Scope) -> String {
    var parts: [String] = []
    if !entry.manifests.isEmpty {
      let isOne = entry.manifests.count == 1
      parts.append(
        "the manifest\(isOne ? "" : "s") of \(entry.manifests.map(\.description).joined(separator: ", ")) cannot be read"
      )
    }
    if !entry.files.isEmpty {
      let named = entry.files.prefix(Self.filesNamedMax).joined(separator: ", ")
      let rest = entry.files.count - Self.filesNamedMax
      parts.append(
        "affects \(counted(entry.files.count, "file")) in \(counted(entry.versions.count, "version")): \(named)"
          + (rest > 0 ? " and \(formatted(count: rest)) more" : ""))
    }
    if !parts.isEmpty { return "; " + parts.joined(separator: "; ") }
    if entry.damagedChunks.isEmpty { return "" }
    if hasUnreadableManifest { return "; whether a version needs them is unknown while a manifest cannot be read" }
    return "; no version\(checked.rawValue) needs them"
  }

  private func hint(_ entry: Entry) -> String? {
    if let hint = entry.hint { return hint }
    if !entry.manifests.isEmpty || !entry.files.isEmpty {
      return "snap repair --from . brings back what the files here still hold, --from REPOSITORY what another one does"
    }
    return "snap repair packs"
  }

  private mutating func change(_ cause: Cause, _ body: (inout Entry) -> Void) {
    if entries[cause] == nil { order.append(cause) }
    body(&entries[cause, default: Entry()])
  }
}

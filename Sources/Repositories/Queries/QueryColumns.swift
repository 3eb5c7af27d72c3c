import SnapshotModel

// What a row of each table holds, in the order of `QuerySchema`.

extension ListedSnapshot {
  /// From `id` on.
  var columns: [QueryValue] {
    let statistics = snapshot.statistics
    let paths = snapshot.sources.map { $0.isRoot ? "." : $0.description }.joined(separator: ", ")
    let holds = labels.holds.keys.sorted().joined(separator: ", ")
    return [
      .text(snapshot.id.hexadecimal), .text(snapshot.version), .text(snapshot.created.rfc3339(fraction: false)),
      .text(snapshot.host), .text(snapshot.user), .text(displayText(snapshot.root)), .text(paths),
      snapshot.git.map { .text($0.commit) } ?? .null, snapshot.git.map { .text($0.branch) } ?? .null,
      snapshot.git.map { .text($0.describe) } ?? .null, snapshot.git.map { .count($0.dirtyFileCount) } ?? .null,
      .text(snapshot.message), .text(labels.note), .text(tags.joined(separator: ", ")), .text(holds),
      .text(labels.suspect), .integer(isSafetyCopy ? 1 : 0), .count(statistics.fileCount),
      .count(statistics.bytesLogical),
      .count(statistics.bytesStored), .count(statistics.itemsWithErrors),
      .real(Double(statistics.durationMilliseconds) / 1000),
    ]
  }
}

extension ManifestEntry {
  func columns(chain: Int, first: Int, last: Int) -> [QueryValue] {
    let owner = metadata.owner
    let user = owner.userName.isEmpty ? String(owner.userID) : displayText(owner.userName)
    let mode = String(metadata.mode, radix: 8)
    return [
      .integer(Int64(chain)), .integer(Int64(first)), .integer(Int64(last)),
      .text(path.isRoot ? "." : path.description),
      .text(kind.word), .count(size), .text(String(repeating: "0", count: max(0, 4 - mode.count)) + mode),
      .text(metadata.modified.rfc3339(fraction: false)), .text(user),
      kind == .symbolicLink ? .text(displayText(linkTarget)) : .null,
    ]
  }
}

extension ManifestChange {
  /// From `path` on.
  var columns: [QueryValue] {
    [
      .text(path.isRoot ? "." : path.description), .text(kind.rawValue), .text((new ?? old)?.kind.word ?? ""),
      old.map { .count($0.size) } ?? .null, new.map { .count($0.size) } ?? .null,
    ]
  }
}

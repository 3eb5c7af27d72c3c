import Repositories
import SnapshotModel
import Workflows

extension ListedSnapshot {
  /// What `list` and `show` print with `--json`: restic's fields first, then this program's own.
  func json(exclusiveBytes: UInt64?) -> JSONObject {
    let statistics = snapshot.statistics
    var object = JSONObject()
    object["time"] = .time(snapshot.created, utcOffsetSeconds: snapshot.utcOffsetSeconds)
    object["parent"] = snapshot.parent.map { .string($0.hexadecimal) } ?? .null
    object["tree"] = .string(snapshot.manifest.id.hexadecimal)
    object["paths"] = .array(snapshot.sources.map { .string(String(decoding: fullPath($0), as: UTF8.self)) })
    object["hostname"] = .string(snapshot.host)
    object["username"] = .string(snapshot.user)
    object["tags"] = .strings(tags)
    object["program_version"] = .string(snapshot.toolVersion)
    object["summary"] = .object(statistics.json)
    object["id"] = .string(snapshot.id.hexadecimal)
    object["short_id"] = .string(snapshot.id.short)
    object["version"] = .string(snapshot.version)
    object.setPath(named: "root", snapshot.root)
    object["message"] = .string(snapshot.message)
    object["note"] = .string(labels.note)
    object["holds"] = .object(
      labels.holds.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) })
    object["suspect"] = .string(labels.suspect)
    object["git"] = snapshot.git.map { .object($0.json) } ?? .null
    object["uncommitted"] = snapshot.uncommitted.map { .object($0.json) } ?? .null
    object["dumps"] = .array(snapshot.dumps.map(\.json))
    object["databases"] = .strings(snapshot.databases.map(\.description))
    object["bytes_logical"] = .unsigned(statistics.bytesLogical)
    object["bytes_added"] = .unsigned(statistics.bytesStored)
    object["bytes_exclusive"] = exclusiveBytes.map { .unsigned($0) } ?? .null
    return object
  }

  private func fullPath(_ source: ArchivePath) -> [UInt8] { FileSystemPath.joined(snapshot.root, source) }
}

extension SavedDump {
  var json: JSONValue {
    var object = JSONObject(["name": .string(name)])
    object.setPath(path.bytes)
    return .object(object)
  }
}

extension GitState {
  var json: JSONObject {
    JSONObject([
      "commit": .string(commit), "branch": .string(branch), "describe": .string(describe),
      "dirty": .boolean(isDirty), "dirty_files": .unsigned(dirtyFileCount), "remote": .string(remote),
    ])
  }

  /// `3f9a2c1`, with `*` when dirty; empty before the first commit.
  var shortText: String { commit.prefix(7) + (isDirty ? "*" : "") }
}

extension SnapshotStatistics {
  /// restic's names where restic has them; a folder is new or unmodified.
  var json: JSONObject {
    JSONObject([
      "files_new": .unsigned(filesNew), "files_changed": .unsigned(filesChanged),
      "files_unmodified": .unsigned(filesUnmodified), "files_removed": .unsigned(filesRemoved),
      "dirs_new": .unsigned(directoriesNew), "dirs_changed": .unsigned(0),
      "dirs_unmodified": .unsigned(directories - min(directoriesNew, directories)),
      "others_processed": .unsigned(otherEntries), "data_blobs": .unsigned(chunksNew), "tree_blobs": .unsigned(0),
      "data_added": .unsigned(bytesNew), "data_added_packed": .unsigned(bytesStored),
      "data_saved_by_delta": .unsigned(bytesSavedByDelta),
      "total_files_processed": .unsigned(fileCount),
      "total_dirs_processed": .unsigned(directories), "total_bytes_processed": .unsigned(bytesLogical),
      "bytes_read": .unsigned(bytesRead), "items_with_errors": .unsigned(itemsWithErrors),
      "items_ignored": .unsigned(itemsIgnored), "total_duration": .number(Double(durationMilliseconds) / 1000),
    ])
  }
}

extension ManifestEntry {
  /// restic's node fields; times in RFC 3339 with nanoseconds.
  func json(messageType: String = "node") -> JSONObject {
    var object = JSONObject(["message_type": .string(messageType), "struct_type": "node"])
    object["name"] = .string(String(decoding: path.name, as: UTF8.self))
    object["type"] = .string(kind.word)
    object.setPath(path.bytes)
    object["uid"] = .unsigned(UInt64(metadata.owner.userID))
    object["gid"] = .unsigned(UInt64(metadata.owner.groupID))
    object["size"] = .unsigned(size)
    object["mode"] = .unsigned(UInt64(metadata.mode))
    object["permissions"] = .string(modeText)
    object["mtime"] = .time(metadata.modified)
    if kind == .symbolicLink { object.setPath(named: "linktarget", linkTarget) }
    if let hardLinkTarget { object.setPath(named: "hardlink", hardLinkTarget.bytes) }
    return object
  }
}

extension JSONValue: ExpressibleByStringLiteral {
  init(stringLiteral value: String) { self = .string(value) }
}

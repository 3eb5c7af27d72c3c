import Repositories
import SnapshotModel

extension ShowCommand {
  /// Nothing, and a note, for a version without uncommitted changes: an empty patch is the right one.
  func printUncommitted(of version: Snapshot, _ repository: Repository, _ session: Session) throws -> FaultCode? {
    guard let changes = version.uncommitted else {
      let reason =
        version.git.map { $0.isDirty ? "no change of a tracked file is recorded" : "all was committed" }
        ?? "it was not saved from a git work tree"
      session.console.note("\(version.version) has no uncommitted changes: \(reason)")
      if session.isJSON { try session.json(JSONObject(["message_type": "uncommitted", "files": .unsigned(0)])) }
      return nil
    }
    let bytes = try repository.reader().bytes(of: changes.content)
    if session.isJSON {
      var object = changes.json
      object["message_type"] = "uncommitted"
      object.setPath(named: changes.form.word, Array(bytes))
      try session.json(object)
    } else {
      try session.output.write(bytes)
    }
    guard changes.form == .list else { return nil }
    session.console.warn("the patch of \(version.version) was too large to be kept; these are its files")
    return .warnings
  }
}

extension UncommittedChanges {
  /// `3 files, +10 -2 uncommitted`.
  var text: String {
    let counts = "\(counted(fileCount, "file")), +\(formatted(count: linesAdded)) -\(formatted(count: linesRemoved))"
    return counts + (form == .patch ? " uncommitted" : " uncommitted; too large to be kept as a patch")
  }

  /// The patch itself is not in it: `list` prints this of every version.
  var json: JSONObject {
    JSONObject([
      "files": .unsigned(fileCount), "lines_added": .unsigned(linesAdded), "lines_removed": .unsigned(linesRemoved),
      "form": .string(form.word), "bytes": .unsigned(UInt64(content.length)),
    ])
  }
}

extension UncommittedChanges.Form {
  var word: String {
    switch self {
    case .patch: "patch"
    case .list: "list"
    }
  }
}

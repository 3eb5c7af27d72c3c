/// The views that queries see, and the tables behind them (docs/guides/sql.md).
package enum QuerySchema {
  package enum Table: String, CaseIterable, Sendable {
    case snapshot = "_snapshot"
    /// A row for as long as a path stays as it is, in versions of the same folder: `first...last` of them.
    case file = "_file"
    case change = "_change"
    case run = "_run"

    var columnCount: Int {
      switch self {
      case .snapshot: 24
      case .file: 10
      case .change: 6
      case .run: 5
      }
    }
  }

  /// In the order in which they are told of.
  package static let views: [(name: String, columns: [String])] = [
    ("versions", ["version", "time", "git_commit", "git_branch", "files", "bytes", "bytes_added", "tags", "note"]),
    (
      "snapshots",
      [
        "id", "version", "time", "host", "user", "root", "paths", "git_commit", "git_branch", "git_describe",
        "git_dirty_files", "message", "note", "tags", "holds", "suspect", "is_safety_copy", "files", "bytes",
        "bytes_added", "errors", "seconds",
      ]
    ),
    ("files", ["version", "path", "kind", "size", "mode", "modified", "user", "target"]),
    ("changes", ["version", "path", "change", "kind", "size_before", "size_after"]),
    ("runs", ["time", "operation", "summary", "passed", "seconds"]),
  ]

  static let text = """
    CREATE TABLE _snapshot (chain, place, id, version, time, host, user, root, paths, git_commit, git_branch,
      git_describe, git_dirty_files, message, note, tags, holds, suspect, is_safety_copy, files, bytes, bytes_added,
      errors, seconds);
    CREATE TABLE _file (chain, first, last, path, kind, size, mode, modified, user, target);
    CREATE TABLE _change (snapshot, path, change, kind, size_before, size_after);
    CREATE TABLE _run (time, operation, summary, passed, seconds);
    CREATE INDEX _file_by_path ON _file (path);
    CREATE INDEX _change_by_path ON _change (path);
    CREATE VIEW snapshots AS SELECT id, version, time, host, user, root, paths, git_commit, git_branch, git_describe,
      git_dirty_files, message, note, tags, holds, suspect, is_safety_copy, files, bytes, bytes_added, errors, seconds
      FROM _snapshot;
    CREATE VIEW versions AS SELECT version, time, git_commit, git_branch, files, bytes, bytes_added, tags, note
      FROM _snapshot WHERE NOT is_safety_copy;
    CREATE VIEW files AS SELECT version, path, kind, size, mode, modified, f.user AS user, target
      FROM _snapshot s JOIN _file f ON f.chain = s.chain AND s.place BETWEEN f.first AND f.last;
    CREATE VIEW changes AS SELECT version, path, change, kind, size_before, size_after
      FROM _change c JOIN _snapshot s ON s.id = c.snapshot;
    CREATE VIEW runs AS SELECT time, operation, summary, passed, seconds FROM _run;
    """
}

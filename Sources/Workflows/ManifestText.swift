import Repositories
import SnapshotModel

/// The MANIFEST of a version as text, in the form that `sha256sum -c` checks.
///
///     # Snap manifest
///     # Version: v1.2.0
///     # ...
///     # dir   0755         0 2026-11-21T09:34:00Z docs
///     # file  0644      5120 2026-11-21T09:34:00Z
///     9f86d081884c7d65...  docs/a.txt
///     # link  0777         0 2026-11-21T09:34:00Z docs/b.txt -> a.txt
///
/// Every line that does not begin with `#` is the SHA-256 of one whole file, two blanks, and its path; the line before
/// it tells mode, size in bytes and time of change. A path with a newline, carriage return or backslash is escaped as
/// sha256sum does: backslash in front of the line, `\n`, `\r`, `\\` in the name.
package enum ManifestText {
  /// The head: what the version is.
  package static func head(of version: ListedSnapshot, entryCount: Int) -> [UInt8] {
    let snapshot = version.snapshot
    var lines = [
      "Snap manifest", "Version: \(snapshot.version)", "Id: \(snapshot.id)",
      "Created: \(snapshot.created.rfc3339(utcOffsetSeconds: snapshot.utcOffsetSeconds, fraction: false))",
      "Host: \(snapshot.host)", "User: \(snapshot.user)", "Folder: \(displayText(snapshot.root))",
    ]
    if let git = snapshot.git {
      lines.append("Git commit: \(git.commit)" + (git.isDirty ? " (\(git.dirtyFileCount) files dirty)" : ""))
      lines += ["Git branch: \(git.branch)", "Git describe: \(git.describe)"]
      if !git.remote.isEmpty { lines.append("Git remote: \(git.remote)") }
    }
    if !version.tags.isEmpty { lines.append("Tags: \(version.tags.joined(separator: ", "))") }
    if !snapshot.message.isEmpty { lines.append("Message: \(snapshot.message)") }
    if !version.labels.note.isEmpty { lines.append("Note: \(version.labels.note)") }
    lines.append("Entries: \(entryCount)")
    lines.append("Bytes: \(snapshot.statistics.bytesLogical)")
    // A message may have several lines, and each must stay a comment.
    let comments = lines.map {
      "# " + $0.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n# ")
    }
    return Array((comments.joined(separator: "\n") + "\n").utf8)
  }

  /// The line or lines of one entry.
  ///
  /// - Parameter digest: SHA-256 of the whole file in hexadecimal; `nil` for what has none.
  package static func lines(of entry: ManifestEntry, digest: String?) -> [UInt8] {
    let kind: String =
      switch entry.kind {
      case .file: "file"
      case .directory: "dir"
      case .symbolicLink: "link"
      case .fifo: "fifo"
      case .characterDevice: "char"
      case .blockDevice: "block"
      case .socket: "socket"
      }
    let octal = String(entry.metadata.mode, radix: 8)
    let mode = String(repeating: "0", count: max(0, 4 - octal.count)) + octal
    let size = String(entry.size)
    let blanks = String(repeating: " ", count: max(0, 12 - size.count))
    let head = kind + String(repeating: " ", count: 6 - kind.count) + mode + " " + blanks + size
    var line = Array("# \(head) \(entry.metadata.modified.rfc3339(fraction: false))".utf8)
    if let digest {
      let (name, isEscaped) = escaped(entry.path.bytes)
      line += Array(("\n" + (isEscaped ? "\\" : "") + digest + "  ").utf8) + name
    } else {
      line += Array(" ".utf8) + (entry.path.isRoot ? Array(".".utf8) : escaped(entry.path.bytes).name)
      if entry.kind == .symbolicLink { line += Array(" -> ".utf8) + escaped(entry.linkTarget).name }
    }
    return line + [UInt8(ascii: "\n")]
  }

  private static func escaped(_ name: [UInt8]) -> (name: [UInt8], isEscaped: Bool) {
    let special: [UInt8: UInt8] = [
      UInt8(ascii: "\n"): UInt8(ascii: "n"), UInt8(ascii: "\r"): UInt8(ascii: "r"),
      UInt8(ascii: "\\"): UInt8(ascii: "\\"),
    ]
    guard name.contains(where: { special[$0] != nil }) else { return (name, false) }
    return (name.flatMap { byte in special[byte].map { [UInt8(ascii: "\\"), $0] } ?? [byte] }, true)
  }
}

import SnapshotModel

/// What the `MANIFEST.txt` beside an archive says, in any of the ways in which scripts write one: `Key: value` lines, with or
/// without `#`, `-` or `*` in front.
struct BackupManifest: Hashable {
  var version: String?
  var time: Timestamp?
  /// What stands where a time belongs, when it is not understood.
  var unreadTime: String?
  var commit: String?
  var branch: String?
  var message: String?
  /// The archive's name, where it says so.
  var archive: String?
  /// SHA-256 of files in hexadecimal, as `sha256sum` lists them, by path.
  var digests: [ArchivePath: String] = [:]

  /// Lines that say nothing known are passed over; the first that says something holds.
  init(_ bytes: [UInt8]) {
    for line in bytes.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
      if let (path, digest) = Self.digest(line) {
        digests[path] = digest
        continue
      }
      guard let line = String(validating: line, as: UTF8.self), let colon = line.firstIndex(of: ":") else { continue }
      let key = String(line[..<colon]).trimming { "#-*_ \t".contains($0) }.lowercased()
      let value = String(String(line[line.index(after: colon)...]).trimming { "*` \t\"".contains($0) })
      if !value.isEmpty, value.utf8.count <= 4096 { take(key, value) }
    }
  }

  private mutating func take(_ key: String, _ value: String) {
    let words = key.split { !$0.isLetter }.joined(separator: " ")
    switch words {
    case "version", "release", "tag": version = version ?? value
    case "time", "timestamp", "date", "created", "created at", "backup date", "backup time", "build date":
      if time == nil {
        time = Self.time(value)
        if time == nil { unreadTime = unreadTime ?? value }
      }
    case "commit", "git commit", "commit hash", "git hash", "git sha", "sha", "revision":
      commit = commit ?? Self.commit(value)
    case "branch", "git branch": branch = branch ?? value
    case "message", "description", "note", "notes", "comment": message = message ?? value
    case "archive", "file", "filename", "backup file", "archive file": archive = archive ?? value
    default: break
    }
  }

  /// A line of sha256sum: 64 digits, a blank, a blank or `*`, and the path. Of escaped names nothing is said.
  private static func digest(_ line: ArraySlice<UInt8>) -> (ArchivePath, String)? {
    guard line.count > 66, line.prefix(64).allSatisfy(Hex.isDigit) else { return nil }
    let rest = line.dropFirst(64)
    guard rest.starts(with: Array("  ".utf8)) || rest.starts(with: Array(" *".utf8)) else { return nil }
    let name = rest.dropFirst(2)
    let path = ArchivePath(name.starts(with: Array("./".utf8)) ? name.dropFirst(2) : name)
    return path.map { ($0, String(decoding: line.prefix(64), as: UTF8.self)) }
  }

  /// What is understood in part only would be another time.
  private static func time(_ text: String) -> Timestamp? {
    if let time = Timestamp(rfc3339: text) { return (1970...9999).contains(time.civil().date.year) ? time : nil }
    let bytes = Array(text.utf8)
    if let written = WrittenTime(in: bytes), written.range == bytes.indices { return written.time }
    return SpokenTime.time(in: text)
  }

  /// The first word, if it can be a commit's name.
  private static func commit(_ text: String) -> String? {
    let word = text.prefix { !$0.isWhitespace }.lowercased()
    return (7...64).contains(word.utf8.count) && word.utf8.allSatisfy { Hex.isDigit($0) } ? word : nil
  }

  private enum Hex {
    static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...102).contains(byte) }
  }
}

import FileTrees
import SnapshotModel

/// What the name of an archive tells: its form, and as far as it says so its version and time.
struct BackupFileName: Hashable {
  var form: ImportRequest.Form
  /// The name without its ending.
  var stem: String
  /// `v1.1.0` in `app_v1.1.0_2026-11-21.tar.gz`.
  var version: String?
  var time: WrittenTime?

  private static let tarEndings = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst"]
  private static let fileEndings = [".json", ".sql"]

  /// - Parameters:
  ///   - name: of a file.
  ///   - needsTime: whether an export, `.json` or `.sql`, without a time in its name is no backup.
  init?(_ name: [UInt8], needsTime: Bool = true) {
    guard let name = String(validating: name, as: UTF8.self) else { return nil }
    if let ending = Self.tarEndings.first(where: { name.hasSuffix($0) }) {
      stem = String(name.dropLast(ending.count))
      form = .tar
      time = WrittenTime(in: Array(stem.utf8))
      version = Self.version(in: rest)
      return
    }
    let plain = [".gz", ".zst"].first { name.hasSuffix($0) }.map { name.dropLast($0.count) } ?? name[...]
    guard let ending = Self.fileEndings.first(where: { plain.hasSuffix($0) }) else { return nil }
    stem = String(plain.dropLast(ending.count))
    form = .tar
    time = WrittenTime(in: Array(stem.utf8))
    guard time != nil || !needsTime else { return nil }
    // The same path in every version, so that each is stored as the difference to the one before.
    guard let path = ArchivePath((rest.isEmpty ? "backup" : rest) + ending) else { return nil }
    form = .file(path)
  }

  /// The stem without the time and what tied it to the name.
  private var rest: String {
    guard let range = time?.range else { return stem }
    let bytes = Array(stem.utf8)
    func trimmed(_ part: ArraySlice<UInt8>) -> String {
      String(String(decoding: part, as: UTF8.self).trimming { "-_. ".contains($0) })
    }
    let parts = [trimmed(bytes[..<range.lowerBound]), trimmed(bytes[range.upperBound...])].filter { !$0.isEmpty }
    return parts.joined(separator: "-")
  }

  /// What the time is called where it is all that names a version: the text itself, but for blanks and colons.
  var timeName: String? {
    guard let time else { return nil }
    return time.isDateOnly ? String(decoding: Array(stem.utf8)[time.range], as: UTF8.self) : time.time.versionName
  }

  /// A word like `v1.2.0`, alone or behind `_` or `-`.
  static func version(in text: String) -> String? {
    let words = text.split(separator: "_").map { word -> Substring in
      guard let at = word.ranges(of: "-v").first(where: { word[$0.upperBound...].first?.isNumber ?? false }) else {
        return word
      }
      return word[word.index(after: at.lowerBound)...]
    }
    return words.last { isVersion($0) }.map(String.init)
  }

  static func isVersion(_ word: some StringProtocol) -> Bool {
    word.first == "v" && (word.dropFirst().first?.isNumber ?? false)
  }
}

extension Timestamp {
  /// `2026-11-21T09-34-00Z`, with thousandths where there are some: two exports may be of one second.
  fileprivate var versionName: String {
    let name = VersionName(time: Timestamp(seconds: seconds)).text
    let thousandths = String(nanoseconds / 1_000_000)
    guard thousandths != "0" else { return name }
    return name.dropLast() + "-" + String(repeating: "0", count: 3 - thousandths.count) + thousandths + "Z"
  }
}

extension String {
  func trimming(_ isDropped: (Character) -> Bool) -> Substring {
    var text = self[...]
    while let first = text.first, isDropped(first) { text.removeFirst() }
    while let last = text.last, isDropped(last) { text.removeLast() }
    return text
  }
}

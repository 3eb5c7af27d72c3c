import CLinux
import Glibc
import SnapshotModel
import Synchronization

/// Paths as text for what takes no bytes, such as the libraries of the repository.
///
/// A path that is UTF-8 is its own text. Another is reached by way of `/proc/self/fd`: the folder in which bytes and
/// text part is kept open, for as long as the process runs.
enum PathText {
  private struct Alias {
    var text: String
    var path: [UInt8]
  }

  private static let aliases = Mutex<[Alias]>([])
  private static let slash = UInt8(ascii: "/")

  /// - Returns: text that leads to the same place; for a folder that is not there, text for messages only.
  static func text(of path: [UInt8]) -> String {
    if let text = String(validating: path, as: UTF8.self) { return text }
    let (folder, name) = split(path)
    if let name = String(validating: name, as: UTF8.self) {
      return (alias(of: folder) ?? displayText(folder)) + "/" + name
    }
    return alias(of: path) ?? displayText(path)
  }

  /// The path that `text` has come from.
  static func path(of text: String) -> [UInt8] {
    let known = aliases.withLock { $0 }
    for alias in known where text == alias.text || text.hasPrefix(alias.text + "/") {
      return alias.path + Array(text.utf8.dropFirst(alias.text.utf8.count))
    }
    return Array(text.utf8)
  }

  /// A message as people shall read it.
  static func shown(_ message: String) -> String {
    let known = aliases.withLock { $0 }
    return known.reduce(message) { message, alias in
      var rest = message[...]
      var shown = ""
      while let at = rest.firstRange(of: alias.text) {
        shown += rest[..<at.lowerBound] + displayText(alias.path)
        rest = rest[at.upperBound...]
      }
      return shown + rest
    }
  }

  /// The path without its last component, and that; the path must be absolute and normal.
  static func split(_ path: [UInt8]) -> (folder: [UInt8], name: ArraySlice<UInt8>) {
    let end = path.lastIndex(of: slash) ?? 0
    return (end == 0 ? [slash] : Array(path[..<end]), path[min(end + 1, path.count)...])
  }

  private static func alias(of folder: [UInt8]) -> String? {
    aliases.withLock { aliases in
      if let known = aliases.first(where: { $0.path == folder }) { return known.text }
      let descriptor = unsafe FileSystemPath.withCString(folder) {
        unsafe open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      }
      guard descriptor >= 0 else { return nil }
      let alias = Alias(text: "/proc/self/fd/\(descriptor)", path: folder)
      aliases.append(alias)
      return alias.text
    }
  }
}

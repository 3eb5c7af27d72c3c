import SnapshotModel

/// Where an index lies.
enum IndexPlace: Hashable, Sendable {
  /// In a file that any process may change.
  case file(String)
  /// In a file that nobody changes: it needs no shared memory beside it, and so no writable folder.
  case immutableFile(String)
  /// In this process's memory, and why not in its file.
  case memory(url: String, because: IndexError)

  var isImmutable: Bool {
    if case .immutableFile = self { true } else { false }
  }

  /// What SQLite opens.
  var path: String {
    switch self {
    case .file(let path): path
    case .immutableFile(let path): Self.url(of: path) + "?immutable=1"
    case .memory(let url, _): url
    }
  }

  private static func url(of path: String) -> String {
    var url = "file:"
    for byte in path.utf8 {
      switch byte {
      case UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "%"), 0x80...:
        url += "%" + hexadecimal(CollectionOfOne(byte))
      default: url.unicodeScalars.append(Unicode.Scalar(byte))
      }
    }
    return url
  }
}

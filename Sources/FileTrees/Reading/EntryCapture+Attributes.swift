import CLinux
import Glibc
import SnapshotModel

extension EntryCapture {
  /// All extended attributes, in ascending order of name; none where the file system has no such thing.
  ///
  /// Linux has no call for a name in an open folder, so `/proc/self/fd` makes the path. Without `/proc` only what can be
  /// opened has attributes.
  package static func extendedAttributes(_ item: WalkedItem) throws(SystemError) -> [ExtendedAttribute] {
    let folder = try item.directory.open()
    let path = Array("/proc/self/fd/\(folder.number)/".utf8) + item.name + [0]
    do {
      return try attributes(
        list: { unsafe linux_llistxattr(cString(path), $0, $1) },
        get: { unsafe linux_lgetxattr(cString(path), cString($0), $1, $2) })
    } catch where error.errno == ENOENT && !hasProcessFolder {
      guard item.status.kind == .file || item.status.kind == .directory else { return [] }
      let file = try open(item)
      return try attributes(of: file.number)
    }
  }

  /// Of an open file.
  package static func attributes(of descriptor: Int32) throws(SystemError) -> [ExtendedAttribute] {
    try attributes(
      list: { unsafe linux_flistxattr(descriptor, $0, $1) },
      get: { unsafe linux_fgetxattr(descriptor, cString($0), $1, $2) })
  }

  private static var hasProcessFolder: Bool { access("/proc/self/fd", F_OK) == 0 }
}

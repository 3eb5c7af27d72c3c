import Glibc
import SnapshotModel

/// An empty folder, deleted with all it holds when the last reference goes.
///
/// In memory where there is such a file system, for a test counts calls of fsync and need not wait for them; else below
/// `TMPDIR`.
package final class StoreTestFolder: Sendable {
  package let path: String

  package init() {
    var generator = SystemRandomNumberGenerator()
    let parent =
      unsafe getenv("TMPDIR").map { unsafe String(cString: $0) }
      ?? (unsafe access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp")
    path = "\(parent)/snap-test-\(ObjectID<Never>(using: &generator).short)"
    precondition(unsafe mkdir(path, 0o700) == 0, "cannot make \(path)")
  }

  deinit { Self.remove(path) }

  package func path(_ name: String) -> String { "\(path)/\(name)" }

  package static func remove(_ path: String) { remove(path.utf8.map { CChar(bitPattern: $0) }) }

  /// - Parameter path: bytes, without a final zero: names need not be UTF-8.
  private static func remove(_ path: [CChar]) {
    guard let folder = unsafe opendir(path + [0]) else {
      _ = unsafe unlink(path + [0])
      return
    }
    var names: [[CChar]] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
      if name != Array(".".utf8), name != Array("..".utf8) { names.append(name.map { CChar(bitPattern: $0) }) }
    }
    unsafe closedir(folder)
    for name in names {
      let child = path + [CChar(bitPattern: UInt8(ascii: "/"))] + name
      var status = stat()
      if unsafe lstat(child + [0], &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
        remove(child)
      } else {
        _ = unsafe unlink(child + [0])
      }
    }
    _ = unsafe rmdir(path + [0])
  }

  /// The whole file; `nil` when it cannot be read.
  package static func bytes(_ path: String) -> [UInt8]? {
    guard let file = unsafe fopen(path, "rb") else { return nil }
    defer { _ = unsafe fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe fread(&buffer, 1, buffer.count, file)
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
    }
  }

  package static func write(_ bytes: [UInt8], to path: String) {
    guard let file = unsafe fopen(path, "wb") else { preconditionFailure("cannot write \(path)") }
    _ = unsafe fwrite(bytes, 1, bytes.count, file)
    _ = unsafe fclose(file)
  }

  /// Makes a folder hold these files, by their path in it, and nothing else; paths that end with `/` are folders.
  ///
  /// - Parameter files: `nil` for no folder at all.
  package static func replace(_ path: String, with files: [String: [UInt8]]?) {
    remove(path)
    guard let files else { return }
    _ = unsafe mkdir(path, 0o700)
    for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
      if name.hasSuffix("/") { _ = unsafe mkdir("\(path)/\(name)", 0o700) } else { write(bytes, to: "\(path)/\(name)") }
    }
  }

  /// Names in a folder, sorted, without `.` and `..`.
  package static func names(_ path: String) -> [String] {
    guard let folder = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
      names.append(
        unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
          unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    return names.filter { $0 != "." && $0 != ".." }.sorted()
  }
}

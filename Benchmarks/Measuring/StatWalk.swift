import Foundation
import Glibc

/// A walk that only examines, in the order of the folder's records: the least that finding out about changes can take.
///
/// - Returns: entries below the folder, and the bytes of its regular files.
@discardableResult
func statWalk(_ folder: URL) -> (entries: Int, bytes: Int) {
  // Unsafe: the C interface to folders; streams are closed where they are opened.
  func walk(_ descriptor: Int32) -> (entries: Int, bytes: Int) {
    guard let stream = unsafe fdopendir(descriptor) else { return (0, 0) }
    defer { unsafe closedir(stream) }
    var sum = (entries: 0, bytes: 0)
    while let record = unsafe readdir(stream) {
      let name = unsafe UnsafeRawPointer(record).advanced(by: MemoryLayout<dirent>.offset(of: \.d_name)!)
        .assumingMemoryBound(to: CChar.self)
      if unsafe strcmp(name, ".") == 0 || strcmp(name, "..") == 0 { continue }
      var status = stat()
      guard unsafe fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
      sum.entries += 1
      switch status.st_mode & S_IFMT {
      case S_IFREG: sum.bytes += Int(status.st_size)
      case S_IFDIR:
        let below = walk(unsafe openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        sum = (sum.entries + below.entries, sum.bytes + below.bytes)
      default: break
      }
    }
    return sum
  }
  return walk(unsafe open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
}

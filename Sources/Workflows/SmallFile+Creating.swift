import Glibc
import ObjectStores
import SnapshotModel

extension SmallFile {
  /// Makes a file that only its owner may read, durably: of what opens a repository there may be no other copy.
  ///
  /// - Throws: `SnapFault` that names the file, `.refused` when something has the name, be it a dangling link. What could
  ///   not be finished is gone.
  package static func create(_ path: [UInt8], _ bytes: [UInt8]) throws(SnapFault) {
    let number = unsafe open(terminated(path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if number < 0, errno == EEXIST {
      throw SnapFault(.refused, "\(displayText(path)) exists already; nothing replaces it", path: displayText(path))
    }
    guard number >= 0 else { throw fault("create", path, errno) }
    let file = OwnedDescriptor(adopting: number)
    do throws(SnapFault) {
      try write(bytes, to: file, path)
      try synchronizeFolder(of: path)
    } catch {
      _ = unsafe unlink(terminated(path))
      throw error
    }
  }

  /// Writes all bytes and waits until the disk has them.
  static func write(_ bytes: [UInt8], to file: borrowing OwnedDescriptor, _ path: [UInt8]) throws(SnapFault) {
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(file.number, buffer.baseAddress?.advanced(by: written), buffer.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw fault("write", path, count == 0 ? EIO : errno) }
      written += count
    }
    guard fsync(file.number) == 0 else { throw fault("write", path, errno) }
  }

  private static func synchronizeFolder(of path: [UInt8]) throws(SnapFault) {
    let slash = path.lastIndex(of: UInt8(ascii: "/"))
    let folder = slash.map { $0 == 0 ? Array("/".utf8) : Array(path[..<$0]) } ?? Array(".".utf8)
    let number = unsafe open(terminated(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    // A folder that may be written but not read cannot be synced; the file itself is.
    if number < 0, errno == EACCES { return }
    guard number >= 0 else { throw fault("write", path, errno) }
    let descriptor = OwnedDescriptor(adopting: number)
    guard fsync(descriptor.number) == 0 || errno == EINVAL else { throw fault("write", path, errno) }
  }
}

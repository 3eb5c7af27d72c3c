import CLinux
import Glibc

/// The kernel's own calls.
///
/// Unsafe, throughout: C strings and buffers that Swift lends for the length of one call.
package struct SystemFileOperations: FileOperations {
  package init() {}

  package func openFolder(_ path: [UInt8]) throws(SystemCallFailure) -> OwnedDescriptor {
    let terminated = path.map { CChar(bitPattern: $0) } + [0]
    return OwnedDescriptor(adopting: try checked(unsafe snap_open_folder(terminated)))
  }

  package func makeFolder(_ path: [UInt8]) throws(SystemCallFailure) {
    let terminated = path.map { CChar(bitPattern: $0) } + [0]
    _ = try checked(unsafe snap_make_folder(AT_FDCWD, terminated))
  }

  package func openSubfolder(
    _ path: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) -> OwnedDescriptor {
    OwnedDescriptor(adopting: try checked(unsafe snap_open_subfolder(folder.number, path)))
  }

  package func openObject(
    _ path: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) -> OwnedDescriptor {
    OwnedDescriptor(adopting: try checked(unsafe snap_open_object(folder.number, path)))
  }

  package func createFile(
    _ path: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) -> OwnedDescriptor {
    OwnedDescriptor(adopting: try checked(unsafe snap_create_file(folder.number, path)))
  }

  package func write(
    _ bytes: ArraySlice<UInt8>, to file: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) -> Int {
    let number = file.number
    let written = unsafe bytes.withUnsafeBytes { unsafe snap_write(number, $0.baseAddress, $0.count) }
    return try checked(written)
  }

  package func read(
    _ count: Int, at offset: UInt64, of file: borrowing OwnedDescriptor, appendingTo bytes: inout [UInt8]
  ) throws(SystemCallFailure) -> Int {
    let number = file.number
    var got = 0
    // Not filled first: that takes as long as to read what is in memory already.
    let read = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      got = unsafe snap_read_at(number, buffer.baseAddress, count, offset)
      initializedCount = max(got, 0)
    }
    if bytes.isEmpty { bytes = read } else { bytes += read }
    return try checked(got)
  }

  package func allocate(_ count: UInt64, in file: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    _ = try checked(snap_allocate(file.number, count))
  }

  package func synchronize(_ descriptor: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    _ = try checked(snap_synchronize(descriptor.number))
  }

  package func renameExclusively(
    _ source: String, to target: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) {
    _ = try checked(unsafe snap_rename_exclusive(folder.number, source, target))
  }

  package func rename(
    _ source: String, to target: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) {
    _ = try checked(unsafe snap_rename(folder.number, source, target))
  }

  package func link(
    _ source: String, to target: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) {
    _ = try checked(unsafe snap_link(folder.number, source, target))
  }

  package func unlink(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    _ = try checked(unsafe snap_unlink(folder.number, path))
  }

  package func makeFolder(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) {
    _ = try checked(unsafe snap_make_folder(folder.number, path))
  }

  package func status(
    _ path: String, in folder: borrowing OwnedDescriptor
  ) throws(SystemCallFailure) -> ObjectStatus {
    var status = snap_object_status()
    _ = try checked(unsafe snap_status(folder.number, path, &status))
    return ObjectStatus(status)
  }

  package func status(of descriptor: borrowing OwnedDescriptor) throws(SystemCallFailure) -> ObjectStatus {
    var status = snap_object_status()
    _ = try checked(unsafe snap_descriptor_status(descriptor.number, &status))
    return ObjectStatus(status)
  }

  package func names(in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) -> [String] {
    // A descriptor of its own: the listing's position is not shared, and closedir closes it.
    let copy = try openSubfolder(".", in: folder)
    guard let stream = unsafe fdopendir(copy.number) else { throw SystemCallFailure(errno) }
    _ = copy.release()
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else {
        guard errno == 0 else { throw SystemCallFailure(errno) }
        return names
      }
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { buffer in
        unsafe String(validating: buffer.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let name, name != ".", name != ".." else { continue }
      names.append(name)
    }
  }

  package func fileSystemType(of descriptor: borrowing OwnedDescriptor) -> FileSystemType {
    FileSystemType(snap_filesystem_type(descriptor.number))
  }

  private func checked(_ result: Int32) throws(SystemCallFailure) -> Int32 {
    guard result >= 0 else { throw SystemCallFailure(-result) }
    return result
  }

  private func checked(_ result: Int) throws(SystemCallFailure) -> Int {
    guard result >= 0 else { throw SystemCallFailure(Int32(truncatingIfNeeded: -result)) }
    return result
  }
}

extension ObjectStatus {
  fileprivate init(_ status: snap_object_status) {
    self.init(
      byteCount: status.size, modifiedSeconds: status.modified_seconds,
      modifiedNanoseconds: status.modified_nanoseconds, userID: status.user, linkCount: status.link_count,
      isFile: status.is_file != 0, isFolder: status.is_folder != 0)
  }
}

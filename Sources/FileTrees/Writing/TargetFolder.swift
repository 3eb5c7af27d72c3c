import CLinux
import Glibc
import SnapshotModel

/// One open folder of the target: every change to the target is a name in one of these.
///
/// Names are single components, so nothing done through it can reach outside. Closed when the last use is gone.
final class TargetFolder: Sendable {
  let descriptor: Int32
  /// Made by this very run: what is in it came from this run.
  let isFresh: Bool

  /// - Parameter descriptor: closed by this object; -1 for a folder that a dry run would make.
  init(owning descriptor: Int32, isFresh: Bool) {
    self.descriptor = descriptor
    self.isFresh = isFresh
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Stands for a folder that a dry run would make: nothing is in it.
  static let absent = TargetFolder(owning: -1, isFresh: true)
  var isAbsent: Bool { descriptor < 0 }
}

// Each C function gets a pointer to the name for the length of the call only.
extension TargetFolder {
  typealias Name = ArraySlice<UInt8>

  private func call(
    _ name: Name, _ body: (Int32, UnsafePointer<UInt8>?, Int) -> Int32
  ) throws(TargetError) -> Int32 {
    let result = unsafe name.withUnsafeBufferPointer { unsafe body(descriptor, $0.baseAddress, $0.count) }
    return try checked(result)
  }

  /// Opens a folder in it; ELOOP or ENOTDIR when the name is a symbolic link.
  func openFolder(_ name: Name, isFresh: Bool = false) throws(TargetError) -> TargetFolder {
    if isAbsent { throw TargetError(number: ENOENT) }
    return TargetFolder(owning: try unsafe call(name) { unsafe restoring_open_folder($0, $1, $2) }, isFresh: isFresh)
  }

  func makeFolder(_ name: Name, mode: UInt16) throws(TargetError) -> TargetFolder {
    _ = try unsafe call(name) { unsafe restoring_make_folder($0, $1, $2, mode_t(mode)) }
    return TargetFolder(owning: try unsafe call(name) { unsafe restoring_open_folder($0, $1, $2) }, isFresh: true)
  }

  /// - Returns: a descriptor, to be closed by the caller, of a file that was not there before.
  func createFile(_ name: Name, isReadable: Bool) throws(TargetError) -> Int32 {
    try unsafe call(name) { unsafe restoring_create_file($0, $1, $2, 0o600, isReadable ? 1 : 0) }
  }

  /// - Returns: a descriptor for reading, to be closed by the caller.
  func openFile(_ name: Name) throws(TargetError) -> Int32 {
    try unsafe call(name) { unsafe restoring_open_file($0, $1, $2) }
  }

  /// - Returns: a descriptor that only names the file; good for `link`.
  func nameFile(_ name: Name) throws(TargetError) -> Int32 {
    try unsafe call(name) { unsafe restoring_name_file($0, $1, $2) }
  }

  /// - Returns: `nil` when there is nothing of that name.
  func status(_ name: Name) throws(TargetError) -> TargetStatus? {
    if isAbsent { return nil }
    var status = stat()
    do {
      _ = try unsafe call(name) { unsafe restoring_status($0, $1, $2, &status) }
    } catch  where error.number == ENOENT {
      return nil
    }
    return TargetStatus(status)
  }

  func remove(_ name: Name, isFolder: Bool = false) throws(TargetError) {
    _ = try unsafe call(name) { unsafe restoring_remove($0, $1, $2, isFolder ? 1 : 0) }
  }

  func rename(_ from: Name, to: Name) throws(TargetError) {
    let result = unsafe from.withUnsafeBufferPointer { from in
      unsafe to.withUnsafeBufferPointer { to in
        unsafe restoring_rename(descriptor, from.baseAddress, from.count, to.baseAddress, to.count)
      }
    }
    try checked(result)
  }

  /// Gives the open file `file` the name `name` too.
  func link(_ file: Int32, as name: Name) throws(TargetError) {
    _ = try unsafe call(name) { unsafe restoring_link(file, $0, $1, $2) }
  }

  func makeSymbolicLink(_ name: Name, to target: [UInt8]) throws(TargetError) {
    let result = unsafe (target + [0]).withUnsafeBufferPointer { target in
      unsafe name.withUnsafeBufferPointer { name in
        unsafe restoring_symbolic_link(target.baseAddress, descriptor, name.baseAddress, name.count)
      }
    }
    try checked(result)
  }

  func linkTarget(_ name: Name) throws(TargetError) -> [UInt8] {
    var failure: TargetError?
    // 4096: no link on Linux holds more (PATH_MAX).
    let target = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
      do throws(TargetError) {
        count = Int(try unsafe call(name) { unsafe restoring_read_link($0, $1, $2, buffer.baseAddress, buffer.count) })
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return target
  }

  /// - Parameter typeAndMode: `S_IFIFO` and the like, with the permissions.
  func makeNode(_ name: Name, typeAndMode: UInt32, major: UInt32, minor: UInt32) throws(TargetError) {
    _ = try unsafe call(name) { unsafe restoring_make_node($0, $1, $2, mode_t(typeAndMode), major, minor) }
  }

  func setOwner(_ name: Name, user: UInt32, group: UInt32) throws(TargetError) {
    _ = try unsafe call(name) { unsafe restoring_set_owner_at($0, $1, $2, user, group) }
  }

  func setMode(_ name: Name, _ mode: UInt16) throws(TargetError) {
    _ = try unsafe call(name) { unsafe restoring_set_mode_at($0, $1, $2, mode_t(mode)) }
  }

  func setModified(_ name: Name, seconds: Int64, nanoseconds: UInt32) throws(TargetError) {
    _ = try unsafe call(name) { unsafe restoring_set_time_at($0, $1, $2, seconds, nanoseconds) }
  }

  func setAttribute(_ name: Name, attribute: [UInt8], value: [UInt8]) throws(TargetError) {
    let result = unsafe name.withUnsafeBufferPointer { name in
      unsafe attribute.withUnsafeBufferPointer { attribute in
        unsafe value.withUnsafeBufferPointer { value in
          unsafe restoring_set_attribute_at(
            descriptor, name.baseAddress, name.count, attribute.baseAddress, attribute.count, value.baseAddress,
            value.count)
        }
      }
    }
    try checked(result)
  }

  /// The extended attributes of something in it, `.` for the folder itself; none where they cannot be told.
  func attributes(_ name: Name) -> [ExtendedAttribute] {
    if isAbsent { return [] }
    let names = unsafe filled { buffer, capacity in
      unsafe name.withUnsafeBufferPointer {
        unsafe restoring_list_attributes_at(descriptor, $0.baseAddress, $0.count, buffer, capacity)
      }
    }
    return names.split(separator: 0).map { attribute in
      let value = unsafe filled { buffer, capacity in
        unsafe name.withUnsafeBufferPointer { name in
          unsafe attribute.withUnsafeBufferPointer { attribute in
            unsafe restoring_get_attribute_at(
              descriptor, name.baseAddress, name.count, attribute.baseAddress, attribute.count, buffer, capacity)
          }
        }
      }
      return ExtendedAttribute(name: Array(attribute), value: value)
    }
  }

  /// What `call` puts into the buffer that it is given; it is asked with a capacity of 0 first, as most have nothing.
  private func filled(_ call: (UnsafeMutablePointer<UInt8>?, Int) -> Int64) -> [UInt8] {
    guard call(nil, 0) > 0 else { return [] }
    // 64 KiB: the kernel's own limit for a list of names and for a value.
    return unsafe [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
      count = max(0, Int(unsafe call(buffer.baseAddress, buffer.count)))
    }
  }

  /// Lets its owner change what is in it.
  ///
  /// - Returns: the mode that it had; `nil` when nothing was changed.
  @discardableResult
  func makeAccessible() -> UInt16? {
    guard let status = try? TargetStatus(of: descriptor), status.mode & 0o700 != 0o700,
      fchmod(descriptor, mode_t(status.mode | 0o700)) == 0
    else { return nil }
    return status.mode
  }

  /// All names in it but `.` and `..`, in no particular order.
  func names() throws(TargetError) -> [[UInt8]] {
    if isAbsent { return [] }
    guard let list = unsafe restoring_list(descriptor) else { throw TargetError(number: errno) }
    defer { unsafe _ = closedir(list) }
    var names: [[UInt8]] = []
    var failure: Int32 = 0
    // The text stays valid until the next call; the copy is made before.
    while let text = unsafe restoring_next_name(list, &failure) {
      unsafe names.append(Array(UnsafeRawBufferPointer(start: text, count: strlen(text))))
    }
    if failure != 0 { throw TargetError(number: failure) }
    return names
  }
}

import Glibc
import SnapshotModel
import Synchronization

/// Names of users and groups, each looked up once.
///
/// A look-up may ask a directory service, so the answers are kept for as long as this is; unknown numbers, too.
package final class OwnerNames: Sendable {
  private struct Names {
    var users: [UInt32: [UInt8]] = [:]
    var groups: [UInt32: [UInt8]] = [:]
  }

  private let names = Mutex(Names())

  package init() {}

  /// The owner that manifests record; a name is empty where the system knows none.
  package func owner(userID: UInt32, groupID: UInt32) -> FileOwner {
    names.withLock { names in
      let user = names.users[userID] ?? Self.userName(userID)
      let group = names.groups[groupID] ?? Self.groupName(groupID)
      names.users[userID] = user
      names.groups[groupID] = group
      return FileOwner(userID: userID, groupID: groupID, userName: user, groupName: group)
    }
  }

  private static func userName(_ id: UInt32) -> [UInt8] {
    var entry = unsafe passwd()
    var found: UnsafeMutablePointer<passwd>?
    return unsafe withGrowingBuffer { buffer in
      let code = unsafe getpwuid_r(id, &entry, buffer.baseAddress!, buffer.count, &found)
      // The name points into the buffer, which lives until the copy is made.
      return unsafe (code, found.map { unsafe bytes($0.pointee.pw_name) })
    }
  }

  private static func groupName(_ id: UInt32) -> [UInt8] {
    var entry = unsafe group()
    var found: UnsafeMutablePointer<group>?
    return unsafe withGrowingBuffer { buffer in
      let code = unsafe getgrgid_r(id, &entry, buffer.baseAddress!, buffer.count, &found)
      return unsafe (code, found.map { unsafe bytes($0.pointee.gr_name) })
    }
  }

  private static func bytes(_ name: UnsafeMutablePointer<CChar>) -> [UInt8] {
    unsafe UnsafeMutableRawBufferPointer(start: name, count: strlen(name)).map { $0 }
  }

  /// - Parameter lookUp: answers with an error number, ERANGE for "the buffer is too small", and the name if any.
  private static func withGrowingBuffer(
    _ lookUp: (UnsafeMutableBufferPointer<CChar>) -> (code: Int32, name: [UInt8]?)
  ) -> [UInt8] {
    var capacity = 1 << 10
    // A group of a hundred thousand members still fits 1 MiB.
    while capacity <= 1 << 20 {
      var buffer = [CChar](repeating: 0, count: capacity)
      let (code, name) = unsafe buffer.withUnsafeMutableBufferPointer { unsafe lookUp($0) }
      if code != ERANGE { return name ?? [] }
      capacity *= 4
    }
    return []
  }
}

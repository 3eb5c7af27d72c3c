import CLinux
import Glibc
import ObjectStores
import SnapshotModel
import Synchronization

/// A folder to work in by names, whatever happens to the path that led to it.
///
/// Handles are cheap and may be many: a shared pool keeps the most recently used ones open and the others are reopened
/// from their parents when they are needed. A reopened folder must be the same inode, and no symbolic link is passed.
package final class DirectoryHandle: Sendable {
  private enum Origin {
    case root(DescriptorPool.Folder)
    case child(of: DirectoryHandle, name: [UInt8])
  }

  nonisolated(unsafe) private var origin: Origin?  // `nil` only while the handle goes away
  private let depth: Int
  let identity: FileIdentity
  private let pool: DescriptorPool
  private let key: UInt64
  private let wasOpen = Atomic(false)

  /// Opens a tree's root; the only place where symbolic links are followed.
  ///
  /// - Parameter path: absolute or relative to the working folder, without NUL.
  package convenience init(root path: [UInt8], openFoldersMax: Int = 64) throws(SystemError) {
    let number = openRetrying(AT_FDCWD, path + [0], O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard number >= 0 else { throw SystemError("open folder") }
    let folder = DescriptorPool.Folder(number)
    let identity = try FileStatus(descriptor: number).identity
    self.init(.root(folder), depth: 0, identity: identity, pool: DescriptorPool(capacity: openFoldersMax))
  }

  private init(_ origin: Origin, depth: Int, identity: FileIdentity, pool: DescriptorPool) {
    unsafe self.origin = origin
    self.depth = depth
    self.identity = identity
    self.pool = pool
    key = pool.makeKey()
  }

  deinit {
    pool.remove(key)
    // One after the other: a chain of thousands that nobody else has would recurse.
    var above = takeAbove()
    while above != nil, isKnownUniquelyReferenced(&above) { above = above?.takeAbove() }
  }

  /// Of a handle that nobody else has.
  private func takeAbove() -> DirectoryHandle? {
    guard case .child(let parent, _) = unsafe origin.take() else { return nil }
    return parent
  }

  /// The folder `name` in this one, opened at its first use.
  ///
  /// - Parameter identity: as `name` was last examined; when the folder has to be opened again and is another one, that
  ///   is refused with ESTALE.
  package func child(_ name: [UInt8], identity: FileIdentity) -> DirectoryHandle {
    DirectoryHandle(.child(of: self, name: name), depth: depth + 1, identity: identity, pool: pool)
  }

  /// Lends the open descriptor for the call.
  package func withDescriptor<Result>(_ body: (Int32) throws -> Result) throws -> Result {
    let folder = try open()
    return try withExtendedLifetime(folder) { try body(folder.number) }
  }

  /// The open folder; it stays open for as long as the result is held.
  func open() throws(SystemError) -> DescriptorPool.Folder {
    if let folder = openAlready() { return folder }
    guard case .child(let parent, let name) = unsafe origin else { preconditionFailure("a root is always open") }
    if let above = parent.openAlready() { return try openFrom(above.number, path: name) }
    return try reopen()
  }

  private func openAlready() -> DescriptorPool.Folder? {
    if case .root(let folder) = unsafe origin { return folder }
    return pool.folder(key)
  }

  /// Opens this folder from the nearest ancestor that is open, and with it the nearest ancestors.
  ///
  /// They are the ones that a walk on its way up needs next: so of a tree of depth d, each is reopened from afar only
  /// once in as many steps as half the pool holds.
  private func reopen() throws(SystemError) -> DescriptorPool.Folder {
    let nearbyMax = pool.capacity / 2
    var closed = [self]
    var base: DescriptorPool.Folder?
    while base == nil, case .child(let parent, _) = unsafe closed[closed.count - 1].origin {
      base = parent.openAlready()
      if base == nil { closed.append(parent) }
    }
    guard var current = base else { preconditionFailure("a root is always open") }
    while closed.count > nearbyMax {
      var path: [UInt8] = []
      var last = self
      while closed.count > nearbyMax, case .child(_, let name) = unsafe closed[closed.count - 1].origin,
        path.isEmpty || path.count + name.count < Self.pathChunkMax
      {
        path += path.isEmpty ? name : [UInt8(ascii: "/")] + name
        last = closed.removeLast()
      }
      current = try last.openFrom(current.number, path: path)
    }
    while let next = closed.popLast() {
      guard case .child(_, let name) = unsafe next.origin else { break }
      current = try next.openFrom(current.number, path: name)
    }
    return current
  }

  /// Below the system's 4,096 with its NUL.
  private static let pathChunkMax = 4_000

  /// Opens what has a name in this folder, for reading: not to follow a link, nor to hang where a fifo has taken a file's place.
  func openItem(_ name: [UInt8], _ operation: String = "open", flags: Int32 = 0) throws(SystemError) -> OwnedDescriptor
  {
    let folder = try open()
    let number = withRoom {
      openRetrying(folder.number, name + [0], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags)
    }
    guard number >= 0 else { throw SystemError(operation) }
    return OwnedDescriptor(adopting: number)
  }

  /// Opens something, a second time when the process is out of descriptors: then without the tree's folders that are not in use just now.
  ///
  /// - Parameter open: gives -1 and `errno` on failure; so does this.
  private func withRoom(_ open: () -> Int32) -> Int32 {
    let number = open()
    guard number < 0, errno == EMFILE || errno == ENFILE else { return number }
    pool.removeAll()
    return open()
  }

  /// - Parameter path: components from an ancestor down to this folder, joined by `/`.
  private func openFrom(_ ancestor: Int32, path: [UInt8]) throws(SystemError) -> DescriptorPool.Folder {
    let number = withRoom { openFolder(ancestor, path: path) }
    guard number >= 0 else { throw SystemError("open folder") }
    let folder = DescriptorPool.Folder(number)
    // The first time, whatever has the name is the folder; later it must be the same.
    if wasOpen.exchange(true, ordering: .relaxed) {
      guard try FileStatus(descriptor: number).identity == identity else {
        throw SystemError(errno: ESTALE, operation: "open folder")
      }
    }
    pool.insert(folder, key: key)
    return folder
  }
}

/// Opens one folder, or several down a path, passing no symbolic link; -1 and `errno` on failure.
private func openFolder(_ ancestor: Int32, path: [UInt8]) -> Int32 {
  let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
  guard path.contains(UInt8(ascii: "/")) else { return openRetrying(ancestor, path + [0], flags) }
  let atOnce = unsafe (path + [0]).withUnsafeBytes { bytes in
    unsafe linux_open_beneath(ancestor, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), flags)
  }
  guard atOnce < 0, errno == ENOSYS || errno == EPERM || errno == EINVAL || errno == EAGAIN else { return atOnce }
  // An older kernel, or a filter of system calls: one component at a time.
  var current = ancestor
  for name in path.split(separator: UInt8(ascii: "/")) {
    let next = openRetrying(current, Array(name) + [0], flags)
    if current != ancestor {
      let reason = errno
      close(current)
      errno = reason
    }
    guard next >= 0 else { return -1 }
    current = next
  }
  return current
}

/// `openat`, again when a signal interrupted it.
///
/// - Parameter path: ends in NUL.
func openRetrying(_ folder: Int32, _ path: [UInt8], _ flags: Int32) -> Int32 {
  while true {
    let number = unsafe path.withUnsafeBytes { bytes in
      // The array ends in NUL, so it is a C string for the length of the call.
      unsafe openat(folder, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), flags)
    }
    if number >= 0 || errno != EINTR { return number }
  }
}

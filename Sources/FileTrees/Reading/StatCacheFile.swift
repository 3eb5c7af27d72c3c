import Glibc
import ObjectStores
import SnapshotModel

/// Where a stat cache lies, and how it gets there.
package struct StatCacheFile: Sendable {
  package let path: [UInt8]

  package init(path: [UInt8]) { self.path = path }

  /// `<cache folder>/<repository id>/stat-<hash of the root's path>`.
  ///
  /// - Parameter root: absolute path of the tree. Roots of equal hash would share a file, which the manifest's id in it
  ///   makes harmless.
  /// - Parameter variable: an environment variable's value.
  /// - Returns: `nil` when no variable gives one: then there is no cache.
  package init?(repository: RepositoryID, root: [UInt8], variable: (String) -> [UInt8]? = environmentVariable) {
    guard let base = UserFolder.cache.path(variable: variable) else { return nil }
    // FNV-1a, 64 bits.
    let hash = root.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    let digits = hexadecimal(littleEndianBytes(hash, count: 8).reversed())
    path = base + Array("/\(repository.hexadecimal)/stat-\(digits)".utf8)
  }

  /// - Returns: `nil` when there is none, it cannot be read, or it is of another manifest.
  package func load(manifest: ChunkID) -> StatCache? {
    let number = openRetrying(AT_FDCWD, path + [0], O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard number >= 0 else { return nil }
    let file = OwnedDescriptor(adopting: number)
    guard let status = try? FileStatus(descriptor: file.number), status.kind == .file else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(clamping: status.size))
    var at = 0
    while at < bytes.count {
      let count = unsafe bytes.withUnsafeMutableBytes {
        unsafe read(file.number, $0.baseAddress! + at, $0.count - at)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
      at += count
    }
    return StatCache(decoding: bytes, manifest: manifest)
  }

  /// Replaces the file at once, making the folders above it for this user alone.
  ///
  /// It is not synced to the disk: after a crash an old, damaged or no cache is as good.
  package func store(_ bytes: [UInt8]) throws(SystemError) {
    if let slash = path.lastIndex(of: UInt8(ascii: "/")) { makePrivateFolders(Array(path[..<slash])) }
    let temporary = path + Array(".\(getpid()).tmp".utf8)
    let number = unsafe withCString(temporary) {
      unsafe open($0, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
    }
    guard number >= 0 else { throw SystemError("create cache") }
    do throws(SystemError) {
      try Self.write(bytes, OwnedDescriptor(adopting: number))
      let result = unsafe withCString(temporary) { temporary in
        unsafe withCString(path) { unsafe rename(temporary, $0) }
      }
      guard result == 0 else { throw SystemError("replace cache") }
    } catch {
      _ = unsafe withCString(temporary) { unsafe unlink($0) }
      throw error
    }
  }

  private static func write(_ bytes: [UInt8], _ file: consuming OwnedDescriptor) throws(SystemError) {
    var at = 0
    while at < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(file.number, $0.baseAddress! + at, $0.count - at) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw SystemError("write cache") }
      at += count
    }
  }
}

/// Value of an environment variable; an empty one counts as not set.
package func environmentVariable(_ name: String) -> [UInt8]? {
  guard let value = unsafe getenv(name) else { return nil }
  let bytes = unsafe UnsafeRawBufferPointer(start: value, count: strlen(value)).map { $0 }
  return bytes.isEmpty ? nil : bytes
}

/// - Parameter bytes: without NUL; it is added.
private func withCString<Result>(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
  unsafe (bytes + [0]).withUnsafeBytes { unsafe body($0.baseAddress!.assumingMemoryBound(to: CChar.self)) }
}

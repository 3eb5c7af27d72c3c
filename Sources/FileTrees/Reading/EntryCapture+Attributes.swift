import CLinux
import Glibc
import ObjectStores
import SnapshotModel

extension EntryCapture {
  /// All extended attributes, in ascending order of name; none where the file system has no such thing.
  ///
  /// Linux has no call for a name in an open folder, so `/proc/self/fd` makes the path. Without `/proc` only what can
  /// be opened has attributes.
  package static func extendedAttributes(
    _ item: WalkedItem, _ descriptor: Int32? = nil
  ) throws(SystemError) -> [ExtendedAttribute] {
    if let descriptor { return try AttributeSubject.descriptor(descriptor).attributes() }
    let folder = try item.directory.open()
    let path = Array("/proc/self/fd/\(folder.number)/".utf8) + item.name
    do {
      return try AttributeSubject.path(path + [0]).attributes()
    } catch {
      guard error.errno == ENOENT, unsafe access("/proc/self/fd", F_OK) != 0 else { throw error }
      guard item.status.kind == .file || item.status.kind == .directory else { return [] }
      let file = try open(item)
      return try AttributeSubject.descriptor(file.number).attributes()
    }
  }
}

/// What attributes are asked of.
private enum AttributeSubject {
  /// Ends in NUL; its last component may be a symbolic link, which is not followed.
  case path([UInt8])
  case descriptor(Int32)

  func attributes() throws(SystemError) -> [ExtendedAttribute] {
    guard let names = unsafe try read({ buffer in unsafe list(buffer) }), !names.isEmpty else { return [] }
    var attributes: [ExtendedAttribute] = []
    for name in names.split(separator: 0) {
      let name = Array(name)
      // `nil`: it was removed since it was listed.
      guard let value = unsafe try read({ buffer in unsafe get(name + [0], buffer) }) else { continue }
      attributes.append(ExtendedAttribute(name: name, value: value))
    }
    attributes.sort { $0.name.lexicographicallyPrecedes($1.name) }
    return attributes
  }

  /// Calls until the buffer is large enough.
  ///
  /// - Returns: `nil` for an attribute that is not there, and for a file system without attributes.
  private func read(_ call: (UnsafeMutableRawBufferPointer) -> Int) throws(SystemError) -> [UInt8]? {
    // The system's limit for one value and for the list of names is 64 KiB; nearly all are below 256 bytes.
    for capacity in [256, 4 << 10, 64 << 10, 1 << 20] {
      var buffer = [UInt8](repeating: 0, count: capacity)
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe call($0) }
      if count >= 0 { return Array(buffer[..<count]) }
      switch errno {
      case ERANGE: continue
      case ENODATA, EOPNOTSUPP: return nil
      default: throw SystemError("read attributes")
      }
    }
    throw SystemError(errno: ERANGE, operation: "read attributes")
  }

  private func list(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    let names = unsafe buffer.baseAddress!.assumingMemoryBound(to: CChar.self)
    return switch self {
    case .descriptor(let number): unsafe linux_flistxattr(number, names, buffer.count)
    // The path ends in NUL and outlives the call; so do the names below.
    case .path(let path): unsafe path.withUnsafeBytes { unsafe linux_llistxattr(cString($0), names, buffer.count) }
    }
  }

  private func get(_ name: [UInt8], _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    unsafe name.withUnsafeBytes { name in
      switch self {
      case .descriptor(let number):
        unsafe linux_fgetxattr(number, cString(name), buffer.baseAddress, buffer.count)
      case .path(let path):
        unsafe path.withUnsafeBytes {
          unsafe linux_lgetxattr(cString($0), cString(name), buffer.baseAddress, buffer.count)
        }
      }
    }
  }

  private func cString(_ bytes: UnsafeRawBufferPointer) -> UnsafePointer<CChar> {
    unsafe bytes.baseAddress!.assumingMemoryBound(to: CChar.self)
  }
}

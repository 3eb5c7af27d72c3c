import FileTrees
import Glibc
import ObjectStores
import SnapshotModel
import Workflows

/// Paths of the machine, as bytes: the one place where they meet the C library.
enum FileSystemPath {
  private static let slash = UInt8(ascii: "/")

  /// - Throws: `SnapFault` when the current folder was removed or is out of reach.
  static func currentFolder() throws(SnapFault) -> [UInt8] {
    guard let path = unsafe getcwd(nil, 0) else {
      throw SnapFault(.failed, "cannot tell the current folder: \(errorText(errno))")
    }
    defer { unsafe free(path) }
    return unsafe bytes(path)
  }

  static func changeFolder(_ path: [UInt8]) throws(SnapFault) {
    guard unsafe withCString(path, { unsafe chdir($0) }) == 0 else {
      throw SnapFault(.usage, "-C: cannot enter '\(displayText(path))': \(errorText(errno))")
    }
  }

  /// `path` from the root, without `.`, `..` and symbolic links on the way; the last component is taken as it is.
  static func absolute(_ path: [UInt8]) throws(SnapFault) -> [UInt8] {
    let joined = path.first == slash ? path : try currentFolder() + [slash] + path
    var parts: [ArraySlice<UInt8>] = []
    for part in joined.split(separator: slash) where part != [UInt8(ascii: ".")] {
      if part == [UInt8(ascii: "."), UInt8(ascii: ".")] { _ = parts.popLast() } else { parts.append(part) }
    }
    guard let name = parts.popLast() else { return [slash] }
    let folder = parts.flatMap { [slash] + $0 }
    let parent = folder.isEmpty ? [slash] : resolved(folder) ?? folder
    return (parent == [slash] ? [] : parent) + [slash] + name
  }

  /// All symbolic links followed; `nil` when it does not exist.
  static func resolved(_ path: [UInt8]) -> [UInt8]? {
    guard let result = unsafe withCString(path, { unsafe realpath($0, nil) }) else { return nil }
    defer { unsafe free(result) }
    return unsafe bytes(result)
  }

  /// `path` seen from `folder`; `nil` when it lies elsewhere. Both absolute and normal.
  static func relative(_ path: [UInt8], to folder: [UInt8]) -> ArchivePath? {
    if folder == [slash] { return ArchivePath(path.dropFirst()) }
    if path == folder { return .root }
    guard path.starts(with: folder), path[folder.count] == slash else { return nil }
    return ArchivePath(path.dropFirst(folder.count + 1))
  }

  static func joined(_ folder: [UInt8], _ path: ArchivePath) -> [UInt8] {
    path.isRoot ? folder : (folder == [slash] ? [] : folder) + [slash] + path.bytes
  }

  /// `path` itself when it is absolute.
  static func joined(_ folder: [UInt8], below path: [UInt8]) -> [UInt8] {
    path.first == slash ? path : (folder == [slash] ? [] : folder) + [slash] + path
  }

  static func isReadable(_ path: [UInt8]) -> Bool { unsafe withCString(path) { unsafe access($0, R_OK) } == 0 }

  /// Whether something stands there, be it a dangling link.
  static func exists(_ path: [UInt8]) -> Bool { status(of: path, followsLinks: false) != nil }

  static func isFolder(_ path: [UInt8]) -> Bool { status(of: path)?.isFolder ?? false }

  /// Whether it is a folder itself, not a link to one.
  static func isRealFolder(_ path: [UInt8]) -> Bool { status(of: path, followsLinks: false)?.isFolder ?? false }

  static func identity(of path: [UInt8]) -> FileIdentity? { status(of: path)?.identity }

  /// Which inode it is, of something but a folder that has several names; a link is not followed.
  static func linkedIdentity(of path: [UInt8]) -> FileIdentity? {
    guard let status = status(of: path, followsLinks: false), status.st_nlink > 1, !status.isFolder else { return nil }
    return status.identity
  }

  private static func status(of path: [UInt8], followsLinks: Bool = true) -> stat? {
    var status = stat()
    let result = unsafe withCString(path) { unsafe followsLinks ? stat($0, &status) : lstat($0, &status) }
    return result == 0 ? status : nil
  }

  /// The whole content of a small file, or of what `-` stands for.
  ///
  /// - Throws: `SnapFault` that names the file.
  static func contents(of path: [UInt8]) throws(SnapFault) -> [UInt8] {
    let isInput = path == [UInt8(ascii: "-")]
    let descriptor = isInput ? STDIN_FILENO : unsafe withCString(path) { unsafe open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw SnapFault(.failed, "cannot read '\(displayText(path))': \(errorText(errno))") }
    defer { if !isInput { close(descriptor) } }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else {
        throw SnapFault(.inputOutput, "cannot read '\(displayText(path))': \(errorText(errno))")
      }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
  }

  /// Makes a folder for its owner alone; that there is one, or why there cannot be, whoever uses it finds out.
  static func makeFolder(_ path: [UInt8]) { _ = unsafe withCString(path) { unsafe mkdir($0, 0o700) } }

  /// Makes a file of a few bytes unless there is one.
  ///
  /// - Throws: `SnapFault` that names the file.
  static func createSmallFile(_ path: [UInt8], _ bytes: [UInt8], mode: mode_t = 0o600) throws(SnapFault) {
    let descriptor = unsafe withCString(path) { unsafe open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode) }
    if descriptor < 0, errno == EEXIST { return }
    guard descriptor >= 0 else { throw SnapFault(.failed, "cannot create '\(displayText(path))': \(errorText(errno))") }
    defer { close(descriptor) }
    let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    guard count == bytes.count else {
      throw SnapFault(.failed, "cannot write '\(displayText(path))': \(errorText(errno))")
    }
  }

  /// - Parameter path: without NUL bytes; what follows one is cut off.
  static func withCString<Result>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    let terminated = path + [0]
    return unsafe terminated.withUnsafeBytes {
      // Not empty, so it has a base address; bytes and C characters have the same layout.
      unsafe body($0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: CChar.self))
    }
  }

  private static func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
    unsafe (0..<strlen(text)).map { unsafe UInt8(bitPattern: text[$0]) }
  }
}

extension stat {
  fileprivate var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
  fileprivate var identity: FileIdentity { FileIdentity(device: UInt64(st_dev), inode: UInt64(st_ino)) }
}

import Glibc
import ObjectStores
import SnapshotModel

/// Reads the files that rules stand in.
enum IgnoreFile {
  static let snapIgnore = Array(".snapignore".utf8)
  static let gitIgnore = Array(".gitignore".utf8)

  /// What to look for in every folder, weakest first.
  static func names(_ options: WalkOptions) -> [[UInt8]] {
    (options.usesGitIgnore ? [gitIgnore] : []) + (options.usesSnapIgnore ? [snapIgnore] : [])
  }

  /// A list of patterns is short; more than this is some other file.
  private static let byteCountMax = 16 << 20

  /// - Returns: the text of the ignore file `name`; `nil` when there is none, or something that is no regular file.
  /// - Throws: ELOOP for a symbolic link, as git refuses it: it could lead out of the tree.
  static func read(_ name: [UInt8], in folder: DirectoryHandle) throws(SystemError) -> [UInt8]? {
    let file: OwnedDescriptor
    do throws(SystemError) {
      file = try folder.openItem(name, "read ignore rules")
    } catch {
      guard error.errno != ENOENT, error.errno != ENXIO else { return nil }
      throw error
    }
    guard try FileStatus(descriptor: file.number).kind == .file else { return nil }
    return try readAll(file.number)
  }

  /// Reads a file named on the command line, following links.
  static func readNamed(_ path: [UInt8]) throws(SnapFault) -> [UInt8] {
    do {
      let number = openRetrying(AT_FDCWD, path + [0], O_RDONLY | O_CLOEXEC)
      guard number >= 0 else { throw SystemError("read ignore rules") }
      let file = OwnedDescriptor(adopting: number)
      return try readAll(file.number)
    } catch {
      throw SnapFault(
        .failed, "cannot read exclude file '\(displayText(path))': \(error)", path: displayText(path))
    }
  }

  private static func readAll(_ descriptor: Int32) throws(SystemError) -> [UInt8] {
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress!, $0.count) }
      if count == 0 { return text }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw SystemError("read ignore rules")
      }
      text += buffer[..<count]
      guard text.count <= byteCountMax else { throw SystemError(errno: EFBIG, operation: "read ignore rules") }
    }
  }
}

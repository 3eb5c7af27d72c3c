import Glibc
import ObjectStores

/// The mark of a folder whose content can be made again (bford.info/cachedir).
enum CacheTag {
  static let name = Array("CACHEDIR.TAG".utf8)
  static let signature = Array("Signature: 8a477f597d28d172789f06886806bc55".utf8)

  /// Whether the folder's tag begins as it must; one that cannot be read is none.
  static func isValid(in folder: DirectoryHandle) -> Bool {
    guard let file = try? folder.openItem(name) else { return false }
    var start = [UInt8](repeating: 0, count: signature.count)
    let count = unsafe start.withUnsafeMutableBytes { unsafe pread(file.number, $0.baseAddress!, $0.count, 0) }
    return count == signature.count && start == signature
  }
}

import Glibc
import ObjectStores
import SnapshotModel

/// A new folder that only this user can enter, for what is needed for a while.
package final class PrivateFolder {
  /// Absolute, if the parent was.
  package let path: [UInt8]
  private let parent: TargetFolder
  private let name: [UInt8]

  /// - Parameters:
  ///   - parent: the folder to make it in.
  ///   - prefix: what its name begins with; six random characters follow.
  package init(in parent: [UInt8], prefix: String) throws(SystemError) {
    var template = (parent + Array("/\(prefix)XXXXXX".utf8)).map { CChar(bitPattern: $0) } + [0]
    guard unsafe mkdtemp(&template) != nil else { throw SystemError("make a folder") }
    path = template.dropLast().map { UInt8(bitPattern: $0) }
    name = Array(path[(parent.count + 1)...])
    let descriptor = unsafe open(parent.map { CChar(bitPattern: $0) } + [0], O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      let failure = SystemError("open")
      _ = unsafe rmdir(template)
      throw failure
    }
    self.parent = TargetFolder(owning: descriptor, isFresh: false)
  }

  /// Removes it with all that is in it, whatever modes that has; follows no symbolic link.
  package func remove() throws(SystemError) {
    do throws(TargetError) {
      try Self.remove(name[...], in: parent)
    } catch {
      throw SystemError(errno: error.number, operation: "remove")
    }
  }

  private static func remove(_ name: TargetFolder.Name, in folder: TargetFolder) throws(TargetError) {
    guard let status = try folder.status(name) else { return }
    guard status.kind == .directory else { return try folder.remove(name) }
    // A folder without these permissions can be neither listed nor emptied by its owner.
    try folder.setMode(name, 0o700)
    let inner = try folder.openFolder(name)
    for name in try inner.names() { try remove(name[...], in: inner) }
    try folder.remove(name, isFolder: true)
  }
}

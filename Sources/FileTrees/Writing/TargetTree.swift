import CLinux
import Glibc
import SnapshotModel

/// Finds folders of the target, one component at a time, never through a symbolic link.
///
/// Keeps the way to the last folder open, so that entries in path order cost one system call a folder.
final class TargetTree {
  /// Why a folder cannot be used.
  enum Failure: Error {
    case symbolicLink(ArchivePath)
    case notAFolder(ArchivePath)
    /// The repository itself.
    case forbidden(ArchivePath)
    case system(ArchivePath, TargetError)
    /// The target itself cannot be made.
    case target(TargetError)
  }

  private struct Level {
    var name: ArraySlice<UInt8>
    /// `nil` while closed, to hold few descriptors in a deep tree.
    var folder: TargetFolder?
    var isFresh: Bool
  }

  private var levels: [Level]
  private let neverEnter: Set<FileIdentity>
  private let isDryRun: Bool
  /// Levels that were opened once more.
  private(set) var foldersReopened = 0

  /// More levels than this are open only near the end of the path.
  private static let openLevelsMax = 64

  /// - Parameter isDryRun: `TargetFolder.absent` stands for folders that would be made.
  init(root: TargetFolder, neverEnter: [FileIdentity], isDryRun: Bool) {
    levels = [Level(name: [], folder: root, isFresh: root.isFresh)]
    self.neverEnter = Set(neverEnter)
    self.isDryRun = isDryRun
  }

  /// The folder at `path`; `nil` when it does not exist.
  func existingFolder(_ path: ArchivePath) throws(Failure) -> TargetFolder? {
    do throws(Failure) {
      return try folder(path, isMaking: false)
    } catch {
      if case .system(_, let error) = error, error.number == ENOENT { return nil }
      throw error
    }
  }

  /// The folder at `path`, made with its parents where missing.
  func folder(_ path: ArchivePath) throws(Failure) -> TargetFolder {
    try folder(path, isMaking: true)
  }

  private func folder(_ path: ArchivePath, isMaking: Bool) throws(Failure) -> TargetFolder {
    let components = path.components
    var shared = 0
    while shared < components.count, shared + 1 < levels.count, levels[shared + 1].name == components[shared] {
      shared += 1
    }
    levels.removeSubrange((shared + 1)...)
    var folder = try reopened(shared)
    for depth in shared..<components.count {
      let at = try Self.path(components[...depth])
      do throws(TargetError) {
        let mode: UInt16? = isMaking ? 0o777 : nil
        folder = try step(folder, components[depth], mode)
      } catch {
        throw failure(error, at, in: folder)
      }
      try enter(folder, components[depth], at)
    }
    return folder
  }

  /// Makes the folder at `path`, whose parent is `parent`, or opens it when it is there.
  func makeFolder(_ path: ArchivePath, in parent: TargetFolder) throws(Failure) -> TargetFolder {
    let folder: TargetFolder
    do throws(TargetError) {
      folder = try step(parent, path.name, 0o700)
    } catch {
      throw failure(error, path, in: parent)
    }
    try enter(folder, path.name, path)
    return folder
  }

  private func step(
    _ parent: TargetFolder, _ name: ArraySlice<UInt8>, _ mode: UInt16?
  ) throws(TargetError) -> TargetFolder {
    if parent.isAbsent { return mode == nil ? try parent.openFolder(name) : .absent }
    guard let mode else { return try parent.openFolder(name) }
    if isDryRun { return try parent.status(name) == nil ? .absent : parent.openFolder(name) }
    do throws(TargetError) {
      return try parent.makeFolder(name, mode: mode)
    } catch {
      guard error.number == EEXIST else { throw error }
      return try parent.openFolder(name)
    }
  }

  /// Stands in, in a dry run, for the folder that would be made in place of what is at `path`.
  func pretendFolder(_ path: ArchivePath) -> TargetFolder {
    levels.append(Level(name: path.name, folder: .absent, isFresh: true))
    return .absent
  }

  private func enter(
    _ folder: TargetFolder, _ name: ArraySlice<UInt8>, _ path: ArchivePath
  ) throws(Failure) {
    if !neverEnter.isEmpty, !folder.isFresh, let status = try? TargetStatus(of: folder.descriptor),
      neverEnter.contains(status.identity)
    {
      throw .forbidden(path)
    }
    levels.append(Level(name: name, folder: folder, isFresh: folder.isFresh))
    let closing = levels.count - Self.openLevelsMax
    if closing > 0, levels[closing].folder?.isAbsent != true { levels[closing].folder = nil }
  }

  /// The folder of a level, with the nearest ones above it: on the way up they are what is asked for next, so a deep tree is reopened
  /// from afar only once in many levels.
  private func reopened(_ depth: Int) throws(Failure) -> TargetFolder {
    if let folder = levels[depth].folder { return folder }
    let path = try Self.path(levels[1...depth].map(\.name)[...])
    let open = levels[..<depth].lastIndex { $0.folder != nil } ?? 0
    guard var folder = levels[open].folder else { throw .system(path, TargetError(number: EBADF)) }
    for level in (open + 1)...depth {
      do throws(TargetError) {
        folder = try folder.openFolder(levels[level].name, isFresh: levels[level].isFresh)
        foldersReopened += 1
      } catch {
        throw failure(error, path, in: folder)
      }
      if level > depth - Self.openLevelsMax / 2 { levels[level].folder = folder }
    }
    return folder
  }

  private func failure(_ error: TargetError, _ path: ArchivePath, in folder: TargetFolder) -> Failure {
    guard [ENOTDIR, ELOOP, EEXIST].contains(error.number), let status = try? folder.status(path.name) else {
      return .system(path, error)
    }
    return switch status.kind {
    case .symbolicLink: .symbolicLink(path)
    case .directory: .system(path, error)
    default: .notAFolder(path)
    }
  }

  private static func path(_ components: ArraySlice<ArraySlice<UInt8>>) throws(Failure) -> ArchivePath {
    guard let path = ArchivePath(Array(components.joined(separator: [UInt8(ascii: "/")]))) else {
      throw .system(.root, TargetError(number: EINVAL))
    }
    return path
  }
}

import CLinux
import Glibc
import SnapshotModel
import Synchronization

@testable import FileTrees

/// Does something in the target when the restore tells of one certain thing, once: what happens beside a restore.
final class HookedEvents: RestoreEvents {
  private let trigger: String
  private let command: String
  private let isStopping: Bool
  private let lines = Mutex<[String]>([])
  private let stopped = Mutex(false)

  /// - Parameters:
  ///   - trigger: as `created a/b`.
  ///   - isStopping: whether it asks the restore to end then.
  init(on trigger: String, run command: String = ":", isStopping: Bool = false) {
    self.trigger = trigger
    self.command = command
    self.isStopping = isStopping
  }

  var all: [String] { lines.withLock { $0 } }
  var shouldStop: Bool { stopped.withLock { $0 } }

  func restore(did action: RestoreAction, path: ArchivePath, kind: EntryKind, byteCount: UInt64) {
    note("\(action.rawValue) \(path)")
  }

  func restore(failed fault: SnapFault, path: ArchivePath) { note("failed \(fault.message)") }

  private func note(_ line: String) {
    let isFirst = lines.withLock { lines in
      defer { lines.append(line) }
      return line == trigger && !lines.contains(line)
    }
    guard isFirst else { return }
    shell(command)
    if isStopping { stopped.withLock { $0 = true } }
  }
}

/// Restores with events of any kind; overwrites as `overwrite` says, and takes a target that holds something.
@discardableResult
func restore(
  _ entries: [ManifestEntry], to target: String, _ content: any ContentReading, hooks events: any RestoreEvents,
  overwrite: OverwriteMode = .ifChanged, _ set: (inout RestoreOptions) -> Void = { _ in }
) throws -> RestoreSummary {
  var options = RestoreOptions(overwrite: overwrite)
  options.requiresEmptyTarget = false
  set(&options)
  return try Restorer(target: Array(target.utf8), options: options, content: content, events: events).restore(entries)
}

/// Which file or folder stands at a path.
func identity(at path: String) throws -> FileIdentity {
  var status = stat()
  guard unsafe lstat(path, &status) == 0 else { throw TargetError(number: errno) }
  return TargetStatus(status).identity
}

/// Whether this process may mount: root in a container may not.
let canMount: Bool = {
  shell("d=$(mktemp -d); mount -t tmpfs tmpfs $d 2>/dev/null && umount $d && echo yes; rmdir $d") == "yes\n"
}()

/// A file system in memory at a folder that is there; gone when the last reference goes.
final class ScratchMount {
  private let path: String

  /// - Parameter options: of mount(8).
  init(at path: String, options: String = "size=1m,mode=755") {
    self.path = path
    shell("mount -t tmpfs -o \(options) tmpfs '\(path)'")
  }

  func makeReadOnly() { shell("mount -o remount,ro '\(path)'") }

  deinit { shell("umount -l '\(path)'") }
}

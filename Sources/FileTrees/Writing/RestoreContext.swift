import Glibc
import SnapshotModel

/// What all threads of one restore share and none changes.
final class RestoreContext: Sendable {
  let options: RestoreOptions
  let content: any ContentReading
  let events: any RestoreEvents
  /// The target as the user wrote it, for messages.
  let targetText: String
  /// How this run's temporary names begin; random, so that no snapshot can hold one.
  let temporaryPrefix: [UInt8]
  let isRoot: Bool
  let userID: UInt32
  /// The groups that this process may give its files to.
  let groupIDs: Set<UInt32>

  init(
    target: [UInt8], options: RestoreOptions, content: any ContentReading, events: any RestoreEvents
  ) {
    self.options = options
    self.content = content
    self.events = events
    targetText = displayText(target)
    let random = UInt64.random(in: .min ... .max)
    temporaryPrefix = Array(".snap-restore-\(String(random, radix: 36))-".utf8)
    userID = geteuid()
    isRoot = userID == 0
    groupIDs = Self.groups()
  }

  /// - Throws: ECANCELED, which `stop` turns into the fault `.interrupted`, when the restore is asked to end.
  func checkStop() throws(TargetError) {
    if events.shouldStop { throw TargetError(number: ECANCELED) }
  }

  var mayPreservePrivileged: Bool { isRoot && options.preservesPrivileged }

  /// The target's path joined with `path`, for messages.
  func text(of path: ArchivePath) -> String {
    path.isRoot ? targetText : (targetText.hasSuffix("/") ? targetText : targetText + "/") + path.description
  }

  private static func groups() -> Set<UInt32> {
    var groups: Set<UInt32> = [getegid()]
    // The buffer is ours and as long as the call was told.
    let count = getgroups(0, nil)
    guard count > 0 else { return groups }
    var buffer = [gid_t](repeating: 0, count: Int(count))
    let filled = unsafe getgroups(count, &buffer)
    groups.formUnion(buffer.prefix(Int(max(0, filled))))
    return groups
  }
}

extension RestoreContext {
  /// A fault about one item, in the words of `docs/guides/restoring.md`.
  func fault(_ path: ArchivePath, _ error: TargetError) -> SnapFault {
    let name = path.isRoot ? targetText : path.description
    switch error.number {
    case EISDIR:
      return SnapFault(
        .warnings, "\(name) is a folder, but none in the snapshot; --overwrite always replaces it", path: name)
    case ENOTEMPTY:
      return SnapFault(
        .warnings, "\(name) is a folder that holds something, but none in the snapshot; move it away and restore again",
        path: name)
    default: break
    }
    let code: FaultCode =
      switch error.number {
      case ENOSPC, EDQUOT: .noSpace
      case EIO, ESTALE: .inputOutput
      default: .warnings
      }
    return SnapFault(code, "\(name): \(error.reason)", path: name)
  }

  /// The fault that ends the restore, for an error that every further item would meet too.
  func stop(_ error: TargetError) -> SnapFault {
    switch error.number {
    case ECANCELED:
      return SnapFault(
        .interrupted,
        options.isDryRun ? "interrupted; nothing was restored" : "interrupted; \(targetText) is restored in part",
        path: targetText)
    case ENOSPC:
      return SnapFault(
        .noSpace, "no space left on \(targetText); the restore is not complete",
        hint: "free some space and restore again with --overwrite if-changed", path: targetText)
    case EDQUOT:
      return SnapFault(.noSpace, "disk quota exceeded on \(targetText); the restore is not complete", path: targetText)
    case EMFILE, ENFILE:
      return SnapFault(.failed, "out of file descriptors; the restore is not complete", hint: "raise ulimit -n")
    case EROFS, EACCES, EPERM:
      return SnapFault(.permission, "cannot write to \(targetText): \(error.reason)", path: targetText)
    default:
      return SnapFault(.failed, "cannot restore to \(targetText): \(error.reason)", path: targetText)
    }
  }
}

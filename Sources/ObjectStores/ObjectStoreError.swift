import Glibc
import SnapshotModel

/// Why a store could not do what was asked; `fault` is what the user reads.
package enum ObjectStoreError: Error, Hashable, Sendable {
  case missing(ObjectName)
  case exists(ObjectName)
  /// The object ends before the bytes that were asked for.
  case truncated(ObjectName, expected: UInt64, found: UInt64)
  /// Not a regular file, or larger than `LocalObjectStore.wholeReadMax`.
  case notAnObject(ObjectName)
  /// `path` is the repository's folder.
  case noSpace(path: String)
  case quota(path: String)
  /// `owner` is the user that the folder belongs to; empty when it cannot be told.
  case permission(operation: Operation, path: String, owner: String, errno: Int32)
  case readOnly(path: String)
  /// The handle stayed stale after the repository's folder was opened anew.
  case stale(path: String)
  /// The process (or the machine) may not open more files.
  case descriptors(limit: UInt64)
  /// The repository's folder is not there or is not a folder.
  case noFolder(path: String)
  /// The file system accepted the bytes and then failed to make them durable.
  ///
  /// The file is abandoned and never synchronized again (the kernel forgets such an error after telling it once), and
  /// no object has the name: store it again under a new one.
  case notDurable(path: String, errno: Int32)
  case inputOutput(operation: Operation, path: String, errno: Int32)

  /// A verb for messages: `cannot write to …`.
  package enum Operation: String, Hashable, Sendable {
    case read, write, list, delete, synchronize, open
  }
}

extension ObjectStoreError: CustomStringConvertible {
  package var description: String { fault.message }

  /// The message, and the exit status, that `docs/guides/exit-status.md` promises.
  package var fault: SnapFault {
    switch self {
    case .missing(let name): SnapFault(.damage, "\(name) is missing", path: name.path)
    case .exists(let name): SnapFault(.failed, "\(name) exists already", path: name.path)
    case .truncated(let name, let expected, let found):
      SnapFault(
        .damage, "\(name) is truncated: \(expected) bytes are expected, the file has \(found)", path: name.path)
    case .notAnObject(let name):
      SnapFault(
        .refused, "\(name) is not a plain file of a sane size",
        hint: "snap has not made it: move it out of the repository", path: name.path)
    case .noSpace(let path):
      SnapFault(.noSpace, "no space left on \(path)", hint: "snap forget, then snap gc", path: path)
    case .quota(let path): SnapFault(.noSpace, "disk quota exceeded on \(path)", path: path)
    case .permission(let operation, let path, let owner, let number):
      SnapFault(
        .permission,
        "cannot \(operation.phrase) \(path): \(errorText(number))" + (owner.isEmpty ? "" : " (owner \(owner))"),
        path: path)
    case .readOnly(let path): SnapFault(.permission, "repository is read-only", path: path)
    case .stale(let path): SnapFault(.inputOutput, "stale file handle on \(path)", path: path)
    case .descriptors(let limit): SnapFault(.failed, "out of file descriptors (limit \(limit))", hint: "ulimit -n")
    case .noFolder(let path):
      SnapFault(.noRepository, "no repository at \(path) (is the disk mounted?)", path: path)
    case .notDurable(let path, let number):
      SnapFault(
        .inputOutput, "I/O error writing \(path): \(errorText(number)); what was written is abandoned", path: path)
    case .inputOutput(let operation, let path, EIO):
      SnapFault(.inputOutput, "I/O error \(operation.gerund) \(path)", path: path)
    case .inputOutput(let operation, let path, let number):
      SnapFault(.inputOutput, "cannot \(operation.phrase) \(path): \(errorText(number))", path: path)
    }
  }
}

extension ObjectStoreError.Operation {
  fileprivate var phrase: String {
    switch self {
    case .write: "write to"
    case .delete: "delete from"
    case .read, .list, .synchronize, .open: rawValue
    }
  }

  fileprivate var gerund: String {
    switch self {
    case .read: "reading"
    case .write: "writing"
    case .list: "listing"
    case .delete: "deleting"
    case .synchronize: "synchronizing"
    case .open: "opening"
    }
  }
}

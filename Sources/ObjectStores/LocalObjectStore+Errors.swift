import Glibc
import SnapshotModel

extension LocalObjectStore {
  /// What an error number means for this repository.
  ///
  /// - Parameter path: what was worked on, relative to the repository.
  func storeError(
    _ failure: SystemCallFailure, operation: ObjectStoreError.Operation, path: String, object: ObjectName?
  ) -> ObjectStoreError {
    switch failure.errorNumber {
    case ENOENT where object != nil, ENOTDIR where object != nil:
      if let object { return .missing(object) }
      return .inputOutput(operation: operation, path: path, errno: failure.errorNumber)
    case ELOOP where object != nil, ENXIO where object != nil:
      if let object { return .notAnObject(object) }
      return .inputOutput(operation: operation, path: path, errno: failure.errorNumber)
    case ENOSPC: return .noSpace(path: self.path)
    case EDQUOT: return .quota(path: self.path)
    case EROFS: return .readOnly(path: self.path)
    case ESTALE: return .stale(path: self.path)
    case EMFILE, ENFILE: return .descriptors(limit: descriptorLimit())
    case EACCES, EPERM:
      let parent = path.lastIndex(of: "/").map { String(path[..<$0]) }
      let shown = operation == .read || operation == .list || operation == .synchronize ? path : parent
      return .permission(
        operation: operation, path: absolute(shown ?? "."), owner: owner(of: shown ?? "."), errno: failure.errorNumber)
    default: return .inputOutput(operation: operation, path: path, errno: failure.errorNumber)
    }
  }

  static func openError(_ failure: SystemCallFailure, path: String) -> ObjectStoreError {
    switch failure.errorNumber {
    case ENOENT, ENOTDIR: .noFolder(path: path)
    case ENOSPC: .noSpace(path: path)
    case EDQUOT: .quota(path: path)
    case EROFS: .readOnly(path: path)
    case ESTALE: .stale(path: path)
    case EMFILE, ENFILE: .descriptors(limit: descriptorLimit())
    case EACCES, EPERM:
      .permission(operation: .open, path: path, owner: folderOwner(path), errno: failure.errorNumber)
    default: .inputOutput(operation: .open, path: path, errno: failure.errorNumber)
    }
  }

  private func absolute(_ relative: String) -> String { relative == "." ? path : "\(path)/\(relative)" }

  /// The name of the user that a folder belongs to, or `user 1000`; empty when it cannot be told.
  private func owner(of relative: String) -> String {
    let status = try? perform(.read, path: relative) { (root) throws(SystemCallFailure) in
      try operations.status(relative, in: root)
    }
    return status.map { userName($0.userID) } ?? ""
  }
}

private func descriptorLimit() -> UInt64 {
  var limit = rlimit()
  // Unsafe: the kernel fills a value of ours.
  guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
  return UInt64(limit.rlim_cur)
}

/// The user that a folder outside belongs to; empty when it cannot be told.
private func folderOwner(_ path: String) -> String {
  var status = stat()
  // Unsafe: the kernel fills a value of ours.
  return unsafe stat(path, &status) == 0 ? userName(status.st_uid) : ""
}

private func userName(_ userID: UInt32) -> String {
  var record = unsafe passwd()
  var found: UnsafeMutablePointer<passwd>? = nil
  var buffer = [CChar](repeating: 0, count: 4096)
  // Unsafe: getpwuid_r stores into our buffer, which outlives the copy made here.
  return unsafe buffer.withUnsafeMutableBufferPointer { buffer in
    guard let start = buffer.baseAddress, unsafe getpwuid_r(userID, &record, start, buffer.count, &found) == 0,
      let entry = unsafe found, let name = unsafe entry.pointee.pw_name
    else { return "user \(userID)" }
    return unsafe String(cString: name)
  }
}

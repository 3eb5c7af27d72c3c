import Glibc
import SnapshotModel

extension LocalObjectStore {
  private static var daySeconds: Int64 { 24 * 60 * 60 }

  /// Deletes what crashed writers left in `tmp/`: files over a day old whose process is gone or was of another boot.
  ///
  /// A wrong guess (a writer of another machine, suspended for a day) costs that writer an error, never data: it holds
  /// the bytes and finds its file missing. Files that are not ours stay.
  ///
  /// - Returns: how many files went, and how many bytes they took.
  @discardableResult
  package func sweepTemporary() throws -> (files: Int, byteCount: UInt64) {
    let now = machine.now()
    var swept: (files: Int, byteCount: UInt64) = (0, 0)
    for fileName in try names(in: TemporaryNames.folder) {
      guard let owner = temporaryNames.owner(of: fileName), owner != .running else { continue }
      let path = "\(TemporaryNames.folder)/\(fileName)"
      let freed = try perform(.delete, path: path) { (root) throws(SystemCallFailure) -> UInt64? in
        do throws(SystemCallFailure) {
          let status = try operations.status(path, in: root)
          let age = now.seconds(since: Timestamp(seconds: status.modifiedSeconds))
          // A clock that was ahead made files that would not be old for long.
          guard status.isFile, age > Self.daySeconds || owner == .gone && age < -Self.daySeconds else { return nil }
          try operations.unlink(path, in: root)
          return status.byteCount
        } catch {
          // Another sweeper was quicker.
          guard error.errorNumber == ENOENT else { throw error }
          return nil
        }
      }
      guard let freed else { continue }
      swept.files += 1
      swept.byteCount += freed
    }
    return swept
  }
}

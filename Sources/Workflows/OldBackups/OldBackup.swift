import FileTrees
import SnapshotModel

/// An archive of the kind that backup scripts leave behind, and which version it is.
package struct OldBackup: Hashable, Sendable {
  /// Absolute.
  package var path: [UInt8]
  package var form: ImportRequest.Form
  package var version: String
  package var time: Timestamp
  /// What its MANIFEST has for a time, when that is not understood and another one was taken.
  package var unreadTime: String?
  /// As its MANIFEST says; empty when it does not.
  package var commit = ""
  package var branch = ""
  package var message = ""
  package var byteCount: UInt64
  /// SHA-256 of files in hexadecimal, as far as the MANIFEST has them.
  package var digests: [ArchivePath: String] = [:]

  /// - Parameters:
  ///   - name: what the file name tells.
  ///   - folder: the name of the folder that holds it.
  init(path: [UInt8], name: BackupFileName, status: FileStatus, folder: String, manifest: BackupManifest?) {
    self.path = path
    form = name.form
    byteCount = status.size
    time = manifest?.time ?? name.time?.time ?? status.modified
    if manifest?.time == nil { unreadTime = manifest?.unreadTime }
    let fromName = name.version ?? (BackupFileName.isVersion(folder) ? folder : nil)
    if form != .tar {
      version = name.timeName ?? name.stem
    } else if let written = manifest?.version {
      // `1.1.0` in v1.1.0/ is the same version.
      version = fromName == "v" + written ? "v" + written : written
    } else if let fromName {
      version = fromName
    } else if let time = name.time, time.range.count == name.stem.utf8.count {
      version = name.timeName ?? name.stem
    } else {
      version = name.stem
    }
    commit = manifest?.commit ?? ""
    branch = manifest?.branch ?? ""
    message = manifest?.message ?? ""
    digests = manifest?.digests ?? [:]
  }

  /// - Returns: `nil` when neither commit nor branch is known.
  package var git: GitState? {
    if commit.isEmpty, branch.isEmpty { return nil }
    return GitState(commit: commit, branch: branch, describe: "", dirtyFileCount: 0, remote: "")
  }
}

import CLinux
import Glibc
import ObjectStores
import Sealing
import SnapshotModel

/// A repository's keys in the kernel's keyring of this user, for a time: so that not every command pays for the password.
///
/// Any process of the user may read them meanwhile. Nothing is written to a disk, and the kernel forgets by itself.
///
/// - SeeAlso: keyrings(7), add_key(2), KEYCTL_SET_TIMEOUT(2)
package enum RememberedKeys {
  private static let byteCountMax = 64 << 10

  /// - Throws: `SnapFault` `.failed` where the system has no keyring for us.
  package static func remember(_ ring: SecretBytes, of repository: RepositoryID, seconds: UInt32) throws(SnapFault) {
    let result = unsafe ring.withUnsafeBytes { bytes -> Int32 in
      guard let start = bytes.baseAddress else { return -1 }
      return unsafe linux_remember_secret(name(of: repository), start, bytes.count, seconds)
    }
    guard result == 0 else {
      throw SnapFault(
        .failed, "the kernel's keyring cannot keep the keys: \(errorText(errno))",
        hint: "give the password to each command: SNAP_PASSWORD_FILE or SNAP_PASSWORD_COMMAND")
    }
  }

  /// - Returns: `nil` when nothing is remembered.
  package static func recall(_ repository: RepositoryID) -> SecretBytes? {
    var length = 0
    let buffer = unsafe SecretBytes(count: byteCountMax) { buffer in
      guard let start = buffer.baseAddress else { return }
      length = unsafe linux_recall_secret(name(of: repository), start, buffer.count)
    }
    return length > 0 && length <= byteCountMax ? buffer.slice(0..<length) : nil
  }

  /// - Returns: whether anything was remembered.
  package static func forget(_ repository: RepositoryID) -> Bool {
    unsafe linux_forget_secret(name(of: repository)) == 0
  }

  private static func name(of repository: RepositoryID) -> String { "snap:\(repository.hexadecimal)" }
}

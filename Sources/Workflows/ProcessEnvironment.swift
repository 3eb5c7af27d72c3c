import Glibc

/// The variables that this process was started with.
package enum ProcessEnvironment {
  /// Every `NAME=value`, as bytes.
  package static func entries() -> [[UInt8]] {
    var entries: [[UInt8]] = []
    // The block is NULL-terminated, and nothing in this program changes it.
    var at = unsafe environ
    while let entry = unsafe at.pointee {
      unsafe entries.append((0..<strlen(entry)).map { unsafe UInt8(bitPattern: entry[$0]) })
      unsafe at += 1
    }
    return entries
  }

  /// - Returns: `nil` when the variable is not set; an empty one is returned as such.
  package static func value(_ name: String) -> [UInt8]? {
    guard let text = unsafe getenv(name) else { return nil }
    return unsafe (0..<strlen(text)).map { unsafe UInt8(bitPattern: text[$0]) }
  }
}

extension ProcessEnvironment {
  /// Whose files this process may trust: its own user's, root's, and under sudo those of who called it.
  package static func trustedUserIDs() -> Set<UInt32> {
    let caller = geteuid() == 0 ? value("SUDO_UID").flatMap { UInt32(String(decoding: $0, as: UTF8.self)) } : nil
    return Set([geteuid(), 0] + (caller.map { [$0] } ?? []))
  }

  /// Who runs this process, as the user database calls them; the number where it does not.
  package static func userName() -> String {
    let identifier = geteuid()
    // The record is the C library's own, valid until the next such call, and copied at once.
    guard let record = unsafe getpwuid(identifier), let name = unsafe record.pointee.pw_name else {
      return String(identifier)
    }
    return unsafe String(cString: name)
  }
}

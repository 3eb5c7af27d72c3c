import Glibc

/// Whether this process may mount, give files away and become somebody else.
package let isRoot = geteuid() == 0

/// Makes the calling thread access files as another user.
package func setFileUser(_ user: UInt32) {
  typealias Call = @convention(c) (UInt32) -> Int32
  // Glibc has it, its Swift module does not.
  guard let symbol = unsafe dlsym(nil, "setfsuid") else { return }
  _ = unsafe unsafeBitCast(symbol, to: Call.self)(user)
}

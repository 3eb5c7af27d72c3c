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

/// Does something as a user who owns nothing, and is root again behind it; of root's use only.
///
/// All threads of the process become that user: for the child process of a test and nothing else.
/// - Parameter groups: those that the user is in, beside group 65534.
@discardableResult
package func asNobody<R>(groups: [UInt32] = [], _ body: () throws -> R) rethrows -> R {
  typealias Call = @convention(c) (UInt32, UInt32, UInt32) -> Int32
  typealias Control = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
  // Glibc has them, its Swift module does not.
  guard isRoot, let user = unsafe dlsym(nil, "setresuid"), let control = unsafe dlsym(nil, "prctl") else {
    return try body()
  }
  _ = unsafe setgroups(groups.count, groups)
  _ = setegid(65_534)
  _ = unsafe unsafeBitCast(user, to: Call.self)(65_534, 65_534, 0)
  // PR_SET_DUMPABLE: who became somebody else may not look into /proc/self, and who was that user from the start may.
  _ = unsafe unsafeBitCast(control, to: Control.self)(4, 1, 0, 0, 0)
  defer {
    _ = unsafe unsafeBitCast(user, to: Call.self)(0, 0, 0)
    _ = setegid(0)
  }
  return try body()
}

/// Does something with one of the process's limits lower; for the child process of a test and nothing else.
///
/// - Parameter resource: `RLIMIT_NOFILE` and the like.
package func withLimit<R>(
  _ resource: __rlimit_resource, _ value: UInt, _ body: () throws -> R
) rethrows -> R {
  var before = rlimit()
  _ = unsafe getrlimit(__rlimit_resource_t(resource.rawValue), &before)
  var lower = before
  lower.rlim_cur = value
  _ = unsafe setrlimit(__rlimit_resource_t(resource.rawValue), &lower)
  defer { _ = unsafe setrlimit(__rlimit_resource_t(resource.rawValue), &before) }
  return try body()
}

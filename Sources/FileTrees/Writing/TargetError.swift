import Glibc

/// A system call on something in the target failed.
package struct TargetError: Error, Hashable, Sendable {
  package var number: Int32

  package init(number: Int32) { self.number = number }

  /// `Permission denied`: the system's words for it.
  package var reason: String {
    switch number {
    case EFBIG: return "File too large on target"
    case ENAMETOOLONG: return "File name too long on target"
    default:
      // The text is static or a buffer of this thread (glibc since 2.32), copied at once.
      guard let text = unsafe strerror(number) else { return "error \(number)" }
      return unsafe String(cString: text)
    }
  }

  /// Whether every further item would meet it too.
  package var stopsEverything: Bool {
    [ENOSPC, EDQUOT, EROFS, EMFILE, ENFILE, ENOMEM, ECANCELED].contains(number)
  }
}

/// `result` of a C call that returns a negative errno on failure.
@discardableResult
func checked(_ result: Int32) throws(TargetError) -> Int32 {
  if result < 0 { throw TargetError(number: -result) }
  return result
}

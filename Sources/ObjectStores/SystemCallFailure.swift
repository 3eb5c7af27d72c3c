import Glibc

/// An error number that a system call gave.
package struct SystemCallFailure: Error, Hashable, Sendable {
  package let errorNumber: Int32

  package init(_ errorNumber: Int32) { self.errorNumber = errorNumber }
}

extension SystemCallFailure: CustomStringConvertible {
  package var description: String { errorText(errorNumber) }
}

/// `Permission denied`: the C library's words for an error number.
package func errorText(_ number: Int32) -> String {
  // Unsafe: the C string is copied before anything else can run on this thread.
  guard let text = unsafe strerror(number) else { return "error \(number)" }
  return unsafe String(cString: text)
}

/// Repeats a call that a signal interrupted.
func uninterrupted<R>(_ body: () throws(SystemCallFailure) -> R) throws(SystemCallFailure) -> R {
  while true {
    do throws(SystemCallFailure) {
      return try body()
    } catch {
      guard error.errorNumber == EINTR else { throw error }
    }
  }
}

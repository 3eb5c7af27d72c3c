import Glibc

/// An open file or folder that is closed when its owner goes.
package struct OwnedDescriptor: ~Copyable, Sendable {
  package let number: Int32

  /// - Parameter number: an open descriptor that nobody else will close.
  package init(adopting number: Int32) {
    precondition(number >= 0)
    self.number = number
  }

  deinit { _ = Glibc.close(number) }

  /// Hands the descriptor to the caller, who closes it from now on.
  package consuming func release() -> Int32 {
    let number = number
    discard self
    return number
  }
}

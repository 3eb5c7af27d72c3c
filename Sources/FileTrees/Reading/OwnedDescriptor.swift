import Glibc

/// An open file descriptor that closes when its owner is done with it.
package struct OwnedDescriptor: ~Copyable, Sendable {
  package let number: Int32

  /// - Parameter number: open, and nobody else's to close.
  package init(adopting number: Int32) { self.number = number }

  deinit { close(number) }
}

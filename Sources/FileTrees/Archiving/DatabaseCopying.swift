/// Copies an SQLite database as one consistent state, while programs write to it.
package protocol DatabaseCopying {
  /// - Parameters:
  ///   - path: absolute, without symbolic links.
  ///   - isAtRest: whether no log stands beside it, so that its file is all there is: then nothing is made beside it either.
  ///   - shouldStop: asked often; the copy then fails.
  /// - Returns: a descriptor of the copy, at its start, which the caller closes; the copy has no name.
  func copy(
    ofDatabaseAt path: [UInt8], isAtRest: Bool, shouldStop: () -> Bool
  ) throws(DatabaseCopyFailure) -> Int32
}

/// Why there is no copy, in words: `locked by another program for more than 5 seconds`.
package struct DatabaseCopyFailure: Error, Hashable, Sendable {
  package var reason: String

  package init(_ reason: String) { self.reason = reason }
}

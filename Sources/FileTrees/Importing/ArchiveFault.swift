/// Why an archive is not imported.
package enum ArchiveFault: Error, Hashable, Sendable {
  /// It ends too early, or what it holds contradicts itself or its checksums.
  case damaged(String)
  /// A member would stand outside of the version, or below what is no folder.
  case hostile(String)
  /// The system could not read it.
  case unreadable(String)
  /// Nothing here can read it: of another kind, or a library is missing.
  case unsupported(String, hint: String)

  package var reason: String {
    switch self {
    case .damaged(let reason), .hostile(let reason), .unreadable(let reason), .unsupported(let reason, _): reason
    }
  }
}

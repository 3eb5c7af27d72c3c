import SnapshotModel

/// Folders of the user's for what does not belong into a repository.
///
/// - SeeAlso: the XDG Base Directory Specification
package enum UserFolder: Sendable {
  /// What is derived, and may be deleted: `SNAP_CACHE_DIR`, else `XDG_CACHE_HOME/snap`, else `HOME/.cache/snap`.
  case cache
  /// What is remembered: `SNAP_STATE_DIR`, else `XDG_STATE_HOME/snap`, else `HOME/.local/state/snap`.
  case state

  private var candidates: [(variable: String, below: String)] {
    switch self {
    case .cache: [("SNAP_CACHE_DIR", ""), ("XDG_CACHE_HOME", "/snap"), ("HOME", "/.cache/snap")]
    case .state: [("SNAP_STATE_DIR", ""), ("XDG_STATE_HOME", "/snap"), ("HOME", "/.local/state/snap")]
    }
  }

  /// - Parameter variable: an environment variable's value.
  /// - Returns: `nil` when no variable gives one.
  package func path(variable: (String) -> [UInt8]? = environmentVariable) -> [UInt8]? {
    origin(variable: variable)?.path
  }

  /// The path, and the variable that it comes from; those that are not snap's own count only with an absolute path.
  package func origin(variable: (String) -> [UInt8]? = environmentVariable) -> (path: [UInt8], variable: String)? {
    for (name, below) in candidates {
      guard let value = variable(name), below.isEmpty || value.first == UInt8(ascii: "/") else { continue }
      return (value + Array(below.utf8), name)
    }
    return nil
  }
}

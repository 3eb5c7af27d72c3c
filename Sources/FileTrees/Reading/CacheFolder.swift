import SnapshotModel

/// Where derived files lie that do not belong into a repository.
package enum CacheFolder {
  /// `SNAP_CACHE_DIR`, else `XDG_CACHE_HOME/snap`, else `HOME/.cache/snap`; of the latter two only an absolute path
  /// counts.
  ///
  /// - Parameter variable: an environment variable's value.
  /// - Returns: `nil` when no variable gives one.
  package static func path(variable: (String) -> [UInt8]? = environmentVariable) -> [UInt8]? {
    origin(variable: variable)?.path
  }

  /// The path, and the variable that it comes from.
  package static func origin(
    variable: (String) -> [UInt8]? = environmentVariable
  ) -> (path: [UInt8], variable: String)? {
    for (name, below) in [("SNAP_CACHE_DIR", ""), ("XDG_CACHE_HOME", "/snap"), ("HOME", "/.cache/snap")] {
      guard let value = variable(name), below.isEmpty || value.first == UInt8(ascii: "/") else { continue }
      return (value + Array(below.utf8), name)
    }
    return nil
  }
}

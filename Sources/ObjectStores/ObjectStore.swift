import SnapshotModel

/// Where a repository's immutable objects live.
///
/// What every store promises (the conformance suite of the tests holds all of them to it):
/// an object appears under its name whole or not at all; what `create`, `replace` and `delete` have returned from
/// survives a loss of power; `create` lets exactly one of several callers win.
/// Any number of threads and processes may use it at once.
package protocol ObjectStore: Sendable {
  /// Stores a new object durably.
  ///
  /// - Throws: `ObjectStoreError.exists` when the name is taken; after every error the name is not ours (unless the
  ///   store has failed altogether, so that the name cannot be taken back either).
  func create(_ name: ObjectName, _ bytes: [UInt8]) throws
  /// Stores an object durably, in place of the one that may have the name; readers see the old one or the new one.
  func replace(_ name: ObjectName, _ bytes: [UInt8]) throws

  /// - Throws: `ObjectStoreError.missing`.
  func read(_ name: ObjectName) throws -> [UInt8]
  /// - Throws: `.missing`, or `.truncated` when the object ends before the range does.
  func read(_ name: ObjectName, range: Range<UInt64>) throws -> [UInt8]
  /// - Throws: `ObjectStoreError.missing`.
  func byteCount(_ name: ObjectName) throws -> UInt64
  func exists(_ name: ObjectName) throws -> Bool

  /// All objects of a folder, in ascending order of name; files that are not ours are left out.
  func list(_ folder: ObjectFolder) throws -> [ObjectName]

  /// Removes objects durably; one that is missing already is no error.
  func delete(_ names: [ObjectName]) throws

  /// Makes every name that a listing shows now survive a loss of power, whoever created it.
  func synchronize(_ folder: ObjectFolder) throws

  /// A value that differs when names have come or gone since; 0 when the store cannot tell, and the caller must list.
  func changeStamp(_ folder: ObjectFolder) throws -> UInt64
}

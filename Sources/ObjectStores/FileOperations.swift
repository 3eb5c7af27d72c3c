/// The system calls that a local store makes: tests record them, and make them fail.
///
/// One call, one system call: nothing here retries or interprets.
package protocol FileOperations: Sendable {
  func openFolder(_ path: [UInt8]) throws(SystemCallFailure) -> OwnedDescriptor
  /// Makes a folder from an absolute path, or one relative to the working directory.
  func makeFolder(_ path: [UInt8]) throws(SystemCallFailure)
  func openSubfolder(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) -> OwnedDescriptor
  func openObject(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) -> OwnedDescriptor
  func createFile(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) -> OwnedDescriptor
  /// May write less than was given, as the system may.
  func write(_ bytes: ArraySlice<UInt8>, to file: borrowing OwnedDescriptor) throws(SystemCallFailure) -> Int
  /// Appends up to `count` bytes to `bytes`; 0 at the end of the file.
  func read(
    _ count: Int, at offset: UInt64, of file: borrowing OwnedDescriptor, appendingTo bytes: inout [UInt8]
  ) throws(SystemCallFailure) -> Int
  func allocate(_ count: UInt64, in file: borrowing OwnedDescriptor) throws(SystemCallFailure)
  func synchronize(_ descriptor: borrowing OwnedDescriptor) throws(SystemCallFailure)
  /// EEXIST when `target` is taken.
  func renameExclusively(_ source: String, to target: String, in folder: borrowing OwnedDescriptor)
    throws(SystemCallFailure)
  func rename(_ source: String, to target: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure)
  func link(_ source: String, to target: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure)
  func unlink(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure)
  func makeFolder(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure)
  func status(_ path: String, in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) -> ObjectStatus
  func status(of descriptor: borrowing OwnedDescriptor) throws(SystemCallFailure) -> ObjectStatus
  /// Names in no order, without `.` and `..`; those that are not UTF-8 are left out, for they are not ours.
  func names(in folder: borrowing OwnedDescriptor) throws(SystemCallFailure) -> [String]
  func fileSystemType(of descriptor: borrowing OwnedDescriptor) -> FileSystemType
}

/// The part of `stat` that a store looks at.
package struct ObjectStatus: Hashable, Sendable {
  package var byteCount: UInt64
  package var modifiedSeconds: Int64
  package var modifiedNanoseconds: UInt32
  package var userID: UInt32
  package var linkCount: UInt32
  package var isFile: Bool
  package var isFolder: Bool
}

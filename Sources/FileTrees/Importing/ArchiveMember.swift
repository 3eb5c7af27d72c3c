import SnapshotModel

/// One member of an archive as the archive describes it; its content is read apart.
struct ArchiveMember: Sendable {
  enum Kind: Hashable, Sendable {
    case node(EntryKind)
    /// Another name of a member before it.
    case hardLink(target: [UInt8])
  }

  /// As it stands in the archive: not to be trusted.
  var path: [UInt8]
  var kind: Kind
  var metadata: FileMetadata
  /// Of a regular file in bytes, holes counted.
  var size: UInt64 = 0
  var linkTarget: [UInt8] = []
  var deviceNumber = DeviceNumber(major: 0, minor: 0)
}

/// Gives an archive's members one after the other.
protocol MemberReading: AnyObject {
  /// The next member; `nil` after the last, when all of the archive has been read and found whole.
  ///
  /// - Throws: `ArchiveFault`.
  func next() throws -> ArchiveMember?

  /// Calls `body` with the member's content, where each piece stands in the file first; what it leaves out is a hole.
  ///
  /// - Throws: `ArchiveFault`, or what `body` throws.
  func readContent(_ body: (UInt64, ArraySlice<UInt8>) throws -> Void) throws
}

/// A file that is no archive, as its own only member: a database export, perhaps compressed.
final class SingleFileReader: MemberReading {
  private let input: ArchiveInput
  private var member: ArchiveMember?

  /// - Parameter name: the member's path.
  init(_ input: ArchiveInput, name: ArchivePath, metadata: FileMetadata) {
    self.input = input
    member = ArchiveMember(path: name.bytes, kind: .node(.file), metadata: metadata)
  }

  func next() -> ArchiveMember? { member.take() }

  func readContent(_ body: (UInt64, ArraySlice<UInt8>) throws -> Void) throws {
    var offset: UInt64 = 0
    while true {
      let block = try input.nextBlock()
      if block.isEmpty { return }
      try body(offset, block)
      offset += UInt64(block.count)
    }
  }
}

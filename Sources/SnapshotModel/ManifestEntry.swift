/// One file, folder or node of a snapshot: what a row of the manifest says.
package struct ManifestEntry: Hashable, Sendable {
  package var path: ArchivePath
  package var kind: EntryKind
  package var metadata: FileMetadata
  /// Logical size in bytes of a regular file, holes counted; the target's length for a symbolic link; otherwise 0.
  package var size: UInt64
  /// Where a symbolic link points, as stored in it; otherwise empty.
  package var linkTarget: [UInt8]
  /// The first path in path order of the same inode; `nil` for that first path and for all that have no other name.
  ///
  /// Such an entry still holds metadata and content, so that it can be read and restored on its own.
  package var hardLinkTarget: ArchivePath?
  /// Of a character or block device; otherwise 0.
  package var deviceNumber: DeviceNumber
  /// Where a sparse file has data, in ascending order, not touching; `nil` for a file without holes.
  package var dataExtents: [DataExtent]?
  /// The data of a regular file: of its extents one after the other when sparse, else all of it.
  package var content: FileContent

  package init(
    path: ArchivePath, kind: EntryKind, metadata: FileMetadata, size: UInt64 = 0, linkTarget: [UInt8] = [],
    hardLinkTarget: ArchivePath? = nil, deviceNumber: DeviceNumber = .init(major: 0, minor: 0),
    dataExtents: [DataExtent]? = nil, content: FileContent = .empty
  ) {
    self.path = path
    self.kind = kind
    self.metadata = metadata
    self.size = size
    self.linkTarget = linkTarget
    self.hardLinkTarget = hardLinkTarget
    self.deviceNumber = deviceNumber
    self.dataExtents = dataExtents
    self.content = content
  }
}

/// The raw values stand in manifests: never renumber.
package enum EntryKind: UInt8, Sendable, CaseIterable {
  case file = 0
  case directory = 1
  case symbolicLink = 2
  case fifo = 3
  case characterDevice = 4
  case blockDevice = 5
  case socket = 6

  /// restic's words: `file`, `dir`, `symlink`…
  package var word: String {
    switch self {
    case .file: "file"
    case .directory: "dir"
    case .symbolicLink: "symlink"
    case .fifo: "fifo"
    case .characterDevice: "chardev"
    case .blockDevice: "dev"
    case .socket: "socket"
    }
  }
}

package struct DeviceNumber: Hashable, Sendable {
  package var major: UInt32
  package var minor: UInt32

  package init(major: UInt32, minor: UInt32) {
    self.major = major
    self.minor = minor
  }
}

package struct DataExtent: Hashable, Sendable {
  package var offset: UInt64
  package var length: UInt64

  package init(offset: UInt64, length: UInt64) {
    self.offset = offset
    self.length = length
  }
}

/// Which chunks, in order, make a file's data.
package enum FileContent: Hashable, Sendable {
  /// The chunks themselves: up to `FileContent.inlineCountMax`.
  case inline([ChunkReference])
  /// Chunks that hold the list of chunks (`docs/format/manifest.md`), for a file of more.
  case indirect(lists: [ChunkReference])

  package static let inlineCountMax = 32
  package static let empty = FileContent.inline([])
}

/// What the file system keeps beside a file's data.
package struct FileMetadata: Hashable, Sendable {
  /// The lower twelve bits of `st_mode`: permissions, set-user-id, set-group-id, sticky.
  package var mode: UInt16
  package var owner: FileOwner
  package var modified: Timestamp
  /// In ascending order of name; POSIX ACLs are among them as `system.posix_acl_access` and `system.posix_acl_default`.
  package var extendedAttributes: [ExtendedAttribute]

  package init(mode: UInt16, owner: FileOwner, modified: Timestamp, extendedAttributes: [ExtendedAttribute] = []) {
    self.mode = mode
    self.owner = owner
    self.modified = modified
    self.extendedAttributes = extendedAttributes
  }
}

package struct FileOwner: Hashable, Sendable {
  package var userID: UInt32
  package var groupID: UInt32
  /// As the saving machine called them; empty when it had no name.
  package var userName: [UInt8]
  package var groupName: [UInt8]

  package init(userID: UInt32, groupID: UInt32, userName: [UInt8] = [], groupName: [UInt8] = []) {
    self.userID = userID
    self.groupID = groupID
    self.userName = userName
    self.groupName = groupName
  }
}

package struct ExtendedAttribute: Hashable, Sendable {
  package var name: [UInt8]
  package var value: [UInt8]

  package init(name: [UInt8], value: [UInt8]) {
    self.name = name
    self.value = value
  }
}

extension ManifestEntry {
  /// Bytes of content, holes not counted; anything where what the entry says overflows.
  package var dataSize: UInt64 { dataExtents?.reduce(0) { $0 &+ $1.length } ?? size }
}

import SnapshotModel

/// What an object of a repository is called, and where it lies below the repository's folder.
package enum ObjectName: Hashable, Sendable {
  case config
  case formatReadme
  case pack(PackID)
  case snapshot(SnapshotID)
  case pending(SnapshotID)
  case trash(SnapshotID)
  case labels(SnapshotID)
  case tomb(CollectionID)
  case key(KeySlotID)
  case writer(WriterID)
  /// The record of one command that ran;
  /// the name is 1...100 of `a-z`, `0-9`, `-`, `.`, `_` and does not begin with `.`.
  case operation(String)

  /// Relative to the repository, ASCII: `packs/7c/7c1f…`.
  package var path: String {
    guard let folder else { return fileName }
    if case .pack = self { return "\(folder.name)/\(fileName.prefix(2))/\(fileName)" }
    return "\(folder.name)/\(fileName)"
  }

  /// `nil` for the objects that lie in the repository's folder itself.
  package var folder: ObjectFolder? {
    switch self {
    case .config, .formatReadme: nil
    case .pack: .packs
    case .snapshot: .snapshots
    case .pending: .pending
    case .trash: .trash
    case .labels: .labels
    case .tomb: .tombs
    case .key: .keys
    case .writer: .writers
    case .operation: .operations
    }
  }

  /// The last component of `path`.
  package var fileName: String {
    switch self {
    case .config: "config"
    case .formatReadme: "FORMAT.md"
    case .pack(let id): id.hexadecimal
    case .snapshot(let id), .pending(let id), .trash(let id), .labels(let id): id.hexadecimal
    case .tomb(let id): id.hexadecimal
    case .key(let id): id.hexadecimal
    case .writer(let id): id.hexadecimal
    case .operation(let name): name
    }
  }

  /// The folder that holds the file, relative to the repository; `.` for the repository itself.
  package var parentPath: String {
    guard let folder else { return "." }
    if case .pack = self { return "\(folder.name)/\(fileName.prefix(2))" }
    return folder.name
  }

  /// - Returns: `nil` for a name that nothing of ours has: a stranger's file, upper-case digits, a wrong length.
  package init?(folder: ObjectFolder, fileName: String) {
    func id<Kind>() -> ObjectID<Kind>? {
      guard let id = ObjectID<Kind>(hexadecimal: fileName), id.hexadecimal == fileName else { return nil }
      return id
    }
    let name: ObjectName?
    switch folder {
    case .packs: name = id().map(Self.pack)
    case .snapshots: name = id().map(Self.snapshot)
    case .pending: name = id().map(Self.pending)
    case .trash: name = id().map(Self.trash)
    case .labels: name = id().map(Self.labels)
    case .tombs: name = id().map(Self.tomb)
    case .keys: name = id().map(Self.key)
    case .writers: name = id().map(Self.writer)
    case .operations: name = Self.isOperation(fileName) ? .operation(fileName) : nil
    }
    guard let name else { return nil }
    self = name
  }

  /// Whether the name can be a file's: only an operation's text can fail to be.
  var isValid: Bool {
    if case .operation(let name) = self { Self.isOperation(name) } else { true }
  }

  private static func isOperation(_ name: String) -> Bool {
    (1...100).contains(name.utf8.count) && name.utf8.first != UInt8(ascii: ".")
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
      }
  }
}

extension ObjectName: CustomStringConvertible {
  package var description: String { path }
}

/// A folder of a repository that holds objects of one kind.
package enum ObjectFolder: CaseIterable, Hashable, Sendable {
  case packs, snapshots, pending, trash, labels, tombs, operations, keys, writers

  /// Those that every repository has; the others appear with their first object.
  static let madeWithRepository = allCases.filter { $0 != .keys && $0 != .writers }

  package var name: String {
    switch self {
    case .packs: "packs"
    case .snapshots: "snapshots"
    case .pending: "pending"
    case .trash: "trash"
    case .labels: "labels"
    case .tombs: "tombs"
    case .keys: "keys"
    case .writers: "writers"
    case .operations: "operations"
    }
  }
}

import SnapshotModel

/// How thorough a check shall be.
package struct VerifyOptions: Sendable {
  package enum ReadData: Sendable {
    /// Structure only.
    case none
    case all
    /// The `part`-th (from 1) of `count` equal parts of the packs.
    case part(Int, of: Int)
    /// About such a share of the packs, those that were read longest ago.
    case percent(Double)
    /// About so many bytes of packs, those that were read longest ago.
    case bytes(UInt64)
    case packs(Set<PackID>)
  }

  package var readData: ReadData
  /// Packs are then read one after the other, from the one that was read longest ago on.
  package var maxDurationSeconds: Double?
  /// Those to check; `nil` for all.
  package var snapshots: [SnapshotID]?
  /// Whether those are looked at as well that are forgotten and can be taken back.
  package var includesForgotten = false

  package init(readData: ReadData = .none) { self.readData = readData }
}

/// What a check found.
package struct VerifyReport: Sendable {
  package var packs = 0
  package var chunks = 0
  package var snapshots = 0
  /// Bytes of packs that were read and whose every chunk was hashed.
  package var bytesRead: UInt64 = 0
  /// One a damaged object, with the files and versions that it takes along.
  package var problems: [SnapFault] = []
  /// Whether the time was up before all was checked.
  package var wasCutShort = false
  /// What versions need and cannot have.
  package var loss = Loss()
  /// Packs that are not what was written, be anything in them needed or not.
  package var damagedPacks: Set<PackID> = []
  /// Those of them of which nothing can be made out, though the disk reads them.
  package var unreadablePacks: Set<PackID> = []

  package init() {}
}

/// What is not to be had of the versions that were checked.
package struct Loss: Sendable {
  package struct Version: Hashable, Sendable, Comparable, CustomStringConvertible {
    package var name: String
    /// It can be taken back.
    package var isForgotten = false

    package var description: String { isForgotten ? "\(name) (forgotten)" : name }

    /// Those that are listed come first.
    package static func < (a: Self, b: Self) -> Bool {
      a.isForgotten == b.isForgotten ? a.name < b.name : b.isForgotten
    }
  }

  package struct File: Hashable, Sendable, Comparable {
    package var version: Version
    package var path: ArchivePath

    package static func < (a: Self, b: Self) -> Bool { (a.version, a.path) < (b.version, b.path) }
  }

  /// And what is missing of each; nothing of one that contradicts itself.
  package var files: [File: Set<ChunkID>] = [:]
  /// Versions whose manifest cannot be read, or not all of it: what they hold is unknown then.
  package var manifests: [Version: Set<ChunkID>] = [:]
  /// Versions whose uncommitted changes cannot be read.
  package var patches: [Version: Set<ChunkID>] = [:]

  package init() {}

  /// Whether nothing is lost but of forgotten versions.
  package var isOfForgotten: Bool {
    (files.keys.map(\.version) + manifests.keys + patches.keys).allSatisfy(\.isForgotten)
  }

  package var isEmpty: Bool { files.isEmpty && manifests.isEmpty && patches.isEmpty }
  package var chunks: Set<ChunkID> {
    (Array(files.values) + Array(manifests.values) + Array(patches.values)).reduce(into: []) { $0.formUnion($1) }
  }

  /// Takes these chunks for found.
  mutating func remove(_ found: Set<ChunkID>) {
    files = Self.without(found, files)
    manifests = Self.without(found, manifests)
    patches = Self.without(found, patches)
  }

  /// What lacks nothing contradicts itself, and stays lost whatever is found.
  private static func without<Key>(_ found: Set<ChunkID>, _ lost: [Key: Set<ChunkID>]) -> [Key: Set<ChunkID>] {
    lost.compactMapValues { missing in
      let rest = missing.subtracting(found)
      return rest.isEmpty && !missing.isEmpty ? nil : rest
    }
  }
}

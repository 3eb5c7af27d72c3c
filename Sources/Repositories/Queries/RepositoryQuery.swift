import Indexing
import SnapshotModel

/// Answers SQL about versions, files and runs, from tables that are made for the one query and only as far as it reads them.
package struct RepositoryQuery {
  package static var views: [(name: String, columns: [String])] { QuerySchema.views }

  private let repository: Repository

  package init(_ repository: Repository) { self.repository = repository }

  /// Cost: for files and changes what differs between versions, in time and memory; else the records.
  ///
  /// - Parameter shouldStop: asked often while the query itself runs, and for each version that is read for it.
  /// - Parameter body: gets the names of the columns and a row's values, once a row.
  /// - Returns: the names of the columns.
  /// - Throws: `SnapFault` `.usage` in SQLite's words for what is no query.
  package func forEachRow(
    of sql: String, shouldStop: @escaping () -> Bool = { false }, _ body: ([String], [QueryValue]) throws -> Void
  ) throws -> [String] {
    do {
      let database = try QueryDatabase()
      database.setLimit(shouldStop)
      let tables = try database.tablesRead(by: sql)
      let versions = try repository.snapshots()
      let chains = Self.chains(of: versions)
      if !tables.isDisjoint(with: [QuerySchema.Table.snapshot.rawValue]) {
        try fillSnapshots(versions, chains, database)
      }
      if !tables.isDisjoint(with: [QuerySchema.Table.file.rawValue, QuerySchema.Table.change.rawValue]) {
        try fillFiles(versions, chains, database)
      }
      if tables.contains(QuerySchema.Table.run.rawValue) { try fillRuns(database) }
      return try database.forEachRow(of: sql, body)
    } catch let failure as QueryDatabase.Failure {
      throw SnapFault(.usage, "sql: \(failure.reason)", hint: "snap sql without a query lists the views")
    }
  }

  /// Which versions are of the same folder, and the place of each among those.
  private static func chains(of versions: [ListedSnapshot]) -> [SnapshotID: (chain: Int, place: Int)] {
    struct Kind: Hashable {
      var root: [UInt8]
      var sources: [ArchivePath]
    }
    var chainOfKind: [Kind: Int] = [:]
    var lengths: [Int] = []
    var places: [SnapshotID: (chain: Int, place: Int)] = [:]
    for version in versions {
      let kind = Kind(root: version.snapshot.root, sources: version.snapshot.sources)
      let chain = chainOfKind[kind] ?? lengths.count
      if chain == lengths.count {
        chainOfKind[kind] = chain
        lengths.append(0)
      }
      places[version.snapshot.id] = (chain, lengths[chain])
      lengths[chain] += 1
    }
    return places
  }

  private func fillSnapshots(
    _ versions: [ListedSnapshot], _ chains: [SnapshotID: (chain: Int, place: Int)], _ database: QueryDatabase
  ) throws {
    try database.fill(.snapshot) { add in
      for version in versions {
        guard let (chain, place) = chains[version.snapshot.id] else { continue }
        try add([.integer(Int64(chain)), .integer(Int64(place))] + version.columns)
      }
    }
  }

  private func fillRuns(_ database: QueryDatabase) throws {
    let operations = try OperationLog.operations(in: repository)
    try database.fill(.run) { add in
      for operation in operations {
        try add([
          .text(operation.time.rfc3339(fraction: false)), .text(operation.kindName), .text(operation.summary),
          operation.isSuccess.map { .integer($0 ? 1 : 0) } ?? .null,
          operation.durationMilliseconds.map { .real(Double($0) / 1000) } ?? .null,
        ])
      }
    }
  }

  /// Goes from each version to the next of the same folder, by what differs.
  private func fillFiles(
    _ versions: [ListedSnapshot], _ chains: [SnapshotID: (chain: Int, place: Int)], _ database: QueryDatabase
  ) throws {
    var changes: [[QueryValue]] = []
    try database.fill(.file) { add in
      let byChain = Dictionary(grouping: versions) { chains[$0.snapshot.id]?.chain ?? 0 }
      for (chain, versions) in byChain.sorted(by: { $0.key < $1.key }) {
        var since: [ArchivePath: (entry: ManifestEntry, first: Int)] = [:]
        var previous = Manifest(emptyWith: repository.reader())
        for (place, version) in versions.enumerated() {
          let manifest = try repository.manifest(of: version.snapshot)
          try ManifestDiffer.forEachChange(from: previous, to: manifest) { change in
            changes.append([.text(version.snapshot.id.hexadecimal)] + change.columns)
            if let (entry, first) = since.removeValue(forKey: change.path) {
              try add(entry.columns(chain: chain, first: first, last: place - 1))
            }
            if let entry = change.new { since[change.path] = (entry, place) }
          }
          previous = manifest
        }
        for (entry, first) in since.values.sorted(by: { $0.entry.path < $1.entry.path }) {
          try add(entry.columns(chain: chain, first: first, last: versions.count - 1))
        }
      }
    }
    try database.fill(.change) { add in for row in changes { try add(row) } }
  }
}

extension OperationRecord {
  /// Of a drill, and of a restore with an incident.
  fileprivate var isSuccess: Bool? { drill?.hasPassed ?? incident.map { $0.outcome == .restored } }
  fileprivate var durationMilliseconds: UInt64? { drill?.durationMilliseconds ?? incident?.durationMilliseconds }
}

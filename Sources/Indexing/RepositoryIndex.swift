import Glibc
import SnapshotModel
import Synchronization

/// Finds chunks: the SQLite file that is derived from the packs and snapshots of one repository.
///
/// Losing it loses only time. Any number of threads and processes may use it at once: each call takes an idle
/// connection or opens one more, so calls may also be nested, but not a change inside a lookup's transaction waiting
/// for itself. Writers line up, for 30 s at most. Every method throws `IndexError`.
///
/// Where the file cannot be written, and `whenOffDisk` is given, the index goes on in memory,
/// with all that the file held.
package final class RepositoryIndex: Sendable {
  /// Whether this call of `init` made the file: it holds nothing yet.
  package let isNew: Bool
  package let path: String
  let repository: RepositoryID
  let layouts = LayoutCache()
  /// `nil` where records are no secret.
  let cipher: IndexRecordCipher?
  private let connections: Mutex<Connections>
  /// Held while the index moves into memory.
  private let moving = Mutex<Void>(())
  private let whenOffDisk: (@Sendable (IndexError) -> Void)?

  private struct Connections {
    var place: IndexPlace
    /// To `place`.
    var idle: [Connection]
    var pagesMax: Int?
  }

  package static let busyTimeoutSeconds = 30.0

  /// Opens the index, or creates it when it is missing or of no bytes.
  ///
  /// Where the folder cannot be written to, an existing index is opened for reading.
  ///
  /// - Parameter whenOffDisk: called once, when the index moves into memory, with the reason; without it what cannot be
  ///   written throws. `isNew` tells whether the one in memory began empty.
  package convenience init(
    path: String, repository: RepositoryID, cipher: IndexRecordCipher? = nil,
    whenOffDisk: (@Sendable (IndexError) -> Void)? = nil
  ) throws(IndexError) {
    do throws(IndexError) {
      try Self.createFile(path)
      let connection = try Self.connect(.file(path))
      let isNew = try Self.prepareSchema(connection, repository: repository)
      self.init(path: path, repository, cipher, .file(path), connection, isNew: isNew, whenOffDisk)
    } catch {
      if error.meansReadOnly, whenOffDisk == nil ? Self.exists(path) : Self.isWholeWithoutLog(path) {
        try self.init(readingOnly: path, repository: repository, cipher: cipher, whenOffDisk: whenOffDisk)
      } else if error.meansNoWriting, let whenOffDisk {
        try self.init(inMemory: repository, path: path, cipher: cipher, because: error, whenOffDisk: whenOffDisk)
      } else {
        throw error
      }
    }
  }

  /// An index in memory, for this process alone: a copy of the file at `path` where that is whole, else empty.
  package convenience init(
    inMemory repository: RepositoryID, path: String, cipher: IndexRecordCipher? = nil, because reason: IndexError,
    whenOffDisk: @escaping @Sendable (IndexError) -> Void
  ) throws(IndexError) {
    let (connection, url) = try Self.connectToMemory(repository: repository)
    // What cannot be read of a derived file is made anew.
    let isCopy = Self.isWholeWithoutLog(path) && (try? Self.copy(immutable: path, repository, to: connection)) != nil
    self.init(
      path: path, repository, cipher, .memory(url: url, because: reason), connection, isNew: !isCopy, whenOffDisk)
    whenOffDisk(reason)
  }

  /// Opens an existing index that nobody can change meanwhile; needs no file beside it.
  ///
  /// - Throws: `IndexError.cannotOpen` also while changes stand in the log alone.
  package convenience init(
    readingOnly path: String, repository: RepositoryID, cipher: IndexRecordCipher? = nil,
    whenOffDisk: (@Sendable (IndexError) -> Void)? = nil
  ) throws(IndexError) {
    guard Self.isWholeWithoutLog(path) else {
      throw .cannotOpen(code: 0, text: "its log was not written back, and the folder is read-only")
    }
    let connection = try Self.connectImmutably(path, repository: repository)
    self.init(path: path, repository, cipher, .immutableFile(path), connection, isNew: false, whenOffDisk)
  }

  private init(
    path: String, _ repository: RepositoryID, _ cipher: IndexRecordCipher?, _ place: IndexPlace,
    _ connection: Connection, isNew: Bool, _ whenOffDisk: (@Sendable (IndexError) -> Void)?
  ) {
    self.path = path
    self.repository = repository
    self.cipher = cipher
    self.isNew = isNew
    self.whenOffDisk = whenOffDisk
    connections = Mutex(Connections(place: place, idle: [connection]))
  }

  /// Whether the file can only be read: it lies on a read-only medium.
  package var isReadOnly: Bool { reasonNotWritten?.meansReadOnly ?? false }

  /// Why what changes does not reach the file; `nil` while it does.
  package var reasonNotWritten: IndexError? {
    switch connections.withLock({ $0.place }) {
    case .file: nil
    case .immutableFile: .readOnly
    case .memory(_, let reason): reason
    }
  }

  /// Makes changes fail as on a full disk once the file has so many pages, or cannot grow: for tests.
  package func limitPages(to count: Int) { connections.withLock { $0.pagesMax = count } }

  /// Closes the idle connections; the last one of all processes writes the log back and deletes it.
  ///
  /// Call it before the process ends: a log left behind counts as the store's size. The index stays usable.
  package func close() {
    // The last reference to a connection closes it. Where that fails the log stays in place: the next one to open the
    // index goes on from there.
    let closed = connections.withLock { connections in
      defer { connections.idle = [] }
      return connections.idle
    }
    withExtendedLifetime(closed) {}
  }

  /// One read transaction: all of `body` sees the same state. Errors of `body` itself come out as they are.
  func reading<R>(_ body: (Connection) throws -> R) throws -> R {
    try transaction(.reading, body)
  }

  /// One write transaction, rolled back when `body` throws; then it may run once more, in memory.
  ///
  /// - Parameter isOptional: whether the change only spares work: it is no reason to leave the disk, and throws.
  func writing<R>(isOptional: Bool = false, _ body: (Connection) throws -> R) throws -> R {
    do {
      if case .immutableFile = connections.withLock({ $0.place }) { throw IndexError.readOnly }
      return try transaction(.writing, body)
    } catch let error as IndexError where error.meansNoWriting && !isOptional && whenOffDisk != nil {
      guard try leaveDisk(because: error) else { throw error }
      return try transaction(.writing, body)
    }
  }

  /// Goes on in memory with all that the file holds.
  ///
  /// - Returns: whether the index was on the disk before.
  @discardableResult
  func leaveDisk(because reason: IndexError) throws(IndexError) -> Bool {
    let old: IndexPlace? = try moving.withLock { _ throws(IndexError) in
      let place = connections.withLock { $0.place }
      if case .memory = place { return nil }
      let (connection, url) = try Self.connectToMemory(repository: repository)
      let open = connections.withLock { $0.idle.popLast() }
      let source = if let open { open } else { try Self.connect(place) }
      try Self.copy(source, to: connection)
      // Closes the connections to the file. The log may stay: the file alone, or with it, is what it was.
      connections.withLock { $0 = Connections(place: .memory(url: url, because: reason), idle: [connection]) }
      return place
    }
    guard let old else { return false }
    whenOffDisk?(old.isImmutable ? .readOnly : reason)
    return true
  }

  private func transaction<R>(_ kind: Connection.TransactionKind, _ body: (Connection) throws -> R) throws -> R {
    try outsideTransaction { db in try db.transaction(kind) { try body(db) } }
  }

  /// What SQLite does in no transaction but its own.
  func outsideTransaction<R>(_ body: (Connection) throws -> R) throws -> R {
    let (place, idle, pagesMax) = connections.withLock { ($0.place, $0.idle.popLast(), $0.pagesMax) }
    let connection = try idle ?? Self.connect(place)
    defer {
      // One to a file that was left meanwhile is of no more use.
      connections.withLock { if $0.place == place { $0.idle.append(connection) } }
    }
    if let pagesMax { try connection.execute("PRAGMA max_page_count = \(pagesMax)") }
    return try body(connection)
  }
}

import Glibc
import Indexing
import SnapshotModel
import TestSupport
import Testing

struct IndexDamageTests {
  let fixture = IndexFixture()

  /// A whole index of many pages, closed.
  func wholeIndex() throws -> (bytes: [UInt8], packs: [IndexedPack]) {
    let packs = (0..<12).map { _ in fixture.pack(frames: 15) }
    let index = try fixture.open()
    try index.insert(packs)
    for _ in 0..<10 {
      try index.setSnapshot(SnapshotID(using: &fixture.random), record: fixture.random.bytes(2000))
    }
    index.close()
    return (try #require(StoreTestFolder.bytes(fixture.path)), packs)
  }

  /// Does everything that an index can do: it may throw `IndexError` and nothing else,
  /// and must never lie about a chunk.
  func exercise(_ packs: [IndexedPack], _ what: String) {
    let truth = Dictionary(grouping: packs.flatMap(\.locations), by: \.id).mapValues { Set($0.map(\.location)) }
    func step(_ name: String, _ index: RepositoryIndex, _ body: (RepositoryIndex) throws -> Void) {
      do {
        try body(index)
      } catch let error as IndexError {
        #expect(error.callsForRebuild, "\(what): \(name): \(error)")
      } catch {
        Issue.record("\(what): \(name): \(error)")
      }
    }
    do {
      let index = try fixture.open()
      step("visit", index) { index in
        try index.forEachChunk { (id, location) throws in
          if let known = truth[id], !known.contains(location) { Issue.record("\(what): \(id.short) is misplaced") }
        }
      }
      for pack in packs.prefix(5) {
        step("locate", index) { _ = try $0.locate(pack.locations[0].id) }
        step("prefix", index) { _ = try $0.locate(pack.locations[0].id.prefix) }
      }
      step("packs", index) { _ = try $0.packIDs() }
      step("records", index) { _ = try $0.snapshotRecords() }
      step("stamp", index) { _ = try $0.stamp("packs") }
      step("insert", index) { try $0.insert([fixture.pack()]) }
      step("remove", index) { try $0.remove(packs: packs.suffix(3).map(\.id)) }
    } catch {
      #expect(error is IndexError, "\(what)")
      #expect((error as? IndexError)?.callsForRebuild == true, "\(what): \(error)")
    }
  }

  func restore(_ bytes: [UInt8]) {
    for suffix in ["-wal", "-shm"] { _ = unsafe unlink(fixture.path + suffix) }
    StoreTestFolder.write(bytes, to: fixture.path)
  }

  @Test func `every page zeroed in turn is damage or goes unused`() throws {
    let (bytes, packs) = try wholeIndex()
    for page in 0..<bytes.count / 1024 {
      var damaged = bytes
      damaged.replaceSubrange(page * 1024..<(page + 1) * 1024, with: repeatElement(0, count: 1024))
      restore(damaged)
      exercise(packs, "page \(page) zeroed")
    }
  }

  @Test func `a file cut at any page, or within one, is damage`() throws {
    let (bytes, packs) = try wholeIndex()
    for length in Array(stride(from: 1024, to: bytes.count, by: 1024)) + [1, 16, 99, 100, 1000, bytes.count - 1] {
      restore(Array(bytes[..<length]))
      exercise(packs, "cut to \(length)")
    }
  }

  @Test func `an empty file is a new index`() throws {
    restore([])
    #expect(try fixture.open().isNew)
  }

  @Test func `random bytes are damage`() throws {
    for length in [100, 1024, 50_000] {
      restore(fixture.random.bytes(length))
      let error = #expect(throws: IndexError.self) { try fixture.open() }
      #expect(error?.callsForRebuild == true, "\(length): \(String(describing: error))")
    }
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func `flipped bytes never trap`(_ seed: UInt64) throws {
    print("seed \(seed)")
    let (bytes, packs) = try wholeIndex()
    var random = SeededGenerator(seed: seed)
    for round in 0..<60 {
      var damaged = bytes
      for _ in 0..<20 {
        damaged[Int.random(in: 0..<bytes.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      }
      restore(damaged)
      // A flip within an id or a number makes another good row: only traps and foreign errors are failures here.
      do {
        let index = try fixture.open()
        try? index.forEachChunk { _, _ in }
        for pack in packs.prefix(3) { _ = try? index.locate(pack.locations[0].id) }
        _ = try? index.snapshotRecords()
        try? index.insert([fixture.pack()])
        try? index.remove(packs: [packs[0].id])
      } catch {
        #expect(error is IndexError, "seed \(seed), round \(round)")
      }
    }
  }

  @Test func `a version of the future is newer, one of the past is damage`() throws {
    _ = try wholeIndex()
    try sql("PRAGMA user_version = 2")
    #expect(throws: IndexError.newer(version: 2)) { try fixture.open() }
    try sql("PRAGMA user_version = 0")
    #expect(throws: IndexError.self) { try fixture.open() }
    try sql("PRAGMA user_version = 1; PRAGMA application_id = 7")
    #expect(throws: IndexError.damaged("it is not an index of snap")) { try fixture.open() }
  }

  @Test func `an index of another repository is told apart`() throws {
    _ = try wholeIndex()
    let other = RepositoryID(using: &fixture.random)
    #expect(throws: IndexError.otherRepository) { try RepositoryIndex(path: fixture.path, repository: other) }
  }

  @Test(arguments: [
    "CREATE TRIGGER t AFTER INSERT ON chunk BEGIN DELETE FROM pack; END",
    "CREATE VIEW v AS SELECT * FROM chunk",
    "ALTER TABLE chunk RENAME TO c; CREATE VIEW chunk AS SELECT * FROM c",
    "DROP TABLE pack; CREATE VIEW pack AS SELECT 1 AS number, x'00' AS id, 1 AS byteCount, x'00' AS layout",
    "DROP TABLE record; CREATE TABLE record (kind, key, value)",
    "DROP TABLE record",
    "CREATE TABLE extra (a)",
    "CREATE INDEX i ON chunk (pack)",
    "DELETE FROM record",
    "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE chunk (x)' WHERE name = 'chunk'",
    "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'chunk'",
    "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema",
    "PRAGMA journal_mode = DELETE; DROP TABLE chunk",
  ])
  func `a schema that is not ours is damage`(_ statements: String) throws {
    let (_, packs) = try wholeIndex()
    try sql(statements)
    exercise(packs, statements)
    do {
      let index = try fixture.open()
      // A root page that is another table's is found by what lies there.
      #expect(throws: IndexError.self) { try index.forEachChunk { _, _ in } }
    } catch {
      #expect((error as? IndexError)?.callsForRebuild == true, "\(error)")
    }
  }

  @Test(arguments: [
    "UPDATE pack SET layout = x''", "UPDATE pack SET layout = x'00000000'", "UPDATE pack SET layout = x'ffffffffff'",
    "UPDATE pack SET id = x'00' WHERE number = 1", "UPDATE pack SET byteCount = -1", "UPDATE pack SET byteCount = 1",
    "DELETE FROM pack", "UPDATE chunk SET position = 100000", "UPDATE chunk SET position = -1",
    "DELETE FROM chunk; INSERT INTO chunk VALUES (x'00', 1, 1)",
    "DELETE FROM record WHERE kind <> 0; INSERT INTO record VALUES (1, x'00', x'00')",
    "UPDATE record SET value = x'00' WHERE key = CAST('nextPack' AS BLOB)",
  ])
  func `rows that contradict each other are damage`(_ statements: String) throws {
    let (_, packs) = try wholeIndex()
    try sql(statements)
    exercise(packs, statements)
  }

  @Test(arguments: ["x'00'", "CAST('1' AS BLOB)", "CAST('18446744073709551615' AS BLOB)", "CAST('-5' AS BLOB)"])
  func `a next number that cannot be is passed over`(value: String) throws {
    let (_, packs) = try wholeIndex()
    try sql("UPDATE record SET value = \(value) WHERE key = CAST('nextPack' AS BLOB)")
    let index = try fixture.open()
    let more = [fixture.pack(), fixture.pack()]
    for pack in more { try index.insert([pack]) }
    for pack in packs + more {
      for (id, location) in pack.locations { #expect(try index.locate(id) == [location]) }
    }
    index.close()
    try sql("UPDATE pack SET number = 9223372036854775807 WHERE number = (SELECT max(number) FROM pack)")
    #expect(throws: IndexError.self) { try fixture.open().insert([fixture.pack()]) }
  }

  /// SQLite opens it, and refuses every change (https://www.sqlite.org/fileformat2.html, section 1.3.3).
  @Test(arguments: [18, 19], [UInt8(3), 0xFF]) func `a header of a format to come is damage`(at: Int, version: UInt8)
    throws
  {
    var (bytes, _) = try wholeIndex()
    bytes[at] = version
    restore(bytes)
    let error = #expect(throws: IndexError.self) { try fixture.open() }
    #expect(error?.callsForRebuild == true, "\(String(describing: error))")
  }

  @Test func `a damaged index is moved aside with its log, and a new one takes its place`() throws {
    _ = try wholeIndex()
    for suffix in ["", "-wal", "-shm"] { StoreTestFolder.write([1, 2, 3], to: fixture.path + suffix) }
    #expect(throws: IndexError.self) { try fixture.open() }
    StoreTestFolder.write([9], to: fixture.path + ".bad")
    try RepositoryIndex.moveAside(path: fixture.path)
    #expect(StoreTestFolder.bytes(fixture.path + ".bad") == [1, 2, 3])
    #expect(try fixture.open().isNew)
    try RepositoryIndex.moveAside(path: fixture.folder.path("missing"))
  }

  @Test func `a folder that is not there cannot be opened`() throws {
    let path = fixture.folder.path("missing/index.sqlite")
    let error = #expect(throws: IndexError.self) { try RepositoryIndex(path: path, repository: fixture.repository) }
    #expect(error?.callsForRebuild == false)
    #expect(error?.fault.message == "cannot open index.sqlite: No such file or directory")
  }

  @Test func `a record that comes twice is damage`() throws {
    let index = try fixture.open()
    let ids = try (1...2).map { try #require(SnapshotID(bytes: Array(repeating: 0xA7, count: 15) + [$0])) }
    for id in ids { try index.setSnapshot(id, record: [1, 2, 3]) }
    index.close()
    let bytes = try #require(StoreTestFolder.bytes(fixture.path))
    let at = try #require(bytes.indices.first { bytes[$0...].starts(with: ids[1].bytes) })
    StoreTestFolder.write(bytes[..<at] + ids[0].bytes + bytes[(at + 16)...], to: fixture.path)
    let damaged = try fixture.open()
    #expect(throws: IndexError.damaged("the order of its records")) { try damaged.snapshotRecords() }
  }

  private func sql(_ statements: String) throws {
    try Connection(fixture.path, busyTimeoutSeconds: 1).execute(statements)
  }
}

import FileTrees
import Glibc
import SnapshotModel
import TestSupport
import Testing

struct StatCacheTests {
  let manifest = ChunkID((1, 2, 3, 4))

  private func status(inode: UInt64, changed: Timestamp, device: UInt64 = 64_769) throws -> FileStatus {
    var status = try FileStatus(descriptor: 0)
    status.device = device
    status.inode = inode
    status.changed = changed
    return status
  }

  private func makeRows(_ count: Int, seed: UInt64) -> [StatCache.Row] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { index in
      StatCache.Row(
        device: index % 7 == 0 ? .max : 64_769, inode: 1 + random.next() % (index % 5 == 0 ? .max : 4_096),
        changed: Timestamp(
          seconds: Int64.random(in: -9_000_000_000...9_000_000_000, using: &random),
          nanoseconds: UInt32.random(in: 0...999_999_999, using: &random)))
    }
  }

  private func encoded(_ rows: [StatCache.Row]) -> [UInt8] {
    var writer = StatCacheWriter(saveStarted: Timestamp(seconds: 0))
    for row in rows { writer.append(row) }
    return writer.finish(manifest: manifest)
  }

  private func decoded(_ bytes: [UInt8]) -> [StatCache.Row]? {
    guard let cache = StatCache(decoding: bytes, manifest: manifest) else { return nil }
    var cursor = cache.makeCursor()
    var rows: [StatCache.Row] = []
    while let row = cursor.nextRow() { rows.append(row) }
    return rows
  }

  @Test func `rows come back in order, over several blocks and at their bounds`() {
    for count in [0, 1, 16_383, 16_384, 16_385, 40_000] {
      let rows = makeRows(count, seed: UInt64(count))
      #expect(decoded(encoded(rows)) == rows)
    }
  }

  @Test func `rows of another manifest are none`() {
    #expect(StatCache(decoding: encoded(makeRows(3, seed: 1)), manifest: ChunkID((1, 2, 3, 5))) == nil)
  }

  @Test func `a row matches the same inode that nothing has touched`() throws {
    let status = try self.status(inode: 7, changed: Timestamp(seconds: 100, nanoseconds: 3))
    var writer = StatCacheWriter(saveStarted: Timestamp(seconds: 200))
    writer.append(status)
    let cache = try #require(StatCache(decoding: writer.finish(manifest: manifest), manifest: manifest))
    var cursor = cache.makeCursor()
    let first = cursor.nextRow()
    let row = try #require(first)
    #expect(row.matches(status))
    for change in [\FileStatus.inode, \.device] {
      var other = status
      other[keyPath: change] += 1
      #expect(!row.matches(other))
    }
    var touched = status
    touched.changed.nanoseconds += 1
    #expect(!row.matches(touched))
    #expect(cursor.nextRow() == nil)
  }

  @Test func `a file that changed just before the save matches nothing`() throws {
    let started = Timestamp(seconds: 1_000, nanoseconds: 500)
    let cases: [(Timestamp, isKept: Bool)] = [
      (Timestamp(seconds: 998, nanoseconds: 499), true), (Timestamp(seconds: 998, nanoseconds: 500), false),
      (started, false), (Timestamp(seconds: 2_000), false),
    ]
    for (changed, isKept) in cases {
      let status = try self.status(inode: 7, changed: changed)
      var writer = StatCacheWriter(saveStarted: started)
      writer.append(status)
      writer.append(nil as FileStatus?)
      let rows = try #require(decoded(writer.finish(manifest: manifest)))
      #expect(rows.map { $0.matches(status) } == [isKept, false])
    }
    #expect(try !StatCache.Row.never.matches(status(inode: 0, changed: Timestamp(seconds: 0), device: 0)))
  }

  @Test func `a time that 64 bits of nanoseconds do not hold matches nothing`() {
    for seconds in [Int64.min, Int64.max, 9_223_372_037] {
      let row = StatCache.Row(device: 1, inode: 2, changed: Timestamp(seconds: seconds))
      #expect(decoded(encoded([row])) == [.never])
    }
  }

  @Test func `cut anywhere, the rows that are left are right or match nothing`() throws {
    let rows = makeRows(300, seed: 4)
    let bytes = encoded(rows)
    for length in 0..<bytes.count {
      guard let cut = decoded(Array(bytes[..<length])) else {
        #expect(length < 50)
        continue
      }
      #expect(cut == [StatCache.Row](repeating: .never, count: 300))
    }
  }

  @Test func `with any bit flipped, a row is right or matches nothing`() throws {
    let rows = makeRows(20_000, seed: 5)
    let bytes = encoded(rows)
    var random = SeededGenerator(seed: 6)
    for round in 0..<300 {
      var flipped = bytes
      let at = round < 62 * 2 ? round / 2 : Int.random(in: 0..<bytes.count, using: &random)
      flipped[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      guard let cache = StatCache(decoding: flipped, manifest: manifest) else { continue }
      var cursor = cache.makeCursor()
      var index = 0
      while let row = cursor.nextRow(), index < 30_000 {
        let isRight = row == .never || (index < rows.count && row == rows[index])
        #expect(isRight, "byte \(at), row \(index)")
        index += 1
      }
    }
  }

  /// The worked example of docs/format/stat-cache.md.
  @Test func `the documented bytes read as documented`() throws {
    let example = """
      736e617073746174 0200
      0000000000000001 0000000000000002 0000000000000003 0000000000000004
      0200000000000000
      02000000 1f000000 12000000
      28b52ffd 24 12 910000 82f407 00 828010 02 8a80d0e2c6bfce972f 08 a525d08a
      """
    let digits = example.filter { !$0.isWhitespace }
    let rows = [
      StatCache.Row(device: 64_769, inode: 131_073, changed: Timestamp(seconds: 1_700_000_000, nanoseconds: 5)),
      StatCache.Row(device: 64_769, inode: 131_074, changed: Timestamp(seconds: 1_700_000_000, nanoseconds: 9)),
    ]
    #expect(decoded(try #require(bytes(hexadecimal: digits))) == rows)
  }

  @Test func `a file is stored whole under the cache folder, and loads again`() throws {
    let fixture = try WalkFixture()
    var random = SeededGenerator(seed: 8)
    let repository = RepositoryID(using: &random)
    func file(_ variables: [String: String], root: String = "/a") -> StatCacheFile? {
      StatCacheFile(repository: repository, root: Array(root.utf8)) { name in variables[name].map { Array($0.utf8) } }
    }
    let stored = try #require(file(["SNAP_CACHE_DIR": "\(fixture.path)/x/y", "HOME": "/h", "XDG_CACHE_HOME": "/c"]))
    let rows = makeRows(10, seed: 9)
    #expect(stored.load(manifest: manifest) == nil)
    try stored.store(encoded([]))
    try stored.store(encoded(rows))
    #expect(stored.load(manifest: manifest)?.rowCount == 10)
    #expect(try fixture.walk().filter { $0.hasPrefix("file") }.count == 1)
    #expect(stored.path.starts(with: Array("\(fixture.path)/x/y/\(repository.hexadecimal)/stat-".utf8)))

    #expect(file(["XDG_CACHE_HOME": "/c", "HOME": "/h"])!.path.starts(with: Array("/c/snap/".utf8)))
    #expect(file(["XDG_CACHE_HOME": "c", "HOME": "/h"])!.path.starts(with: Array("/h/.cache/snap/".utf8)))
    #expect(file([:]) == nil)
    #expect(file(["HOME": "/h"], root: "/b")!.path != file(["HOME": "/h"])!.path)
  }

  @Test func `where no folder can be made, storing says so`() throws {
    let fixture = try WalkFixture()
    try fixture.file("file")
    let cache = StatCacheFile(path: fixture.bytePath(Array("file/below/stat".utf8)))
    #expect(throws: SystemError(errno: ENOTDIR, operation: "create cache")) { try cache.store([1]) }
  }
}

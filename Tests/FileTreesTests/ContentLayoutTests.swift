import Glibc
import Sealing
import SnapshotModel
import Testing

@testable import FileTrees

/// Where chunks belong in a file, and whether a file holds just them.
struct ContentLayoutTests {
  private let content = MemoryContent()
  private let scratch = ScratchFolder()

  private func entry(size: UInt64, _ extents: [(UInt64, UInt64)]?, chunks: [[UInt8]]) -> ManifestEntry {
    .item("f", .file, mode: 0o644).with {
      $0.size = size
      $0.dataExtents = extents?.map { DataExtent(offset: $0.0, length: $0.1) }
      $0.content = .inline(chunks.map(content.add))
    }
  }

  /// Whether a file of these bytes is what the entry says.
  private func matches(_ entry: ManifestEntry, _ bytes: [UInt8]) throws -> Bool {
    let path = scratch / "file"
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    try #require(unsafe write(descriptor, bytes, bytes.count) == bytes.count)
    return try matches(entry, descriptor)
  }

  private func matches(_ entry: ManifestEntry, _ descriptor: Int32) throws -> Bool {
    let context = RestoreContext(
      target: [46], options: RestoreOptions(), content: content, events: SilentRestoreEvents())
    let layout = try ContentLayout(of: entry, reading: content)
    return try layout.matches(descriptor, hasher: ChunkHasher(.sha256), context)
  }

  /// Two extents and a hole before, between and behind them; the chunks do not end where the extents do.
  private var sparse: ManifestEntry {
    entry(size: 12, [(2, 3), (7, 2)], chunks: [[1, 2], [3, 4], [5]])
  }
  private let sparseBytes: [UInt8] = [0, 0, 1, 2, 3, 0, 0, 4, 5, 0, 0, 0]

  @Test func `chunks lie in the extents one behind the other`() throws {
    let runs = try ContentLayout(of: sparse, reading: content).pieces.map { piece in
      piece.runs.map { [UInt64($0.start), UInt64($0.length), $0.offset] }
    }
    #expect(runs == [[[0, 2, 2]], [[0, 1, 4], [1, 1, 7]], [[0, 1, 8]]])
  }

  @Test func `a file with zeros in its holes is the same file`() throws {
    #expect(try matches(sparse, sparseBytes))
  }

  @Test(arguments: 0..<12)
  func `a byte that is another one, in a chunk or in a hole, is seen`(at: Int) throws {
    var bytes = sparseBytes
    bytes[at] ^= 0x40
    #expect(try !matches(sparse, bytes))
  }

  @Test(arguments: [0, 1, 11, 13, 100])
  func `a file of another size is another file`(count: Int) throws {
    let bytes = Array((sparseBytes + [UInt8](repeating: 0, count: 100)).prefix(count))
    #expect(try !matches(sparse, bytes))
  }

  /// Files of sysfs say that they are as long as a page, and end sooner.
  @Test(.enabled(if: contents(of: "/sys/kernel/fscaps").count == 2))
  func `a file that ends before its size does is another file`() throws {
    let descriptor = unsafe open("/sys/kernel/fscaps", O_RDONLY | O_CLOEXEC)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let size = try TargetStatus(of: descriptor).size
    try #require(size > 2)
    let page = [UInt8](repeating: 0, count: Int(size))
    #expect(try !matches(entry(size: size, nil, chunks: [page]), descriptor))
    #expect(try !matches(entry(size: size, [], chunks: []), descriptor))
  }

  @Test func `a file that cannot be read says why`() throws {
    let path = scratch / "unreadable"
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    try #require(unsafe write(descriptor, [1, 2, 3], 3) == 3)
    let plain = entry(size: 3, nil, chunks: [[1, 2, 3]])
    #expect(throws: TargetError(number: EBADF)) { try matches(plain, descriptor) }
  }

  @Test func `an empty file is nothing but empty`() throws {
    let empty = entry(size: 0, nil, chunks: [])
    #expect(try matches(empty, []) && !matches(empty, [0]))
    let hole = entry(size: 1_000_000, [], chunks: [])
    #expect(try matches(hole, [UInt8](repeating: 0, count: 1_000_000)))
    #expect(try !matches(hole, [UInt8](repeating: 0, count: 999_999) + [1]))
  }

  @Test(
    arguments: [
      (5, nil, [[1, 2]]), (1, nil, [[1, 2]]), (UInt64(Int64.max) + 1, nil, [[1]]), (10, [(0, 2)], [[1]]),
      (10, [(0, 2)], [[1, 2, 3]]), (10, [(0, 0)], [[1]]), (10, [(9, 2)], [[1, 2]]),
      (10, [(5, 2), (4, 1)], [[1, 2, 3]]),
      (10, [(0, 11)], [[1]]), (10, [(.max, 1)], [[1]]), (10, [(1, .max)], [[1]]),
      (10, [(0, 2), (1, 2)], [[1, 2], [3, 4]]),
      (10, [], [[1]]), (10, [(0, 1)], []),
    ] as [(UInt64, [(UInt64, UInt64)]?, [[UInt8]])])
  func `chunks that do not fill just what the entry says are no layout`(
    size: UInt64, extents: [(UInt64, UInt64)]?, chunks: [[UInt8]]
  ) {
    #expect(throws: ContentLayout.Mismatch.self) {
      try ContentLayout(of: entry(size: size, extents, chunks: chunks), reading: content)
    }
  }

  @Test(arguments: [0, ChunkReference.lengthMax + 1])
  func `a chunk of no length, or longer than any, is no layout`(length: Int) {
    let id = ChunkHasher(.sha256).id(of: [1])
    for extents in [nil, [DataExtent(offset: 0, length: 20_000_000)]] {
      let entry = ManifestEntry.item("f", .file, mode: 0o644).with {
        $0.size = extents == nil ? UInt64(length) : 20_000_000
        $0.dataExtents = extents
        $0.content = .inline([ChunkReference(id: id, length: length)])
      }
      // A file of no bytes may have no chunk; one with a chunk has bytes.
      #expect(throws: ContentLayout.Mismatch.self) { try ContentLayout(of: entry, reading: content) }
    }
  }

  @Test func `a chunk of a negative length is no layout`() {
    let content = MemoryContent()
    let id = content.add([1]).id
    let entry = ManifestEntry.item("f", .file, mode: 0o644).with {
      $0.size = 1
      $0.content = .inline([ChunkReference(id: id, length: -1)])
    }
    #expect(throws: ContentLayout.Mismatch.self) { try ContentLayout(of: entry, reading: content) }
  }
}

import Glibc
import Indexing
import ObjectStores
import Packing
import Sealing
import SnapshotModel
import Synchronization
import TestSupport
import Testing

@testable import Repositories

struct DamageTests {
  private let fixture: RepositoryFixture
  private let trees: [String: RepositoryFixture.Tree]
  private let start: String

  init() throws {
    fixture = try RepositoryFixture()
    var random = SeededGenerator(seed: 31)
    var trees: [String: RepositoryFixture.Tree] = [:]
    var tree = random.tree(files: 4)
    let repository = try fixture.open()
    for version in ["v1", "v2", "v3"] {
      trees[version] = tree
      let snapshot = try repository.save(version, tree)
      var labels = SnapshotLabels()
      labels.note = "note on \(version)"
      try repository.setLabels(labels, of: snapshot.id)
      tree = random.edited(tree)
    }
    repository.close()
    self.trees = trees
    start = fixture.keep(as: "start")
  }

  @Test(arguments: 0..<4, [false, true])
  func `a flipped bit is reported and never comes out of a restore`(seed: Int, losesIndex: Bool) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    for file in fixture.files() where isChecked(file.path) {
      var bytes = file.bytes
      let at = Int.random(in: 0..<bytes.count, using: &random)
      bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      try check(file.path, bytes, losesIndex, "seed \(seed): \(file.path) flipped at \(at) of \(bytes.count)")
    }
  }

  @Test(arguments: 0..<4) func `a truncated object is reported and never comes out of a restore`(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(100 + seed))
    for file in fixture.files() where isChecked(file.path) {
      let count = seed == 0 ? 0 : Int.random(in: 0..<file.bytes.count, using: &random)
      try check(file.path, Array(file.bytes[..<count]), seed % 2 == 0, "\(file.path) cut to \(count)")
    }
  }

  @Test func `a pack that is gone is told with every file that stands on it, however many deltas away`() throws {
    var random = SeededGenerator(seed: 5)
    let repository = try fixture.open()
    var chain = [random.bytes(4000)]
    for _ in 0..<3 {
      var next = chain[chain.count - 1]
      next[next.count / 2] ^= 0xFF
      chain.append(next)
    }
    var packs: [PackID] = []
    for (at, bytes) in chain.enumerated() {
      packs.append(try repository.storePack([try frame(bytes, on: at == 0 ? nil : chain[at - 1])]))
    }
    let tree = Dictionary(uniqueKeysWithValues: chain.enumerated().map { ("c\($0)", $1) })
    try repository.save("v4", tree, pieceLength: 4000)
    try repository.store.delete([.pack(packs[0])])
    let report = try Verifier.verify(fixture.open(), options: VerifyOptions())
    for name in tree.keys.sorted() {
      #expect(report.problems.contains { $0.message.contains("'\(name)' in v4") }, "\(name)")
    }
    #expect(report.problems.allSatisfy { $0.code == .damage })
  }

  @Test func `one pack is one problem, however much it takes along`() throws {
    let repository = try fixture.open()
    let pack = try #require(try repository.store.list(.packs).first { try !repository.chunks(in: $0).isEmpty })
    try repository.store.delete([pack])
    repository.close()
    let kept = fixture.keep(as: "without the pack")
    let report = try Verifier.verify(fixture.open(), options: VerifyOptions())
    #expect(report.problems.count == 1, "\(report.problems)")
    let problem = try #require(report.problems.first)
    #expect(problem.message.hasPrefix("pack \(pack.fileName.prefix(8))… is missing: "), "\(problem.message)")
    #expect(problem.path == pack.path)
    // Once the index has forgotten where they were, it is still one.
    fixture.goBack(to: kept)
    try fixture.open().adoptPacks()
    let later = try Verifier.verify(fixture.open(), options: VerifyOptions())
    #expect(later.problems.count == 1 && later.problems[0].message.contains("in no pack"), "\(later.problems)")
  }

  @Test func `what a forgotten version needs is not called unneeded`() throws {
    let repository = try fixture.open()
    let before = try repository.packNames()
    var random = SeededGenerator(seed: 12)
    try repository.save("v4", ["a": random.bytes(5000)])
    try repository.forget(["v4"])
    for pack in try repository.packNames() where !before.contains(pack) {
      let name = ObjectName.pack(pack)
      var bytes = try repository.store.read(name)
      for at in 1000..<4000 { bytes[at] ^= 0x55 }
      StoreTestFolder.write(bytes, to: fixture.path + "/" + name.path)
    }
    let report = try Verifier.verify(fixture.open(), options: VerifyOptions(readData: .all))
    #expect(report.problems.count == 1 && report.loss.isEmpty)
    #expect(report.problems[0].message.hasSuffix("; no version that is listed needs them"), "\(report.problems)")
    var options = VerifyOptions(readData: .all)
    options.includesForgotten = true
    let all = try Verifier.verify(fixture.open(), options: options)
    #expect(all.loss.isOfForgotten && all.problems[0].message.contains(" in v4 (forgotten)"), "\(all.problems)")
  }

  @Test func `nothing is called unneeded while a manifest cannot be read`() throws {
    let repository = try fixture.open()
    var random = SeededGenerator(seed: 8)
    try repository.save("v4", ["a": random.bytes(5000)])
    try repository.forget(["v4"])
    for name in try repository.store.list(.packs) {
      var bytes = try repository.store.read(name)
      for at in stride(from: 100, to: bytes.count - 200, by: 40) { bytes[at] ^= 0x55 }
      StoreTestFolder.write(bytes, to: fixture.path + "/" + name.path)
    }
    let report = try Verifier.verify(fixture.open(), options: VerifyOptions(readData: .all))
    #expect(
      report.problems.contains { $0.message.contains("the manifests of ") || $0.message.contains("the manifest of ") })
    #expect(
      !report.problems.contains { $0.message.contains("no version") || $0.hint == "snap gc" }, "\(report.problems)")
  }

  @Test func `a disk that goes away while verify reads leaves every version readable`() throws {
    var hasFailed = true
    var at = 0
    while hasFailed {
      fixture.goBack(to: start)
      let seen = Mutex(0)
      // What is looked up is still in the kernel's memory.
      let operations = InterruptedOperations(
        .refuse { [at] call in
          guard call.hasPrefix("read ") else { return nil }
          return seen.withLock { seen in
            defer { seen += 1 }
            return seen >= at ? EIO : nil
          }
        })
      let reader = try? fixture.open(operations: operations)
      if let reader { _ = try? Verifier.verify(reader, options: VerifyOptions(readData: .all)) }
      reader?.close()
      try expect(trees, in: fixture.open(), "nothing is read from \(at) on")
      hasFailed = seen.withLock { $0 } > at
      at += 1
    }
    #expect(at > 8)
  }

  @Test func `a damaged record is read from its copy, and verify tells`() throws {
    let name = try #require(fixture.names("snapshots").first)
    let path = fixture.path + "/snapshots/" + name
    StoreTestFolder.write([1, 2, 3], to: path)
    #expect(
      try Verifier.verify(fixture.open(), options: VerifyOptions()).problems.contains {
        $0.path?.contains(name) == true
      })
    fixture.removeIndex()
    try expect(trees, in: fixture.open(), "from the copies")
    let outcome = try IndexRebuilder.rebuild(fixture.path, events: fixture.events)
    #expect(outcome.recordsRecovered == 1 && outcome.snapshots == 3)
    #expect(try Verifier.verify(fixture.open(), options: VerifyOptions()).problems == [])
  }

  @Test func `all records gone come back from their copies`() throws {
    for name in fixture.names("snapshots") { _ = unsafe unlink(fixture.path + "/snapshots/" + name) }
    let outcome = try IndexRebuilder.rebuild(fixture.path, events: fixture.events)
    #expect(outcome.recordsRecovered == 3)
    try expect(trees, in: fixture.open(), "from the copies")
  }

  private func isChecked(_ path: String) -> Bool {
    ["packs/", "snapshots/", "labels/", "config"].contains { path.hasPrefix($0) }
  }

  private func check(_ path: String, _ bytes: [UInt8], _ losesIndex: Bool, _ comment: String) throws {
    fixture.goBack(to: start)
    if losesIndex { fixture.removeIndex() }
    StoreTestFolder.write(bytes, to: fixture.path + "/" + path)
    do {
      let repository = try fixture.open()
      for snapshot in try repository.snapshots().map(\.snapshot) {
        guard let tree = try? repository.tree(of: snapshot) else { continue }
        #expect(tree == trees[snapshot.version], "\(comment): wrong bytes in \(snapshot.version)")
      }
      #expect(
        try !Verifier.verify(fixture.open(), options: VerifyOptions(readData: .all)).problems.isEmpty,
        "\(comment): not reported")
    } catch let fault as SnapFault {
      #expect([.damage, .newerFormat].contains(fault.code), "\(comment): \(fault)")
    }
    // What was damaged must not be in the way of what comes.
    do {
      try fixture.open().save("v9", ["new": [9]])
      #expect(try fixture.open().tree(of: #require(try fixture.open().version("v9"))) == ["new": [9]], "\(comment)")
    } catch let fault as SnapFault {
      #expect([.damage, .newerFormat].contains(fault.code), "\(comment): \(fault)")
    }
  }

  private func frame(_ bytes: [UInt8], on base: [UInt8]?) throws -> EncodedFrame {
    let chunks = [(ChunkHasher(.sha256).id(of: bytes), bytes[...])]
    guard let base else { return try FrameEncoder().encode(chunks: chunks, level: .auto) }
    let delta = DeltaBase(chunks: [ChunkHasher(.sha256).id(of: base).prefix], bytes: base[...])
    return try #require(try FrameEncoder().encodeDelta(chunks: chunks, base: delta))
  }
}

extension Repository {
  /// The chunks that a pack holds, by the index.
  fileprivate func chunks(in name: ObjectName) throws -> [ChunkID] {
    var chunks: [ChunkID] = []
    try index.forEachChunk { id, location in if .pack(location.pack) == name { chunks.append(id) } }
    return chunks
  }
}

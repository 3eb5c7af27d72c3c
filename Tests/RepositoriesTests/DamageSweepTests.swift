import Glibc
import Packing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// Every byte of a small repository changed, one at a time; of all its files every length cut; neighbours swapped.
///
/// A commit takes a share of the places, `SNAP_SWEEP=full` all of them (`tools/nightly`). Counts are printed.
struct DamageSweepTests {
  /// What is damaged; the index lies beside the objects and may be lost without harm.
  enum Target: String, CaseIterable, CustomTestStringConvertible {
    case config, packs, snapshots, labels, trash, index
    /// Of an encrypted one.
    case writers
    var testDescription: String { rawValue }
  }

  private static let everyNthByte = Sweep.isFull ? 1 : 41
  private static let everyNthLength = Sweep.isFull ? 1 : 97

  private static let targets = Target.allCases.flatMap { target in
    (target == .writers ? [true] : [false, true]).map { (target, $0) }
  }

  @Test(arguments: targets) func `no changed byte comes out of a restore, and each is told`(
    target: Target, isEncrypted: Bool
  ) throws {
    let swept = try SweptRepository(isEncrypted: isEncrypted)
    var random = SeededGenerator(seed: 5)
    var cases = 0
    for (path, bytes) in swept.files(of: target) {
      for at in stride(
        from: Int.random(in: 0..<Self.everyNthByte, using: &random), to: bytes.count, by: Self.everyNthByte)
      {
        for value in [bytes[at] ^ 1 << UInt8.random(in: 0..<8, using: &random), 0x00, 0xFF] where value != bytes[at] {
          var damaged = bytes
          damaged[at] = value
          try swept.check(path, damaged, whole: bytes, "\(path): byte \(at) is \(value)")
          cases += 1
        }
      }
    }
    print("damage sweep, bytes of \(target)\(isEncrypted ? ", sealed" : ""): \(cases) cases")
    #expect(cases > 5)
  }

  @Test(arguments: targets)
  func `no length that a file is cut to gives wrong bytes, and each is told`(
    target: Target, isEncrypted: Bool
  ) throws {
    let swept = try SweptRepository(isEncrypted: isEncrypted)
    var cases = 0
    for (path, bytes) in swept.files(of: target) {
      for count in stride(from: 0, to: bytes.count, by: Self.everyNthLength) {
        try swept.check(path, Array(bytes[..<count]), whole: bytes, "\(path) cut to \(count) of \(bytes.count)")
        cases += 1
      }
    }
    print("damage sweep, lengths of \(target)\(isEncrypted ? ", sealed" : ""): \(cases) cases")
    #expect(cases > 0)
  }

  /// Labels do not say whose they are: they are mutable, and nothing that is restored hangs on them.
  @Test(arguments: [Target.packs, .snapshots], [false, true])
  func `one object in another's place is told, and gives no wrong bytes`(
    target: Target, isEncrypted: Bool
  ) throws {
    let swept = try SweptRepository(isEncrypted: isEncrypted)
    let files = swept.files(of: target)
    for (path, bytes) in files {
      for other in files where other.path != path {
        try swept.check(path, other.bytes, whole: bytes, "\(path) holds \(other.path)")
      }
    }
    #expect(files.count > 1)
  }
}

/// A small repository that is damaged, looked at, and mended again and again.
struct SweptRepository {
  let fixture: RepositoryFixture
  private let trees: [String: RepositoryFixture.Tree]

  /// Three versions, one of them forgotten, in some 9 KiB; in an encrypted one another by who can only save.
  init(isEncrypted: Bool) throws {
    fixture = try RepositoryFixture(isEncrypted: isEncrypted)
    var random = SeededGenerator(seed: 77)
    var tree: RepositoryFixture.Tree = ["a": random.text(1500), "b": random.bytes(900), "c/d": random.text(400)]
    let repository = try fixture.open()
    var trees: [String: RepositoryFixture.Tree] = [:]
    for version in ["v1", "v2", "v3"] {
      trees[version] = tree
      let snapshot = try repository.save(version, tree)
      var labels = SnapshotLabels()
      labels.note = "note on \(version)"
      try repository.setLabels(labels, of: snapshot.id)
      tree["a"]?[700] ^= 1
      tree["new in \(version)"] = random.bytes(200)
    }
    try repository.forget(["v3"])
    if let keys = repository.keys {
      var writer: WriterKey?
      let slots = try Repository.keySlots(at: fixture.path)
      try slots.addWriter(named: "w", keys: keys) { writer = $0 }
      let access = RepositoryAccess(cacheFolder: fixture.cacheFolder) { [writer] _ in .writing(try #require(writer)) }
      try Repository.open(at: fixture.path, access: access, events: fixture.events).save("v4", tree)
      trees["w/v4"] = tree
      try repository.adoptRecords()
      try repository.adoptPacks()
    }
    repository.close()
    self.trees = trees
  }

  func files(of target: DamageSweepTests.Target) -> [(path: String, bytes: [UInt8])] {
    guard target != .index else {
      return [("index.sqlite", StoreTestFolder.bytes(fixture.indexPath()) ?? [])]
    }
    return fixture.files().filter { $0.path == target.rawValue || $0.path.hasPrefix(target.rawValue + "/") }
  }

  /// Damages the file, looks at everything, and puts it back.
  func check(_ path: String, _ damaged: [UInt8], whole: [UInt8], _ comment: String) throws {
    let index = StoreTestFolder.bytes(fixture.indexPath()) ?? []
    let place = path == "index.sqlite" ? fixture.indexPath() : fixture.path + "/" + path
    StoreTestFolder.write(damaged, to: place)
    defer {
      for suffix in ["-wal", "-shm", ".bad", ".bad-wal", ".bad-shm"] {
        _ = unsafe unlink(fixture.indexPath() + suffix)
      }
      StoreTestFolder.write(index, to: fixture.indexPath())
      StoreTestFolder.write(whole, to: place)
    }
    do {
      let repository = try fixture.open()
      defer { repository.close() }
      try readAll(repository, path, comment)
      let problems = try Verifier.verify(repository, options: VerifyOptions(readData: .all)).problems
      // What is wrong with the index alone is no damage: it is derived.
      #expect(problems.isEmpty == (path == "index.sqlite"), "\(comment): \(problems)")
    } catch let fault as SnapFault {
      #expect([.damage, .newerFormat].contains(fault.code), "\(comment): \(fault)")
      guard path == "index.sqlite" else { return }
      // `verify` fills it anew, or says the other.
      #expect(["snap repair index", "snap verify"].contains(fault.hint), "\(comment): \(fault)")
      _ = try IndexRebuilder.rebuild(fixture.path, access: fixture.access, events: fixture.events)
      try readAll(fixture.open(), path, comment)
    }
  }

  /// Every version gives its own bytes or none; where only the index is damaged, its own or a fault that says what to do.
  private func readAll(_ repository: Repository, _ path: String, _ comment: String) throws {
    for listed in try repository.snapshots() {
      do {
        let tree = try asFault { try repository.tree(of: listed.snapshot) }
        #expect(tree == trees[listed.snapshot.version], "\(comment): wrong bytes in \(listed.snapshot.version)")
      } catch let fault as SnapFault where path != "index.sqlite" {
        #expect([.damage, .newerFormat].contains(fault.code), "\(comment): \(fault)")
      }
    }
  }
}

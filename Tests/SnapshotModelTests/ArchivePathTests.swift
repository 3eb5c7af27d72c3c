import SnapshotModel
import TestSupport
import Testing

struct ArchivePathTests {
  @Test(arguments: ["/", "a/", "/a", "a//b", ".", "..", "a/.", "a/..", "./a", "../a", "a/./b", "a/../b", "a\0", "\0"])
  func `a path that could leave its folder is not made`(text: String) {
    #expect(ArchivePath(text) == nil)
  }

  @Test(arguments: ["", "a", "a/b", "...", ".a", "a.", "..a", "a..", "a/...", " ", "\\", "a\nb", "-"])
  func `a path of any other bytes is made`(text: String) {
    #expect(ArchivePath(text)?.bytes == Array(text.utf8))
  }

  @Test func `bytes that are not text are kept and shown escaped`() throws {
    let path = try #require(ArchivePath([0x61, 0xFF, 0x2F, 0xC3, 0xA4, 0xC3, 0x0A] as [UInt8]))
    #expect(path.description == "a\\xff/ä\\xc3\\x0a")
  }

  @Test(arguments: [
    ("a\u{1B}[31m", "a\\x1b[31m"), ("\u{85}", "\\xc2\\x85"), ("\u{7F}", "\\x7f"), ("日本", "日本"), ("😀", "😀"),
  ]) func `control characters are shown escaped`(text: String, shown: String) throws {
    #expect(try #require(ArchivePath(text)).description == shown)
  }

  @Test func `a folder is followed by all that it holds`() {
    let inOrder = ["", "a", "a/b", "a/b/c", "a/c", "a\u{1}", "a ", "a-", "a.b", "a0", "ab", "b"]
    let paths = inOrder.compactMap { ArchivePath($0) }
    #expect(paths.count == inOrder.count)
    #expect(paths.shuffled().sorted() == paths)
    for (at, path) in paths.enumerated() {
      #expect(!(path < path))
      for later in paths[(at + 1)...] { #expect(path < later && !(later < path)) }
    }
  }

  @Test func `parent, name and components take a path apart`() throws {
    let path = try #require(ArchivePath("a/b/c"))
    #expect(path.parent == ArchivePath("a/b"))
    #expect(path.parent?.parent?.parent == .root)
    #expect(ArchivePath.root.parent == nil)
    #expect(Array(path.name) == [99])
    #expect(path.components.map { Array($0) } == [[97], [98], [99]])
    #expect(ArchivePath.root.components.isEmpty)
  }

  @Test func `a name is appended only when it is one component`() throws {
    let path = try #require(ArchivePath("a"))
    #expect(path.appending(Array("b".utf8)) == ArchivePath("a/b"))
    #expect(ArchivePath.root.appending(Array("b".utf8)) == ArchivePath("b"))
    for name in ["", ".", "..", "b/c", "/", "b\0"] { #expect(path.appending(Array(name.utf8)) == nil) }
  }

  @Test func `a path contains itself and what is below, not what begins alike`() throws {
    let path = try #require(ArchivePath("a/b"))
    let inside = ["a/b", "a/b/c"].compactMap { ArchivePath($0) }
    let outside = ["a", "a/bc", "a/c", ""].compactMap { ArchivePath($0) }
    #expect(inside.allSatisfy(path.contains))
    #expect(!outside.contains(where: path.contains))
    #expect((inside + outside).allSatisfy(ArchivePath.root.contains))
  }
}

struct ArchivePathFrontCodingTests {
  /// The rule spelled out, to compare the fast one with.
  private func expected(_ previous: ArchivePath, _ shared: Int, _ suffix: [UInt8]) -> ArchivePath? {
    guard (0...previous.bytes.count).contains(shared) else { return nil }
    guard let path = ArchivePath(previous.bytes[..<shared] + suffix), previous < path else { return nil }
    return path.sharedByteCount(with: previous) == shared ? path : nil
  }

  @Test func `front coding accepts just the valid, greater and longest shared`() {
    var generator = SeededGenerator(seed: 21)
    let alphabet = Array("ab./\0".utf8) + [0xFF]
    func random(_ range: ClosedRange<Int>) -> [UInt8] {
      (0..<Int.random(in: range, using: &generator)).map { _ in
        alphabet.randomElement(using: &generator) ?? 0
      }
    }
    var acceptedCount = 0
    for _ in 0..<100_000 {
      guard let previous = ArchivePath(random(0...6)) else { continue }
      let shared = Int.random(in: -1...7, using: &generator)
      let suffix = random(0...5)
      let path = ArchivePath(after: previous, sharing: shared, suffix: suffix[...])
      #expect(path == expected(previous, shared, suffix), "'\(previous)' \(shared) '\(displayText(suffix))'")
      if path != nil { acceptedCount += 1 }
    }
    #expect(acceptedCount > 500)
  }
}

struct StampPatternTests {
  @Test(arguments: [
    ("js/478.b84116fd218fb8df43ad.js", "js/478.#.js", "js/#.#.js"),
    ("assets/index-BqY8a1Zc.css", "assets/index-#.css", "assets/index-#.css"),
    ("app-3f2a1bc.tar", "app-#.tar", "app-#.tar"),
    ("backup-2026-03-01T02-00-00-000Z.json", "backup-2026-03-01T02-00-00-000Z.json", "backup-#Z.json"),
    ("v1.10.2/utf8decoder.py", "v1.10.2/utf8decoder.py", "v#/utf#decoder.py"),
    ("7-2abcdef01/deadbeef/20260301", "7-#/deadbeef/20260301", "#-#/deadbeef/#"),
    ("js/index.CuHMw-E2.js", "js/index.#.js", "js/index.#.js"), ("index-Cqmxlwy-.js", "index-#.js", "index-#.js"),
    ("index.-GhM9_x-.js.map", "index.#.js.map", "index.#.js.map"), ("chunk-ABCD2EFG.js", "chunk-#.js", "chunk-#.js"),
    ("app-release2.apk", "app-release2.apk", "app-release#.apk"),
    ("index.original.js", "index.original.js", "index.original.js"),
    ("dump-march-01.sql", "dump-march-01.sql", "dump-march-#.sql"),
    ("dump-20260301.sql", "dump-20260301.sql", "dump-#.sql"),
    ("backup.01T02-00.x", "backup.01T02-00.x", "backup.#.x"),
    ("a1-2-3abcdef", "a1-2-#", "a#-#"),
    ("plain", "plain", "plain"), ("", "", ""),
  ])
  func `hashes are one sign, and with digits, too`(path: String, hashes: String, digits: String) throws {
    let path = try #require(ArchivePath(path))
    #expect(String(decoding: path.stampPatterns.butHashes ?? path.bytes, as: UTF8.self) == hashes)
    #expect(String(decoding: path.stampPatterns.butDigits, as: UTF8.self) == digits)
  }

  @Test(arguments: [
    ("js/2736.914069e5.chunk.js", "js/#.#.chunk.js"), ("backup-2026-03-01-a3f9c1d.sql", nil), ("2736.js", nil),
    ("app-v1.10.2-3f2a1bc.tar", "app-v#-#.tar"), ("b84116fd2", "#"), ("log-260301-b84116fd2", nil),
  ])
  func `numbers beside a hash are no order, unless they are a date`(path: String, pattern: String?) throws {
    let path = try #require(ArchivePath(path))
    #expect(path.stampPatterns.butNumbers.map { String(decoding: $0, as: UTF8.self) } == pattern)
  }
}

import SnapshotModel
import TestSupport
import Testing

@testable import FileTrees

@Suite struct RestoreTests {
  let content = MemoryContent()
  let scratch = ScratchFolder()

  @Test func `a tree of all kinds comes back equal`() throws {
    let source = scratch / "source"
    shell(
      """
      mkdir -p '\(source)/a/b' '\(source)/empty' '\(source)/read-only' && cd '\(source)' && echo one > a/one && : > none
      head -c 700000 /dev/urandom > a/b/large && head -c 5000000 /dev/urandom > a/b/larger && ln a/one a/b/linked
      ln -s ../one a/b/link && ln -s nowhere dangling && mkfifo fifo && printf x > "$(printf 'odd\\377 name')"
      printf y > read-only/file && setfattr -n user.note -v hello a/one && setfattr -n user.note -v folder a
      chmod 0400 a/b/large && touch -d '1969-07-20 20:17:40.5' none && touch -h -d '2001-02-03 04:05:06.789' dangling
      chmod 0555 read-only && touch -d '2020-01-01' a a/b empty . ; setfacl -m u:1234:rwx a/one
      """)
    let saved = entries(of: source, content)
    let summary = try restore(saved, to: scratch / "target", content)
    #expect(summary.faults.isEmpty && summary.outcome == nil)
    #expect(describe(scratch / "target") == describe(source))
    #expect(summary.hardLinks == 1 && summary.symbolicLinks == 2 && summary.specialFiles == 1)
    #expect(summary.folders == 4 && summary.files == saved.filter { $0.kind == .file }.count - 1)
  }

  @Test func `an empty folder keeps its mode`() throws {
    try restore([.folder(""), .folder("empty", mode: 0o2711)], to: scratch / "target", content)
    #expect(shell("stat -c %a '\(scratch / "target")/empty'") == "2711\n")
  }

  @Test func `a hole stays a hole`() throws {
    let sparse = ManifestEntry.item("sparse", .file, mode: 0o600).with {
      $0.size = 100 << 20
      $0.dataExtents = [DataExtent(offset: 4096, length: 5), DataExtent(offset: 50 << 20, length: 3)]
      $0.content = .inline([content.add(Array("hell".utf8)), content.add(Array("oabc".utf8))])
    }
    let summary = try restore([sparse], to: scratch / "target", content) { $0.verifies = true }
    let path = scratch / "target/sparse"
    #expect(summary.outcome == nil && summary.bytesWritten == 8)
    #expect(shell("stat -c %s '\(path)'") == "\(100 << 20)\n")
    #expect(Int(shell("du -k '\(path)' | cut -f1").dropLast())! < 100)
    #expect(shell("tail -c +4097 '\(path)' | head -c 5") == "hello")
    #expect(shell("tail -c +\((50 << 20) + 1) '\(path)' | head -c 3") == "abc")
  }

  @Test func `many small files in many folders all come back`() throws {
    var saved: [ManifestEntry] = [.folder("")]
    for folder in 0..<40 {
      saved.append(.folder("f\(folder)"))
      for file in 0..<50 { saved.append(.file("f\(folder)/\(file)", "\(folder) \(file)", content)) }
    }
    saved.sort { $0.path < $1.path }
    let summary = try restore(saved, to: scratch / "target", content)
    #expect(summary.files == 2000 && summary.outcome == nil)
    #expect(shell("cd '\(scratch / "target")'; find . -type f | wc -l; cat f17/23; cat f39/49") == "2000\n17 2339 49")
  }

  @Test func `a tree deeper than the limit of open files comes back`() throws {
    var saved: [ManifestEntry] = []
    var path = "d"
    for depth in 0..<1500 {
      saved.append(.folder(path))
      if depth.isMultiple(of: 100) { saved.append(.file(path + "/ file", "at \(depth)", content)) }
      path += "/d"
    }
    saved.append(.symbolicLink("e", to: "d"))
    let summary = try restore(saved, to: scratch / "target", content)
    #expect(summary.faults == [] && summary.folders == 1500 && summary.files == 15)
  }

  @Test func `a target that is not empty is refused`() throws {
    shell("mkdir '\(scratch / "target")' && echo mine > '\(scratch / "target")/mine'")
    let saved = [ManifestEntry.file("a", "new", content)]
    let refusal = fault { try restore(saved, to: scratch / "target", content) }
    #expect(refusal?.code == .refused)
    #expect(refusal?.message == "\(scratch / "target") is not empty; use --overwrite or another directory")
    #expect(shell("ls '\(scratch / "target")'") == "mine\n")
  }

  @Test func `a target that is a file is refused`() throws {
    shell("echo x > '\(scratch / "target")'")
    #expect(fault { try restore([], to: scratch / "target", content) }?.code == .refused)
  }

  @Test func `a target inside the repository is refused, and the repository is never entered`() throws {
    shell("mkdir -p '\(scratch / "target")/.snap/packs'")
    let identity = try identity(of: scratch / "target/.snap")
    let inside = fault {
      try restore([], to: scratch / "target/.snap/packs", content) { $0.neverEnter = [identity] }
    }
    #expect(inside?.code == .refused)
    let saved: [ManifestEntry] = [.folder(".snap"), .file(".snap/config", "evil", content), .file("a", "a", content)]
    let summary = try restore(saved, to: scratch / "target", content, overwrite: .always) {
      $0.neverEnter = [identity]
      $0.deletesExtra = true
    }
    #expect(shell("cd '\(scratch / "target")'; find . | sort") == ".\n./.snap\n./.snap/packs\n./a\n")
    #expect(summary.outcome == .refused && summary.notRestored == 1)
  }

  private func identity(of path: String) throws -> FileIdentity {
    let fields = shell("stat -c '%d %i' '\(path)'").dropLast().split(separator: " ")
    return FileIdentity(device: UInt64(fields[0])!, inode: UInt64(fields[1])!)
  }

  @Test func `leading components are dropped`() throws {
    let saved: [ManifestEntry] = [
      .folder(""), .folder("a"), .folder("a/b"), .file("a/b/file", "x", content), .file("a/top", "y", content),
      .file("b", "left out", content),
    ]
    try restore(saved, to: scratch / "target", content) { $0.stripComponents = 1 }
    #expect(shell("cd '\(scratch / "target")'; find . | sort") == ".\n./b\n./b/file\n./top\n")
  }

  @Test func `a dry run changes nothing and tells the same`() throws {
    let saved: [ManifestEntry] = [
      .folder(""), .folder("a"), .file("a/b", "x", content), .file("a/c", "x", content).linked(to: "a/b"),
      .symbolicLink("l", to: "a"),
    ]
    let events = RecordedEvents()
    let summary = try restore(saved, to: scratch / "target", content, events: events) { $0.isDryRun = true }
    #expect(shell("ls '\(scratch.path)'") == "")
    #expect(events.all == ["created a", "created a/b", "created a/c", "created l"])
    let real = try restore(saved, to: scratch / "target", content)
    #expect(summary.files == real.files && summary.folders == real.folders && summary.hardLinks == real.hardLinks)
    #expect(summary.bytesWritten == real.bytesWritten && summary.isDryRun)
  }

  @Test func `an interrupted restore says so`() throws {
    let stopped = fault {
      try restore([.folder("a")], to: scratch / "target", content, events: RecordedEvents(stop: true))
    }
    #expect(stopped?.code == .interrupted)
  }

  @Test func `what the next batch throws comes out after the rest is restored`() throws {
    struct Torn: Error {}
    var batches: [[ManifestEntry]] = [[.folder("a", mode: 0o700), .file("a/b", "x", content)]]
    let restorer = Restorer(
      target: Array((scratch / "target").utf8), options: RestoreOptions(), content: content,
      events: SilentRestoreEvents())
    #expect(throws: Torn.self) {
      try restorer.restore {
        if batches.isEmpty { throw Torn() }
        return batches.removeFirst()
      }
    }
    #expect(text(at: scratch / "target/a/b") == "x")
  }

  @Test(.enabled(if: isRoot, "mounting a file system needs root"))
  func `a full disk ends the restore with its own fault`() throws {
    let mount = scratch / "full"
    shell("mkdir '\(mount)' && mount -t tmpfs -o size=1m tmpfs '\(mount)' 2>/dev/null")
    defer { shell("umount '\(mount)' 2>/dev/null") }
    guard shell("stat -f -c %T '\(mount)'") == "tmpfs\n" else { return }
    let saved = (0..<100).map {
      ManifestEntry.file("f\($0 + 100)", String(repeating: "\($0)", count: 100_000), content)
    }
    let full = fault { try restore(saved, to: mount, content) }
    #expect(full?.code == .noSpace)
    #expect(full?.message == "no space left on \(mount); the restore is not complete")
  }
}

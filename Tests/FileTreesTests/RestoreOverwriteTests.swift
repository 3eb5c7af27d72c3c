import SnapshotModel
import TestSupport
import Testing

@testable import FileTrees

@Suite struct RestoreOverwriteTests {
  let content = MemoryContent()
  let scratch = ScratchFolder(
    """
    mkdir target && cd target && printf old > same-size && printf longer > other && printf new > equal
    touch -d 2030-01-01 same-size && touch -d 2010-01-01 other equal && ln -s x link
    """)
  var target: String { scratch / "target" }

  var saved: [ManifestEntry] {
    [
      .file("equal", "new", content), .symbolicLink("link", to: "y"), .file("other", "new", content),
      .file("same-size", "new", content),
    ]
  }

  @Test func `never leaves what is there`() throws {
    let summary = try restore(saved + [.file("zz", "added", content)], to: target, content) {
      $0.requiresEmptyTarget = false
    }
    #expect(summary.kept == 4 && summary.files == 1)
    #expect(shell("cd '\(target)'; cat same-size other equal zz; readlink link") == "oldlongernewaddedx\n")
  }

  @Test func `always replaces everything`() throws {
    let summary = try restore(saved, to: target, content, overwrite: .always)
    #expect(summary.files == 3 && summary.symbolicLinks == 1)
    #expect(shell("cd '\(target)'; cat same-size other equal; readlink link") == "newnewnewy\n")
    #expect(shell("ls -A '\(target)'") == "equal\nlink\nother\nsame-size\n")
  }

  @Test func `if-changed leaves an equal file's content and corrects its metadata`() throws {
    let before = shell("stat -c %i '\(target)/equal'")
    let events = RecordedEvents()
    let summary = try restore(saved, to: target, content, events: events, overwrite: .ifChanged)
    #expect(summary.adjusted == 1 && summary.unchanged == 0 && summary.files == 2)
    #expect(events.all == ["adjusted equal", "replaced link", "replaced other", "replaced same-size"])
    #expect(shell("stat -c %i '\(target)/equal'") == before)
    #expect(shell("stat -c '%Y %a' '\(target)/equal'") == "1600000000 644\n")
    let again = try restore(saved, to: target, content, overwrite: .ifChanged)
    #expect(again.unchanged == 4 && again.files == 0 && again.bytesWritten == 0)
  }

  @Test func `with verify, if-changed sees a change that size and time do not show`() throws {
    try restore(saved, to: target, content, overwrite: .always)
    shell("cd '\(target)' && touch -r other reference && printf NEW > other && touch -r reference other")
    #expect(try restore(saved, to: target, content, overwrite: .ifChanged).files == 0)
    #expect(try restore(saved, to: target, content, overwrite: .ifChanged) { $0.verifies = true }.files == 1)
    #expect(text(at: target + "/other") == "new")
  }

  @Test func `if-newer replaces only what is older`() throws {
    try restore(saved, to: target, content, overwrite: .ifNewer)
    #expect(shell("cd '\(target)'; cat same-size other equal") == "oldnewnew")
  }

  @Test func `hard links are made again over files of their own`() throws {
    let saved: [ManifestEntry] = [.file("equal", "new", content), .file("other", "new", content).linked(to: "equal")]
    try restore(saved, to: target, content, overwrite: .ifChanged)
    #expect(shell("cd '\(target)'; stat -c %h equal other; ls -A") == "2\n2\nequal\nlink\nother\nsame-size\n")
    let again = try restore(saved, to: target, content, overwrite: .ifChanged)
    #expect(again.unchanged == 2 && again.files == 0 && again.hardLinks == 0)
  }

  @Test func `a file where a folder belongs is replaced only with always`() throws {
    let saved: [ManifestEntry] = [.folder("other"), .file("other/in", "x", content)]
    let events = RecordedEvents()
    let summary = try restore(saved, to: target, content, events: events, overwrite: .ifChanged)
    #expect(summary.outcome == .warnings && summary.notRestored == 1)
    #expect(
      events.all == [
        "failed \(target)/other is not a folder, but is one in the snapshot; --overwrite always replaces it"
      ])
    #expect(try restore(saved, to: target, content, overwrite: .always).outcome == nil)
    #expect(text(at: target + "/other/in") == "x")
  }

  @Test func `a folder where a file belongs is replaced only with always and when empty`() throws {
    shell("mkdir '\(target)/empty' '\(target)/full' && touch '\(target)/full/x'")
    let saved: [ManifestEntry] = [.file("empty", "1", content), .file("full", "2", content)]
    #expect(try restore(saved, to: target, content, overwrite: .ifChanged).faultCount == 2)
    let summary = try restore(saved, to: target, content, overwrite: .always)
    #expect(
      summary.faults.map(\.message) == [
        "full is a folder that holds something, but none in the snapshot; move it away and restore again"
      ])
    #expect(text(at: target + "/empty") == "1" && shell("ls -A '\(target)/full'") == "x\n")
    #expect(shell("ls -A '\(target)' | grep snap-restore") == "")
  }

  @Test func `a full folder is replaced, and told item by item, for whoever has saved it`() throws {
    shell("mkdir -p '\(target)/full/deep' '\(target)/away/in' && touch '\(target)/full/x' '\(target)/full/deep/y'")
    let saved: [ManifestEntry] = [.symbolicLink("away", to: "x"), .file("full", "2", content)]
    func run(_ isDryRun: Bool) throws -> (RestoreSummary, [String]) {
      let events = RecordedEvents()
      let summary = try restore(saved, to: target, content, events: events, overwrite: .always) {
        $0.replacesFolders = true
        $0.isDryRun = isDryRun
      }
      return (summary, events.all)
    }
    let (planned, plan) = try run(true)
    #expect(shell("ls '\(target)/full'") == "deep\nx\n")
    let (summary, done) = try run(false)
    #expect(plan == done && planned.deleted == 6 && summary.deleted == 6 && summary.outcome == nil)
    #expect(
      done == [
        "created away", "created full", "deleted away", "deleted away/in", "deleted full", "deleted full/deep",
        "deleted full/deep/y", "deleted full/x",
      ])
    #expect(text(at: target + "/full") == "2" && shell("readlink '\(target)/away'") == "x\n")
  }

  @Test func `a folder in a file's place is named with the remedy`() throws {
    shell("mkdir '\(target)/empty'")
    let summary = try restore([.file("empty", "1", content)], to: target, content, overwrite: .ifChanged)
    #expect(
      summary.faults.map(\.message) == [
        "empty is a folder, but none in the snapshot; --overwrite always replaces it"
      ])
  }

  @Test func `a dry run makes no folder, not even for a link in one`() throws {
    let saved: [ManifestEntry] = [.folder("a"), .folder("a/b"), .symbolicLink("a/b/link", to: "x"), .folder("c")]
    try restore(saved, to: target, content, overwrite: .ifChanged) { $0.isDryRun = true }
    #expect(shell("ls '\(target)'") == "equal\nlink\nother\nsame-size\n")
  }

  @Test(.enabled(if: isRoot))
  func `what has the set-user-id bit already keeps it, what is written anew does not`() throws {
    shell("chmod 4755 '\(target)/equal' '\(target)/other'")
    let saved: [ManifestEntry] = [
      .file("equal", "new", content, mode: 0o4755), .file("other", "new", content, mode: 0o4755),
    ]
    let summary = try restore(saved, to: target, content, overwrite: .ifChanged)
    #expect(shell("cd '\(target)'; stat -c '%a %Y' equal other") == "4755 1600000000\n755 1600000000\n")
    #expect(summary.privilegesWithheld == 1 && summary.notes.count == 1)
    shell("chmod 4755 '\(target)/other'")
    let again = try restore(saved, to: target, content, overwrite: .ifChanged)
    #expect(again.unchanged == 2 && again.notes.isEmpty)
  }

  @Test func `a rehearsal tells of exactly what the restore changes`() throws {
    shell(
      """
      cd '\(target)' && touch -d @1600000000.123456789 same && printf 1 >first && ln first second && mkdir way &&
      chmod 711 way && touch -h -d @1600000000.123456789 first link way && setfattr -n user.more -v x same
      """)
    let saved: [ManifestEntry] = [
      .file("first", "1", content), .symbolicLink("link", to: "x"), .file("same", "", content),
      .file("second", "1", content).linked(to: "first"), .folder("way"), .file("zz", "", content),
    ]
    func run(_ isDryRun: Bool) throws -> [String] {
      let events = RecordedEvents()
      try restore(saved, to: target, content, events: events, overwrite: .ifChanged) { $0.isDryRun = isDryRun }
      return events.all
    }
    let plan = try run(true)
    #expect(
      plan == ["adjusted same", "adjusted way", "created zz", "unchanged first", "unchanged link", "unchanged second"])
    #expect(try run(false) == plan)
    #expect(shell("cd '\(target)'; stat -c %a way; getfattr same") == "755\n")
  }

  @Test func `delete removes what the snapshot does not have and spares the rest`() throws {
    shell("cd '\(target)' && mkdir -p extra/deep .git/refs kept && touch extra/deep/x .git/refs/y kept/a kept/b")
    shell("cd '\(target)' && ln -s / root-link && mkdir -p extra/deep/.git && touch extra/deep/.git/z")
    let saved: [ManifestEntry] = [
      .folder(""), .file("equal", "new", content), .folder("kept"), .file("kept/a", "a", content),
    ]
    let git = ArchivePath(".git")!
    func run(_ isDryRun: Bool) throws -> (RestoreSummary, [String]) {
      let events = RecordedEvents()
      let summary = try restore(saved, to: target, content, events: events, overwrite: .ifChanged) {
        $0.deletesExtra = true
        $0.isDryRun = isDryRun
        $0.isSpared = { path, _ in path.name == git.name }
      }
      return (summary, events.all.filter { $0.hasPrefix("deleted") })
    }
    let (planned, plan) = try run(true)
    #expect(shell("ls '\(target)' | wc -l") == "7\n")
    let (summary, done) = try run(false)
    #expect(plan == done && planned.deleted == summary.deleted)
    #expect(
      done == [
        "deleted extra/deep/x", "deleted kept/b", "deleted link", "deleted other", "deleted root-link",
        "deleted same-size",
      ])
    #expect(
      shell("cd '\(target)'; find . -type f | sort") == "./.git/refs/y\n./equal\n./extra/deep/.git/z\n./kept/a\n")
  }

  @Test func `delete touches only folders that are selected whole`() throws {
    shell("cd '\(target)' && mkdir -p a b && touch a/extra b/extra")
    let saved: [ManifestEntry] = [
      .folder(""), .folder("a"), .file("a/x", "x", content), .folder("b"), .file("b/x", "x", content),
    ]
    let selection = try PathSelection(["a", "b/x"])
    try restore(saved, to: target, content, overwrite: .ifChanged) {
      $0.deletesExtra = true
      $0.selection = selection
    }
    #expect(shell("cd '\(target)'; ls -A . a b | tr '\\n' ' '").hasSuffix("same-size  a: x  b: extra x "))
  }

  @Test func `an existing folder that is only on the way keeps its metadata`() throws {
    shell("cd '\(target)' && mkdir -p way && chmod 700 way")
    let saved: [ManifestEntry] = [
      .folder(""), .folder("new", mode: 0o711), .file("new/x", "x", content), .folder("way"),
      .file("way/x", "x", content),
    ]
    let selection = try PathSelection(["way/x", "new/x"])
    try restore(saved, to: target, content, overwrite: .ifChanged) { $0.selection = selection }
    #expect(shell("cd '\(target)'; stat -c %a way new") == "700\n711\n")
  }

  @Test func `attributes that the snapshot does not have are removed from an equal file`() throws {
    shell("setfattr -n user.extra -v x '\(target)/equal'")
    let saved = [ManifestEntry.file("equal", "new", content)]
    try restore(saved, to: target, content, overwrite: .ifChanged)
    #expect(shell("getfattr '\(target)/equal'") == "")
  }

  @Test func `damaged files are absent, the rest is restored`() throws {
    let damaged = ManifestEntry.file("a", "damaged", content)
    let half = ManifestEntry.item("b", .file, mode: 0o600).with {
      $0.size = 6
      $0.content = .inline([content.add([65, 66]), content.add([67, 68]), content.add([69, 70])])
    }
    let list = ManifestEntry.item("c", .file, mode: 0o600).with {
      $0.size = 6
      $0.content = .indirect(lists: [content.addList([content.add([1])])])
    }
    for entry in [damaged, list] {
      for chunk in entry.content.firstChunks.prefix(1) { content.damage(chunk) }
    }
    content.damage(half.content.firstChunks[1])
    let saved = [damaged, half, list, .file("d", "d", content).linked(to: "a"), .file("e", "e", content)]
    let summary = try restore(saved, to: scratch / "second", content)
    #expect(summary.outcome == .damage && summary.damaged.map(\.description).sorted() == ["a", "b", "c"])
    #expect(summary.faults.first?.message == "a is not restored: chunk is damaged")
    #expect(shell("ls -A '\(scratch / "second")'") == "d\ne\n")
    let kept = try restore(saved, to: scratch / "third", content) { $0.keepsDamaged = true }
    #expect(kept.outcome == .damage && kept.damaged.count == 3)
    #expect(shell("od -An -c '\(scratch / "third")/b'") == "   A   B  \\0  \\0   E   F\n")
    #expect(shell("cd '\(scratch / "third")'; stat -c '%n %s' *") == "a 7\nb 6\nc 6\nd 1\ne 1\n")
  }
}

extension FileContent {
  var firstChunks: [ChunkReference] {
    switch self {
    case .inline(let chunks), .indirect(let chunks): chunks
    }
  }
}

import Glibc
import Sealing
import SnapshotModel
import Synchronization
import Testing

@testable import FileTrees

/// Targets in which somebody else changes things while a restore runs.
@Suite struct RestoreBesideOthersTests {
  let content = MemoryContent()
  let scratch = ScratchFolder("mkdir target outside && echo safe >outside/file")
  var target: String { scratch / "target" }

  private var outside: String { shell("cd '\(scratch / "outside")' && find . -type f | sort && cat file") }
  private let untouched = "./file\nsafe\n"

  @Test func `a hard link whose first name has gone meanwhile becomes a file of its own`() throws {
    let saved: [ManifestEntry] = [
      .file("a", "x", content), .file("b", "x", content).linked(to: "a"), .file("c", "x", content).linked(to: "a"),
    ]
    let events = HookedEvents(on: "created b", run: "rm '\(target)/a'")
    let summary = try restore(saved, to: target, content, hooks: events)
    #expect(summary.outcome == nil && summary.hardLinks == 1 && summary.files == 2)
    #expect(shell("cd '\(target)'; stat -c '%n %h' *; cat c") == "b 1\nc 1\nx")
  }

  @Test func `a hard link whose first name is another file by now becomes a file of its own`() throws {
    let saved: [ManifestEntry] = [
      .file("a", "x", content), .file("b", "x", content).linked(to: "a"), .file("c", "x", content).linked(to: "a"),
    ]
    let events = HookedEvents(on: "created b", run: "cd '\(target)' && echo other >n && mv n a")
    try restore(saved, to: target, content, hooks: events)
    #expect(shell("cd '\(target)'; stat -c '%n %h' *; cat a c") == "a 1\nb 1\nc 1\nother\nx")
  }

  @Test(arguments: [EntryKind.symbolicLink, .fifo, .socket])
  func `a further name of a node is one, unless the first has gone`(kind: EntryKind) throws {
    var first = ManifestEntry.item("a", kind, mode: 0o777)
    if kind == .symbolicLink { first = .symbolicLink("a", to: "x") }
    let saved =
      [first] + ["b", "c"].map { name in first.linked(to: "a").with { $0.path = ArchivePath(name) ?? .root } }
    try restore(saved, to: target, content, hooks: SilentRestoreEvents())
    #expect(shell("cd '\(target)'; stat -c '%n %h' *") == "a 3\nb 3\nc 3\n")
    let second = scratch / "second"
    let events = HookedEvents(on: "created b", run: "rm '\(second)/a'")
    let summary = try restore(saved, to: second, content, hooks: events)
    #expect(summary.outcome == nil)
    #expect(shell("cd '\(second)'; stat -c '%n %h' *") == "b 1\nc 1\n")
  }

  @Test func `a folder that goes while it is filled costs its files, and nothing else`() throws {
    shell("mkdir '\(target)/d'")
    let saved: [ManifestEntry] = [
      .folder("d"), .symbolicLink("d/link", to: "x"), .symbolicLink("link", to: "x"), .folder("z"),
    ]
    let events = HookedEvents(on: "created z", run: "rmdir '\(target)/d'")
    let summary = try restore(saved, to: target, content, hooks: events)
    #expect(shell("cd '\(target)'; find . -mindepth 1 | sort") == "./d\n./d/link\n./link\n./z\n")
    #expect(summary.symbolicLinks == 2)
  }

  @Test func `a folder gone before its metadata is set is no matter`() throws {
    let saved: [ManifestEntry] = [.folder("d"), .folder("e", mode: 0o711), .symbolicLink("link", to: "x")]
    let events = HookedEvents(on: "created link", run: "rmdir '\(target)/d'")
    let summary = try restore(saved, to: target, content, hooks: events)
    #expect(summary.outcome == nil && shell("cd '\(target)'; stat -c '%n %a' *") == "e 711\nlink 777\n")
  }

  @Test func `a folder that is a symbolic link by the time its metadata is set is not followed`() throws {
    shell("chmod 700 '\(scratch / "outside")'")
    let saved: [ManifestEntry] = [.folder("d"), .folder("e"), .symbolicLink("link", to: "x")]
    let events = HookedEvents(on: "created link", run: "cd '\(target)' && rmdir d && ln -s ../outside d")
    let summary = try restore(saved, to: target, content, hooks: events)
    #expect(summary.outcome == .refused)
    #expect(events.all.contains("failed \(target)/d is a symlink; not following it"))
    #expect(shell("stat -c %a '\(scratch / "outside")'") == "700\n" && outside == untouched)
  }

  /// The folder was there before, and what is not in the snapshot goes when all else is restored.
  private func deleting(
    _ trigger: String, _ command: String, isSpared: (@Sendable (ArchivePath, Bool) -> Bool)? = nil
  ) throws -> (summary: RestoreSummary, events: [String]) {
    shell("mkdir '\(target)/d' '\(target)/d/sub' && touch '\(target)/d/extra' '\(target)/d/other' '\(target)/d/sub/x'")
    let events = HookedEvents(on: trigger, run: command)
    let summary = try restore(
      [.folder(""), .folder("d"), .file("f", "f", content)], to: target, content, hooks: events
    ) {
      $0.deletesExtra = true
      $0.isSpared = isSpared
    }
    return (summary, events.all.filter { $0.hasPrefix("deleted") || $0.hasPrefix("failed") })
  }

  @Test func `what is deleted by somebody else meanwhile is no matter`() throws {
    let (summary, events) = try deleting("deleted d/extra", "rm '\(target)/d/other'")
    #expect(summary.outcome == nil && summary.deleted == 3)
    #expect(events == ["deleted d/extra", "deleted d/sub/x", "deleted d/sub"])
    #expect(shell("ls -A '\(target)/d'") == "")
  }

  @Test func `a folder that has gone before its extras are sought is no matter`() throws {
    let (summary, events) = try deleting("created f", "rm -r '\(target)/d'")
    #expect(summary.outcome == nil && events.isEmpty)
    #expect(shell("ls -A '\(target)'") == "f\n")
  }

  @Test func `nothing is deleted through a folder that became a symbolic link`() throws {
    let (summary, events) = try deleting("created f", "cd '\(target)' && rm -r d && ln -s ../outside d")
    #expect(summary.outcome == .refused && outside == untouched)
    #expect(events.contains("failed \(target)/d is a symlink; not following it"))
    #expect(!events.contains { $0.hasPrefix("deleted d/") })
  }

  @Test(arguments: [
    ("mv sub ../sub.old && mkdir sub && touch sub/mine", 0), ("rm -r sub && ln -s ../../outside sub", 1),
    ("rm -r sub && touch sub", 1),
  ])
  func `a folder that became something else between two looks stays`(change: String, faultCount: Int) throws {
    let folder = target + "/d"
    let (summary, events) = try deleting("", ":") { path, isFolder in
      if isFolder, path.name.elementsEqual("sub".utf8) { shell("cd '\(folder)' && \(change)") }
      return false
    }
    #expect(summary.faultCount == faultCount && summary.outcome == (faultCount == 0 ? nil : .warnings))
    #expect(
      events.filter { $0.hasPrefix("deleted") && !$0.hasPrefix("deleted sub.old") } == [
        "deleted d/extra", "deleted d/other",
      ])
    #expect(shell("ls -A '\(folder)'") == "sub\n" && outside == untouched)
  }

  @Test func `what goes by itself while its folder is replaced is no matter`() throws {
    shell("mkdir '\(target)/d' && cd '\(target)/d' && touch a b c")
    let events = HookedEvents(on: "deleted d/a", run: "rm '\(target)/d/b'")
    let summary = try restore([.file("d", "new", content)], to: target, content, hooks: events, overwrite: .always) {
      $0.replacesFolders = true
    }
    #expect(summary.outcome == nil && text(at: target + "/d") == "new")
    #expect(events.all == ["deleted d/a", "deleted d/c", "deleted d", "created d"])
  }

  @Test(arguments: [EntryKind.file, .symbolicLink])
  func `a folder with the repository in it is not replaced, and nothing of it goes`(kind: EntryKind) throws {
    shell("mkdir -p '\(target)/d/store' && cd '\(target)/d' && touch a store/pack")
    let store = try identity(at: target + "/d/store")
    let entry = kind == .file ? ManifestEntry.file("d", "new", content) : .symbolicLink("d", to: "x")
    for isDryRun in [true, false] {
      let summary = try restore([entry], to: target, content, hooks: SilentRestoreEvents(), overwrite: .always) {
        $0.replacesFolders = true
        $0.neverEnter = [store]
        $0.isDryRun = isDryRun
      }
      #expect(summary.outcome == .warnings && summary.faultCount == 1 && summary.deleted == 0)
      #expect(shell("cd '\(target)'; find . -type f | sort") == "./d/a\n./d/store/pack\n")
    }
  }

  @Test func `a restore that is asked to end while it deletes ends there`() throws {
    shell("touch '\(target)/a' '\(target)/b' '\(target)/c'")
    let events = HookedEvents(on: "deleted a", isStopping: true)
    let end = fault { try restore([.folder("")], to: target, content, hooks: events) { $0.deletesExtra = true } }
    #expect(end?.code == .interrupted && shell("ls '\(target)'") == "b\nc\n")
  }

  /// Gives other bytes than were asked for.
  private final class WrongContent: ContentReading {
    let content: MemoryContent
    let change: @Sendable ([UInt8]) throws -> [UInt8]
    var naming: ChunkNaming { content.naming }
    init(_ content: MemoryContent, _ change: @escaping @Sendable ([UInt8]) throws -> [UInt8]) {
      (self.content, self.change) = (content, change)
    }
    func chunks(of content: FileContent) throws -> [ChunkReference] { try self.content.chunks(of: content) }
    func bytes(of chunk: ChunkReference) throws -> ArraySlice<UInt8> {
      try change(Array(content.bytes(of: chunk)))[...]
    }
  }

  @Test(arguments: [[], [1], [1, 2, 3, 4]] as [[UInt8]])
  func `a chunk of another length is damage, and its file is not made`(bytes: [UInt8]) throws {
    let wrong = WrongContent(content) { _ in bytes }
    let saved: [ManifestEntry] = [.file("a", "abc", content), .file("b", "", content)]
    let events = HookedEvents(on: "")
    let summary = try restore(saved, to: target, wrong, hooks: events)
    #expect(summary.outcome == .damage && summary.damaged.map(\.description) == ["a"])
    #expect(events.all.contains("failed a is not restored: its size and its content do not agree"))
    #expect(shell("ls -A '\(target)'") == "b\n")
  }

  @Test func `with verify, bytes that read back differently leave no file`() throws {
    let wrong = WrongContent(content) { $0.map { $0 ^ 1 } }
    shell("echo old >'\(target)/b'")
    let saved: [ManifestEntry] = [.file("a", "abc", content), .file("b", "abc", content)]
    let events = HookedEvents(on: "")
    let summary = try restore(saved, to: target, wrong, hooks: events) { $0.verifies = true }
    #expect(summary.outcome == .inputOutput && summary.files == 0 && summary.faultCount == 2)
    #expect(events.all.contains("failed a: reads back differently from what was written"))
    // What was there stays, and nothing half is left.
    #expect(shell("ls -A '\(target)'; cat '\(target)/b'") == "b\nold\n")
    let right = WrongContent(content) { $0 }
    #expect(try restore(saved, to: target, right, hooks: events) { $0.verifies = true }.outcome == nil)
    #expect(text(at: target + "/a") == "abc" && text(at: target + "/b") == "abc")
  }

  @Test(arguments: [(FaultCode.network, true), (.inputOutput, false)])
  func `why content could not be read is told with its own cause and remedy`(code: FaultCode, keeps: Bool) throws {
    let wrong = WrongContent(content) { _ in throw SnapFault(code, "the store is away", hint: "mount it") }
    let saved: [ManifestEntry] = [.file("a", "abc", content)]
    let summary = try restore(saved, to: target, wrong, hooks: SilentRestoreEvents()) { $0.keepsDamaged = keeps }
    let state = keeps ? "restored in part" : "not restored"
    let fault = try #require(summary.faults.first)
    #expect(fault.code == code && fault.message == "a is \(state): the store is away" && fault.hint == "mount it")
    #expect(summary.outcome == (code == .inputOutput ? .inputOutput : .damage))
    #expect(shell("find '\(target)' -type f -printf %s") == (keeps ? "3" : ""))
  }

  @Test func `a file whose own content cannot be told stays as it is`() throws {
    let list = content.addList([content.add([1, 2, 3])])
    content.damage(list)
    let entry = ManifestEntry.item("a", .file, mode: 0o644).with {
      $0.size = 3
      $0.content = .indirect(lists: [list])
    }
    shell("printf old >'\(target)/a'")
    let summary = try restore([entry], to: target, content, hooks: SilentRestoreEvents())
    #expect(summary.outcome == .damage && text(at: target + "/a") == "old")
    #expect(shell("ls -A '\(target)'") == "a\n")
  }
}

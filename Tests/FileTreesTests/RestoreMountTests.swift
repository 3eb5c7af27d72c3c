import Glibc
import ObjectStores
import SnapshotModel
import Testing

@testable import FileTrees

/// Targets in which other file systems stand, or that nobody can write.
@Suite(.enabled(if: canMount, "mounting a file system needs root"))
struct RestoreMountTests {
  let content = MemoryContent()
  let scratch = ScratchFolder("mkdir -p target/other")
  var target: String { scratch / "target" }

  private func removing(_ saved: [ManifestEntry]) throws -> CreationRemover {
    let remover = CreationRemover(
      target: Array(target.utf8), options: RestoreOptions(), content: content, events: SilentRestoreEvents())
    try remover.remove(saved)
    return remover
  }

  @Test func `a hard link into another file system becomes a file of its own`() throws {
    let mount = ScratchMount(at: target + "/other")
    defer { withExtendedLifetime(mount) {} }
    let saved: [ManifestEntry] = [
      .file("a", "x", content), .file("b", "x", content).linked(to: "a"), .folder("other"),
      .file("other/c", "x", content).linked(to: "a"), .item("pipe", .fifo, mode: 0o600),
    ]
    let summary = try restore(saved, to: target, content, hooks: SilentRestoreEvents())
    #expect(summary.outcome == nil && summary.hardLinks == 1 && summary.files == 2)
    #expect(shell("cd '\(target)'; stat -c '%n %h' a b other/c; cat other/c") == "a 2\nb 2\nother/c 1\nx")
  }

  @Test(arguments: [EntryKind.symbolicLink, .fifo])
  func `a further name of a node in another file system becomes a node of its own`(kind: EntryKind) throws {
    let mount = ScratchMount(at: target + "/other")
    defer { withExtendedLifetime(mount) {} }
    var first = ManifestEntry.item("a", kind, mode: 0o777)
    if kind == .symbolicLink { first = .symbolicLink("a", to: "x") }
    let path = try #require(ArchivePath("other/b"))
    let saved = [first, .folder("other"), first.linked(to: "a").with { $0.path = path }]
    #expect(try restore(saved, to: target, content, hooks: SilentRestoreEvents()).outcome == nil)
    #expect(shell("cd '\(target)'; stat -c '%n %h' a other/b") == "a 1\nother/b 1\n")
  }

  @Test func `what is mounted in a folder keeps it from being replaced, and nothing of it goes`() throws {
    shell("touch '\(target)/mine'; mkdir '\(target)/other/sub'")
    let mount = ScratchMount(at: target + "/other/sub")
    defer { withExtendedLifetime(mount) {} }
    shell("touch '\(target)/other/sub/theirs' '\(target)/other/a'")
    let events = HookedEvents(on: "")
    let summary = try restore([.file("other", "x", content)], to: target, content, hooks: events, overwrite: .always) {
      $0.replacesFolders = true
    }
    #expect(summary.outcome == .warnings && summary.files == 0 && summary.deleted == 0)
    #expect(events.all.count == 1 && events.all[0].hasPrefix("failed other is a folder that holds something"))
    #expect(shell("cd '\(target)'; find . -type f | sort") == "./mine\n./other/a\n./other/sub/theirs\n")
  }

  @Test func `what is mounted is not deleted, and what lies beside it is`() throws {
    let mount = ScratchMount(at: target + "/other")
    defer { withExtendedLifetime(mount) {} }
    shell("touch '\(target)/other/theirs' '\(target)/extra'")
    let summary = try restore([.folder("")], to: target, content, hooks: SilentRestoreEvents()) {
      $0.deletesExtra = true
    }
    #expect(summary.outcome == nil && summary.deleted == 1)
    #expect(shell("cd '\(target)'; find . -mindepth 1 | sort") == "./other\n./other/theirs\n")
  }

  /// A file on which another is mounted can be neither removed nor replaced.
  @Test func `a name that is busy is a fault, and nothing temporary is left`() throws {
    shell("cd '\(target)' && echo kept >busy && echo kept >folder && echo on >../on && mount --bind ../on busy")
    shell("mount --bind '\(scratch / "on")' '\(target)/folder'")
    defer { shell("umount '\(target)/busy' '\(target)/folder'") }
    let saved: [ManifestEntry] = [
      .symbolicLink("busy", to: "x"), .folder("folder"), .file("folder/a", "a", content), .file("zz", "z", content),
    ]
    let events = HookedEvents(on: "")
    let summary = try restore(saved, to: target, content, hooks: events, overwrite: .always)
    #expect(summary.outcome == .warnings && summary.faultCount == 2 && summary.notRestored == 1)
    #expect(events.all.contains("failed busy: Device or resource busy"))
    #expect(events.all.contains("failed folder: Device or resource busy"))
    #expect(shell("cd '\(target)'; ls -A; cat busy folder zz") == "busy\nfolder\nother\nzz\non\non\nz")
  }

  @Test func `a file whose name is busy is a fault, and nothing temporary is left`() throws {
    shell("cd '\(target)' && echo kept >busy && echo on >../on && mount --bind ../on busy")
    defer { shell("umount '\(target)/busy'") }
    let events = HookedEvents(on: "")
    let summary = try restore([.file("busy", "new", content)], to: target, content, hooks: events, overwrite: .always)
    #expect(summary.outcome == .warnings && summary.files == 0)
    #expect(events.all == ["failed busy: Device or resource busy"])
    #expect(shell("cd '\(target)'; ls -A; cat busy") == "busy\nother\non\n")
  }

  @Test func `into a file system that is read-only nothing is restored, and the first look says so`() throws {
    let mount = ScratchMount(at: target + "/other")
    let place = target + "/other"
    shell("touch '\(place)/extra' && mkdir '\(place)/d'")
    mount.makeReadOnly()
    let kinds: [[ManifestEntry]] = [
      [.file("a", "a", content)], [.folder("new")], [.symbolicLink("a", to: "x")], [.folder("d", mode: 0o700)],
      [.item("p", .fifo, mode: 0o600)], [.file("new/a", "a", content)], [.file("d/a", "a", content)],
    ]
    for saved in kinds {
      let end = fault { try restore(saved, to: place, content, hooks: SilentRestoreEvents()) }
      #expect(end?.code == .permission && end?.message == "cannot write to \(place): Read-only file system")
    }
    let end = fault {
      try restore([.folder("")], to: place, content, hooks: SilentRestoreEvents()) { $0.deletesExtra = true }
    }
    #expect(end?.code == .permission)
    let missing = fault { try restore(kinds[0], to: place + "/new/deep", content, hooks: SilentRestoreEvents()) }
    #expect(missing?.message == "cannot write to \(place)/new/deep: Read-only file system")
    #expect(shell("ls -A '\(place)'") == "d\nextra\n")
    #expect(try restore(kinds[0], to: place, content, hooks: SilentRestoreEvents()) { $0.isDryRun = true }.files == 1)
  }

  @Test func `many files on a file system that is read-only end with one fault`() throws {
    let mount = ScratchMount(at: target + "/other")
    mount.makeReadOnly()
    let saved = (1000..<1400).map { ManifestEntry.file("f\($0)", "x", content) }
    let end = fault { try restore(saved, to: target + "/other", content, hooks: SilentRestoreEvents()) }
    #expect(end?.code == .permission && end?.message == "cannot write to \(target)/other: Read-only file system")
  }

  @Test func `what a restore made is not taken away where nothing can be written`() throws {
    let mount = ScratchMount(at: target + "/other")
    let saved: [ManifestEntry] = [.folder("other"), .file("other/a", "a", content)]
    try restore(saved, to: target, content, hooks: SilentRestoreEvents())
    mount.makeReadOnly()
    let end = fault { _ = try removing(saved) }
    #expect(end?.message == "cannot write to \(target): Read-only file system")
    #expect(text(at: target + "/other/a") == "a")
  }

  @Test func `a private folder in which something is mounted says that it is busy`() throws {
    let folder = try PrivateFolder(in: Array(target.utf8), prefix: "p-")
    let path = String(decoding: folder.path, as: UTF8.self)
    shell("mkdir '\(path)/sub'")
    var mount: ScratchMount? = ScratchMount(at: path + "/sub")
    #expect(mount != nil)
    #expect(throws: SystemError(errno: EBUSY, operation: "remove")) { try folder.remove() }
    #expect(shell("ls '\(path)'") == "sub\n")
    mount = nil
    try folder.remove()
    try folder.remove()
    #expect(shell("ls -A '\(target)'") == "other\n")
  }
}

import Glibc
import SnapshotModel
import TestSupport
import Testing

@testable import FileTrees

/// Attributes, owners and modes of whatever kind, and what is counted when they cannot be had.
@Suite struct RestoreMetadataTests {
  let content = MemoryContent()
  let scratch = ScratchFolder("mkdir target")
  var target: String { scratch / "target" }

  private func with(_ entry: ManifestEntry, _ attributes: [String: String]) -> ManifestEntry {
    entry.with {
      $0.metadata.extendedAttributes = attributes.sorted { $0.key < $1.key }.map {
        ExtendedAttribute(name: Array($0.key.utf8), value: Array($0.value.utf8))
      }
    }
  }

  private func link(_ attributes: [String: String]) -> ManifestEntry { with(.symbolicLink("a", to: "x"), attributes) }

  @Test(.enabled(if: isRoot), arguments: [EntryKind.symbolicLink, .fifo, .socket])
  func `root's attributes of what is not opened come back when they are asked for`(kind: EntryKind) throws {
    var entry = ManifestEntry.item("a", kind, mode: 0o640)
    if kind == .symbolicLink { entry = .symbolicLink("a", to: "/nowhere") }
    let saved = [with(entry, ["trusted.note": "one"])]
    let summary = try restore(saved, to: target, content, hooks: SilentRestoreEvents()) {
      $0.preservesPrivileged = true
    }
    #expect(summary.outcome == nil && summary.notes.isEmpty)
    #expect(shell("cd '\(target)'; getfattr -h -d -m- a") == "# file: a\ntrusted.note=\"one\"\n\n")
    // Without being asked for they are left out, and counted.
    let second = scratch / "second"
    let without = try restore(saved, to: second, content, hooks: SilentRestoreEvents())
    #expect(without.privilegesWithheld == 1 && without.notes.count == 1)
    #expect(shell("cd '\(second)'; getfattr -h -d -m- a") == "")
  }

  /// The kernel has `user.*` for files and folders only.
  @Test(arguments: [EntryKind.symbolicLink, .fifo])
  func `an attribute that the kind cannot have is counted, and the item is restored`(kind: EntryKind) throws {
    var entry = ManifestEntry.item("a", kind, mode: 0o640)
    if kind == .symbolicLink { entry = .symbolicLink("a", to: "x") }
    let summary = try restore([with(entry, ["user.note": "one"])], to: target, content, hooks: SilentRestoreEvents())
    #expect(summary.outcome == nil && summary.attributesNotRestored == 1)
    #expect(summary.notes == ["extended attributes not restored for 1 file"])
    #expect(shell("cd '\(target)'; ls -A; stat -c %Y a") == "a\n1600000000\n")
  }

  @Test(arguments: [String(repeating: "n", count: 251), ""])
  func `an attribute whose name the target refuses is counted, and the others are set`(name: String) throws {
    for entry in [ManifestEntry.file("a", "text", content), .folder("b")] {
      let saved = [with(entry, ["user.\(name)": "one", "user.kept": "two"])]
      let summary = try restore(saved, to: target, content, hooks: SilentRestoreEvents())
      #expect(summary.outcome == nil && summary.attributesNotRestored == 1)
      let path = target + "/" + entry.path.description
      #expect(shell("getfattr --only-values -n user.kept '\(path)' 2>/dev/null") == "two")
    }
  }

  @Test func `a label of the system's policy is no loss, another of its attributes is`() throws {
    let labelled = with(.file("a", "a", content), ["security.selinux": "unconfined_u:object_r:user_home_t:s0"])
    let first = try restore([labelled], to: target, content, hooks: SilentRestoreEvents())
    #expect(first.privilegesWithheld == 0 && first.notes.isEmpty)
    let capable = with(.file("b", "b", content), ["security.capability": "x", "trusted.y": "z"])
    let second = try restore([capable], to: target, content, hooks: SilentRestoreEvents())
    #expect(second.privilegesWithheld == 2)
    #expect(shell("cd '\(target)'; getfattr -d -m- a b 2>/dev/null") == "")
  }

  @Test(.enabled(if: isRoot))
  func `an attribute that is another one makes a link be adjusted, and an equal one does not`() throws {
    func run(_ entry: ManifestEntry) throws -> [String] {
      let events = HookedEvents(on: "")
      try restore([entry], to: target, content, hooks: events) { $0.preservesPrivileged = true }
      return events.all
    }
    #expect(try run(link(["trusted.note": "one"])) == ["created a"])
    #expect(try run(link(["trusted.note": "one"])) == ["unchanged a"])
    #expect(try run(link(["trusted.note": "two"])) == ["adjusted a"])
    #expect(shell("getfattr -h --only-values -n trusted.note '\(target)/a' 2>/dev/null") == "two")
  }

  @Test(.enabled(if: isRoot))
  func `a node with other names is replaced where its metadata differs, not changed`() throws {
    shell("cd '\(target)' && mkfifo a && ln a ../other && chmod 600 a")
    let events = HookedEvents(on: "")
    try restore([.item("a", .fifo, mode: 0o640)], to: target, content, hooks: events)
    #expect(events.all == ["replaced a"])
    #expect(shell("stat -c '%a %h' '\(target)/a' '\(scratch / "other")'") == "640 1\n600 1\n")
  }

  @Test(.enabled(if: isRoot), arguments: [EntryKind.characterDevice, .blockDevice])
  func `a device comes back with its numbers when it is asked for, and is replaced when they differ`(
    kind: EntryKind
  ) throws {
    func run(_ minor: UInt32) throws -> [String] {
      let events = HookedEvents(on: "")
      let entry = ManifestEntry.item("a", kind, mode: 0o620).with {
        $0.deviceNumber = DeviceNumber(major: 7, minor: minor)
      }
      try restore([entry], to: target, content, hooks: events) { $0.preservesPrivileged = true }
      return events.all
    }
    #expect(try run(1) == ["created a"] && run(1) == ["unchanged a"] && run(300) == ["replaced a"])
    let type = kind == .blockDevice ? "block" : "character"
    #expect(shell("stat -c '%F %t,%T %a' '\(target)/a'") == "\(type) special file 7,12c 620\n")
  }

  @Test(arguments: [OverwriteMode.never, .ifNewer, .ifChanged])
  func `a folder where a link or a node belongs is a fault, but with always`(overwrite: OverwriteMode) throws {
    for entry in [ManifestEntry.symbolicLink("a", to: "x"), .item("b", .fifo, mode: 0o600)] {
      let path = target + "/" + entry.path.description
      shell("mkdir -p '\(path)' && touch -d 1999-01-01 '\(path)'")
      let events = HookedEvents(on: "")
      let summary = try restore([entry], to: target, content, hooks: events, overwrite: overwrite)
      #expect(shell("stat -c %F '\(path)'") == "directory\n")
      #expect(summary.outcome == (overwrite == .never ? nil : .warnings))
      let line = "\(entry.path) is a folder, but none in the snapshot; --overwrite always replaces it"
      #expect(events.all == [overwrite == .never ? "kept \(entry.path)" : "failed " + line])
      let always = try restore([entry], to: target, content, hooks: events, overwrite: .always)
      #expect(always.outcome == nil && always.deleted == 1)
      #expect(shell("stat -c %F '\(path)'") == (entry.kind == .fifo ? "fifo\n" : "symbolic link\n"))
    }
  }

  @Test(arguments: [(OverwriteMode.never, "kept"), (.ifNewer, "kept"), (.ifChanged, "replaced"), (.always, "replaced")])
  func `a further name where something stands follows the mode of overwriting`(
    overwrite: OverwriteMode, done: String
  ) throws {
    shell("cd '\(target)' && echo mine >b && touch -d 2030-01-01 b")
    let saved: [ManifestEntry] = [.file("a", "x", content), .file("b", "x", content).linked(to: "a")]
    let events = HookedEvents(on: "")
    try restore(saved, to: target, content, hooks: events, overwrite: overwrite)
    #expect(events.all == ["created a", "\(done) b"])
    #expect(text(at: target + "/b") == (done == "kept" ? "mine\n" : "x"))
  }

  @Test func `a further name whose first one was dropped with its folder gets the content`() throws {
    let saved: [ManifestEntry] = [
      .file("a", "x", content), .folder("d"), .file("d/b", "x", content).linked(to: "a"),
      .file("d/c", "x", content).linked(to: "a"),
    ]
    let summary = try restore(saved, to: target, content, hooks: SilentRestoreEvents()) { $0.stripComponents = 1 }
    #expect(summary.files == 1 && summary.hardLinks == 1)
    #expect(shell("cd '\(target)'; stat -c '%n %h' *; cat b") == "b 2\nc 2\nx")
  }

  @Test func `what is deleted and what is dropped cannot be combined`() throws {
    shell("touch '\(target)/extra'")
    let end = fault {
      try restore([.folder("d")], to: target, content, hooks: SilentRestoreEvents()) {
        $0.deletesExtra = true
        $0.stripComponents = 1
      }
    }
    #expect(end?.code == .usage && shell("ls '\(target)'") == "extra\n")
  }

  @Test func `patterns that no entry matched are told as they were written`() throws {
    var options = RestoreOptions(overwrite: .ifChanged)
    options.selection = try PathSelection(["a", "missing", "*.none"])
    let restorer = Restorer(
      target: Array(target.utf8), options: options, content: content, events: SilentRestoreEvents())
    _ = try restorer.restore([.file("a", "a", content), .file("b", "b", content)])
    #expect(restorer.unmatchedPatterns == [Array("missing".utf8), Array("*.none".utf8)])
    #expect(shell("ls '\(target)'") == "a\n")
  }

  @Test func `a link whose folder is a symbolic link in the target is refused, and the file too`() throws {
    shell("mkdir '\(scratch / "outside")' && ln -s '\(scratch / "outside")' '\(target)/d'")
    let saved: [ManifestEntry] = [
      .file("d/a", "a", content), .file("d/b", "b", content), .symbolicLink("d/l", to: "x"), .file("e", "e", content),
    ]
    let events = HookedEvents(on: "")
    let summary = try restore(saved, to: target, content, hooks: events)
    #expect(summary.outcome == .refused && summary.files == 1)
    #expect(events.all.contains("failed \(target)/d is a symlink; not following it"))
    #expect(shell("ls -A '\(scratch / "outside")'; ls '\(target)'") == "d\ne\n")
  }

  @Test(arguments: [
    ("loop", "Too many levels of symbolic links"), ("dangling", "No such file or directory"),
    (String(repeating: "n", count: 256), "File name too long on target"),
    ("dangling/deep", "No such file or directory"),
  ])
  func `a target that can be neither entered nor made says why`(name: String, reason: String) throws {
    shell("cd '\(target)' && ln -s loop loop && ln -s nowhere/at/all dangling")
    let end = fault {
      try restore([.file("a", "a", content)], to: target + "/" + name, content, hooks: SilentRestoreEvents())
    }
    #expect(end?.code == .failed && end?.message == "cannot restore to \(target)/\(name): \(reason)")
    #expect(shell("ls -A '\(target)'") == "dangling\nloop\n")
  }
}

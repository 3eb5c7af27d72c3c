import Glibc
import Sealing
import SnapshotModel
import Synchronization
import TestSupport
import Testing

@testable import FileTrees

/// Snapshots and targets that try to write where they should not.
@Suite struct RestoreHostileTests {
  let content = MemoryContent()
  let scratch: ScratchFolder
  init() throws {
    scratch = ScratchFolder()
    shell("mkdir '\(scratch / "outside")' && echo safe > '\(scratch / "outside")/file'")
  }

  var outsideIsUntouched: Bool {
    shell("cd '\(scratch / "outside")'; ls -A; cat file; stat -c %h file") == "file\nsafe\n1\n"
  }

  @Test(arguments: ["a/../../etc/passwd", "/etc/passwd", "..", ".", "a//b", "a/.", "a/\0b"])
  func `a path that leads out cannot even be said`(path: String) {
    #expect(ArchivePath(path) == nil)
  }

  @Test func `an entry below a symbolic link of the same snapshot is refused`() throws {
    let saved: [ManifestEntry] = [
      .symbolicLink("a", to: scratch / "outside"), .file("a/file", "evil", content), .file("b", "fine", content),
    ]
    let refusal = fault { try restore(saved, to: scratch / "target", content) { $0.snapshotName = "4f21c9" } }
    #expect(refusal?.code == .refused)
    #expect(refusal?.message == "refused unsafe entry 'a/file' in 4f21c9 (hostile or damaged snapshot)")
    #expect(outsideIsUntouched)
    let summary = try restore(saved, to: scratch / "second", content) { $0.skipsUnsafe = true }
    #expect(summary.outcome == .refused && text(at: scratch / "second/b") == "fine")
    #expect(outsideIsUntouched)
  }

  @Test func `an entry that comes again after a symbolic link took its parent's place is refused`() throws {
    let saved: [ManifestEntry] = [
      .folder("a"), .file("b", "x", content), .symbolicLink("a", to: scratch / "outside"),
      .file("a/file", "evil", content),
    ]
    let summary = try restore(saved, to: scratch / "target", content) { $0.skipsUnsafe = true }
    #expect(summary.faultCount == 2 && outsideIsUntouched)
    #expect(shell("stat -c %F '\(scratch / "target")/a'") == "directory\n")
  }

  @Test func `the same path twice is refused`() throws {
    let saved: [ManifestEntry] = [.file("a", "1", content), .file("a", "2", content)]
    #expect(fault { try restore(saved, to: scratch / "target", content) }?.code == .refused)
  }

  @Test func `a symbolic link in the target is not followed`() throws {
    shell("mkdir '\(scratch / "target")' && ln -s '\(scratch / "outside")' '\(scratch / "target")/link'")
    let saved: [ManifestEntry] = [
      .folder("link"), .file("link/evil", "evil", content), .file("link/file", "evil", content),
      .file("other", "fine", content),
    ]
    for overwrite in OverwriteMode.allCases {
      let events = RecordedEvents()
      let summary = try restore(saved, to: scratch / "target", content, events: events, overwrite: overwrite) {
        $0.requiresEmptyTarget = false
        $0.deletesExtra = true
      }
      #expect(summary.outcome == .refused && summary.notRestored == 2)
      #expect(events.all.contains("failed \(scratch / "target/link") is a symlink; not following it"))
      #expect(outsideIsUntouched && text(at: scratch / "target/other") == "fine")
    }
  }

  @Test func `a symbolic link where a file belongs is replaced, not written through`() throws {
    shell("mkdir '\(scratch / "target")' && ln -s '\(scratch / "outside")/file' '\(scratch / "target")/file'")
    let summary = try restore([.file("file", "new", content)], to: scratch / "target", content, overwrite: .always)
    #expect(summary.outcome == nil && outsideIsUntouched)
    #expect(shell("stat -c %F '\(scratch / "target")/file'") == "regular file\n")
  }

  @Test func `a file with another name outside is replaced, not changed`() throws {
    shell("mkdir '\(scratch / "target")'; echo safe > '\(scratch / "outside")/f2'")
    shell("ln '\(scratch / "outside")/f2' '\(scratch / "target")/file'; chmod 600 '\(scratch / "outside")/f2'")
    for overwrite in [OverwriteMode.ifChanged, .always] {
      try restore(
        [.file("file", "safe\n", content, mode: 0o666)], to: scratch / "target", content, overwrite: overwrite)
      #expect(shell("stat -c '%a %h' '\(scratch / "outside")/f2'") == "600 1\n")
    }
  }

  @Test func `a hard link to a file that this run did not restore gets the content instead`() throws {
    shell("mkdir '\(scratch / "target")' && echo secret > '\(scratch / "target")/a'")
    let link = ManifestEntry.file("b", "content", content).linked(to: "a")
    let summary = try restore([link], to: scratch / "target", content, overwrite: .always)
    #expect(text(at: scratch / "target/b") == "content" && text(at: scratch / "target/a") == "secret\n")
    #expect(summary.hardLinks == 0 && summary.files == 1)
  }

  @Test func `a hard link through a symbolic link of the target is not made`() throws {
    shell("mkdir '\(scratch / "target")' && ln -s '\(scratch / "outside")' '\(scratch / "target")/a'")
    let link = ManifestEntry.file("b", "content", content).linked(to: "a/file")
    try restore([link], to: scratch / "target", content, overwrite: .always)
    #expect(text(at: scratch / "target/b") == "content" && outsideIsUntouched)
  }

  @Test func `a hard link to itself, to a later path or to the root is refused`() throws {
    for first in ["b", "c", ""] {
      let link = ManifestEntry.file("b", "content", content).linked(to: first)
      #expect(fault { try restore([link], to: scratch / "target", content) }?.code == .refused)
    }
  }

  @Test func `a hard link to a folder or a symbolic link gets the content instead`() throws {
    let saved: [ManifestEntry] = [
      .folder("a"), .symbolicLink("b", to: scratch / "outside/file"), .file("c", "c", content).linked(to: "a"),
      .file("d", "d", content).linked(to: "b"),
    ]
    let summary = try restore(saved, to: scratch / "target", content)
    #expect(summary.outcome == nil && text(at: scratch / "target/c") == "c" && text(at: scratch / "target/d") == "d")
    #expect(outsideIsUntouched)
  }

  @Test func `a folder swapped for a symbolic link while restoring leads nowhere`() throws {
    // Swaps `a` once it has been made and its first file has been asked for.
    final class Swapping: ContentReading {
      var naming: ChunkNaming { content.naming }
      let content: MemoryContent
      let target: String
      let outside: String
      let isSwapped = Mutex(false)
      init(_ content: MemoryContent, target: String, outside: String) {
        (self.content, self.target, self.outside) = (content, target, outside)
      }
      func chunks(of content: FileContent) throws -> [ChunkReference] { try self.content.chunks(of: content) }
      func bytes(of chunk: ChunkReference) throws -> ArraySlice<UInt8> {
        isSwapped.withLock { isSwapped in
          if !isSwapped { shell("cd '\(target)' && mv a moved && ln -s '\(outside)' a") }
          isSwapped = true
        }
        return try content.bytes(of: chunk)
      }
    }
    var saved: [ManifestEntry] = [.folder(""), .folder("a")]
    for number in 1000..<1200 { saved.append(.file("a/f\(number)", "evil \(number)", content)) }
    saved.append(.file("a/g", "evil 1000", content).linked(to: "a/f1000"))
    saved.append(.symbolicLink("a/h", to: "x"))
    let swapping = Swapping(content, target: scratch / "target", outside: scratch / "outside")
    let restorer = Restorer(
      target: Array((scratch / "target").utf8), options: RestoreOptions(), content: swapping,
      events: SilentRestoreEvents())
    _ = try restorer.restore(saved)
    #expect(outsideIsUntouched)
  }

  @Test func `set-user-id bits and devices need to be asked for`() throws {
    let saved: [ManifestEntry] = [
      .item("device", .characterDevice, mode: 0o666).with { $0.deviceNumber = DeviceNumber(major: 1, minor: 3) },
      .file("program", "x", content, mode: 0o6755),
    ]
    let summary = try restore(saved, to: scratch / "target", content)
    #expect(shell("cd '\(scratch / "target")'; stat -c '%n %a' *") == "program 755\n")
    #expect(summary.privilegesWithheld == 2 && summary.outcome == nil && summary.notes.count == 1)
    guard isRoot else { return }
    let full = try restore(saved, to: scratch / "second", content) { $0.preservesPrivileged = true }
    #expect(full.notes == [])
    #expect(shell("cd '\(scratch / "second")'; stat -c '%n %a %t,%T' *") == "device 666 1,3\nprogram 6755 0,0\n")
  }

  @Test func `entries that contradict themselves count as damaged, and the rest is restored`() throws {
    let chunk = content.add([1, 2, 3])
    func entry(_ path: String, size: UInt64, _ extents: [DataExtent]?) -> ManifestEntry {
      .item(path, .file, mode: 0o644).with {
        $0.size = size
        $0.dataExtents = extents
        $0.content = .inline([chunk])
      }
    }
    let saved = [
      entry("a", size: 4, nil), entry("b", size: .max, nil), entry("c", size: 10, [DataExtent(offset: 8, length: 3)]),
      entry("d", size: 10, [DataExtent(offset: .max, length: 3)]),
      entry("e", size: 10, [DataExtent(offset: 4, length: 2), DataExtent(offset: 0, length: 1)]),
      entry("f", size: 10, [DataExtent(offset: 4, length: 4)]),
      entry("g", size: 10, [DataExtent(offset: 4, length: 0)]),
      .item("h", .file, mode: 0o644).with {
        $0.size = UInt64(bitPattern: -1)
        $0.content = .inline([ChunkReference(id: chunk.id, length: -1)])
      },
      entry("i", size: 3, nil), entry("j", size: 10, [DataExtent(offset: 7, length: 3)]),
    ]
    let summary = try restore(saved, to: scratch / "target", content)
    #expect(summary.damaged.count == 8 && summary.outcome == .damage)
    #expect(shell("cd '\(scratch / "target")'; stat -c '%n %s' *") == "i 3\nj 10\n")
  }

  @Test func `names that the target cannot hold are reported, and the rest is restored`() throws {
    let long = String(repeating: "n", count: 256)
    let saved: [ManifestEntry] = [
      .file("a", "a", content), .folder("d"), .file("d/\(long)", "x", content), .folder(long),
      .file(long + "/below", "x", content), .symbolicLink(long + "l", to: "a"), .file("z", "z", content),
    ].sorted { $0.path < $1.path }
    let events = RecordedEvents()
    let summary = try restore(saved, to: scratch / "target", content, events: events)
    #expect(summary.outcome == .warnings && summary.faultCount == 3 && summary.notRestored == 1)
    #expect(events.all.contains("failed d/\(long): File name too long on target"))
    #expect(text(at: scratch / "target/z") == "z")
  }
}

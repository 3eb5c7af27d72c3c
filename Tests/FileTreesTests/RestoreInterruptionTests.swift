import SnapshotModel
import Synchronization
import Testing

@testable import FileTrees

/// Asks to stop once the restore has asked so many times.
private final class StopEvents: RestoreEvents {
  private let left: Atomic<Int>
  init(after count: Int) { left = Atomic(count) }
  var shouldStop: Bool { left.subtract(1, ordering: .relaxed).newValue < 0 }
  func restore(did action: RestoreAction, path: ArchivePath, kind: EntryKind, byteCount: UInt64) {}
  func restore(failed fault: SnapFault, path: ArchivePath) {}
}

@Suite struct RestoreInterruptionTests {
  let content = MemoryContent()
  let scratch = ScratchFolder("mkdir -p target/old && printf old >target/old/large && chmod 500 target/old")
  var target: String { scratch / "target" }

  private func large(_ path: String) -> ManifestEntry {
    ManifestEntry.item(path, .file, mode: 0o644).with { entry in
      entry.content = .inline((0..<20).map { content.add([UInt8](repeating: $0, count: 1000)) })
      entry.size = 20_000
    }
  }

  private var saved: [ManifestEntry] {
    [
      .folder(""), .folder("new"), .file("new/a", "a", content), large("new/large"), .folder("old", mode: 0o500),
      large("old/large"), .file("old/second", "x", content).linked(to: "new/a"), .symbolicLink("z", to: "x"),
    ]
  }

  @Test func `it ends at whatever place it is asked to, and leaves no half file`() throws {
    var isWhole = false
    var stops = 0
    while !isWhole {
      shell("rm -rf '\(target)/new' '\(target)/old/second' '\(target)/z'; printf old >'\(target)/old/large'")
      var options = RestoreOptions(overwrite: .ifChanged)
      options.requiresEmptyTarget = false
      let restorer = Restorer(
        target: Array(target.utf8), options: options, content: content, events: StopEvents(after: stops))
      let fault = fault { _ = try restorer.restore(saved) }
      isWhole = fault == nil
      if let fault { #expect(fault.code == .interrupted && fault.message.hasSuffix("restored in part")) }
      let sizes = Set(shell("cd '\(target)'; find . -name large -printf '%s '").split(separator: " "))
      #expect(sizes.isSubset(of: ["3", "20000"]), "stopped after \(stops)")
      #expect(shell("find '\(target)' -name '.snap-restore*'") == "", "stopped after \(stops)")
      #expect(shell("stat -c %a '\(target)/old'") == "500\n", "stopped after \(stops)")
      stops += 1
      try #require(stops < 500)
    }
    // Once an entry, once a file and once a chunk at least.
    #expect(stops > 40)
  }

  @Test func `a rehearsal that is interrupted says that nothing was done`() throws {
    var options = RestoreOptions(overwrite: .ifChanged)
    options.isDryRun = true
    let restorer = Restorer(
      target: Array(target.utf8), options: options, content: content, events: StopEvents(after: 3))
    #expect(fault { _ = try restorer.restore(saved) }?.message == "interrupted; nothing was restored")
  }
}

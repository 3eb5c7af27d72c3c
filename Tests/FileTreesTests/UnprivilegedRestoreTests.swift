import Glibc
import ObjectStores
import SnapshotModel
import TestSupport
import Testing

@testable import FileTrees

/// Restores by somebody who is not root, in a child process each.
@Suite(.enabled(if: isRoot, "becoming somebody else needs root"))
struct UnprivilegedRestoreTests {
  /// A folder that everybody may enter, with `target` in it that belongs to nobody.
  private static func place(_ commands: String = ":") throws -> (scratch: ScratchFolder, target: String) {
    let scratch = ScratchFolder()
    let target = scratch / "target"
    shell("chmod 755 '\(scratch.path)' && mkdir '\(target)' && cd '\(target)' && \(commands)")
    shell("chown -h 65534:65534 '\(target)'")
    return (scratch, target)
  }

  private static func give(_ entry: ManifestEntry, _ user: UInt32, _ group: UInt32) -> ManifestEntry {
    entry.with { $0.metadata.owner = FileOwner(userID: user, groupID: group) }
  }

  @Test func `owners are left as they come, groups of one's own are given`() async {
    await #expect(processExitsWith: .success) {
      let (scratch, target) = try Self.place()
      defer { withExtendedLifetime(scratch) {} }
      let content = MemoryContent()
      let saved = [
        Self.give(.file("a", "a", content), 0, 65_534), Self.give(.file("b", "b", content), 65_534, 1_234),
        Self.give(.file("c", "c", content), 65_534, 4_321), Self.give(.symbolicLink("d", to: "x"), 0, 1_234),
        Self.give(.item("e", .fifo, mode: 0o640), 1, 1),
      ]
      let summary = try asNobody(groups: [1_234]) {
        try restore(saved, to: target, content, hooks: SilentRestoreEvents())
      }
      let nobody = "65534"
      #expect(
        shell("cd '\(target)'; stat -c '%n %u %g %a' *") == """
          a \(nobody) \(nobody) 644
          b \(nobody) 1234 644
          c \(nobody) \(nobody) 644
          d \(nobody) 1234 777
          e \(nobody) \(nobody) 640

          """)
      #expect(summary.outcome == nil && summary.notes == ["owners not restored for 4 files (not root)"])
    }
  }

  @Test func `a set-user-id bit comes back to its owner who asks for it, and to nobody else`() async {
    await #expect(processExitsWith: .success) {
      let (scratch, target) = try Self.place()
      defer { withExtendedLifetime(scratch) {} }
      let content = MemoryContent()
      let saved = [
        Self.give(.file("mine", "a", content, mode: 0o4755), 65_534, 65_534),
        Self.give(.file("yours", "b", content, mode: 0o4755), 0, 65_534),
      ]
      let summary = try asNobody {
        try restore(saved, to: target, content, hooks: SilentRestoreEvents()) { $0.preservesPrivileged = true }
      }
      #expect(shell("cd '\(target)'; stat -c '%n %a' *") == "mine 4755\nyours 755\n")
      #expect(summary.privilegesWithheld == 1 && summary.notes.count == 2)
      #expect(summary.notes.last?.hasSuffix("run as root with --preserve-privileged") == true)
    }
  }

  @Test func `what belongs to somebody else and is equal stays, and its metadata is a fault`() async {
    await #expect(processExitsWith: .success) {
      let (scratch, target) = try Self.place("printf x >file && ln -s x link && mkdir folder && chmod 777 folder")
      defer { withExtendedLifetime(scratch) {} }
      let content = MemoryContent()
      let saved = [
        Self.give(.file("file", "x", content, mode: 0o600), 0, 1_234), Self.give(.folder("folder", mode: 0o711), 0, 0),
        Self.give(.symbolicLink("link", to: "x"), 0, 1_234), Self.give(.file("zz", "z", content), 65_534, 65_534),
      ]
      let before = shell("cd '\(target)'; stat -c '%n %u %g %a %Y' file folder link")
      let events = HookedEvents(on: "")
      let summary = try asNobody(groups: [1_234]) { try restore(saved, to: target, content, hooks: events) }
      #expect(shell("cd '\(target)'; stat -c '%n %u %g %a %Y' file folder link") == before)
      #expect(summary.outcome == .warnings && summary.faultCount == 3 && text(at: target + "/zz") == "z")
      for name in ["file", "folder", "link"] {
        #expect(events.all.contains("failed \(name): Operation not permitted"), "\(events.all)")
      }
    }
  }

  @Test func `a folder that its owner may not write is written all the same, and is closed again`() async {
    await #expect(processExitsWith: .success) {
      let (scratch, target) = try Self.place("mkdir shut && chown 65534:65534 shut && chmod 500 shut")
      defer { withExtendedLifetime(scratch) {} }
      let content = MemoryContent()
      let saved = [
        Self.give(.folder("shut", mode: 0o500), 65_534, 65_534),
        Self.give(.file("shut/a", "a", content), 65_534, 65_534),
      ]
      let summary = try asNobody { try restore(saved, to: target, content, hooks: SilentRestoreEvents()) }
      #expect(summary.outcome == nil && text(at: target + "/shut/a") == "a")
      #expect(shell("stat -c %a '\(target)/shut'") == "500\n")
      // What the restore made goes again; the folder stays, as it holds something else by now.
      shell("touch '\(target)/shut/mine'")
      let remover = try asNobody {
        let remover = CreationRemover(
          target: Array(target.utf8), options: RestoreOptions(), content: content, events: SilentRestoreEvents())
        try remover.remove(saved)
        return remover
      }
      #expect(remover.paths.map(\.description) == ["shut/a"] && remover.left.map(\.description) == ["shut"])
      #expect(shell("cd '\(target)/shut'; ls; stat -c %a .") == "mine\n500\n")
    }
  }

  @Test func `what cannot be removed again is named and stays`() async {
    await #expect(processExitsWith: .success) {
      let (scratch, target) = try Self.place()
      defer { withExtendedLifetime(scratch) {} }
      let content = MemoryContent()
      let saved = [
        Self.give(.folder("d"), 65_534, 65_534), Self.give(.file("d/a", "a", content), 65_534, 65_534),
        Self.give(.file("e", "e", content), 65_534, 65_534),
      ]
      _ = try asNobody { try restore(saved, to: target, content, hooks: SilentRestoreEvents()) }
      shell("chown root '\(target)/d'")
      let remover = try asNobody {
        let remover = CreationRemover(
          target: Array(target.utf8), options: RestoreOptions(), content: content, events: SilentRestoreEvents())
        try remover.remove(saved)
        return remover
      }
      #expect(remover.paths.map(\.description) == ["e"] && remover.left.map(\.description) == ["d", "d/a"])
      #expect(text(at: target + "/d/a") == "a")
    }
  }

  @Test func `what may not be deleted is a fault each, and the rest goes`() async {
    await #expect(processExitsWith: .success) {
      let (scratch, target) = try Self.place("mkdir ours yours && touch ours/x yours/a yours/b && chown 65534 ours")
      defer { withExtendedLifetime(scratch) {} }
      let events = HookedEvents(on: "")
      let summary = try asNobody {
        try restore([Self.give(.folder(""), 65_534, 65_534)], to: target, MemoryContent(), hooks: events) {
          $0.deletesExtra = true
        }
      }
      #expect(shell("cd '\(target)'; find . -mindepth 1 | sort") == "./yours\n./yours/a\n./yours/b\n")
      #expect(summary.outcome == .warnings && summary.faultCount == 2 && summary.deleted == 2)
      #expect(events.all.contains("failed yours/a: Permission denied"))
    }
  }

  @Test func `a target that may not be entered, or made, says so and nothing is done`() async {
    await #expect(processExitsWith: .success) {
      let (scratch, target) = try Self.place("mkdir -m 700 shut && mkdir -m 755 ours")
      defer { withExtendedLifetime(scratch) {} }
      let content = MemoryContent()
      for name in ["shut", "shut/new", "ours/new/deep"] {
        let end = fault {
          _ = try asNobody {
            try restore([.file("a", "a", content)], to: target + "/" + name, content, hooks: SilentRestoreEvents())
          }
        }
        #expect(end?.code == .permission, "\(name)")
        #expect(end?.message == "cannot write to \(target)/\(name): Permission denied")
      }
      #expect(shell("cd '\(target)'; find . -mindepth 1 | sort") == "./ours\n./shut\n")
    }
  }

  @Test func `a target below a folder that may only be passed is found to lie in a repository, or not`() async {
    await #expect(processExitsWith: .success) {
      let (scratch, target) = try Self.place("mkdir -m 711 way && mkdir way/ours && chown 65534 way/ours")
      defer { withExtendedLifetime(scratch) {} }
      let content = MemoryContent()
      let repository = try identity(at: target)
      func restored(besides forbidden: FileIdentity) throws -> FaultCode? {
        try asNobody {
          try restore([.file("a", "a", content)], to: target + "/way/ours", content, hooks: SilentRestoreEvents()) {
            $0.neverEnter = [forbidden]
          }
        }.outcome
      }
      #expect { try restored(besides: repository) } throws: { ($0 as? SnapFault)?.code == .refused }
      #expect(shell("ls '\(target)/way/ours'") == "")
      #expect(try restored(besides: FileIdentity(device: 1, inode: 1)) == nil)
      #expect(text(at: target + "/way/ours/a") == "a")
    }
  }

  @Test func `a private folder below one that cannot be read is not left behind`() async {
    await #expect(processExitsWith: .success) {
      let (scratch, target) = try Self.place("chmod 300 .")
      defer { withExtendedLifetime(scratch) {} }
      asNobody {
        #expect(throws: SystemError(errno: EACCES, operation: "open")) {
          try PrivateFolder(in: Array(target.utf8), prefix: "p-")
        }
      }
      #expect(shell("ls -A '\(target)'") == "")
    }
  }

  @Test func `a private folder in which somebody else has put something says that it stays`() async {
    await #expect(processExitsWith: .success) {
      let (scratch, target) = try Self.place()
      defer { withExtendedLifetime(scratch) {} }
      let folder = try asNobody { try PrivateFolder(in: Array(target.utf8), prefix: "p-") }
      let path = String(decoding: folder.path, as: UTF8.self)
      shell("mkdir '\(path)/theirs' && touch '\(path)/theirs/x'")
      asNobody {
        #expect(throws: SystemError(errno: EPERM, operation: "remove")) { try folder.remove() }
      }
      #expect(shell("ls '\(path)/theirs'") == "x\n")
    }
  }

  @Test func `without a thread more the files are written all the same`() async {
    await #expect(processExitsWith: .success) {
      let (scratch, target) = try Self.place()
      defer { withExtendedLifetime(scratch) {} }
      let content = MemoryContent()
      let saved = (100..<400).map { Self.give(.file("f\($0)", "\($0)", content), 65_534, 65_534) }
      let summary = try asNobody {
        try withLimit(__RLIMIT_NPROC, 1) { try restore(saved, to: target, content, hooks: SilentRestoreEvents()) }
      }
      #expect(summary.outcome == nil && summary.files == 300)
      #expect(shell("cd '\(target)'; ls | wc -l; cat f100 f399") == "300\n100399")
    }
  }
}

/// Restores at the limits of a process, in a child process each.
struct RestoreLimitTests {
  @Test func `a file larger than may be written is a fault of its own, and leaves nothing`() async {
    await #expect(processExitsWith: .success) {
      let scratch = ScratchFolder()
      let content = MemoryContent()
      let sparse = ManifestEntry.item("b", .file, mode: 0o644).with {
        $0.size = 1 << 40
        $0.dataExtents = []
      }
      let saved: [ManifestEntry] = [
        .file("a", String(repeating: "x", count: 40_000), content), sparse, .file("c", "c", content),
      ]
      _ = signal(SIGXFSZ, SIG_IGN)
      let events = HookedEvents(on: "")
      let summary = try withLimit(RLIMIT_FSIZE, 20_000) {
        try restore(saved, to: scratch / "target", content, hooks: events)
      }
      #expect(summary.outcome == .warnings && summary.files == 1 && summary.faultCount == 2)
      #expect(events.all.contains("failed a: File too large on target"))
      #expect(events.all.contains("failed b: File too large on target"))
      #expect(shell("ls -A '\(scratch / "target")'") == "c\n")
    }
  }

  @Test func `without a descriptor more the restore ends, and says what to do`() async {
    await #expect(processExitsWith: .success) {
      let scratch = ScratchFolder()
      shell("mkdir '\(scratch / "target")'")
      let content = MemoryContent()
      let end = withLimit(RLIMIT_NOFILE, 200) {
        // Until there are none left.
        var taken: [Int32] = []
        while true {
          let descriptor = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
          guard descriptor >= 0 else { break }
          taken.append(descriptor)
        }
        defer { for descriptor in taken { close(descriptor) } }
        return fault {
          try restore([.file("a", "a", content)], to: scratch / "target", content, hooks: SilentRestoreEvents())
        }
      }
      #expect(end?.code == .failed && end?.hint == "raise ulimit -n")
      #expect(end?.message == "out of file descriptors; the restore is not complete")
      #expect(shell("ls -A '\(scratch / "target")'") == "")
    }
  }
}

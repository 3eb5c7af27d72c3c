import SnapshotModel
import Testing

@testable import FileTrees

@Suite struct CreationRemoverTests {
  let content = MemoryContent()
  let scratch = ScratchFolder("mkdir target")
  var target: String { scratch / "target" }

  var made: [ManifestEntry] {
    [
      .folder("a"), .file("a/one", "1", content), .folder("a/sub"), .file("a/sub/two", "2", content),
      .symbolicLink("link", to: "x"), .file("three", "3", content),
      .file("three-too", "3", content).linked(to: "three"),
    ]
  }

  private func remove(isDryRun: Bool = false) throws -> CreationRemover {
    var options = RestoreOptions()
    options.isDryRun = isDryRun
    let remover = CreationRemover(
      target: Array(target.utf8), options: options, content: content, events: RecordedEvents())
    try remover.remove(made)
    return remover
  }

  @Test func `all that a restore made goes again`() throws {
    try restore(made, to: target, content)
    let plan = try remove(isDryRun: true)
    #expect(shell("ls '\(target)' | wc -l") == "4\n")
    let remover = try remove()
    #expect(remover.paths == made.map(\.path) && plan.paths == remover.paths && remover.left.isEmpty)
    #expect(shell("ls -A '\(target)'") == "")
  }

  @Test(arguments: [
    "printf 9 >a/one && touch -d @1600000000.123456789 a/one", "chmod 600 a/one", "touch a/one",
    "rm a/one && mkdir a/one", "rm a/one && ln -s 1 a/one",
  ])
  func `what was changed since stays, with its folder`(_ change: String) throws {
    try restore(made, to: target, content)
    shell("cd '\(target)' && \(change)")
    let remover = try remove()
    #expect(remover.left.map(\.description) == ["a", "a/one"])
    #expect(shell("cd '\(target)'; ls -A . a") == ".:\na\n\na:\none\n")
  }

  @Test func `what came since stays, and what is gone is no matter`() throws {
    try restore(made, to: target, content)
    shell("cd '\(target)' && touch a/sub/mine && rm link && ln -s elsewhere link && rm three")
    let remover = try remove()
    #expect(remover.left.map(\.description) == ["a", "a/sub", "link"])
    #expect(shell("cd '\(target)'; find . -mindepth 1 | sort") == "./a\n./a/sub\n./a/sub/mine\n./link\n")
  }

  @Test func `nothing is followed out of the target`() throws {
    try restore(made, to: target, content)
    shell("cd '\(target)' && mv a ../b && ln -s ../b a")
    let remover = try remove()
    #expect(remover.left.map(\.description).contains("a"))
    #expect(shell("cd '\(scratch / "b")'; find . -type f | sort") == "./one\n./sub/two\n")
  }

  /// Removes what `entries` say, with options changed by `set`.
  private func remove(
    _ entries: [ManifestEntry], from place: String, events: RecordedEvents = RecordedEvents(),
    _ set: (inout RestoreOptions) -> Void = { _ in }
  ) throws -> CreationRemover {
    var options = RestoreOptions()
    set(&options)
    let remover = CreationRemover(target: Array(place.utf8), options: options, content: content, events: events)
    try remover.remove(entries)
    return remover
  }

  @Test func `a target that has gone is no matter`() throws {
    let remover = try remove(made, from: scratch / "gone")
    #expect(remover.paths.isEmpty && remover.left.isEmpty)
    #expect(shell("ls '\(scratch.path)'") == "target\n")
  }

  @Test func `a target that is a file by now is refused`() throws {
    shell("rmdir '\(target)' && touch '\(target)'")
    #expect(fault { _ = try remove(made, from: target) }?.code == .refused)
  }

  @Test func `what a restore dropped components of goes again, and what it left out is no matter`() throws {
    try restore(made, to: target, content) { $0.stripComponents = 1 }
    #expect(shell("cd '\(target)'; find . -type f | sort") == "./one\n./sub/two\n")
    shell("echo mine >'\(target)/three'")
    let remover = try remove(made, from: target) { $0.stripComponents = 1 }
    #expect(remover.paths.map(\.description) == ["one", "sub", "sub/two"] && remover.left.isEmpty)
    #expect(shell("ls '\(target)'") == "three\n")
  }

  @Test func `a folder that is the repository by now stays`() throws {
    try restore(made, to: target, content)
    let sub = try identity(at: target + "/a/sub")
    let remover = try remove(made, from: target) { $0.neverEnter = [sub] }
    #expect(remover.left.map(\.description) == ["a", "a/sub", "a/sub/two"])
    #expect(shell("cd '\(target)'; find . -mindepth 1 | sort") == "./a\n./a/sub\n./a/sub/two\n")
  }

  @Test func `an empty folder that is the repository by now stays`() throws {
    try restore([.folder("d")], to: target, content)
    let folder = try identity(at: target + "/d")
    let remover = try remove([.folder("d")], from: target) { $0.neverEnter = [folder] }
    #expect(remover.left.map(\.description) == ["d"] && shell("ls '\(target)'") == "d\n")
  }

  @Test func `a file whose content cannot be told any more stays`() throws {
    let list = content.addList([content.add([1, 2, 3])])
    let entry = ManifestEntry.item("f", .file, mode: 0o644).with {
      $0.size = 3
      $0.content = .indirect(lists: [list])
    }
    try restore([entry], to: target, content)
    content.damage(list)
    #expect(try remove([entry], from: target).left.map(\.description) == ["f"])
    #expect(shell("stat -c %s '\(target)/f'") == "3\n")
  }

  @Test func `a file that is longer by now stays, though its time is as it was`() throws {
    let entry = ManifestEntry.file("f", "abc", content)
    try restore([entry], to: target, content)
    shell("cd '\(target)' && printf x >>f && touch -d @1600000000.123456789 f")
    #expect(try remove([entry], from: target).left.map(\.description) == ["f"])
    #expect(text(at: target + "/f") == "abcx")
  }

  @Test func `nodes that a restore made go, and others of the same name stay`() throws {
    let saved: [ManifestEntry] = [.item("p", .fifo, mode: 0o600), .item("s", .socket, mode: 0o600)]
    try restore(saved, to: target, content)
    shell("cd '\(target)' && rm s && mkfifo s")
    let remover = try remove(saved, from: target)
    #expect(remover.paths.map(\.description) == ["p"] && remover.left.map(\.description) == ["s"])
    #expect(shell("ls '\(target)'") == "s\n")
  }

  @Test func `being asked to end, it ends and says what has gone`() throws {
    try restore(made, to: target, content)
    let remover = CreationRemover(
      target: Array(target.utf8), options: RestoreOptions(), content: content, events: RecordedEvents(stop: true))
    #expect(fault { try remover.remove(made) }?.code == .interrupted)
    #expect(remover.paths.isEmpty && shell("ls '\(target)' | wc -l") == "4\n")
  }
}

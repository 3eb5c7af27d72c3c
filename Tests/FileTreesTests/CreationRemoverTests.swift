import SnapshotModel
import Testing

@testable import FileTrees

@Suite struct CreationRemoverTests {
  let content = MemoryContent()
  let scratch: ScratchFolder
  let target: String
  init() throws {
    scratch = try ScratchFolder()
    target = scratch / "target"
    shell("mkdir '\(target)'")
  }

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
}

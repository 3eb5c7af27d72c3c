import ObjectStores
import Packing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

struct RevisionTests {
  private let fixture: RepositoryFixture
  private let repository: Repository

  /// Records alone: names need no content.
  init() throws {
    fixture = try RepositoryFixture()
    let writer = try fixture.open()
    func add(
      _ id: String, _ version: String, day: Int64, tags: [String] = [], branch: String = "", commit: String = ""
    ) throws {
      let snapshot = Snapshot(
        id: try #require(SnapshotID(hexadecimal: id + String(repeating: "0", count: 32 - id.count))), version: version,
        created: Timestamp(seconds: 1_767_225_600 + day * 86400), host: "h", user: "u", root: [], sources: [.root],
        manifest: ChunkReference(id: ChunkID((0, 0, 0, 1)), length: 1),
        git: GitState(commit: commit, branch: branch, describe: "", dirtyFileCount: 0, remote: ""), tags: tags,
        toolVersion: toolVersion)
      try writer.store.create(.snapshot(snapshot.id), SnapshotCoder.encode(snapshot))
    }
    // Days after 2026-01-01.
    try add("abcd01", "v1", day: 0, tags: ["prod"], branch: "main", commit: "ab12cd34")
    try add("abcd02", "v2", day: 1, branch: "dev", commit: "ff00")
    try add("beef03", "v2~1", day: 2, tags: ["a:b"], branch: "main")
    try add("cafe04", "with:colon", day: 3, tags: ["prod"])
    try add("dead05", "latest-but-one", day: 4)
    try add("f00d06", "abcd", day: 5)
    writer.close()
    repository = try fixture.open()
  }

  @Test(arguments: [
    ("v1", "v1"), ("v2", "v2"), ("latest", "abcd"), ("@", "abcd"), ("latest~1", "latest-but-one"),
    ("@~", "latest-but-one"),
    ("latest~5", "v1"), ("latest~0", "abcd"), ("v2~1", "v2~1"), ("v2~", "v1"), ("v2~1~1", "v2"),
    ("tag:prod", "with:colon"),
    ("tag:prod~1", "v2~1"), ("tag:a:b", "v2~1"), ("branch:main", "v2~1"), ("branch:dev", "v2"), ("commit:ab12", "v1"),
    ("commit:AB12CD", "v1"), ("beef", "v2~1"), ("BEEF03", "v2~1"), ("abcd01", "v1"), ("abcd", "abcd"),
    ("@{2026-01-02T12:00Z}", "v2"), ("@{2026-01-02 12:00:00Z}", "v2"), ("@{now}", "abcd"),
    ("@{2026-01-05T23:00Z}~2", "v2~1"),
    ("with:colon", "with:colon"),
  ])
  func `an expression names the version that the grammar says`(text: String, version: String) throws {
    #expect(try RevisionExpression.resolve(text, in: repository).snapshot.version == version)
  }

  @Test(arguments: [
    "v3", "", "~1", "latest~6", "v1~1", "abcd0", "abc", "commit:ab1", "commit:", "tag:none", "branch:", "tag:",
    "@{2025-12-31}",
    "latest~x", "beefcafe", "@~9223372036854775807",
  ])
  func `what matches nothing or several is not found`(text: String) {
    #expect {
      try RevisionExpression.resolve(text, in: repository)
    } throws: { error in
      (error as? SnapFault)?.code == .notFound
    }
  }

  @Test(arguments: [
    "latest~99999999999999999999999", "@{}", "@{soon}", "@{2026-13-01}", "@{2026-02-31}", "@{2026-01-01T25:00}",
    "@{26-01-01}",
    "@{2026-01-01T12}", "@{99999999999d}",
  ])
  func `what cannot be read is a usage fault`(text: String) {
    #expect {
      try RevisionExpression.resolve(text, in: repository)
    } throws: { error in
      (error as? SnapFault)?.code == .usage
    }
  }

  @Test func `an ambiguous id names the candidates`() {
    #expect {
      try RevisionExpression.resolve("abcd0", in: repository)
    } throws: { error in
      let message = (error as? SnapFault)?.message ?? ""
      return message.contains("matches 2") && message.contains("(v1)") && message.contains("(v2)")
    }
  }

  @Test(
    arguments: [
      ("v1", "v1", nil), ("v1:a/b", "v1", "a/b"), ("v1:a:b", "v1", "a:b"), ("v1:", "v1", ""),
      ("with:colon", "with:colon", nil),
      ("with:colon:x:y", "with:colon", "x:y"), ("with:other", "with", "other"),
      ("tag:prod:docs/x", "tag:prod", "docs/x"),
      ("tag:prod", "tag:prod", nil), ("commit:ab12:a:b", "commit:ab12", "a:b"), ("branch:main:x", "branch:main", "x"),
      ("@{2026-01-02T12:00Z}:a:b", "@{2026-01-02T12:00Z}", "a:b"),
      ("@{2026-01-02T12:00Z}", "@{2026-01-02T12:00Z}", nil),
      ("latest~1:f", "latest~1", "f"), (":x", "", "x"), ("tag:a:b:c", "tag:a", "b:c"),
    ] as [(String, String, String?)])
  func `a path follows the first colon that does not belong to the revision`(
    text: String, revision: String, path: String?
  ) throws {
    let found = try RevisionExpression.split(text, in: repository)
    #expect(found.revision == revision && found.path == path)
  }

  @Test func `nothing matches in an empty repository`() throws {
    let fixture = try RepositoryFixture()
    let empty = try fixture.open()
    for text in ["latest", "v1", "@{now}", "abcd", "tag:x", "latest~1"] {
      #expect(throws: SnapFault.self) { try RevisionExpression.resolve(text, in: empty) }
    }
  }

  @Test func `latest passes over suspect versions`() throws {
    var labels = SnapshotLabels()
    labels.suspect = "shrank by half"
    try repository.setLabels(labels, of: RevisionExpression.resolve("abcd", in: repository).snapshot.id)
    #expect(try RevisionExpression.resolve("latest", in: repository).snapshot.version == "latest-but-one")
  }

  @Test(arguments: 0..<300) func `no text makes the grammar trap`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let parts = [
      "~", "@{", "}", ":", "tag:", "commit:", "v1", "latest", "2026-", "1", "T", "é", "-", "\u{0}", "d", " ",
    ]
    let text = (0..<Int.random(in: 0...8, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }
      .joined()
    _ = try? RevisionExpression.resolve(text, in: repository)
    _ = try? RevisionExpression.split(text, in: repository)
  }
}

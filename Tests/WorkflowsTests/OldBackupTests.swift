import FileTrees
import SnapshotModel
import TestSupport
import Testing

@testable import Workflows

struct OldBackupTests {
  private func time(_ text: String) -> Timestamp? { WrittenTime(in: Array(text.utf8))?.time }

  @Test(arguments: [
    "2026-11-21T09-34-00-000Z", "2026-11-21T09-34-00Z", "2026-11-21T09:34:00Z", "20261121_093400Z", "20261121T093400Z",
    "2026-11-21_09-34-00Z", "20261121093400Z", "app 2026-11-21 09:34:00Z end",
  ])
  func `times are read in the ways in which scripts write them`(_ text: String) {
    #expect(time(text) == Timestamp(seconds: 1_795_253_640))
  }

  @Test func `thousandths count, and a date alone is its beginning`() {
    #expect(time("x-2026-11-21T09-34-00-123Z") == Timestamp(seconds: 1_795_253_640, nanoseconds: 123_000_000))
    #expect(WrittenTime(in: Array("2026-11-21".utf8))?.isDateOnly == true)
    #expect(WrittenTime(in: Array("20261121".utf8))?.isDateOnly == true)
  }

  @Test(arguments: [
    "2026-11-21_09-34Z", "2026-11-21T09:34Z", "20261121_0934Z", "app-2026-11-21-0934Z", "2026-11-21 09-34Z-x",
  ])
  func `seconds may be missing`(_ text: String) { #expect(time(text) == Timestamp(seconds: 1_795_253_640)) }

  @Test(arguments: ["2026-11-21-12", "2026-11-21_24-00", "2026-11-21_09-60", "2026-11-21_09345", "2026-11-21-09-3"])
  func `what follows a date and is no clock is left alone`(_ text: String) {
    #expect(WrittenTime(in: Array(text.utf8))?.range.count == 10)
  }

  @Test(arguments: ["", "v1.2.3", "2026-13-01", "2026-02-30", "202611211", "12026-11-21", "2026-1121", "1234"])
  func `what is no date is none`(_ text: String) { #expect(time(text) == nil) }

  @Test func `the name of an archive tells version, time and path`() throws {
    func parse(_ name: String) -> BackupFileName? { BackupFileName(Array(name.utf8)) }
    #expect(parse("my_app_v1.1.0_20261121_093400.tar.gz")?.version == "v1.1.0")
    #expect(parse("app-v2-2026-11-21.tgz")?.version == "v2")
    #expect(parse("2026-11-21.tar.gz")?.version == nil)
    #expect(parse("2026-11-21.tar.gz")?.timeName == "2026-11-21")
    #expect(parse("notes.txt") == nil)
    #expect(parse("package.json") == nil)
    let first = try #require(parse("backup-2026-03-01T02-00-00-000Z.json"))
    let second = try #require(parse("backup-2026-03-02T02-00-00-000Z.json.gz"))
    #expect(first.form == second.form)
    #expect(first.form == .file(try #require(ArchivePath("backup.json"))))
    #expect([first.timeName, second.timeName] == ["2026-03-01T02-00-00Z", "2026-03-02T02-00-00Z"])
    #expect(parse("2026-03-01.sql.gz")?.form == .file(try #require(ArchivePath("backup.sql"))))
  }

  @Test func `a MANIFEST is read in several hands`() {
    let plain = BackupManifest(
      Array(
        """
        Backup Manifest\r
        ===============\r
        Version: v1.1.0\r
        Timestamp: 2026-11-21T09:34:00.000Z\r
        Git Commit: 0123456789ABCDEF0123456789abcdef01234567 (dirty)\r
        Git Branch: release/1.1\r
        Files:\r
          - src/main.js
        """.utf8))
    #expect(plain.version == "v1.1.0")
    #expect(plain.time == Timestamp(seconds: 1_795_253_640))
    #expect(plain.commit == "0123456789abcdef0123456789abcdef01234567")
    #expect(plain.branch == "release/1.1")
    let markdown = BackupManifest(
      Array("- **Version:** 2.0\n* **created_at**: 2026-11-21 09:34:00Z\ncommit: none".utf8))
    #expect(markdown.version == "2.0")
    let digest = String(repeating: "0a", count: 32)
    let listed = BackupManifest(Array("\(digest)  ./a b: c\n\(digest) *d\n\(digest)  ../e\n\(digest)x  f\n".utf8))
    #expect(Set(listed.digests.keys.map(\.description)) == ["a b: c", "d"])
    #expect(markdown.time == Timestamp(seconds: 1_795_253_640))
    #expect(markdown.commit == nil)
  }

  @Test func `a MANIFEST of any bytes is read without harm`() {
    var generator = SeededGenerator(seed: 11)
    let whole = Array("Version: v1.1.0\nTime: 2026-11-21T09:34:00Z\nCommit: 0123456789\n".utf8)
    for _ in 0..<500 {
      var bytes = whole.prefix(Int.random(in: 0...whole.count, using: &generator)) + generator.bytes(20)
      bytes[Int.random(in: bytes.indices, using: &generator)] ^= 0x80
      let manifest = BackupManifest(Array(bytes))
      #expect(manifest.version?.utf8.count ?? 0 <= 4096)
    }
  }
}

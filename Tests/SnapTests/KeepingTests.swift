import Foundation
import TestSupport
import Testing

struct KeepingTests {
  private static func withDays(_ count: Int) throws -> SnapSandbox {
    let sandbox = try SnapSandbox.withProject()
    for day in 1...count {
      try sandbox.shell("head -c 20000 /dev/urandom >blob\(day % 2)")
      try sandbox.snap("save", "d\(day)", "--time", "2026-03-\(day < 10 ? "0" : "")\(day) 12:00:00")
    }
    return sandbox
  }

  private static func names(_ sandbox: SnapSandbox) throws -> [String] {
    try sandbox.snap("list").outputLines.map { String($0.prefix { $0 != "\t" }) }
  }

  private static func summary(_ run: SnapRun) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data((run.outputLines.last ?? "").utf8)) as? [String: Any])
  }

  @Test func `saves without a name in the same second all succeed`() throws {
    let sandbox = try SnapSandbox.withProject()
    let run = try sandbox.shell(
      """
      for i in 1 2 3 4 5 6; do { "$SNAP" save -q; echo "save: $?"; } & done; wait
      "$SNAP" list | cut -f1 | sort -u | wc -l; ls .snap/pending | wc -l
      """)
    #expect(run.outputLines == Array(repeating: "save: 0", count: 6) + ["6", "0"], "\(run.output)\(run.error)")
  }

  @Test func `a lost record is told, kept by gc and brought back by repair`() throws {
    let sandbox = try SnapSandbox.withVersion()
    try sandbox.shell(
      """
      for v in v2 v3; do head -c 200000 /dev/urandom >notes.txt; "$SNAP" save -q $v; done
      rm ".snap/snapshots/$("$SNAP" list --json | tr ',' '\\n' | sed -n 's/.*"id":"\\([0-9a-f]*\\)".*/\\1/p' | sed -n 2p)"
      rm .snap/index.sqlite*
      """)
    let list = try sandbox.snap("list")
    #expect(list.status == 0 && list.outputLines.count == 2, "\(list.output)")
    #expect(list.error.contains("the record of v2 ("))
    #expect(try sandbox.snap("gc", "--deep").status == 0)
    try sandbox.shell("rm .snap/index.sqlite*")
    #expect(try sandbox.snap("verify").status == 13)
    #expect(try sandbox.snap("repair").output.contains("1 snapshot record written again"))
    #expect(try sandbox.snap("list").outputLines.count == 3)
    #expect(try sandbox.snap("verify", "--read-data").status == 0)
  }

  @Test func `du tells what versions cost together, and gc frees that`() throws {
    let sandbox = try Self.withDays(4)
    let alone = try ["d2", "d3"].map {
      try Self.summary(sandbox.snap("du", $0, "--json"))["bytes_exclusive"] as? Int ?? 0
    }
    let both = try Self.summary(sandbox.snap("du", "d2", "d3", "d2", "--json"))
    #expect(both["bytes_exclusive"] as? Int ?? 0 >= alone.reduce(0, +))
    #expect(both["bytes_shared"] as? Int ?? 0 > 0)
    try sandbox.snap("forget", "d2", "d3")
    #expect(
      both["bytes_freed_by_gc"] as? Int == (try Self.summary(sandbox.snap("gc", "--json"))["bytes_freed"] as? Int))
    #expect(try sandbox.snap("du").outputLines.map { $0.split(separator: "\t").first } == ["d1", "d4"])
    #expect(try sandbox.snap("du", "d2").status == 21)
  }

  @Test func `forget foretells what gc frees, to the byte`() throws {
    let sandbox = try Self.withDays(6)
    let forgotten = try Self.summary(sandbox.snap("forget", "d2", "d4", "d6", "--json"))
    let planned = try Self.summary(sandbox.snap("gc", "--dry-run", "--json"))
    let size = "find .snap -type f ! -name 'index.sqlite*' -printf '%s\\n' | awk '{ n += $1 } END { print n }'"
    let before = try #require(Int(try sandbox.shell(size).output.dropLast()))
    let done = try Self.summary(sandbox.snap("gc", "--json"))
    let after = try #require(Int(try sandbox.shell(size).output.dropLast()))
    #expect(forgotten["bytes_freed_by_gc"] as? Int == before - after)
    #expect(planned["bytes_freed"] as? Int == before - after)
    #expect(done["bytes_freed"] as? Int == before - after)
    #expect(before - after > 20000)
    #expect(try Self.names(sandbox) == ["d1", "d3", "d5"])
    #expect(try sandbox.snap("verify", "--read-data").status == 0)
  }

  @Test func `undo brings forgotten versions back until gc`() throws {
    let sandbox = try Self.withDays(3)
    let run = try sandbox.snap("forget", "d1", "d2")
    #expect(run.output.hasPrefix("forgot 2 versions: d1, d2\nfrees 0 bytes now, "))
    #expect(try Self.names(sandbox) == ["d3"])
    #expect(try sandbox.snap("undo").output == "back: d1, d2\n")
    #expect(try Self.names(sandbox) == ["d1", "d2", "d3"])
    try sandbox.snap("forget", "d1")
    try sandbox.snap("gc")
    let nothing = try sandbox.snap("undo")
    #expect(nothing.status == 18)
    #expect(nothing.error.hasPrefix("snap: nothing to undo"))
  }

  @Test func `gc applies rules and gives reasons`() throws {
    let sandbox = try Self.withDays(5)
    let plan = try sandbox.snap("gc", "--keep-last", "1", "--keep-within", "1 day", "--dry-run")
    #expect(plan.outputLines.first == "policy: last 1, within 1 day of the newest")
    #expect(plan.output.contains("keep    d5"))
    #expect(plan.output.contains("last 1 of 1, within 1d"))
    #expect(plan.output.contains("remove  d3"))
    #expect(try Self.names(sandbox).count == 5)
    #expect(try sandbox.snap("gc", "--keep-last", "2").status == 0)
    #expect(try Self.names(sandbox) == ["d4", "d5"])
  }

  @Test func `inside the undo window gc's rules can be taken back`() throws {
    let sandbox = try Self.withDays(3)
    try sandbox.snap("gc", "--keep-last", "1", "--undo-window", "7d")
    #expect(try Self.names(sandbox) == ["d3"])
    #expect(try sandbox.snap("undo").status == 0)
    #expect(try Self.names(sandbox) == ["d1", "d2", "d3"])
  }

  @Test func `inside the window what gc's rules forget can be taken back`() throws {
    let sandbox = try Self.withDays(4)
    try sandbox.snap("gc", "--keep-last", "1", "--undo-window", "7d")
    #expect(try sandbox.snap("ops").outputLines.first?.hasSuffix("forget   forgot d1, d2, d3") == true)
    #expect(try sandbox.snap("undo").output == "back: d1, d2, d3\n")
    #expect(try Self.names(sandbox) == ["d1", "d2", "d3", "d4"])
  }

  @Test func `without a window gc frees at once what its rules forget`() throws {
    let sandbox = try Self.withDays(4)
    let foretold = try Self.summary(sandbox.snap("gc", "--keep-last", "1", "--dry-run", "--json"))
    let run = try Self.summary(sandbox.snap("gc", "--keep-last", "1", "--json"))
    #expect(run["bytes_freed"] as? Int ?? 0 > 20000)
    #expect(foretold["bytes_freed"] as? Int == run["bytes_freed"] as? Int)
    #expect(try sandbox.snap("undo").status == 18)
    #expect(try sandbox.snap("verify", "--read-data").status == 0)
  }

  @Test func `versions of other paths, and those that a restore saved first, take no places away`() throws {
    let sandbox = try Self.withDays(2)
    try sandbox.shell(
      "echo mine >notes.txt; \"$SNAP\" restore d1 -q --path notes.txt; \"$SNAP\" save part notes.txt -q")
    try sandbox.snap("gc", "--keep-last", "1")
    let left = try Self.names(sandbox)
    #expect(left.contains("d2") && left.contains("part") && !left.contains("d1"), "\(left)")
    #expect(left.contains { $0.hasPrefix("before-restore") })
  }

  @Test func `rules that can keep nothing are no rules`() throws {
    let sandbox = try Self.withDays(2)
    let run = try sandbox.snap("gc", "--keep-last", "0")
    #expect(run.status == 2)
    #expect(
      run.error
        == "snap: refusing to forget every snapshot; these rules keep none\n"
        + "hint: --keep-last 1 keeps the newest; --no-retention only frees what was forgotten\n")
    #expect(try sandbox.snap("forget", "d1", "--keep-last", "0").status == 2)
    #expect(try Self.names(sandbox) == ["d1", "d2"])
  }

  @Test func `a hold blocks forget and outlives every rule`() throws {
    let sandbox = try Self.withDays(3)
    try sandbox.snap("hold", "d1", "audit", "-m", "until June")
    let run = try sandbox.snap("forget", "d1", "d2")
    #expect(run.status == 18)
    #expect(
      run.error
        == "snap: 1 version held, nothing forgotten: d1 (audit: until June)\nhint: snap release d1 ends the hold\n")
    #expect(try Self.names(sandbox).count == 3)
    try sandbox.snap("gc", "--keep-last", "1")
    #expect(try Self.names(sandbox) == ["d1", "d3"])
    #expect(try sandbox.snap("release", "d1").status == 0)
    #expect(try sandbox.snap("release", "d1").status == 21)
    #expect(try sandbox.snap("forget", "d1").status == 0)
  }

  @Test func `rules that keep nothing are refused`() throws {
    let sandbox = try Self.withDays(2)
    let run = try sandbox.snap("gc", "--keep-tag", "nobody")
    #expect(run.status == 18)
    #expect(try Self.names(sandbox).count == 2)
  }

  @Test func `tags and notes are kept beside the version`() throws {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.snap("save", "v1", "--tag", "given")
    try sandbox.snap("tag", "v1", "later", "other")
    try sandbox.snap("tag", "v1", "--remove", "other")
    #expect(try sandbox.snap("tag", "v1").output == "given\nlater\n")
    #expect(try sandbox.snap("tag", "v1", "--remove", "given").status == 18)
    #expect(try sandbox.snap("tag", "v1", "--remove", "none").status == 21)
    try sandbox.snap("note", "v1", "two", "words")
    #expect(try sandbox.snap("note", "v1").output == "two words\n")
    try sandbox.snap("note", "v1", "--clear")
    #expect(try sandbox.snap("note", "v1").output.isEmpty)
    #expect(try sandbox.snap("ops").outputLines.count == 4)
  }

  @Test func `status ends with 25 when the newest version is too old`() throws {
    let sandbox = try SnapSandbox.withProject()
    #expect(try sandbox.snap("status", "--max-age", "1d").status == 25)
    try sandbox.snap("save", "v1", "--time", "2026-01-01")
    let run = try sandbox.snap("status", "--max-age", "26h")
    #expect(run.status == 25)
    #expect(run.error.contains("; allowed are 26 hours\n"))
    try sandbox.snap("save", "v2")
    #expect(try sandbox.snap("status", "--max-age", "26h").status == 0)
  }
}

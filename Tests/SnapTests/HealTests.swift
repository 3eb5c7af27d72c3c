import TestSupport
import Testing

/// `snap repair --from`, as people type it.
struct HealTests {
  /// A project with two versions in two packs; `big` and `small` are in the first, `new` in the second.
  private static let project = """
    head -c 600000 /dev/urandom >big; echo small >small; "$SNAP" init -q; "$SNAP" save -q v1
    FIRST=$(find .snap/packs -type f); chmod u+w "$FIRST"; head -c 40000 /dev/urandom >new; "$SNAP" save -q v2
    SECOND=$(find .snap/packs -type f ! -path "$FIRST")
    whole() { "$SNAP" verify --read-data -q && "$SNAP" restore "$1" --to "../$1" -q && cmp big "../$1/big" && echo "$1 whole"; }
    """

  private static func run(_ lines: String) throws -> SnapRun { try SnapSandbox().shell(project + "\n" + lines) }

  @Test func `a lost pack comes back from the files`() throws {
    let run = try Self.run(
      """
      rm "$SECOND"; "$SNAP" verify -q 2>/dev/null; echo "verify: $?"
      "$SNAP" repair --from .; echo "repair: $?"; rm new; whole v1; whole v2
      """)
    #expect(run.output.contains("verify: 13\n") && run.output.contains("repair: 0\n"), "\(run)")
    #expect(run.output.contains("back  v2 (its list of files)"), "\(run)")
    #expect(run.output.contains("v1 whole\nv2 whole\n"), "\(run)")
  }

  @Test func `a flipped byte is healed and the damaged pack replaced`() throws {
    let run = try Self.run(
      """
      printf '\\125\\252\\125\\252' | dd of="$FIRST" bs=1 seek=100000 conv=notrunc status=none
      "$SNAP" repair --from . --dry-run; echo "dry: $?"; "$SNAP" repair --from .; echo "repair: $?"; whole v1
      """)
    #expect(run.output.contains("would bring back 1 chunk") && run.output.contains("dry: 0"), "\(run)")
    #expect(run.output.contains("replaced 1 damaged pack") && run.output.contains("repair: 0\nv1 whole\n"), "\(run)")
  }

  @Test func `what is nowhere is named, and the rest comes back`() throws {
    let run = try Self.run(
      """
      flip() { printf '\\125\\252\\125\\252' | dd of="$FIRST" bs=1 seek="$1" conv=notrunc status=none; }
      cp big ../big; flip 100000; flip 400000; head -c 250000 ../big >big; "$SNAP" repair --from .; echo "repair: $?"
      "$SNAP" restore v1 --to ../part -q; cat ../part/small; cp ../big big
      mkdir ../empty; "$SNAP" repair --from ../empty; echo "nothing: $?"; "$SNAP" repair --from .; echo "all: $?"; whole v1
      """)
    #expect(run.output.contains("repair: 13") && run.output.contains("lost  v1:big\nlost  v2:big\n"), "\(run)")
    #expect(run.output.contains("brought back 1 chunk") && run.output.contains("small\n"), "\(run)")
    #expect(run.output.contains("nothing: 13\n") && run.output.contains("all: 0\nv1 whole\n"), "\(run)")
    #expect(run.error.contains("still lost: ") && run.error.contains("nothing of it is in what --from names"), "\(run)")
  }

  @Test func `an encrypted repository heals from one with other keys`() throws {
    let run = try Self.run(
      """
      echo one >../p1; echo two >../p2; chmod 600 ../p1 ../p2; unset SNAP_PASSWORD
      A="--repo ../a --password-file ../p1"; B="--repo ../b --password-file ../p2"
      "$SNAP" init --encrypt --no-recovery-code -q $A && "$SNAP" save -q v1 $A; "$SNAP" init --encrypt --no-recovery-code -q $B && "$SNAP" save -q v1 $B
      rm ../a/packs/*/*; "$SNAP" repair --from ../b --from-password-file ../p2 $A; echo "repair: $?"
      "$SNAP" verify --read-data $A; echo "verify: $?"; "$SNAP" cat v1:big $A | cmp - big && echo equal
      rm ../b/packs/*/*; rm new; "$SNAP" repair --from ../b --from ../a --from-password-file ../p1 $B; echo "self: $?"; "$SNAP" repair --from ../a --from-password-file ../p1 $B; echo "plain: $?"; "$SNAP" verify --read-data -q $B; echo "verify: $?"
      "$SNAP" repair --from ../b $A; echo "wrong: $?"
      """)
    #expect(run.output.contains("repair: 0\n") && run.output.contains("no damage found\nverify: 0\nequal\n"), "\(run)")
    #expect(run.output.contains("self: 2\n"), "\(run)")
    #expect(run.output.contains("plain: 0\nverify: 0\nwrong: 12\n"), "\(run)")
  }

  @Test func `a copy whose keys were changed elsewhere since gives what it has`() throws {
    let run = try Self.run(
      """
      echo one >../p1; chmod 600 ../p1; unset SNAP_PASSWORD; A="--repo ../a --password-file ../p1"; C="--repo ../copy --password-file ../p1"
      "$SNAP" init --encrypt --no-recovery-code -q $A && "$SNAP" save -q v1 $A; cp -a ../a ../copy; mkdir ../elsewhere
      HOME=$PWD/../elsewhere SNAP_CACHE_DIR=$PWD/../elsewhere "$SNAP" key rotate -q $C
      rm ../a/packs/*/*; "$SNAP" repair --from ../copy $A; echo "repair: $?"; "$SNAP" verify --read-data $A; echo "verify: $?"
      """)
    #expect(run.output.contains("repair: 0\n") && run.output.contains("no damage found\nverify: 0\n"), "\(run)")
  }

  @Test func `with --json each file is an object`() throws {
    let run = try Self.run(
      #"rm "$SECOND"; "$SNAP" repair --from . --json >../out;  tail -1 ../out"#)
    #expect(run.output.contains(#""files_lost":0"#) && run.output.contains(#""packs_left":0"#), "\(run)")
  }

  @Test(arguments: [
    ("repair --from ../nowhere", 21, "--from: there is no folder"),
    ("repair --from .snap", 2, "is the repository that is to be repaired"),
    ("repair index --from .", 2, "--from is for"),
    ("repair --dry-run", 2, "--dry-run needs --from or packs"), ("repair --from-key-file k", 2, "needs --from"),
    ("repair --from ''", 2, "--from: '' is not a path"),
  ])
  func `what cannot be meant is refused`(_ arguments: String, _ status: Int, _ message: String) throws {
    let run = try Self.run("\"$SNAP\" \(arguments); echo $?")
    #expect(run.outputLines.last == "\(status)" && run.error.contains(message), "\(run)")
  }

  @Test func `nothing lost is nothing done`() throws {
    let run = try Self.run("find .snap -type f | sort | xargs sha256sum >../a; \"$SNAP\" repair --from .; echo $?")
    #expect(run.output.contains("nothing that a version needs is lost\n0\n"), "\(run)")
  }
}

import TestSupport
import Testing

/// What is said, and with which exit status, when a byte of the repository is not what it was.
struct DamageMessageTests {
  /// A project with one version of 300 kB of noise, `$PACK` its only pack.
  private static let damaged = """
    head -c 300000 /dev/urandom >noise; "$SNAP" init -q; "$SNAP" save -q v1; PACK=$(find .snap/packs -type f)
    flip() { chmod u+w "$1"; printf '\\125\\252\\125\\252' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
    """

  private static func run(_ lines: String) throws -> (output: String, error: String) {
    let sandbox = try SnapSandbox()
    let run = try sandbox.shell(damaged + "\n" + lines)
    return (run.output, run.error)
  }

  @Test func `a damaged chunk is stored again by a save that has it`() throws {
    let run = try Self.run(
      """
      flip "$PACK" 100000; "$SNAP" verify --read-data -q 2>/dev/null; echo "verify: $?"
      "$SNAP" save v2 --force >/dev/null; echo "save: $?"; "$SNAP" verify --read-data -q; "$SNAP" restore v1 --to ../out -q
      cmp noise ../out/noise && echo equal
      """)
    #expect(run.output.contains("verify: 13\nsave: 0\n") && run.output.contains("equal"), "\(run)")
    #expect(run.error.contains("healed") && run.error.contains("from source"), "\(run)")
  }

  @Test func `every file that cannot be had is named, however many a pack has taken along`() throws {
    let run = try Self.run(
      """
      for number in 1 2 3 4 5 6 7 8 9; do cp noise "f$number"; done; "$SNAP" save -q v2
      flip "$PACK" 100000
      "$SNAP" verify --read-data; echo "verify: $?"; "$SNAP" verify --read-data --json | grep -c '"lost"'
      """)
    #expect((1...9).allSatisfy { run.output.contains("lost    'f\($0)' in v2\n") }, "\(run)")
    #expect(run.output.contains("1 problem\nverify: 13\n11\n"), "\(run)")
    #expect(run.error.contains("affects 11 files in 2 versions: "), "\(run)")
  }

  @Test func `a pack without its directory is read by scan`() throws {
    let run = try Self.run(
      """
      flip "$PACK" $(($(stat -c %s "$PACK") - 90)); rm .snap/index.sqlite*
      "$SNAP" restore v1 --to ../out -q; echo "restore: $?"; cmp noise ../out/noise && echo equal
      "$SNAP" verify -q; echo "verify: $?"
      """)
    #expect(run.output.contains("restore: 0\nequal\nverify: 13"), "\(run)")
    #expect(run.error.contains("directory is damaged; read by scan"), "\(run)")
  }

  @Test func `a damaged record is read from its copy`() throws {
    let run = try Self.run(
      """
      flip "$(find .snap/snapshots -type f)" 40; rm .snap/index.sqlite*; "$SNAP" list | cut -f1; echo "list: $?"
      """)
    #expect(run.output.contains("v1\nlist: 0"), "\(run)")
    #expect(run.error.contains("is damaged; recovered from its copy in a pack"), "\(run)")
  }

  @Test func `damaged labels are dropped by a repair, which says so`() throws {
    let run = try Self.run(
      """
      "$SNAP" tag v1 kept -q 2>/dev/null; flip "$(find .snap/labels -type f)" 12; "$SNAP" verify -q; echo "verify: $?"
      "$SNAP" repair; echo "repair: $?"; "$SNAP" verify -q; echo "verify: $?"; "$SNAP" list | cut -f1
      """)
    #expect(run.output.contains("verify: 13\ndropped the damaged labels of snapshot "), "\(run)")
    #expect(run.output.contains("repair: 0\nverify: 0\nv1"), "\(run)")
    #expect(
      run.error.contains("hint: snap repair drops them; snap tag, note and hold say again what they said"), "\(run)")
  }

  @Test func `the neighbours of a damaged chunk can be restored after a check, too`() throws {
    let run = try Self.run(
      """
      echo neighbour >beside; "$SNAP" forget v1 -q; "$SNAP" gc -q; "$SNAP" save v2 -q
      for PACK in $(find .snap/packs -type f); do flip "$PACK" 100000; done
      "$SNAP" verify --read-data -q 2>/dev/null; echo "verify: $?"; "$SNAP" cat v2:beside; "$SNAP" cat v2:noise | wc -c
      """)
    #expect(run.output.hasPrefix("verify: 13\nneighbour\n"), "\(run)")
  }

  @Test func `a list that leaves a version out does not end well`() throws {
    let run = try Self.run(
      """
      "$SNAP" save v2 -q; for RECORD in $(find .snap/snapshots -type f); do flip "$RECORD" 40; done
      rm .snap/index.sqlite*; "$SNAP" list | cut -f1; "$SNAP" list >/dev/null 2>&1; echo "list: $?"
      """)
    #expect(run.output == "v1\nlist: 13\n", "\(run)")
  }

  @Test func `a repository without its config is found, and its repair named`() throws {
    let run = try Self.run(
      """
      rm .snap/config; mkdir -p deep/er; cd deep/er; "$SNAP" list; echo "list: $?"; "$SNAP" repair config; "$SNAP" list | cut -f1
      """)
    #expect(
      run.output.hasPrefix("list: 13\nconfig written for repository ") && run.output.hasSuffix("\nv1\n"), "\(run)")
    #expect(run.error.contains("hint: snap repair config"), "\(run)")
  }
}

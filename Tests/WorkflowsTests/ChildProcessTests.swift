import SnapshotModel
import Testing

@testable import Workflows

struct ChildProcessTests {
  private func words(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }

  @Test func `both streams are read to their ends, however full`() throws {
    let child = try ChildProcess(
      words("sh", "-c", "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2; exit 7"), error: .captured)
    let (output, error) = child.readAll()
    #expect(output.count == 300_000)
    #expect(error.count == 300_000)
    #expect(child.wait() == .exited(7))
    #expect(child.wait() == .exited(7))
  }

  @Test func `a program that is not there is named`() {
    #expect {
      _ = try ChildProcess(words("no-such-program-here"))
    } throws: { error in
      (error as? SnapFault)?.code == .commandFailed
        && (error as? SnapFault)?.message == "cannot run 'no-such-program-here': No such file or directory"
    }
  }

  @Test func `a killed child says by which signal`() throws {
    let child = try ChildProcess(words("sh", "-c", "kill -9 $$"))
    #expect(child.wait() == .killed(signal: 9))
  }

  @Test func `a child that nobody reads any more does not live on`() throws {
    var child: ChildProcess? = try ChildProcess(words("yes"))
    #expect(child != nil)
    child = nil  // Returns only once the child has died of SIGPIPE.
  }
}

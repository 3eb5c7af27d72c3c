import Glibc
import SnapshotModel
import TestSupport
import Testing

@testable import Workflows

struct SmallFileTests {
  private let sandbox: SnapSandbox

  init() throws { sandbox = try SnapSandbox() }

  private func read(_ name: String, byteCountMax: Int = 8 << 20) throws -> SmallFile.Content? {
    try SmallFile.read(Array("\(sandbox.project)/\(name)".utf8), byteCountMax: byteCountMax)
  }

  private func refusal(_ name: String, byteCountMax: Int = 8 << 20) -> SnapFault? {
    do {
      _ = try read(name, byteCountMax: byteCountMax)
      return nil
    } catch {
      return error as? SnapFault
    }
  }

  @Test func `a file is read whole, up to the size that is allowed`() throws {
    #expect(try read("none") == nil)
    try sandbox.write("file", "12345")
    try sandbox.write("empty", "")
    #expect(try read("file/below") == nil)
    let content = try #require(try read("file", byteCountMax: 5))
    #expect(content.bytes == Array("12345".utf8))
    #expect(content.ownerID == geteuid() && !content.isWorldWritable)
    #expect(try read("empty", byteCountMax: 0)?.bytes == [])
    let large = try #require(refusal("file", byteCountMax: 4))
    #expect(large.code == .usage)
    #expect(large.message == "'\(sandbox.project)/file' has 5 B; at most 4 B are read")
  }

  @Test func `a file that tells no size is read whole, and no further than allowed`() throws {
    let path = Array("/proc/self/environ".utf8)
    #expect(try SmallFile.read(path)?.bytes.isEmpty == false)
    #expect(throws: SnapFault.self) { try SmallFile.read(path, byteCountMax: 1) }
  }

  @Test func `what is no file is refused, and not waited for`() throws {
    try sandbox.shell("mkdir folder; mkfifo pipe; ln -s /dev/zero zero; ln -s loop loop")
    for name in ["folder", "pipe", "zero"] {
      let fault = try #require(refusal(name))
      #expect(fault.code == .usage)
      #expect(fault.message == "'\(sandbox.project)/\(name)' is no regular file")
    }
    #expect(refusal("loop")?.message.hasPrefix("cannot read '\(sandbox.project)/loop': ") == true)
  }

  @Test func `a file that may not be read is told as such`() throws {
    try sandbox.write("file", "1")
    try sandbox.shell("chmod 0 file")
    if isRoot { setFileUser(65_534) }
    defer { if isRoot { setFileUser(0) } }
    #expect(refusal("file")?.code == .permission)
  }
}

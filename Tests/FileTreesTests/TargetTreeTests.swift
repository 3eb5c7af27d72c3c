import Glibc
import SnapshotModel
import Testing

@testable import FileTrees

struct TargetTreeTests {
  @Test func `the way up a deep tree reopens few folders`() throws {
    let scratch = try ScratchFolder()
    let descriptor = unsafe open(scratch.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    try #require(descriptor >= 0)
    let tree = TargetTree(
      root: TargetFolder(owning: descriptor, isFresh: true), neverEnter: [], isDryRun: false)
    let depth = 800
    let deepest = Array(repeating: "d", count: depth)
    _ = try tree.folder(try #require(ArchivePath(deepest.joined(separator: "/"))))
    for level in (1...depth).reversed() {
      let path = try #require(ArchivePath(deepest[..<level].joined(separator: "/")))
      #expect(try tree.existingFolder(path) != nil)
    }
    #expect(tree.foldersReopened < depth * depth / 32)
  }
}

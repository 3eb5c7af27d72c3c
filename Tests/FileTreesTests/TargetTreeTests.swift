import Glibc
import SnapshotModel
import Testing

@testable import FileTrees

struct TargetTreeTests {
  @Test func `the way up a deep tree reopens few folders`() throws {
    let scratch = ScratchFolder()
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

  private func opened(_ path: String) throws -> TargetFolder {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    try #require(descriptor >= 0)
    return TargetFolder(owning: descriptor, isFresh: false)
  }

  private func tree(_ scratch: ScratchFolder, neverEnter: [FileIdentity] = [], isDryRun: Bool = false) throws
    -> TargetTree
  {
    TargetTree(root: try opened(scratch.path), neverEnter: neverEnter, isDryRun: isDryRun)
  }

  private func path(_ text: String) throws -> ArchivePath { try #require(ArchivePath(text)) }

  /// What became of looking for a folder, in one word.
  private func outcome(_ body: () throws -> TargetFolder?) -> String {
    do {
      return try body().map { $0.isAbsent ? "absent" : "folder" } ?? "none"
    } catch let failure as TargetTree.Failure {
      return switch failure {
      case .symbolicLink(let path): "link at \(path)"
      case .notAFolder(let path): "no folder at \(path)"
      case .forbidden(let path): "forbidden at \(path)"
      case .system(let path, let error): "\(error.number) at \(path)"
      case .target(let error): "\(error.number)"
      }
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [
    ("", "folder", "folder"), ("d", "folder", "folder"), ("d/e", "folder", "folder"), ("new", "none", "folder"),
    ("d/new/deep", "none", "folder"), ("file", "no folder at file", "no folder at file"),
    ("file/x", "no folder at file", "no folder at file"), ("link", "link at link", "link at link"),
    ("link/x", "link at link", "link at link"), ("d/link/x", "link at d/link", "link at d/link"),
    ("pipe", "no folder at pipe", "no folder at pipe"),
  ])
  func `a folder is found, or made, or what stands in its place is named`(
    text: String, found: String, made: String
  ) throws {
    let scratch = ScratchFolder()
    shell("cd '\(scratch.path)' && mkdir -p d/e && touch file && ln -s d link && ln -s ../d d/link && mkfifo pipe")
    let path = try path(text)
    #expect(outcome { try tree(scratch).existingFolder(path) } == found)
    // A dry run makes nothing, and finds the same.
    let plan = made == "folder" && found == "none" ? "absent" : made
    #expect(outcome { try tree(scratch, isDryRun: true).folder(path) } == plan)
    #expect(outcome { try tree(scratch).existingFolder(path) } == found)
    #expect(outcome { try tree(scratch).folder(path) } == made)
    #expect(outcome { try tree(scratch).existingFolder(path) } == (found == "none" ? "folder" : found))
  }

  @Test func `below a folder that a dry run would make there is none, and all could be made`() throws {
    let scratch = ScratchFolder()
    let tree = try tree(scratch, isDryRun: true)
    for text in ["new", "new/a", "new/a/b", "new/c"] {
      #expect(outcome { try tree.folder(path(text)) } == "absent")
      #expect(outcome { try tree.existingFolder(path(text + "/below")) } == "none")
    }
    #expect(shell("ls -A '\(scratch.path)'") == "")
  }

  @Test func `a folder that is not to be entered is found by no way`() throws {
    let scratch = ScratchFolder()
    shell("mkdir -p '\(scratch.path)/a/store/in' '\(scratch.path)/b'")
    let store = try identity(at: scratch / "a/store")
    for text in ["a/store", "a/store/in", "a/store/new"] {
      #expect(outcome { try tree(scratch, neverEnter: [store]).existingFolder(path(text)) } == "forbidden at a/store")
      #expect(outcome { try tree(scratch, neverEnter: [store]).folder(path(text)) } == "forbidden at a/store")
    }
    #expect(outcome { try tree(scratch, neverEnter: [store]).folder(path("b")) } == "folder")
    #expect(shell("ls '\(scratch / "a/store")'") == "in\n")
  }

  /// On the way down the upper ones were closed; one of them is something else when it is opened again.
  @Test(arguments: [
    ("mv d gone", "\(ENOENT) at"), ("mv d gone && ln -s gone d", "link at"), ("mv d gone && touch d", "no folder at"),
  ])
  func `a folder that was closed and is another thing by now is not entered`(change: String, expected: String) throws {
    let scratch = ScratchFolder()
    let tree = try tree(scratch)
    let names = Array(repeating: "d", count: 200)
    _ = try tree.folder(path(names.joined(separator: "/")))
    let above = String(repeating: "d/", count: 20)
    shell("cd '\(scratch.path)/\(above)' && \(change)")
    let middle = try path(names[..<100].joined(separator: "/"))
    #expect(outcome { try tree.folder(middle) }.hasPrefix(expected))
    // Above it all is as it was.
    #expect(outcome { try tree.existingFolder(path(names[..<10].joined(separator: "/"))) } == "folder")
  }

  @Test func `a folder that is absent holds nothing and gives nothing`() throws {
    let absent = TargetFolder.absent
    #expect(absent.isAbsent && absent.isFresh)
    #expect(throws: TargetError(number: ENOENT)) { try absent.openFolder([97]) }
    #expect(try absent.names().isEmpty && absent.status([97]) == nil)
    #expect(absent.attributes([97]).isEmpty && absent.makeAccessible() == nil)
  }

  @Test func `what is no folder cannot be listed, and what is no link leads nowhere`() throws {
    let scratch = ScratchFolder()
    shell("cd '\(scratch.path)' && touch file && ln -s a/b/c link && mkdir d")
    #expect(throws: TargetError(number: ENOTDIR)) { try opened(scratch / "file").names() }
    let folder = try opened(scratch.path)
    for name in ["file", "d"] {
      #expect(throws: TargetError(number: EINVAL)) { try folder.linkTarget(Array(name.utf8)[...]) }
    }
    #expect(throws: TargetError(number: ENOENT)) { try folder.linkTarget(Array("none".utf8)[...]) }
    #expect(try folder.linkTarget(Array("link".utf8)[...]) == Array("a/b/c".utf8))
    #expect(Set(try folder.names()) == Set(["file", "link", "d"].map { Array($0.utf8) }))
  }

  @Test(arguments: [0, 256, 5_000])
  func `a name that is no name, or too long, reaches no call`(count: Int) throws {
    let scratch = ScratchFolder()
    let folder = try opened(scratch.path)
    let name = [UInt8](repeating: 97, count: count)[...]
    #expect(throws: TargetError(number: ENAMETOOLONG)) { try folder.openFolder(name) }
    #expect(throws: TargetError(number: ENAMETOOLONG)) { try folder.makeFolder(name, mode: 0o700) }
    #expect(throws: TargetError(number: ENAMETOOLONG)) { try folder.createFile(name, isReadable: true) }
    #expect(throws: TargetError(number: ENAMETOOLONG)) { try folder.status(name) }
    #expect(throws: TargetError(number: ENAMETOOLONG)) { try folder.remove(name) }
    #expect(throws: TargetError(number: ENAMETOOLONG)) { try folder.rename(name, to: [97]) }
    #expect(throws: TargetError(number: ENAMETOOLONG)) { try folder.rename([97], to: name) }
    #expect(throws: TargetError(number: ENAMETOOLONG)) { try folder.makeSymbolicLink(name, to: [97]) }
    #expect(throws: TargetError(number: ENAMETOOLONG)) { try folder.setMode(name, 0o600) }
    #expect(throws: TargetError(number: ENAMETOOLONG)) { try folder.setOwner(name, user: 0, group: 0) }
    #expect(throws: TargetError(number: ENAMETOOLONG)) { try folder.setAttribute(name, attribute: [97], value: []) }
    #expect(throws: TargetError(number: ENAMETOOLONG)) {
      try folder.setAttribute([97], attribute: Array(name), value: [])
    }
    #expect(folder.attributes(name).isEmpty)
    #expect(shell("ls -A '\(scratch.path)'") == "")
  }

  @Test func `the mode of a symbolic link's target is never changed through it`() throws {
    let scratch = ScratchFolder()
    shell("cd '\(scratch.path)' && touch file && chmod 640 file && ln -s file link")
    let folder = try opened(scratch.path)
    #expect(throws: TargetError(number: ELOOP)) { try folder.setMode(Array("link".utf8)[...], 0o777) }
    try folder.setMode(Array("file".utf8)[...], 0o600)
    #expect(shell("stat -c %a '\(scratch / "file")'") == "600\n")
  }

  @Test(arguments: [(0o000, 0o700), (0o500, 0o700), (0o055, 0o755), (0o2070, 0o2770)] as [(UInt16, UInt16)])
  func `a folder is made accessible to its owner, and its mode of before is told`(mode: UInt16, after: UInt16) throws {
    let scratch = ScratchFolder()
    shell("mkdir '\(scratch / "d")'")
    let folder = try opened(scratch / "d")
    try #require(fchmod(folder.descriptor, mode_t(mode)) == 0)
    #expect(folder.makeAccessible() == mode)
    #expect(try TargetStatus(of: folder.descriptor).mode == after)
    #expect(folder.makeAccessible() == nil)
  }
}

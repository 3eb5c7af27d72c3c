import Glibc
import TestSupport
import Testing

@testable import Indexing

struct LogIndexPagesTests {
  private static let byteCount = 32 << 10

  /// Maps a file that is so long.
  private func withMapping(of length: Int, _ body: (UnsafeMutableRawPointer, Int32) throws -> Void) throws {
    let folder = StoreTestFolder()
    let file = unsafe open(folder.path("shm"), O_RDWR | O_CREAT, 0o600)
    try #require(file >= 0 && ftruncate(file, off_t(length)) == 0)
    defer { close(file) }
    let start = unsafe mmap(nil, Self.byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
    guard let start = unsafe start, unsafe start != MAP_FAILED else { throw IndexError.noSpace }
    defer { unsafe munmap(start, Self.byteCount) }
    try unsafe body(start, file)
  }

  @Test func `pages of a hole are made`() throws {
    try unsafe withMapping(of: Self.byteCount) { (start, file) in
      let isMade = unsafe LogIndexPages.make(start, byteCount: Self.byteCount)
      #expect(isMade)
      var status = stat()
      #expect(unsafe fstat(file, &status) == 0 && status.st_blocks * 512 >= Self.byteCount)
    }
  }

  @Test func `what cannot be made is told, and ends nothing`() throws {
    // Past the end of the file, as on a full disk, a write would be SIGBUS.
    try unsafe withMapping(of: 4096) { start, _ in
      let isMade = unsafe LogIndexPages.make(start, byteCount: Self.byteCount)
      #expect(!isMade)
    }
  }
}

import FileTrees
import Glibc
import SnapshotModel
import TestSupport
import Testing

struct SettledTimesTests {
  private static let before = Timestamp(seconds: 1_000, nanoseconds: 500)

  @Test(arguments: [
    (998, 499, 1, true), (998, 500, 1, false), (999, 0, 1, false), (1_000, 0, 1, false), (2_000, 7, 1, false),
    // Where times are precise, and not whole seconds.
    (998, 0, 2, true), (999, 0, 2, false), (1_000, 0, 2, false), (999, 999_999_999, 2, true), (1_000, 499, 2, true),
    (1_000, 500, 2, false), (2_000, 7, 2, false),
  ])
  func `settled is what changed two seconds before, and any time before where times are precise`(
    seconds: Int64, nanoseconds: UInt32, device: UInt64, isSettled: Bool
  ) throws {
    var status = try FileStatus(descriptor: 0)
    status.device = device
    status.changed = Timestamp(seconds: seconds, nanoseconds: nanoseconds)
    #expect(SettledTimes(before: Self.before, preciseOn: 2).contains(status) == isSettled)
  }

  @Test func `whatever changes after it was settled has another time`() throws {
    // In memory, where times are precise; what the tests' own folder lies on is not known.
    let path = "/dev/shm/snap-settled-\(getpid())"
    let file = unsafe open(path, O_RDWR | O_CREAT, 0o600)
    try #require(file >= 0)
    defer {
      close(file)
      unsafe unlink(path)
    }
    var settledCount = 0
    for round in 0..<300 {
      #expect(unsafe pwrite(file, [UInt8(truncatingIfNeeded: round)], 1, 0) == 1)
      usleep(UInt32(round % 8 * 1500))
      let settled = SettledTimes(root: Array("/dev/shm".utf8))
      let status = try FileStatus(descriptor: file)
      guard settled.contains(status) else { continue }
      settledCount += 1
      #expect(unsafe pwrite(file, [UInt8(truncatingIfNeeded: ~round)], 1, 0) == 1)
      #expect(try FileStatus(descriptor: file).changed > status.changed)
    }
    #expect(settledCount > 30)
  }
}

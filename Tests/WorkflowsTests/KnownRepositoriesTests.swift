import SnapshotModel
import TestSupport
import Testing

@testable import Workflows

/// What a machine remembers of encrypted repositories.
struct KnownRepositoriesTests {
  private let sandbox: SnapSandbox
  private let known: KnownRepositories
  private let repository = RepositoryID(bytes: [UInt8](repeating: 0xAB, count: 16))!
  private let version = SnapshotID(bytes: [UInt8](repeating: 7, count: SnapshotID.byteCount))!

  init() throws {
    sandbox = try SnapSandbox()
    known = KnownRepositories(folder: Array("\(sandbox.project)/state/deep".utf8))
  }

  @Test func `what was seen is remembered in the user's folder, with what was accepted`() throws {
    var seen = KnownRepositories.Seen()
    #expect(known.seen(of: repository) == seen)
    seen.versions = [version: Timestamp(seconds: 1_800_000_000)]
    seen.accepted = [version]
    seen.epoch = 3
    try known.remember(seen, of: repository)
    #expect(known.seen(of: repository) == seen)
    #expect(known.repository(at: "/somewhere") == nil)
    try known.remember(repository, at: "/somewhere")
    #expect(known.repository(at: "/somewhere") == repository)
    known.forget(place: "/somewhere")
    #expect(known.repository(at: "/somewhere") == nil)
    #expect(known.seen(of: repository) == seen)
  }

  @Test func `damage of what was seen is not taken for anything`() throws {
    try known.remember(.init(), of: repository)
    try sandbox.write(
      "state/deep/\(repository)/versions",
      "seen\nseen x y\nseen \(version) never\naccepted\n\u{0}\naccepted zz\nseen \(version) 2026-01-01T00:00:00Z\n")
    let seen = known.seen(of: repository)
    #expect(seen.versions.count == 1 && seen.accepted.isEmpty)
  }
}

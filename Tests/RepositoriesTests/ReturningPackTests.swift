import Glibc
import ObjectStores
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// Packs that are out of reach for a while: a network file system, a copy that was cut short and went on.
struct ReturningPackTests {
  @Test(arguments: 0..<4) func `a pack that comes back is found, and all that stands on it`(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(60 + seed))
    let fixture = try RepositoryFixture()
    let repository = try fixture.open()
    let trees = try repository.saveHistory(versions: 4, random: &random)
    for name in try repository.store.list(.packs) {
      let (path, aside) = (fixture.path + "/" + name.path, fixture.holder.path("aside"))
      #expect(unsafe rename(path, aside) == 0)
      let other = try fixture.open()
      #expect(try !Verifier.verify(other, options: VerifyOptions()).problems.isEmpty)
      _ = try? other.collect()
      _ = try? other.statistics()
      #expect(unsafe rename(aside, path) == 0)
      try expect(trees, in: fixture.open(), "\(name) is back")
      // Also for whoever had the repository open all the time.
      try expect(trees, in: repository, "\(name) is back, for the first")
    }
    #expect(try Verifier.verify(fixture.open(), options: VerifyOptions()).problems == [])
  }
}

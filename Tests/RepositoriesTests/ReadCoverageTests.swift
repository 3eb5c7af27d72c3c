import Indexing
import ObjectStores
import Packing
import SnapshotModel
import TestSupport
import Testing

@testable import Repositories

/// Checks that go on where the last one stopped.
struct ReadCoverageTests {
  private let fixture: RepositoryFixture
  private let repository: Repository

  init() throws {
    fixture = try RepositoryFixture()
    repository = try fixture.open()
    var random = SeededGenerator(seed: 17)
    try repository.saveHistory(versions: 6, random: &random)
  }

  private func check(_ data: VerifyOptions.ReadData, seconds: Double? = nil) throws -> VerifyReport {
    var options = VerifyOptions()
    options.readData = data
    options.maxDurationSeconds = seconds
    return try Verifier.verify(repository, options: options)
  }

  @Test func `small shares one after the other cover everything, though packs come and go`() throws {
    let all = try repository.packNames().count
    var read: UInt64 = 0
    for _ in 0..<all { read += try check(.bytes(1)).bytesRead }
    var coverage = try repository.readCoverage()
    #expect(read == coverage.bytesTotal && coverage.bytesRead == coverage.bytesTotal && coverage.oldest != nil)
    // A new version's pack comes first, then the ones that were read longest ago.
    try repository.save("v7", ["new": [1, 2, 3]])
    coverage = try repository.readCoverage()
    #expect(coverage.bytesRead == read && coverage.bytesTotal > read)
    #expect(try check(.bytes(1)).bytesRead == coverage.bytesTotal - read)
    try repository.forget(["v1", "v2", "v3"])
    try repository.collect()
    for _ in 0..<(try repository.packNames().count) { _ = try check(.percent(1)) }
    coverage = try repository.readCoverage()
    #expect(coverage.bytesRead == coverage.bytesTotal)
    #expect(try repository.index.packReadTimes().count == repository.packNames().count)
  }

  @Test func `no time at all reads nothing, and says that it stopped`() throws {
    let report = try check(.all, seconds: 0)
    #expect(report.wasCutShort && report.bytesRead == 0)
    #expect(try repository.readCoverage().bytesRead == 0)
    #expect(try !check(.all, seconds: 600).wasCutShort)
    #expect(try repository.readCoverage().bytesRead == repository.readCoverage().bytesTotal)
  }

  @Test func `a damaged pack never counts as read`() throws {
    let pack = try #require(fixture.files().first { $0.path.hasPrefix("packs/") })
    var bytes = pack.bytes
    bytes[100] ^= 1
    StoreTestFolder.write(bytes, to: fixture.path + "/" + pack.path)
    #expect(try !check(.all).problems.isEmpty)
    let coverage = try repository.readCoverage()
    #expect(coverage.bytesTotal - coverage.bytesRead == UInt64(bytes.count))
  }

  @Test func `losing the index costs reading again`() throws {
    _ = try check(.all)
    repository.close()
    fixture.removeIndex()
    let other = try fixture.open()
    _ = try Verifier.verify(other, options: VerifyOptions())
    #expect(try other.readCoverage().bytesRead == 0)
  }
}

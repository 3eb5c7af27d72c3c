import Repositories
import SnapshotModel
import Testing

@testable import FileTrees

@Suite struct SelectedSegmentTests {
  @Test func `of many segments only those are read that can hold what is selected`() throws {
    let fixture = try ArchiveFixture()
    let root = String(decoding: fixture.source.root, as: UTF8.self)
    shell("cd '\(root)' && for f in a m z; do mkdir $f; (cd $f; for i in $(seq 1500); do : >file$i; done); done")
    let manifest = try fixture.repository.manifest(of: fixture.save("v1").snapshot)
    let all = manifest.segmentIndices.count
    try #require(all > 4)
    for (pattern, path) in [("m/file700", "m/file700"), ("/a/file1", "a/file1"), ("z/file999", "z/file999")] {
      let segments = try PathSelection([pattern]).segments(of: manifest)
      #expect(segments.count <= 4 && segments.count < all)
      let paths = try segments.flatMap { try manifest.entries(ofSegment: $0).map(\.path.description) }
      #expect(paths.contains(path))
      #expect(paths.contains("") && paths.contains(String(path.prefix(1))))
    }
    #expect(try PathSelection(["*.json"]).segments(of: manifest).count == all)
    #expect(PathSelection.everything.segments(of: manifest).count == all)
  }
}

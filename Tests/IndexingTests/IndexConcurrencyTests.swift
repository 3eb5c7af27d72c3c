import Indexing
import SnapshotModel
import TestSupport
import Testing

struct IndexConcurrencyTests {
  @Test(arguments: 0..<10)
  func `several processes that open a missing index at once get one, made by one of them`(_ round: Int) throws {
    let fixture = IndexFixture(seed: UInt64(round))
    let path = fixture.path
    let repository = fixture.repository
    let opened = StoreTestThreads.run(6) { _ in
      Result { try RepositoryIndex(path: path, repository: repository) }
    }
    let indexes = try opened.map { try $0.get() }
    #expect(indexes.filter(\.isNew).count == 1)
  }

  @Test func `two indexes of one file take changes from four threads while others look up`() throws {
    let fixture = IndexFixture()
    let indexes = [try fixture.open(), try fixture.open()]
    let packs = (0..<40).map { _ in fixture.pack(frames: 20) }
    let failures = StoreTestThreads.run(6) { thread -> String? in
      let index = indexes[thread % 2]
      do {
        if thread < 4 {
          for at in stride(from: thread, to: packs.count, by: 4) { try index.insert([packs[at]]) }
        } else {
          for _ in 0..<20 {
            try index.withLookups { lookup in
              for pack in packs {
                let found = try pack.locations.map { try lookup.contains($0.id) }
                guard Set(found).count <= 1 else { throw IndexError.damaged("half a pack is visible") }
              }
            }
          }
        }
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(failures == [String](repeating: "", count: 6))
    for index in indexes {
      for pack in packs {
        for (id, location) in pack.locations { #expect(try index.locate(id) == [location]) }
      }
    }
  }
}

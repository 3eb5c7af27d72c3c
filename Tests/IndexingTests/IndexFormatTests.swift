import GRDB
import Indexing
import SnapshotModel
import TestSupport
import Testing

struct IndexFormatTests {
  @Test func `the layout of the specification's example is the one that is stored`() throws {
    let fixture = IndexFixture()
    let chunks = [1000, 5].map { ChunkReference(id: fixture.random.chunkID(), length: $0) }
    let frame = IndexedFrame(offset: 64, length: 300, chunks: chunks)
    let index = try fixture.open()
    try index.insert([IndexedPack(id: PackID(using: &fixture.random), byteCount: 500, frames: [frame])])
    index.close()
    let queue = try DatabaseQueue(path: fixture.path)
    let layout = try queue.read { try String.fetchOne($0, sql: "SELECT lower(hex(layout)) FROM pack") }
    #expect(layout == "bb00f98f" + "02" + "40" + "ac02" + "02" + "e807" + "05")
  }

  @Test func `an empty index takes five pages of a kibibyte`() throws {
    let fixture = IndexFixture()
    try fixture.open().close()
    #expect(StoreTestFolder.bytes(fixture.path)?.count == 5 * 1024)
  }
}

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
    let connection = try Connection(fixture.path, busyTimeoutSeconds: 1)
    let row = try Statement(connection, "SELECT lower(hex(layout)) FROM pack")
    try #require(try row.step())
    #expect(try row.text(0) == "bb00f98f" + "02" + "40" + "ac02" + "02" + "e807" + "05")
  }

  @Test func `an empty index takes five pages of a kibibyte`() throws {
    let fixture = IndexFixture()
    try fixture.open().close()
    #expect(StoreTestFolder.bytes(fixture.path)?.count == 5 * 1024)
  }
}

import Glibc
import ObjectStores
import SnapshotModel
import TestSupport
import Testing

struct SpaceReserveTests {
  let folder = StoreTestFolder()

  @Test(
    arguments: [
      (0, 0), (4 << 20, 16 << 10), ((4 << 20) - 1, 0), (40 << 20, 160 << 10), (64 << 20, 256 << 10),
      (1 << 40, 256 << 10),
    ] as [(UInt64, UInt64)])
  func `the reserve is a 256th of the packs, within its bounds`(_ store: UInt64, _ reserve: UInt64) {
    #expect(SpaceReserve.byteCount(storeByteCount: store, on: FileSystemType(0xEF53)) == reserve)
    let onXFS = SpaceReserve.byteCount(storeByteCount: store, on: .xfs)
    #expect(onXFS == (reserve == 0 ? 0 : reserve + 256 << 10))
  }

  @Test func `a reserve takes real space, grows with the store and is given back whole`() throws {
    let reserve = SpaceReserve(try LocalObjectStore.create(folder: Array(folder.path("r").utf8)))
    #expect(try reserve.release() == 0)
    #expect(try !reserve.make(storeByteCount: 1 << 20))
    #expect(try reserve.make(storeByteCount: 8 << 20))
    #expect(try reserve.byteCount() == 32 << 10)
    #expect(try reserve.make(storeByteCount: 1 << 30))
    #expect(try reserve.byteCount() == 256 << 10)
    var status = stat()
    #expect(unsafe stat(folder.path("r/reserve"), &status) == 0)
    #expect(status.st_blocks * 512 >= 256 << 10)
    #expect(try reserve.make(storeByteCount: 8 << 20), "a larger one is not made smaller")
    #expect(try reserve.release() == 256 << 10)
    #expect(try reserve.byteCount() == 0)
    #expect(StoreTestFolder.names(folder.path("r/tmp")) == [])
  }

  @Test(arguments: [ENOSPC, EDQUOT, EOPNOTSUPP])
  func `a reserve that there is no space for is no error`(_ number: Int32) throws {
    let operations = RecordingFileOperations { $0.hasPrefix("allocate") ? .errno(number) : .none }
    let store = try LocalObjectStore.create(folder: Array(folder.path("r").utf8), operations: operations)
    #expect(try !SpaceReserve(store).make(storeByteCount: 1 << 30))
    #expect(StoreTestFolder.names(folder.path("r/tmp")) == [])
  }
}

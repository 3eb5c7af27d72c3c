import ObjectStores
import SnapshotModel
import TestSupport
import Testing

struct FaultingStoreTests {
  let folder = StoreTestFolder()
  let a = ObjectName.snapshot(SnapshotID(bytes: [UInt8](repeating: 1, count: 16))!)
  let b = ObjectName.snapshot(SnapshotID(bytes: [UInt8](repeating: 2, count: 16))!)
  let c = ObjectName.snapshot(SnapshotID(bytes: [UInt8](repeating: 3, count: 16))!)

  /// Creates three objects, ignoring failures.
  func objects(_ plan: FaultingStore.Plan) throws -> [ObjectName] {
    let store = try LocalObjectStore.create(folder: Array(folder.path("r").utf8))
    let faulting = FaultingStore(store, plan: plan)
    for name in [a, b, c] { try? faulting.create(name, [1]) }
    #expect(faulting.callCount == 3)
    return try store.list(.snapshots)
  }

  @Test func `the nth call alone fails`() throws { #expect(try objects(.once(1)) == [a, c]) }
  @Test func `every call from the nth on fails`() throws { #expect(try objects(.from(1)) == [a]) }
  @Test func `a crash between effect and answer leaves the effect`() throws {
    #expect(try objects(.afterEffect(1)) == [a, b])
  }
  @Test func `calls that match fail`() throws {
    let b = b
    #expect(try objects(.matching { $0 == .create(b) }) == [a, c])
  }

  @Test func `a recording lists every call in order`() throws {
    let store = try LocalObjectStore.create(folder: Array(folder.path("r").utf8))
    let recording = RecordingStore(store)
    try recording.create(a, [1])
    _ = try recording.list(.snapshots)
    try recording.delete([a, b])
    #expect(recording.operations == [.create(a), .list(.snapshots), .delete([a, b])])
    #expect(recording.operations.map(\.changes) == [true, false, true])
    #expect(recording.operations.map(\.description)[1] == "list snapshots")
  }
}

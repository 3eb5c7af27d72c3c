import Glibc
import ObjectStores
import Packing
import Sealing
import SnapshotModel
import Testing

@testable import Repositories

@Suite struct RepairTests {
  /// A folder of its own that goes with the value.
  private final class Folder {
    let path: String

    init() {
      var template = Array("/tmp/snap-repair-XXXXXX".utf8CString)
      let made = unsafe mkdtemp(&template)
      path = unsafe made.map { unsafe String(cString: $0) } ?? ""
    }

    deinit { unsafe system("rm -rf '\(path)'") }
  }

  @Test func `a lost config is written anew with the id that the packs name`() throws {
    let folder = Folder()
    let repository = try Repository.create(at: folder.path + "/repository")
    let pool = try WorkerPool(naming: .sha256, threadCount: 1)
    defer { pool.close() }
    let session = try SaveSession(repository: repository, parent: nil, pool: pool)
    var stream = try session.makeContentStream(prior: nil, byteCountExpected: 3)
    let bytes: [UInt8] = [1, 2, 3]
    try stream.add(HashedChunk(id: WorkerTools(naming: .sha256).hasher.id(of: bytes), bytes: bytes[...]))
    _ = try stream.finish()
    try session.flush()
    try session.storePacks(record: SnapshotCoder.void)
    #expect(throws: SnapFault.self) { try ConfigRebuilder.rebuild(repository.folder) }
    try repository.store.delete([.config])
    #expect(try ConfigRebuilder.rebuild(repository.folder) == repository.id)
    #expect(try Repository.open(at: repository.folder, events: SilentEvents()).id == repository.id)
  }

  @Test func `a folder without packs cannot tell its id`() throws {
    let folder = Folder()
    let repository = try Repository.create(at: folder.path + "/repository")
    try repository.store.delete([.config])
    #expect(throws: SnapFault.self) { try ConfigRebuilder.rebuild(repository.folder) }
  }

  @Test func `a damaged header names no repository`() throws {
    var random = SystemRandomNumberGenerator()
    let id = RepositoryID(using: &random)
    var writer = PackWriter(repository: id, pack: PackID(using: &random))
    let header = Array(writer.finish().bytes.prefix(64))
    #expect(PackReader.repository(ofHeader: header) == id)
    for at in header.indices {
      var damaged = header
      damaged[at] ^= 1
      #expect(PackReader.repository(ofHeader: damaged) == nil)
      #expect(PackReader.repository(ofHeader: Array(header[..<at])) == nil)
    }
  }
}

import Glibc
import ObjectStores
import Packing
import Sealing
import SnapshotModel

extension RepositoryStore {
  /// Reserves something that only one process may do, against all who reserve the same.
  ///
  /// A claim is an announcement like that of a save: made exclusively, and removed by collectors when who made it is dead.
  ///
  /// - Returns: what to withdraw in the end; `nil` while somebody else has it.
  func claim(_ what: String) throws -> ObjectName? {
    let name = claimName(what)
    do {
      try announce(name, SaveAnnouncement(by: machine).encoded())
      return name
    } catch ObjectStoreError.inputOutput(_, _, EEXIST) {
      return nil
    }
  }

  /// As `claim`, where whoever has it was killed: it does not hold it for ever.
  func claimOfTheDead(_ what: String) throws -> ObjectName? {
    let name = claimName(what)
    guard let left = SaveAnnouncement(decoding: try readRecord(name)), !left.mayBeAlive(for: machine) else {
      return nil
    }
    withdraw(name)
    return try claim(what)
  }

  func claimName(_ what: String) -> ObjectName {
    let hash = ChunkHasher(keys?.chunkNaming ?? .sha256).id(of: Array(what.utf8))
    guard let id = SnapshotID(bytes: hash.bytes.prefix(SnapshotID.byteCount)) else {
      preconditionFailure("an id is shorter than a hash")
    }
    return .pending(id)
  }
}

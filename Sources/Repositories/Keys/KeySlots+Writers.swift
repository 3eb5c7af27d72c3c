import ObjectStores
import Packing
import SnapshotModel

/// Machines that may save and not read.
///
/// - SeeAlso: docs/format/writers.md
extension KeySlots {
  /// The object of one writer.
  package struct StoredWriter: Sendable {
    package var id: WriterID
    /// `nil` when it cannot be read, or is another repository's. What it says is not known to be true without keys.
    package var writer: Writer?
  }

  /// All of them, the oldest first, damaged ones last.
  ///
  /// - Throws: `SnapFault` `.refused` when there are more than 256.
  package func writers() throws -> [StoredWriter] {
    try asFault {
      let names = try store.list(.writers)
      guard names.count <= Writer.countMax else {
        throw SnapFault(
          .refused, "\(folder) has \(names.count) write-only keys (limit \(Writer.countMax)); refused",
          hint: "ls -lt \(folder)/writers; what came there without snap key may go", path: folder)
      }
      return try names.compactMap { name -> StoredWriter? in
        guard case .writer(let id) = name else { return nil }
        do {
          let writer = try Writer(decoding: store.read(name))
          return StoredWriter(id: id, writer: writer.id == id && writer.repository == repository ? writer : nil)
        } catch ObjectStoreError.missing {
          return nil
        } catch is PackingError {
          return StoredWriter(id: id)
        }
      }.sorted { a, b in
        guard let first = a.writer, let second = b.writer else {
          return a.writer != nil || (b.writer == nil && a.id < b.id)
        }
        return (first.created, first.id) < (second.created, second.id)
      }
    }
  }

  /// Lets a machine save: makes its key, hands it on, and then stores by what others know it.
  ///
  /// - Parameter keep: puts the key where the machine will have it.
  /// - Throws: `SnapFault` `.refused` when there are 256, or a key has the name.
  @discardableResult
  package func addWriter(named name: String, keys: KeyRing, keep: (WriterKey) throws -> Void) throws -> Writer {
    try exclusively(keys) { slots in
      let writers = try writers()
      guard writers.count < Writer.countMax else {
        throw SnapFault(
          .refused, "\(folder) has \(Writer.countMax) write-only keys already", hint: "snap key remove NAME")
      }
      guard !slots.contains(where: { $0.slot?.label == name }), !writers.contains(where: { $0.writer?.name == name })
      else { throw SnapFault(.refused, "there is a key '\(name)' already", hint: "snap key list") }
      let key = WriterKey(newFor: keys, name: name, config: try RepositoryConfig(decoding: store.read(.config)))
      let writer = Writer(key, created: store.machine.now(), keys: keys)
      try keep(key)
      try store.create(.writer(writer.id), writer.encoded())
      return writer
    }
  }

  /// - Throws: `SnapFault` `.wrongKey` when what is saved with the key would be read by nobody, or by too many.
  package func check(_ key: WriterKey) throws {
    try asFault {
      guard key.repository == repository else {
        throw SnapFault(
          .wrongKey, "write-only key '\(key.name)' is for repository \(key.repository.short)…, not \(repository.short)…"
        )
      }
      guard try store.exists(.writer(key.writer)) else {
        throw SnapFault(
          .wrongKey, "write-only key '\(key.name)' was removed from \(folder): nobody would believe what it saves",
          hint: "snap key add --write-only, on a machine that has a password or key file")
      }
      let newest = try newestEpoch()
      guard key.epoch >= newest else {
        throw SnapFault(
          .wrongKey, "write-only key '\(key.name)' is of epoch \(key.epoch), and the keys were rotated to \(newest)",
          hint:
            "snap key remove \(key.name), then snap key add --write-only, on a machine that has a password or key file")
      }
    }
  }
}

extension Repository {
  /// - Throws: `SnapFault` `.wrongKey` when it was opened with a key that can only save, and that cannot any more.
  func requireRightToSave() throws {
    if let writerKey, let keySlots { try keySlots.check(writerKey) }
  }

  /// Takes a machine's right to save away. What it saved stays: from now on the keys vouch for it.
  ///
  /// - Returns: how many versions under its name there are.
  package func removeWriter(_ stored: KeySlots.StoredWriter) throws -> Int {
    try asFault {
      _ = try resealRecords { try store.writer(of: $0) == stored.id }
      try store.delete([.writer(stored.id)])
      return try snapshots().count { $0.snapshot.writer != nil && $0.snapshot.writer == stored.writer?.name }
    }
  }
}

import ObjectStores
import Packing
import SnapshotModel
import Synchronization

/// A repository's objects as `docs/format` describes them, whether they are stored as they are or sealed.
///
/// In an encrypted repository what is written is sealed, and what is read is opened, or damage. Sizes are what objects
/// take in the store, but for `contentByteCount`.
final class RepositoryStore: ObjectStore {
  /// What lies on the disk.
  let stored: LocalObjectStore
  /// `nil` in a plain repository.
  let keys: RepositoryKeys?
  /// Those who may write and not read, as far as they were asked for.
  private let writers = Mutex<[WriterID: Writer]>([:])
  /// Of packs that were read lately.
  private let packKeys = Mutex<[PackID: ObjectKey]>([:])
  private static let packKeyCountMax = 4096

  init(_ stored: LocalObjectStore, keys: RepositoryKeys?) {
    self.stored = stored
    self.keys = keys
  }

  var machine: any Machine { stored.machine }

  /// What an object of so many bytes takes in the store.
  func storedByteCount(ofContent count: UInt64) -> UInt64 {
    keys == nil ? count : SealedObjectLayout.storedByteCount(ofContent: count)
  }

  // MARK: Writing

  func create(_ name: ObjectName, _ bytes: [UInt8]) throws { try stored.create(name, sealed(bytes, as: name)) }
  func replace(_ name: ObjectName, _ bytes: [UInt8]) throws { try stored.replace(name, sealed(bytes, as: name)) }
  func announce(_ name: ObjectName, _ bytes: [UInt8]) throws { try stored.announce(name, sealed(bytes, as: name)) }

  /// Gives a record a second name, be it damaged or not: the same bytes under the same key.
  ///
  /// - Parameter replacing: whether what has the name already gives way.
  func copyRecord(_ source: ObjectName, to target: ObjectName, replacing: Bool) throws {
    let bytes = try stored.read(source)
    if replacing {
      try stored.replace(target, bytes)
    } else {
      try stored.create(target, bytes)
    }
  }

  private func sealed(_ bytes: [UInt8], as name: ObjectName) throws -> [UInt8] {
    guard let keys, let context = keys.context(of: name) else { return bytes }
    guard keys.ring != nil || context.mayBeWritten else { throw Self.onlyWrites }
    return keys.seal(bytes, context: context)
  }

  static let onlyWrites = SnapFault(
    .wrongKey, "this key can only save", hint: Repository.hintOfReadingKey)

  // MARK: Reading

  /// - Throws: also `PackingError.damaged` that names the object when it does not open.
  func read(_ name: ObjectName) throws -> [UInt8] { try read(name, isStrict: false) }

  /// - Parameter isStrict: whether what no reader needs must be whole, too: what a check asks for.
  func read(_ name: ObjectName, isStrict: Bool) throws -> [UInt8] {
    guard let keys, let context = keys.context(of: name) else { return try stored.read(name) }
    guard let ring = keys.ring else { throw Self.onlyWrites }
    guard try !isTooLong(name) else { throw PackingError.damaged(what: name.path) }
    let bytes = try stored.read(name)
    let (content, key) = try tellingOfRotation(objectStarting: bytes, ring) {
      try ObjectKey.openWhole(bytes, keys: ring, context: context, isStrict: isStrict, what: name.path)
    }
    if case .pack = name { return content }
    return key.isWritten ? try record(in: content, key, of: name, ring) : content
  }

  /// Tells an object that does not open since it was sealed after a rotation of the keys from one that is damaged.
  ///
  /// - Parameter start: the object, or its header.
  private func tellingOfRotation<R>(objectStarting start: [UInt8], _ ring: KeyRing, _ body: () throws -> R) throws -> R
  {
    do {
      return try body()
    } catch let error as PackingError {
      let newest = try KeySlots(folder: stored.path, repository: ring.repository, store: stored).newestEpoch()
      guard let epoch = ObjectKey.epoch(ofObjectStarting: start), epoch > ring.newestEpochNumber, epoch <= newest else {
        throw error
      }
      throw SnapFault(
        .busy, "the keys of \(stored.path) were rotated while this command ran", hint: "run it again",
        path: stored.path)
    }
  }

  /// What somebody who only writes says: believed when he signed it, and it is an announcement, or speaks of a version of
  /// his own and of nothing else.
  ///
  /// - Throws: `PackingError.damaged`, also of what a later version of the format may have.
  private func record(in content: [UInt8], _ key: ObjectKey, of name: ObjectName, _ ring: KeyRing) throws -> [UInt8] {
    let written = try key.writtenRecord(content) { try writer($0, ring) }
    guard let (record, writer) = written else { throw PackingError.damaged(what: "signature of \(name.path)") }
    if case .pending = name, SaveAnnouncement(decoding: record) != nil { return record }
    guard let snapshot = try? SnapshotCoder.decode(record), snapshot.writer == writer.name,
      snapshot.id == name.snapshotID, snapshot.before.isEmpty,
      displayText(snapshot.version.utf8) == snapshot.version  // It is printed as it is.
    else { throw PackingError.damaged(what: "what \(name.path) says") }
    return record
  }

  /// Whether a record is longer than any that decodes: it is not even read, or every command would take its time.
  private func isTooLong(_ name: ObjectName) throws -> Bool {
    switch name {
    case .snapshot, .pending, .trash: try stored.byteCount(name) > Self.recordByteCountMax
    default: false
    }
  }

  private static let recordByteCountMax =
    SealedObjectLayout.storedByteCount(ofContent: UInt64(SnapshotCoder.byteCountMax))

  /// Whether an object opens, and is a record of somebody who only writes that nobody needs to believe.
  func isUnbelievable(_ name: ObjectName) -> Bool {
    guard let keys, let ring = keys.ring, let context = keys.context(of: name) else { return false }
    // Its header tells who sealed it.
    if (try? isTooLong(name)) == true { return (try? key(of: name)?.isWritten) == true }
    guard
      let (content, key) = try? ObjectKey.openWhole(stored.read(name), keys: ring, context: context, what: name.path)
    else { return false }
    return key.isWritten && (try? record(in: content, key, of: name, ring)) == nil
  }

  /// - Returns: `nil` where nobody has the id whom the keys vouch for.
  func writer(_ id: WriterID, _ ring: KeyRing) throws -> Writer? {
    if let known = writers.withLock({ $0[id] }) { return known }
    let bytes: [UInt8]
    do { bytes = try stored.read(.writer(id)) } catch ObjectStoreError.missing { return nil }
    guard let writer = try? Writer(decoding: bytes), writer.id == id, writer.repository == ring.repository,
      writer.isVouchedFor(by: ring)
    else { return nil }  // Nobody with the keys has made it, or it is damaged: either way it vouches for nothing.
    writers.withLock { $0[id] = writer }
    return writer
  }

  /// Whose record it is.
  ///
  /// - Returns: `nil` where nobody who only writes has signed it, or whoever did is not known.
  func writer(of name: ObjectName) throws -> WriterID? {
    guard let keys, let ring = keys.ring, let context = keys.context(of: name) else { return nil }
    let (content, key) = try ObjectKey.openWhole(stored.read(name), keys: ring, context: context, what: name.path)
    guard key.isWritten else { return nil }
    return try key.writtenRecord(content) { try writer($0, ring) }?.writer.id
  }

  /// Whether an object was sealed by who can only write.
  func isWritten(_ name: ObjectName) throws -> Bool { try key(of: name)?.isWritten ?? false }

  /// A record's bytes; none where it does not open, so that whoever decodes them finds the damage.
  func readRecord(_ name: ObjectName) throws -> [UInt8] {
    do {
      return try read(name)
    } catch let error as PackingError where !error.isNewerFormat {
      return []
    }
  }

  func read(_ name: ObjectName, range: Range<UInt64>) throws -> [UInt8] {
    guard let key = try key(of: name) else { return try stored.read(name, range: range) }
    let blocks = try stored.read(name, range: storedRange(of: range, in: name, key))
    return try key.open(blocks[...], of: range, what: name.path)
  }

  /// As `read`, with zeros for what does not open or is not there.
  func salvage(_ name: ObjectName, range: Range<UInt64>) throws -> [UInt8] {
    guard let key = try key(of: name) else { return try stored.read(name, range: range) }
    let wanted = try storedRange(of: range, in: name, key)
    let end = try max(min(wanted.upperBound, stored.byteCount(name)), wanted.lowerBound)
    var blocks = try stored.read(name, range: wanted.lowerBound..<end)
    blocks += [UInt8](repeating: 0, count: Int(wanted.upperBound - end))
    return try key.open(blocks[...], of: range, salvaging: true, what: name.path)
  }

  private func storedRange(of range: Range<UInt64>, in name: ObjectName, _ key: ObjectKey) throws -> Range<UInt64> {
    guard let wanted = key.storedRange(of: range) else {
      throw ObjectStoreError.truncated(name, expected: range.upperBound, found: key.contentByteCount)
    }
    return wanted
  }

  /// How long an object is when it is opened.
  func contentByteCount(_ name: ObjectName) throws -> UInt64 {
    try key(of: name)?.contentByteCount ?? stored.byteCount(name)
  }

  /// - Returns: `nil` for an object that is stored as it is.
  private func key(of name: ObjectName) throws -> ObjectKey? {
    guard let keys, let context = keys.context(of: name) else { return nil }
    guard let ring = keys.ring else { throw Self.onlyWrites }
    if case .pack(let id) = name, let known = packKeys.withLock({ $0[id] }) { return known }
    let length = UInt64(SealedObjectLayout.headerByteCount)
    let header = try stored.read(name, range: 0..<length)
    func copy() throws -> ArraySlice<UInt8> {
      let size = try stored.byteCount(name)
      guard size >= 2 * length else { throw PackingError.truncated(what: name.path) }
      return try stored.read(name, range: size - length..<size)[...]
    }
    let key = try tellingOfRotation(objectStarting: header, ring) {
      try ObjectKey.opening(header[...], orCopy: copy, keys: ring, context: context, what: name.path)
    }
    guard case .pack(let id) = name else { return key }
    packKeys.withLock { known in
      if known.count >= Self.packKeyCountMax { known.removeAll() }
      known[id] = key
    }
    return key
  }

  /// Whether an object is sealed under older keys than those that new ones get.
  func isOutdated(_ name: ObjectName) throws -> Bool {
    guard let keys, let ring = keys.ring, keys.context(of: name) != nil else { return false }
    let start = try stored.read(name, range: 0..<UInt64(SealedObjectLayout.headerByteCount))
    // What has no header of ours is damage, and told about where it is read.
    return ObjectKey.epoch(ofObjectStarting: start).map { $0 < ring.newestEpochNumber } ?? false
  }

  // MARK: What is the same either way

  func byteCount(_ name: ObjectName) throws -> UInt64 { try stored.byteCount(name) }
  func exists(_ name: ObjectName) throws -> Bool { try stored.exists(name) }
  func list(_ folder: ObjectFolder) throws -> [ObjectName] { try stored.list(folder) }
  func delete(_ names: [ObjectName]) throws { try stored.delete(names) }
  func synchronize(_ folder: ObjectFolder) throws { try stored.synchronize(folder) }
  func synchronize(foldersOf names: [ObjectName]) throws { try stored.synchronize(foldersOf: names) }
  func changeStamp(_ folder: ObjectFolder) throws -> UInt64 { try stored.changeStamp(folder) }
  func modificationTime(_ name: ObjectName) throws -> Timestamp? { try stored.modificationTime(name) }
  func rename(_ source: ObjectName, to target: ObjectName) throws { try stored.rename(source, to: target) }
  func withdraw(_ name: ObjectName) { stored.withdraw(name) }
  @discardableResult
  func sweepTemporary() throws -> (files: Int, byteCount: UInt64) { try stored.sweepTemporary() }
}

extension RepositoryKeys {
  /// What an object is bound to; `nil` for one that is never sealed.
  fileprivate func context(of name: ObjectName) -> SealingContext? {
    func context(_ objectClass: SealingContext.Class, _ id: [UInt8]) -> SealingContext {
      SealingContext(objectClass, repository: repository, name: id)
    }
    return switch name {
    case .config, .formatReadme, .key, .writer: nil
    case .pack(let id): context(.pack, id.bytes)
    case .snapshot(let id), .pending(let id), .trash(let id): context(.record, id.bytes)
    case .labels(let id): context(.labels, id.bytes)
    case .tomb(let id): context(.tomb, id.bytes)
    case .operation(let name): context(.operation, Array(name.utf8))
    }
  }
}

/// A pack in the store, as the pack reader wants it.
struct StoredPack: PackSource {
  let store: RepositoryStore
  let id: PackID
  /// Whether what cannot be opened reads as zeros, which a scan passes over.
  var isSalvaged = false

  var byteCount: UInt64 { get throws { try store.contentByteCount(.pack(id)) } }
  var storedByteCount: UInt64 { get throws { try store.byteCount(.pack(id)) } }
  func read(_ range: Range<UInt64>) throws -> [UInt8] {
    isSalvaged ? try store.salvage(.pack(id), range: range) : try store.read(.pack(id), range: range)
  }
}

import Sealing
import SnapshotModel

/// One object's key, and how long its content is.
package struct ObjectKey: Sendable {
  package let contentByteCount: UInt64
  /// Whether who sealed it can only write: then it is worth what others find in it.
  package let isWritten: Bool
  /// The header as far as it is bound, and the context.
  let associatedData: [UInt8]
  private let key: SecretBytes

  private typealias Layout = SealedObjectLayout

  /// Where the blocks lie that hold `range` of the content.
  ///
  /// - Returns: `nil` when the content ends before the range does.
  package func storedRange(of range: Range<UInt64>) -> Range<UInt64>? {
    guard range.upperBound <= contentByteCount else { return nil }
    guard !range.isEmpty else { return UInt64(Layout.headerByteCount)..<UInt64(Layout.headerByteCount) }
    let block = UInt64(Layout.blockByteCount)
    let last = (range.upperBound - 1) / block
    let lastLength = min(Layout.paddedByteCount(contentByteCount) - last * block, block)
    return Self.storedOffset(ofBlock: range.lowerBound / block)..<Self.storedOffset(ofBlock: last) + lastLength
      + UInt64(AES256GCM.tagByteCount)
  }

  /// - Parameters:
  ///   - stored: what stands at `storedRange(of: range)`.
  ///   - salvaging: whether blocks that do not open read as zeros.
  /// - Throws: `PackingError.damaged` that names the block.
  package func open(
    _ stored: ArraySlice<UInt8>, of range: Range<UInt64>, salvaging: Bool = false, what: String
  ) throws(PackingError) -> [UInt8] {
    guard !range.isEmpty else { return [] }
    let first = range.lowerBound / UInt64(Layout.blockByteCount)
    let blockCount = (stored.count + Layout.storedBlockByteCount - 1) / Layout.storedBlockByteCount
    let plainCount = stored.count - blockCount * AES256GCM.tagByteCount
    let cipher = AES256GCM(key: key)
    var damagedBlock: UInt64?
    var plain = unsafe [UInt8](unsafeUninitializedCapacity: plainCount) { output, count in
      // Safety: block i of the input is what becomes block i of the output, and both have `blockCount` of them.
      unsafe stored.withUnsafeBytes { stored in
        for block in 0..<blockCount {
          let (from, to) = (block * Layout.storedBlockByteCount, block * Layout.blockByteCount)
          let input = unsafe UnsafeRawBufferPointer(
            rebasing: stored[from..<min(from + Layout.storedBlockByteCount, stored.count)])
          let room = unsafe UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(output)[to..<to + input.count - AES256GCM.tagByteCount])
          let number = first + UInt64(block)
          guard unsafe !cipher.open(input, nonce: Self.nonce(block: number), authenticating: associatedData, into: room)
          else { continue }
          unsafe room.initializeMemory(as: UInt8.self, repeating: 0)
          damagedBlock = damagedBlock ?? number
        }
      }
      count = plainCount
    }
    if let damagedBlock, !salvaging { throw .damaged(what: "block \(damagedBlock) of \(what)") }
    let skipped = Int(range.lowerBound % UInt64(Layout.blockByteCount))
    if skipped == 0, range.count == plain.count { return plain }
    plain.removeLast(plain.count - skipped - range.count)
    plain.removeFirst(skipped)
    return plain
  }

  private static func storedOffset(ofBlock block: UInt64) -> UInt64 {
    UInt64(SealedObjectLayout.headerByteCount) + block * UInt64(SealedObjectLayout.storedBlockByteCount)
  }

  private static func nonce(block: UInt64) -> [UInt8] {
    var nonce = ByteWriter(capacity: AES256GCM.nonceByteCount)
    nonce.append(fixed32: 1)
    nonce.append(fixed64: block)
    return nonce.bytes
  }

  private static let lengthNonce = [UInt8](repeating: 0, count: AES256GCM.nonceByteCount)
}

extension ObjectKey {
  /// The key of an object that stands in a store.
  ///
  /// - Parameter header: its first 104 bytes, or its last.
  /// - Throws: `PackingError`; `damaged` when the header does not open under these keys.
  package init(
    opening header: ArraySlice<UInt8>, keys: KeyRing, context: SealingContext, what: String
  ) throws(PackingError) {
    var reader = ByteReader(header, what: what)
    guard try reader.bytes(Layout.magic.count) == Layout.magic[...] else { throw .damaged(what: what) }
    let version = try reader.byte()
    guard version <= Layout.formatVersion else { throw .newerFormat(what: what, version: UInt64(version)) }
    let (way, epoch, zero) = (try reader.byte(), try reader.fixed16(), try reader.fixed32())
    let salt = Array(try reader.bytes(32))
    let ephemeral = Array(try reader.bytes(X25519.keyByteCount))
    guard zero == 0, let way = Way(rawValue: way),
      let origin = way.origin(epoch: epoch, ephemeral: ephemeral, context: context, keys: keys)
    else { throw .damaged(what: what) }
    let bound = Array(header.prefix(Layout.boundByteCount))
    let sealedLength = try reader.bytes(24)
    self.init(origin, salt: salt, bound: bound, context: context, contentByteCount: 0)
    let cipher = AES256GCM(key: key)
    guard let length = cipher.opening(sealedLength, nonce: Self.lengthNonce, authenticating: associatedData) else {
      throw .damaged(what: what)
    }
    var lengthReader = ByteReader(length, what: what)
    let count = try lengthReader.fixed64()
    guard count <= Layout.contentByteCountMax else {
      throw .overLimit(what: "\(what) length", value: count, limit: Layout.contentByteCountMax)
    }
    self.init(secret: key, isWritten: isWritten, associatedData: associatedData, contentByteCount: count)
  }

  /// As above, from the second header where the first does not open.
  ///
  /// - Parameter copy: reads the last 104 bytes; asked only when it is needed.
  package static func opening(
    _ header: ArraySlice<UInt8>, orCopy copy: () throws -> ArraySlice<UInt8>, keys: KeyRing,
    context: SealingContext, what: String
  ) throws -> ObjectKey {
    do throws(PackingError) {
      return try ObjectKey(opening: header, keys: keys, context: context, what: what)
    } catch {
      if error.isNewerFormat { throw error }
      return try ObjectKey(opening: copy(), keys: keys, context: context, what: what)
    }
  }

  private init(secret key: SecretBytes, isWritten: Bool, associatedData: [UInt8], contentByteCount: UInt64) {
    self.key = key
    self.isWritten = isWritten
    self.associatedData = associatedData
    self.contentByteCount = contentByteCount
  }

  init(_ origin: Origin, salt: [UInt8], bound: [UInt8], context: SealingContext, contentByteCount: UInt64) {
    let associatedData = bound + context.bytes
    let key = hkdf(
      origin.secret, salt: salt, purpose: Array(origin.way.purpose.utf8) + bound + origin.receiver + context.bytes)
    self.init(
      secret: key, isWritten: origin.way == .written, associatedData: associatedData,
      contentByteCount: contentByteCount)
  }

  /// The epoch that an object was sealed in; `nil` when its start is no header.
  ///
  /// - Parameter start: at least the first 12 bytes of what is stored.
  package static func epoch(ofObjectStarting start: [UInt8]) -> UInt16? {
    guard start.count >= 12, start.starts(with: Layout.magic) else { return nil }
    return UInt16(start[10]) | UInt16(start[11]) << 8
  }

  /// The content of an object that is there whole, and its key.
  ///
  /// - Parameter isStrict: whether its padding and the second header must be as they were made, too.
  package static func openWhole(
    _ stored: [UInt8], keys: KeyRing, context: SealingContext, isStrict: Bool = false, what: String
  ) throws -> (content: [UInt8], key: ObjectKey) {
    let (header, copy) = (stored.prefix(Layout.headerByteCount), stored.suffix(Layout.headerByteCount))
    if isStrict, header != copy { throw PackingError.damaged(what: "header of \(what)") }
    let key = try opening(header, orCopy: { copy }, keys: keys, context: context, what: what)
    let content = 0..<key.contentByteCount
    let end = Layout.storedByteCount(ofContent: key.contentByteCount)
    guard let range = key.storedRange(of: content), range.upperBound <= UInt64(stored.count) else {
      throw PackingError.truncated(what: what)
    }
    if isStrict {
      guard UInt64(stored.count) == end else { throw PackingError.damaged(what: "length of \(what)") }
      let padded = 0..<Layout.paddedByteCount(key.contentByteCount)
      let all = try key.open(
        stored[Layout.headerByteCount..<stored.count - Layout.headerByteCount], of: padded, what: what)
      return (Array(all[..<Int(key.contentByteCount)]), key)
    }
    return (try key.open(stored[Int(range.lowerBound)..<Int(range.upperBound)], of: content, what: what), key)
  }

  /// The stored form of a new object.
  ///
  /// - Complexity: O(content); one copy of it.
  package static func seal(_ content: [UInt8], keys: KeyRing, context: SealingContext) -> [UInt8] {
    let (epoch, secret) = keys.newestEpoch
    let salt = newSalt()
    let bound = boundHeader(.kept, epoch: epoch, salt: salt, ephemeral: [UInt8](repeating: 0, count: 32))
    let object = ObjectKey(
      Origin(way: .kept, secret: secret), salt: salt, bound: bound, context: context,
      contentByteCount: UInt64(content.count))
    return object.sealed(content, bound: bound)
  }

  static func newSalt() -> [UInt8] {
    var random = SecureRandom()
    return random.bytes(32)
  }

  /// The part of the header that key and blocks are bound to.
  static func boundHeader(_ way: Way, epoch: UInt16, salt: [UInt8], ephemeral: [UInt8]) -> [UInt8] {
    var bound = ByteWriter(capacity: Layout.boundByteCount)
    bound.append(Layout.magic)
    bound.append(Layout.formatVersion)
    bound.append(way.rawValue)
    bound.append(fixed16: epoch)
    bound.append(fixed32: 0)
    bound.append(salt)
    bound.append(ephemeral)
    return bound.bytes
  }

  func sealed(_ content: [UInt8], bound: [UInt8]) -> [UInt8] {
    let storedCount = Int(Layout.storedByteCount(ofContent: contentByteCount))
    let cipher = AES256GCM(key: key)
    var length = ByteWriter(capacity: 8)
    length.append(fixed64: contentByteCount)
    let header = bound + cipher.sealing(length.bytes, nonce: Self.lengthNonce, authenticating: associatedData)
    let padded = Int(Layout.paddedByteCount(contentByteCount))
    return unsafe [UInt8](unsafeUninitializedCapacity: storedCount) { output, count in
      let output = UnsafeMutableRawBufferPointer(output)
      // Safety: block i of the content becomes block i of the output; the lengths add up to `storedCount`.
      unsafe content.withUnsafeBytes { content in
        unsafe output.copyBytes(from: header)
        var at = Layout.headerByteCount
        for (number, start) in stride(from: 0, to: padded, by: Layout.blockByteCount).enumerated() {
          let end = min(start + Layout.blockByteCount, padded)
          let room = unsafe UnsafeMutableRawBufferPointer(
            rebasing: output[at..<at + end - start + AES256GCM.tagByteCount])
          let nonce = Self.nonce(block: UInt64(number))
          if end <= content.count {
            let plain = unsafe UnsafeRawBufferPointer(rebasing: content[start..<end])
            unsafe cipher.seal(plain, nonce: nonce, authenticating: associatedData, into: room)
          } else {
            var last = unsafe Array(content[min(start, content.count)...])
            last += [UInt8](repeating: 0, count: end - start - last.count)
            unsafe last.withUnsafeBytes {
              unsafe cipher.seal($0, nonce: nonce, authenticating: associatedData, into: room)
            }
          }
          at += room.count
        }
        unsafe UnsafeMutableRawBufferPointer(rebasing: output[at...]).copyBytes(from: header)
      }
      count = storedCount
    }
  }
}

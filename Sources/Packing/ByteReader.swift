import SnapshotModel

/// Reads what `ByteWriter` writes; input that is short or impossible throws and never traps.
package struct ByteReader {
  /// Not yet read.
  package private(set) var rest: ArraySlice<UInt8>
  /// Names the input in errors: `manifest segment`, `pack directory`.
  package let what: String

  package init(_ bytes: ArraySlice<UInt8>, what: String) {
    rest = bytes
    self.what = what
  }

  package init(_ bytes: [UInt8], what: String) { self.init(bytes[...], what: what) }

  package var isAtEnd: Bool { rest.isEmpty }

  package mutating func byte() throws(PackingError) -> UInt8 {
    guard let first = rest.popFirst() else { throw .truncated(what: what) }
    return first
  }

  package mutating func bytes(_ count: Int) throws(PackingError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= rest.count else { throw .truncated(what: what) }
    defer { rest = rest[(rest.startIndex + count)...] }
    return rest[rest.startIndex..<rest.startIndex + count]
  }

  package mutating func fixed16() throws(PackingError) -> UInt16 { UInt16(truncatingIfNeeded: try littleEndian(2)) }
  package mutating func fixed32() throws(PackingError) -> UInt32 { UInt32(truncatingIfNeeded: try littleEndian(4)) }
  package mutating func fixed64() throws(PackingError) -> UInt64 { try littleEndian(8) }

  /// Unsigned LEB128 of at most ten bytes; a value over 64 bits is damage.
  package mutating func varint() throws(PackingError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let next = try byte()
      guard shift < 63 || next <= 1 else { throw .damaged(what: what) }
      value |= UInt64(next & 0x7F) << shift
      if next < 0x80 { return value }
      shift += 7
    }
  }

  /// A varint that counts things of which each takes at least `minimumBytes` of what remains.
  package mutating func count(minimumBytes: Int = 1) throws(PackingError) -> Int {
    let value = try varint()
    guard value <= UInt64(rest.count / max(minimumBytes, 1)) else { throw .truncated(what: what) }
    return Int(value)
  }

  /// A varint that must not exceed `limit`.
  package mutating func varint(limit: Int, of subject: String) throws(PackingError) -> Int {
    let value = try varint()
    guard value <= UInt64(limit) else {
      throw .overLimit(what: "\(what) \(subject)", value: value, limit: UInt64(limit))
    }
    return Int(value)
  }

  package mutating func signedVarint() throws(PackingError) -> Int64 {
    let value = try varint()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  package mutating func timestamp() throws(PackingError) -> Timestamp {
    let seconds = try signedVarint()
    return Timestamp(seconds: seconds, nanoseconds: UInt32(try varint(limit: 999_999_999, of: "nanoseconds")))
  }

  package mutating func counted() throws(PackingError) -> ArraySlice<UInt8> { try bytes(try count()) }

  /// - Throws: `damaged` when input remains.
  package func expectEnd() throws(PackingError) {
    guard rest.isEmpty else { throw .damaged(what: what) }
  }

  private mutating func littleEndian(_ count: Int) throws(PackingError) -> UInt64 {
    var value: UInt64 = 0
    for (at, byte) in try bytes(count).enumerated() { value |= UInt64(byte) << UInt64(8 * at) }
    return value
  }
}

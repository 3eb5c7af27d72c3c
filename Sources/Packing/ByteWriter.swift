import SnapshotModel

/// Appends the primitive encodings that every format here is made of (`docs/format/README.md`).
///
/// Fixed-width integers are little-endian; `varint` is unsigned LEB128; signed numbers are zig-zagged first.
package struct ByteWriter {
  package private(set) var bytes: [UInt8] = []

  package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  package mutating func append(_ byte: UInt8) { bytes.append(byte) }
  package mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }
  package mutating func append(_ more: ArraySlice<UInt8>) { bytes.append(contentsOf: more) }

  package mutating func append(fixed16 value: UInt16) {
    for shift in stride(from: UInt16(0), to: 16, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
  }

  package mutating func append(fixed32 value: UInt32) {
    for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
  }

  package mutating func append(fixed64 value: UInt64) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
  }

  package mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  package mutating func append(varint value: Int) { append(varint: UInt64(value)) }

  package mutating func append(signedVarint value: Int64) {
    append(varint: UInt64(bitPattern: value << 1 ^ value >> 63))
  }

  /// Seconds since 1970 as a signed varint, nanoseconds as a varint.
  package mutating func append(_ time: Timestamp) {
    append(signedVarint: time.seconds)
    append(varint: UInt64(time.nanoseconds))
  }

  /// A varint length, then the bytes.
  package mutating func append(counted more: [UInt8]) {
    append(varint: more.count)
    bytes.append(contentsOf: more)
  }

  package mutating func append(counted more: ArraySlice<UInt8>) {
    append(varint: more.count)
    bytes.append(contentsOf: more)
  }
}

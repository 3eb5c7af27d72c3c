/// The Zstandard frame header that payloads leave out.
///
/// A payload is one Zstandard frame without its first bytes, all of which follow from the raw length: nine bytes that
/// a history of small deltas would repeat ten thousand times.
///
///     0  28 B5 2F FD    magic
///     4  A0             four-byte content size, single segment, no checksum, no dictionary id
///     5  raw length     four bytes, little-endian
enum ZstdFrame {
  static let headerLength = 9

  static func header(rawLength: Int) -> [UInt8] {
    var writer = ByteWriter(capacity: headerLength)
    writer.append([0x28, 0xB5, 0x2F, 0xFD, 0xA0])
    writer.append(fixed32: UInt32(rawLength))
    return writer.bytes
  }

  /// The length of the header that the library wrote; `nil` when it is not of one segment with the content's size and
  /// nothing else, which a payload cannot express.
  static func replaceableHeaderLength(descriptor: UInt8) -> Int? {
    guard descriptor & 0b0011_1111 == 0b0010_0000 else { return nil }
    return 5 + [1, 2, 4, 8][Int(descriptor >> 6)]
  }
}

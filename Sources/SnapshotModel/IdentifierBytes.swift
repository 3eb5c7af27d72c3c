// Identifiers from bytes and to bytes, big-endian. Concrete and not generic over collections: many millions are read,
// and a generic that the optimizer did not specialise costs a search for conformances when the program starts.

extension ChunkID {
  /// - Parameter bytes: exactly 32 bytes; `nil` otherwise.
  package init?(bytes: ArraySlice<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self.init(at: bytes.startIndex, in: bytes)
  }

  /// - Parameter bytes: exactly 32 bytes; `nil` otherwise.
  package init?(bytes: [UInt8]) {
    self.init(bytes: bytes[...])
  }

  /// Reads the 32 bytes that begin at index `start`, which the caller has checked to exist.
  package init(at start: Int, in bytes: ArraySlice<UInt8>) {
    self.init(
      (
        bigEndianWord(at: start, in: bytes), bigEndianWord(at: start + 8, in: bytes),
        bigEndianWord(at: start + 16, in: bytes), bigEndianWord(at: start + 24, in: bytes)
      ))
  }

  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.byteCount)
    append(to: &bytes)
    return bytes
  }

  /// Appends the 32 bytes.
  package func append(to bytes: inout [UInt8]) {
    appendBigEndian(word0, to: &bytes)
    appendBigEndian(word1, to: &bytes)
    appendBigEndian(word2, to: &bytes)
    appendBigEndian(word3, to: &bytes)
  }

  /// 32 bits that are as good as random: what content-defined cuts of lists of ids look at.
  package var cutBits: UInt32 { UInt32(truncatingIfNeeded: word3) }
}

extension ChunkIDPrefix {
  /// - Parameter bytes: exactly 16 bytes; `nil` otherwise.
  package init?(bytes: ArraySlice<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    let start = bytes.startIndex
    self.init(word0: bigEndianWord(at: start, in: bytes), word1: bigEndianWord(at: start + 8, in: bytes))
  }

  /// - Parameter bytes: exactly 16 bytes; `nil` otherwise.
  package init?(bytes: [UInt8]) {
    self.init(bytes: bytes[...])
  }

  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return bytes
  }

  /// Appends the 16 bytes.
  package func append(to bytes: inout [UInt8]) {
    appendBigEndian(word0, to: &bytes)
    appendBigEndian(word1, to: &bytes)
  }
}

extension ObjectID {
  /// - Parameter bytes: exactly 16 bytes; `nil` otherwise.
  package init?(bytes: ArraySlice<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    let start = bytes.startIndex
    self.init(high: bigEndianWord(at: start, in: bytes), low: bigEndianWord(at: start + 8, in: bytes))
  }

  /// - Parameter bytes: exactly 16 bytes; `nil` otherwise.
  package init?(bytes: [UInt8]) {
    self.init(bytes: bytes[...])
  }

  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return bytes
  }

  /// Appends the 16 bytes.
  package func append(to bytes: inout [UInt8]) {
    appendBigEndian(high, to: &bytes)
    appendBigEndian(low, to: &bytes)
  }
}

private func bigEndianWord(at start: Int, in bytes: ArraySlice<UInt8>) -> UInt64 {
  var word: UInt64 = 0
  for at in start..<start + 8 { word = word << 8 | UInt64(bytes[at]) }
  return word
}

private func appendBigEndian(_ word: UInt64, to bytes: inout [UInt8]) {
  for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift))) }
}

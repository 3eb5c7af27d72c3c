import SnapshotModel

/// Ids by way of words: going through a collection of bytes is not specialised across modules and took most of the
/// time of reading a directory.
extension ByteReader {
  mutating func chunkID() throws(PackingError) -> ChunkID {
    let bytes = try bytes(ChunkID.byteCount)
    return ChunkID((word(bytes, 0), word(bytes, 1), word(bytes, 2), word(bytes, 3)))
  }

  mutating func chunkIDPrefix() throws(PackingError) -> ChunkIDPrefix {
    let bytes = try bytes(ChunkIDPrefix.byteCount)
    return ChunkID((word(bytes, 0), word(bytes, 1), 0, 0)).prefix
  }

  private func word(_ bytes: ArraySlice<UInt8>, _ number: Int) -> UInt64 {
    var word: UInt64 = 0
    for at in bytes.startIndex + 8 * number..<bytes.startIndex + 8 * number + 8 { word = word << 8 | UInt64(bytes[at]) }
    return word
  }
}

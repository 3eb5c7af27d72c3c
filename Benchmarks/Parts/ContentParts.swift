import Chunking
import Foundation
import Packing
import Sealing
import SnapshotModel

/// Cutting, hashing and encoding of bytes, against SHA-256 of the same bytes.
struct ContentParts {
  private let text: [UInt8]
  private let chunks: [(id: ChunkID, bytes: ArraySlice<UInt8>)]

  init() {
    var random = Seeded(seed: 5)
    var text: [UInt8] = []
    while text.count < 16 << 20 { text += random.code(lines: 1000).utf8 }
    self.text = text
    let hasher = ChunkHasher(.sha256)
    var start = 0
    chunks = Chunker().lengths(of: text[...], isFinal: true).map { length in
      defer { start += length }
      return (hasher.id(of: text[start..<start + length]), text[start..<start + length])
    }
  }

  func measure() throws -> [Part] {
    let (hasher, chunker, encoder, decoder) = (ChunkHasher(.sha256), Chunker(), FrameEncoder(), FrameDecoder())
    func hashAll() { _ = hasher.id(of: text) }
    let floor = "SHA-256 of the same bytes"

    let solid = try frames(encoder)
    // As after an edit in each chunk: the base is the chunk, what is encoded has another middle.
    let edited = chunks.map { chunk in
      var bytes = Array(chunk.bytes)
      bytes.replaceSubrange(bytes.count / 2..<bytes.count / 2, with: Array("something else".utf8))
      return (id: hasher.id(of: bytes), bytes: bytes[...])
    }
    func delta(_ at: Int) throws -> EncodedFrame? {
      try encoder.encodeDelta(
        chunks: [edited[at]], base: DeltaBase(chunks: [chunks[at].id.prefix], bytes: chunks[at].bytes))
    }
    let deltas = try edited.indices.map { try (at: $0, frame: delta($0)) }

    return try [
      Part("find chunk boundaries", over: floor, { _ = chunker.lengths(of: text[...], isFinal: true) }, floor: hashAll),
      Part("hash chunks", over: floor, { for chunk in chunks { _ = hasher.id(of: chunk.bytes) } }, floor: hashAll),
      Part(
        "hash pieces of 50 bytes", over: floor,
        { for at in stride(from: 0, to: text.count - 50, by: 50) { _ = hasher.id(of: text[at..<at + 50]) } },
        floor: hashAll),
      Part("encode solid frames of 1 MiB", over: floor, repetitions: 3, { _ = try frames(encoder) }, floor: hashAll),
      Part(
        "decode them", over: floor,
        { for frame in solid { _ = try decoder.decode(frame.header, payload: payload(of: frame)) } }, floor: hashAll),
      Part(
        "encode each chunk as a delta", over: floor, repetitions: 3, { for at in edited.indices { _ = try delta(at) } },
        floor: hashAll),
      Part(
        "decode the deltas", over: floor,
        {
          for case (let at, let frame?) in deltas {
            _ = try decoder.decode(frame.header, payload: payload(of: frame), prefix: chunks[at].bytes)
          }
        }, floor: hashAll),
    ]
  }

  private func frames(_ encoder: FrameEncoder) throws -> [EncodedFrame] {
    try stride(from: 0, to: chunks.count, by: 16).map {
      try encoder.encode(chunks: Array(chunks[$0..<min($0 + 16, chunks.count)]), level: .auto)
    }
  }

  private func payload(of frame: EncodedFrame) -> ArraySlice<UInt8> { frame.bytes.suffix(frame.header.storedLength) }
}

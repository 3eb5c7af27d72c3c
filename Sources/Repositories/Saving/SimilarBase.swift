import Packing
import SnapshotModel

/// Chunks of the same save that new ones resemble.
struct SimilarBase: Sendable {
  struct Part: Sendable {
    var text: FrameText
    var chunks: [(reference: ChunkReference, ordinal: Int)]
  }

  var parts: [Part]

  /// Their names, and their bytes on end. Cost: decodes each frame once.
  func deltaBase(_ decoder: FrameDecoder) throws -> DeltaBase {
    var base = DeltaBase(chunks: [], bytes: [], kind: .similar)
    base.bytes.reserveCapacity(parts.flatMap(\.chunks).reduce(0) { $0 + $1.reference.length })
    for part in parts {
      let texts = try part.text.chunks(decoder)
      for (reference, ordinal) in part.chunks {
        base.chunks.append(reference.id.prefix)
        base.bytes += texts[ordinal]
      }
    }
    return base
  }
}

/// A frame's chunks, as they are at hand.
enum FrameText: Sendable {
  /// Not encoded yet.
  case plain([ArraySlice<UInt8>])
  case encoded(EncodedFrame)

  /// - Returns: each chunk's bytes.
  func chunks(_ decoder: FrameDecoder) throws -> [ArraySlice<UInt8>] {
    switch self {
    case .plain(let chunks): return chunks
    case .encoded(let frame):
      let bytes = try decoder.decode(frame.header, payload: frame.bytes.dropFirst(frame.header.headerLength))
      return frame.header.chunkRanges.map { bytes[$0] }
    }
  }
}

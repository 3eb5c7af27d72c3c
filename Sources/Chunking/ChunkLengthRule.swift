/// How long the chunks of one part of a file may be, and how low the hash must be where they end.
struct ChunkLengthRule: Sendable {
  let minimum: Int
  /// Where the lax threshold takes over: 13/16 of the average, which puts the mean at the average.
  let normalLength: Int
  let maximum: Int
  let strictThreshold: UInt64
  let laxThreshold: UInt64

  /// - Parameter factor: by which the parameters' lengths are multiplied.
  init(_ parameters: ChunkerParameters, factor: Int) {
    let average = parameters.average * factor
    minimum = parameters.minimum * factor
    maximum = parameters.maximum * factor
    normalLength = max(minimum, average / 16 * 13)
    strictThreshold = .max / UInt64(average * 4)
    laxThreshold = .max / UInt64(average / 4)
  }
}

/// Cuts byte streams where their content says so: an insertion moves the boundaries near it and no others.
///
/// A gear hash rolls over the input, `hash = (hash << 1) + word[byte]`; being 64 bits wide it depends on the last 64
/// bytes alone. A chunk ends after the byte at which `hash < threshold`. The threshold is strict up to
/// `normalLength` and sixteen times as lax beyond it, which keeps lengths near the average (normalized chunking).
///
/// Stateless between cuts, so one value serves any number of threads.
///
/// - SeeAlso: Xia et al., FastCDC, ATC 2016, section 3.3; `docs/format/chunking.md`
package struct Chunker: Sendable {
  package let parameters: ChunkerParameters
  /// Where the lax threshold takes over: 13/16 of the average, which puts the mean at the average.
  let normalLength: Int
  let strictThreshold: UInt64
  let laxThreshold: UInt64
  private let gearWords: [UInt64]

  /// - Parameter gearWords: 256 random words; another table cuts every file at other places.
  package init(parameters: ChunkerParameters = .standard, gearWords: [UInt64] = GearTable.words) {
    precondition(gearWords.count == 256, "a word for each byte")
    self.parameters = parameters
    self.gearWords = gearWords
    normalLength = max(parameters.minimum, parameters.average / 16 * 13)
    strictThreshold = .max / UInt64(parameters.average * 4)
    laxThreshold = .max / UInt64(parameters.average / 4)
  }

  /// Finds where the next chunk ends.
  ///
  /// - Parameters:
  ///   - bytes: unread input, starting at the current chunk's first byte.
  ///   - isFinal: nothing follows `bytes`.
  /// - Returns: chunk length in bytes, `minimum...maximum`, or less for the last chunk; `nil` when more input is
  ///   needed, which is never so when `isFinal` and there are bytes, nor from `maximum` bytes on.
  /// - Complexity: O(maximum); allocates nothing.
  package func nextCut(in bytes: UnsafeRawBufferPointer, isFinal: Bool) -> Int? {
    let end = min(bytes.count, parameters.maximum)
    if end > parameters.minimum, let cut = unsafe boundary(in: bytes, end: end) { return cut }
    if bytes.count >= parameters.maximum { return parameters.maximum }
    return isFinal && bytes.count > 0 ? bytes.count : nil
  }

  /// The lengths of all chunks that end within `bytes`; a remainder is left out unless `isFinal`.
  package func lengths(of bytes: ArraySlice<UInt8>, isFinal: Bool) -> [Int] {
    // Safety: the buffer is only used inside the closure.
    unsafe bytes.withUnsafeBytes { buffer in
      var lengths: [Int] = []
      var start = 0
      while let cut = unsafe nextCut(in: UnsafeRawBufferPointer(rebasing: buffer[start...]), isFinal: isFinal) {
        lengths.append(cut)
        start += cut
      }
      return lengths
    }
  }

  /// The first boundary in `minimum...end`, if any.
  ///
  /// Safety: reads `bytes[minimum - 64 ..< end]`, and the caller has checked that `minimum < end <= bytes.count`.
  private func boundary(in bytes: UnsafeRawBufferPointer, end: Int) -> Int? {
    unsafe gearWords.withUnsafeBufferPointer { table -> Int? in
      guard let table = table.baseAddress, let input = bytes.baseAddress else { return nil }
      let scan = unsafe GearScan(table: table, source: input.assumingMemoryBound(to: UInt8.self))
      let normalEnd = min(normalLength, end)
      return unsafe scan.boundary(from: parameters.minimum, to: normalEnd, threshold: strictThreshold)
        ?? scan.boundary(from: max(normalEnd, parameters.minimum - 1) + 1, to: end, threshold: laxThreshold)
    }
  }
}

/// Cuts byte streams where their content says so: an insertion moves the boundaries near it and no others.
///
/// A gear hash rolls over the input, `hash = (hash << 1) + word[byte]`; being 64 bits wide it depends on the last 64
/// bytes alone. A chunk ends after the byte at which `hash < threshold`. The threshold is strict up to
/// `normalLength` and sixteen times as lax beyond it, which keeps lengths near the average (normalized chunking).
/// Far into a file chunks are longer: each costs the same few dozen bytes of lists, however long.
///
/// Stateless between cuts, so one value serves any number of threads; ``StreamCutter`` remembers where in a file it is.
///
/// - SeeAlso: Xia et al., FastCDC, ATC 2016, section 3.3; `docs/format/chunking.md`
package struct Chunker: Sendable {
  package let parameters: ChunkerParameters
  private let rule: ChunkLengthRule
  /// From `parameters.longFrom` on.
  private let longRule: ChunkLengthRule
  private let gearWords: [UInt64]

  /// - Parameter gearWords: 256 random words; another table cuts every file at other places.
  package init(parameters: ChunkerParameters = .standard, gearWords: [UInt64] = GearTable.words) {
    precondition(gearWords.count == 256, "a word for each byte")
    self.parameters = parameters
    self.gearWords = gearWords
    rule = ChunkLengthRule(parameters, factor: 1)
    longRule = ChunkLengthRule(parameters, factor: ChunkerParameters.longFactor)
  }

  /// What holds for a chunk that begins at this offset of a file.
  func rule(at offset: UInt64) -> ChunkLengthRule {
    guard let longFrom = parameters.longFrom else { return rule }
    return offset < longFrom ? rule : longRule
  }

  /// Finds where the next chunk ends.
  ///
  /// - Parameters:
  ///   - bytes: unread input, starting at the current chunk's first byte.
  ///   - offset: where in its file that is.
  ///   - isFinal: nothing follows `bytes`.
  /// - Returns: chunk length in bytes, between the rule's minimum and maximum, or less for the last chunk; `nil` when more input is
  ///   needed, which is never so when `isFinal` and there are bytes, nor from the maximum on.
  /// - Complexity: O(maximum); allocates nothing.
  private func nextCut(in bytes: UnsafeRawBufferPointer, at offset: UInt64, isFinal: Bool) -> Int? {
    let rule = rule(at: offset)
    let end = min(bytes.count, rule.maximum)
    if end > rule.minimum, let cut = unsafe boundary(in: bytes, end: end, rule) { return cut }
    if bytes.count >= rule.maximum { return rule.maximum }
    return isFinal && bytes.count > 0 ? bytes.count : nil
  }

  /// The lengths of all chunks that end within `bytes`; a remainder is left out unless `isFinal`.
  ///
  /// - Parameter offset: where in their file `bytes` begin, and with them a chunk.
  package func lengths(of bytes: ArraySlice<UInt8>, at offset: UInt64 = 0, isFinal: Bool) -> [Int] {
    // Safety: the buffer is only used inside the closure.
    unsafe bytes.withUnsafeBytes { buffer in
      var lengths: [Int] = []
      var start = 0
      while let cut = unsafe nextCut(
        in: UnsafeRawBufferPointer(rebasing: buffer[start...]), at: offset + UInt64(start), isFinal: isFinal)
      {
        lengths.append(cut)
        start += cut
      }
      return lengths
    }
  }

  /// The first boundary in `minimum...end`, if any.
  ///
  /// Safety: reads `bytes[rule.minimum - 64 ..< end]`, and the caller has checked that `rule.minimum < end <= bytes.count`.
  private func boundary(in bytes: UnsafeRawBufferPointer, end: Int, _ rule: ChunkLengthRule) -> Int? {
    unsafe gearWords.withUnsafeBufferPointer { table -> Int? in
      guard let table = table.baseAddress, let input = bytes.baseAddress else { return nil }
      let scan = unsafe GearScan(table: table, source: input.assumingMemoryBound(to: UInt8.self))
      let normalEnd = min(rule.normalLength, end)
      return unsafe scan.boundary(from: rule.minimum, to: normalEnd, threshold: rule.strictThreshold)
        ?? scan.boundary(from: max(normalEnd, rule.minimum - 1) + 1, to: end, threshold: rule.laxThreshold)
    }
  }
}

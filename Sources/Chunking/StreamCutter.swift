/// Cuts one file, or stream, whose bytes come in pieces.
package struct StreamCutter: Sendable {
  private let chunker: Chunker
  /// Where in the file `waiting` begins.
  private var offset: UInt64 = 0
  /// Added and not yet cut.
  private var waiting: [UInt8] = []

  package init(_ chunker: Chunker) { self.chunker = chunker }

  package var byteCountWaiting: Int { waiting.count }

  package mutating func add(_ bytes: some Collection<UInt8>) {
    if waiting.isEmpty { waiting = Array(bytes) } else { waiting += bytes }
  }

  /// Takes what can be cut.
  ///
  /// - Parameter isFinal: nothing will be added.
  /// - Returns: whole chunks on end and the length of each; none when more input is needed.
  package mutating func cut(isFinal: Bool) -> (bytes: ArraySlice<UInt8>, lengths: [Int]) {
    let bytes = waiting
    let lengths = chunker.lengths(of: bytes[...], at: offset, isFinal: isFinal)
    let byteCount = lengths.reduce(0, +)
    guard byteCount > 0 else { return ([], []) }
    waiting = Array(bytes[byteCount...])
    offset += UInt64(byteCount)
    return (bytes[..<byteCount], lengths)
  }
}

import Foundation

/// A folder that changes version by version.
protocol DataSet {
  var name: String { get }
  /// In their order.
  var versions: [String] { get }
  /// Turns the folder from version `index - 1` into `index`; it is empty before version 0.
  ///
  /// - Returns: the files that were written.
  func advance(_ folder: URL, to index: Int) throws -> [URL]
}

/// Numbers that are the same on every machine: SplitMix64 (Steele et al., OOPSLA 2014).
struct Seeded: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  mutating func bytes(_ count: Int) -> Data {
    var data = Data(capacity: count + 8)
    while data.count < count { unsafe withUnsafeBytes(of: next()) { unsafe data.append(contentsOf: $0) } }
    return data.prefix(count)
  }

  /// Lines that look like code: words of a small vocabulary, some names of their own.
  mutating func code(lines: Int) -> String {
    var text = ""
    for _ in 0..<lines {
      text += String(repeating: "  ", count: Int.random(in: 0...4, using: &self))
      for _ in 0..<Int.random(in: 1...7, using: &self) {
        text += Self.words[Int.random(in: 0..<Self.words.count, using: &self)]
        text += Int.random(in: 0..<4, using: &self) == 0 ? "_\(next() % 5000) " : " "
      }
      text += "\n"
    }
    return text
  }

  private static let words = """
    let var func return if else for in while switch case struct class enum extension import guard throw try catch self init
    value index count result error name path file folder list map filter reduce append remove insert update delete
    request response user session token config options settings server client database table column row query
    ( ) { } [ ] = == != < > + - * / && || . , ; : "" 0 1 2 10 100 true false nil null
    """.split(whereSeparator: \.isWhitespace).map(String.init)
}

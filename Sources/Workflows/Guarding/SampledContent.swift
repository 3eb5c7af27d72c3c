/// How a sample of content uses the 256 values of a byte: what is encrypted or compressed uses all of them alike, what people and
/// programs write does not.
struct SampledContent: Hashable {
  /// How many values would give the same chance that two bytes agree, were they used alike: 256 for noise, 10 to 30 for text.
  var valuesInUse: Int

  /// With fewer bytes chance decides.
  static let byteCountMin = 4096
  /// 64 KiB tell enough.
  static let byteCountMax = 64 << 10

  /// - Returns: `nil` for too few bytes.
  init?(_ bytes: some Sequence<UInt8>) {
    var counts = [Int](repeating: 0, count: 256)
    var total = 0
    for byte in bytes.prefix(Self.byteCountMax) {
      counts[Int(byte)] += 1
      total += 1
    }
    guard total >= Self.byteCountMin else { return nil }
    // Pairs of bytes that agree, among all pairs: a sum of squares, and unbiased for a sample.
    let agreeing = counts.reduce(0) { $0 + $1 * ($1 - 1) }
    valuesInUse = agreeing == 0 ? 256 : min(256, total * (total - 1) / agreeing)
  }

  /// Encrypted, compressed, or noise.
  var looksRandom: Bool { valuesInUse > 200 }
  /// Far from it.
  var looksOrdered: Bool { valuesInUse < 128 }
}

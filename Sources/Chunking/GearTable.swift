/// The 256 random words of the gear hash, one for each byte value.
///
/// They are part of the format (encrypted repositories have words of their own). Successive outputs of SplitMix64
/// (Steele, Lea and Flood, OOPSLA 2014) from the seed "snapgear"; a test holds their digest.
package enum GearTable {
  /// The ASCII bytes of `snapgear`, most significant first.
  static let seed: UInt64 = 0x736E_6170_6765_6172

  package static let words: [UInt64] = {
    var state = seed
    return (0..<256).map { _ in
      state &+= 0x9E37_79B9_7F4A_7C15
      var word = state
      word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
      word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
      return word ^ (word >> 31)
    }
  }()
}

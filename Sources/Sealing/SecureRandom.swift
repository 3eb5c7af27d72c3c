import COpenSSL

/// Random numbers that nobody can foresee, from libcrypto's generator.
package struct SecureRandom: RandomNumberGenerator, Sendable {
  package init() {}

  package mutating func next() -> UInt64 {
    var value: UInt64 = 0
    // Safety: eight bytes are written into an integer of eight bytes.
    let isFilled = unsafe withUnsafeMutableBytes(of: &value) { buffer in
      unsafe RAND_bytes(buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), 8) == 1
    }
    if isFilled { return value }
    // libcrypto's generator may be misconfigured; the kernel's is as good.
    var system = SystemRandomNumberGenerator()
    return system.next()
  }

  package mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
  }
}

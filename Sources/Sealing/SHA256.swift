/// The 32 bytes of the SHA-256 of `bytes`.
///
/// Makes a context each time: for checksums, not for many small inputs.
package func sha256(_ bytes: [UInt8]) -> [UInt8] { sha256(bytes[...]) }

package func sha256(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
  let stream = SHA256Stream()
  stream.update(bytes)
  return stream.finalize()
}

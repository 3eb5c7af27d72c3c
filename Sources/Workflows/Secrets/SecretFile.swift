import Glibc
import SnapshotModel

/// Whether a file holds what nobody else should read, as far as its beginning tells.
///
/// Found are private keys that no passphrase protects, access keys of AWS, and `.env` files in which a secret has a value.
/// Cheap enough for every file that is read anyway; mentions of keys in code and documents do not count.
package enum SecretFile {
  /// How much of a file is looked at.
  package static let byteCountMax = 64 << 10

  /// - Parameter beginning: no more than `byteCountMax` of it is looked at.
  package static func holdsSecret(_ path: ArchivePath, _ beginning: ArraySlice<UInt8>) -> Bool {
    let beginning = beginning.prefix(byteCountMax)
    if isEnvironment(path.name), variablesHoldSecret(Array(beginning)) { return true }
    return places(of: keyMark, in: beginning).contains { beginsKey(beginning[($0 + keyMark.bytes.count)...]) }
      || accessKeyMarks.contains { mark in
        places(of: mark, in: beginning).contains { isAccessKey(at: $0, in: beginning) }
      }
  }

  // MARK: Keys

  private struct Mark: Sendable {
    var bytes: [UInt8]
    /// Where its byte stands that is the rarest in texts.
    var rarest: Int

    init(_ text: String, rarest: Int) {
      bytes = Array(text.utf8)
      self.rarest = rarest
    }
  }

  private static let keyMark = Mark("-----BEGIN ", rarest: 7)
  private static let accessKeyMarks = [Mark("AKIA", rarest: 1), Mark("ASIA", rarest: 1)]
  private static let accessKeyLength = 20
  /// Of a key's body: no mention of a key goes on like this.
  private static let bodyLengthMin = 32
  /// `openssh-key-v1`, then the name of the cipher, behind its length: `none` where no passphrase protects the key.
  private static let openSSHMagic = Array("b3BlbnNzaC1rZXktdjEA".utf8)
  private static let openSSHNoCipher = Array("AAAABG5vbmU".utf8)

  /// - Parameter text: what stands behind `-----BEGIN `.
  private static func beginsKey(_ text: ArraySlice<UInt8>) -> Bool {
    let label = text.prefix { (65...90).contains($0) || (48...57).contains($0) || $0 == 0x20 }
    let name = String(decoding: label, as: UTF8.self)
    guard name.hasSuffix("PRIVATE KEY") || name == "PGP PRIVATE KEY BLOCK", !name.hasPrefix("ENCRYPTED"),
      text[label.endIndex...].starts(with: "-----".utf8)
    else { return false }
    var rest = text[(label.endIndex + 5)...]
    // Lines of a head, of which one says whether a passphrase protects the key.
    while true {
      rest = skippingLineEnds(rest)
      let line = rest.prefix { $0 != 0x0A && $0 != UInt8(ascii: "\\") }
      guard line.contains(UInt8(ascii: ":")) else { break }
      if String(decoding: line, as: UTF8.self).hasSuffix("ENCRYPTED") { return false }
      rest = rest[line.endIndex...]
    }
    if rest.starts(with: openSSHMagic), !rest.dropFirst(openSSHMagic.count).starts(with: openSSHNoCipher) {
      return false
    }
    return rest.prefix(bodyLengthMin).count { isBase64($0) } == bodyLengthMin
  }

  /// Ends of lines as they are, or as JSON and shells write them: `\n`.
  private static func skippingLineEnds(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var rest = text
    while let first = rest.first {
      if " \r\n\t".utf8.contains(first) {
        rest = rest.dropFirst()
      } else if rest.starts(with: "\\n".utf8) || rest.starts(with: "\\r".utf8) {
        rest = rest.dropFirst(2)
      } else {
        break
      }
    }
    return rest
  }

  private static func isBase64(_ byte: UInt8) -> Bool { isLetterOrDigit(byte) || byte == 0x2B || byte == 0x2F }

  private static func isAccessKey(at start: Int, in text: ArraySlice<UInt8>) -> Bool {
    let key = text[start...].prefix(accessKeyLength)
    let isDelimited =
      (start == text.startIndex || !isLetterOrDigit(text[start - 1]))
      && (key.endIndex == text.endIndex || !isLetterOrDigit(text[key.endIndex]))
    // The one of AWS's own documents ends so.
    return key.count == accessKeyLength && isDelimited && !key.suffix(7).elementsEqual("EXAMPLE".utf8)
      && key.allSatisfy { (65...90).contains($0) || (48...57).contains($0) }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
  }

  /// To look for one rare byte first is seven times as fast as `memmem`, which was a twentieth of a save.
  private static func places(of mark: Mark, in text: ArraySlice<UInt8>) -> [Int] {
    var found: [Int] = []
    // Safety: nothing outside of `bytes` and of the mark is read, and both outlive the call.
    unsafe text.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      var at = mark.rarest
      while at < bytes.count, let hit = unsafe memchr(base + at, Int32(mark.bytes[mark.rarest]), bytes.count - at) {
        let start = unsafe UnsafeRawPointer(hit) - base - mark.rarest
        at = start + mark.rarest + 1
        guard start + mark.bytes.count <= bytes.count, unsafe memcmp(base + start, mark.bytes, mark.bytes.count) == 0
        else { continue }
        found.append(text.startIndex + start)
      }
    }
    return found
  }

  // MARK: Environments

  /// Ends of names of files that show how an environment is to be written.
  private static let patterns = ["example", "sample", "template", "dist", "defaults"]

  private static func isEnvironment(_ name: ArraySlice<UInt8>) -> Bool {
    guard case .environment = KeyedFormat(ofFile: name) else { return false }
    let name = String(decoding: name, as: UTF8.self).lowercased()
    return !name.split(separator: ".").contains { patterns.contains(String($0)) }
  }

  private static func variablesHoldSecret(_ bytes: [UInt8]) -> Bool {
    let names = SecretNames()
    return EnvironmentFile.variables(bytes).contains { name, value in
      let value = Array(value.utf8)
      // What is empty, names a variable or stands for a value is none.
      guard let first = value.first, !"$<{".utf8.contains(first) else { return false }
      var hasHidden = false
      _ = SecretText.masked(value) { _ in hasHidden = true }
      let isSwitch = ["true", "false", "0", "1"].contains(String(decoding: value, as: UTF8.self))
      return hasHidden || SecretText.isSecret(value) || names.isSecret(Array(name.utf8)) && !isSwitch
    }
  }
}

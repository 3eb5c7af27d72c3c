/// Lower-case hexadecimal text of `bytes`, two digits a byte.
package func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  var text = ""
  for byte in bytes {
    text.unicodeScalars.append(digit(byte >> 4))
    text.unicodeScalars.append(digit(byte & 15))
  }
  return text
}

/// The bytes that `text` spells; `nil` unless it is an even number of hexadecimal digits of either case.
package func bytes(hexadecimal text: some StringProtocol) -> [UInt8]? {
  let digits = Array(text.utf8)
  guard digits.count.isMultiple(of: 2) else { return nil }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(digits.count / 2)
  for at in stride(from: 0, to: digits.count, by: 2) {
    guard let high = value(digits[at]), let low = value(digits[at + 1]) else { return nil }
    bytes.append(high << 4 | low)
  }
  return bytes
}

private func digit(_ value: UInt8) -> Unicode.Scalar {
  Unicode.Scalar(value < 10 ? 48 + value : 87 + value)
}

private func value(_ digit: UInt8) -> UInt8? {
  switch digit {
  case 48...57: digit - 48
  case 97...102: digit - 87
  case 65...70: digit - 55
  default: nil
  }
}

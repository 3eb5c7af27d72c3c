/// How long chunks may be and how long they tend to be, in bytes.
///
/// Two repositories with other parameters cut the same file at other places and share nothing, so they are fixed when
/// a repository is made (`docs/decisions/chunker-parameters.md`).
package struct ChunkerParameters: Hashable, Sendable {
  /// No chunk but a file's last is shorter.
  package let minimum: Int
  /// What the mean tends to on input without repetitions, within a few per cent.
  package let average: Int
  /// No chunk is longer.
  package let maximum: Int
  /// From this offset of a file on all three are four times what they say; `nil` when they are the same everywhere.
  package let longFrom: UInt64?

  /// 16, 64 and 256 KiB; 64, 256 and 1024 KiB behind the first 4 MiB of a file.
  package static let standard = ChunkerParameters(
    uncheckedMinimum: 16 << 10, average: 64 << 10, maximum: 256 << 10, longFrom: 4 << 20)

  package static let longFactor = 4

  /// The bytes that a boundary depends on; `minimum` is never less.
  package static let windowByteCount = 64
  /// The longest chunk that any reader accepts: 8 MiB.
  package static let maximumLimit = 8 << 20

  /// - Returns: `nil` unless `64 <= minimum < average < maximum <= 8 MiB`; 2 MiB where chunks become four times as long.
  package init?(minimum: Int, average: Int, maximum: Int, longFrom: UInt64? = nil) {
    let limit = longFrom == nil ? Self.maximumLimit : Self.maximumLimit / Self.longFactor
    guard Self.windowByteCount <= minimum, minimum < average, average < maximum, maximum <= limit else { return nil }
    self.init(uncheckedMinimum: minimum, average: average, maximum: maximum, longFrom: longFrom)
  }

  private init(uncheckedMinimum minimum: Int, average: Int, maximum: Int, longFrom: UInt64?) {
    self.minimum = minimum
    self.average = average
    self.maximum = maximum
    self.longFrom = longFrom
  }
}

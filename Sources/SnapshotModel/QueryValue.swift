/// A value that a query gives or a table holds, of one of SQLite's types.
package enum QueryValue: Hashable, Sendable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  case bytes([UInt8])

  /// A count; SQLite's integers end at 2^63.
  package static func count(_ number: UInt64) -> QueryValue { .integer(Int64(clamping: number)) }
}

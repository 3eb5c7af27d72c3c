/// Finds a member of a JSON object without making anything of the rest.
enum JSONMembers {
  /// The string that the outermost object has under `name`; `nil` when there is none, or the text ends or breaks before it.
  ///
  /// - SeeAlso: RFC 8259
  static func string(_ name: String, in bytes: [UInt8]) -> String? {
    var scan = JSONScan(bytes)
    guard scan.take("{") else { return nil }
    while true {
      guard let key = scan.string(), scan.take(":") else { return nil }
      if key == name { return scan.string() }
      guard scan.skipValue(), scan.take(",") else { return nil }
    }
  }
}

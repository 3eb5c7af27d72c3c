import SnapshotModel

/// The address of a database server as applications keep it: `postgresql://user:password@host:5432/name?sslmode=require`.
///
/// Its parts go to the client's own variables, so that the password stands in no command line, where every user of the
/// machine could read it.
struct DatabaseURL {
  private var server: ProjectProfile.Server
  private var user = ""
  private var password = ""
  private var host = ""
  private var port = ""
  private var name = ""
  private var parameters: [(name: String, value: String)] = []

  /// - Returns: `nil` for no URL of a server that is known.
  init?(_ text: String) {
    guard let colon = text.firstRange(of: "://"), let server = Self.server(ofScheme: String(text[..<colon.lowerBound]))
    else { return nil }
    self.server = server
    let rest = text[colon.upperBound...]
    let authority = rest.prefix { !"/?#".contains($0) }
    let tail = rest.dropFirst(authority.count).prefix { $0 != "#" }
    var place = authority
    if let at = authority.lastIndex(of: "@") {
      let parts = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      user = Self.decoded(parts[0])
      if parts.count > 1 { password = Self.decoded(parts[1]) }
      place = authority[authority.index(after: at)...]
    }
    if place.hasPrefix("["), let end = place.firstIndex(of: "]") {
      host = String(place[place.index(after: place.startIndex)..<end])
      port = String(place[place.index(after: end)...].drop { $0 == ":" })
    } else {
      let parts = place.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      host = Self.decoded(parts[0])
      if parts.count > 1 { port = String(parts[1]) }
    }
    name = Self.decoded(tail.prefix { $0 != "?" }.drop { $0 == "/" })
    for pair in tail.drop(while: { $0 != "?" }).dropFirst().split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1)
      if parts.count == 2 { parameters.append((Self.decoded(parts[0]), Self.decoded(parts[1]))) }
    }
    // A variable cannot hold it.
    guard ![user, password, host, port, name].contains(where: { $0.unicodeScalars.contains("\0") }) else { return nil }
  }

  static func server(ofScheme scheme: String) -> ProjectProfile.Server? {
    switch scheme.prefix(while: { $0 != "+" }).lowercased() {
    case "postgres", "postgresql": .postgresql
    case "mysql", "mysql2", "mariadb": .mysql
    case "mongodb": .mongodb
    default: nil
    }
  }

  /// What the client programs read: `PGHOST` and so on, `MYSQL_PWD`; and `DB_HOST`, `DB_PORT`, `DB_USER`, `DB_NAME`.
  var variables: [(name: String, value: String)] {
    var all = [("DB_HOST", host), ("DB_PORT", port), ("DB_USER", user), ("DB_NAME", name)]
    switch server {
    case .postgresql:
      all += [("PGHOST", host), ("PGPORT", port), ("PGUSER", user), ("PGPASSWORD", password), ("PGDATABASE", name)]
      for (parameter, variable) in [("sslmode", "PGSSLMODE"), ("host", "PGHOST"), ("options", "PGOPTIONS")] {
        if let value = parameters.first(where: { $0.name == parameter })?.value { all.append((variable, value)) }
      }
    case .mysql: all += [("MYSQL_HOST", host), ("MYSQL_TCP_PORT", port), ("MYSQL_PWD", password)]
    case .mongodb: all.append(("DB_PASSWORD", password))
    }
    return all.filter { !$0.1.isEmpty }
  }

  /// Without `%xx`.
  private static func decoded(_ text: some StringProtocol) -> String {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var at = 0
    while at < bytes.count {
      if bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.count,
        let byte = UInt8(String(decoding: bytes[at + 1...at + 2], as: UTF8.self), radix: 16)
      {
        result.append(byte)
        at += 3
      } else {
        result.append(bytes[at])
        at += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}

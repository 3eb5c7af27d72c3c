import SnapshotModel

/// Who hears how a save ended.
package enum Notification: Hashable, Sendable {
  /// Asked for when a save succeeded; with `/fail` behind it, and the message as body, when it failed.
  case healthcheck(NotificationURL)
  /// Gets a JSON object by POST either way.
  case webhook(NotificationURL)
  case command(ProjectCommand)
  /// A file that gets the project's figures, for node_exporter; from the project's folder unless absolute.
  case prometheus(String)

  static func all(_ file: ConfigurationSection) throws(SnapFault) -> [Notification] {
    guard let section = try file.section("notify", keys: ["healthcheck", "webhook", "command", "prometheus"]) else {
      return []
    }
    var all: [Notification] = []
    if let url = try section.url("healthcheck") { all.append(.healthcheck(url)) }
    if let url = try section.url("webhook") { all.append(.webhook(url)) }
    if let command = try section.command("command") { all.append(.command(command)) }
    if let path = try section.text("prometheus") { all.append(.prometheus(path)) }
    return all
  }
}

/// An address that is often a secret itself, so it is shown without its path, and may stand in a variable.
package enum NotificationURL: Hashable, Sendable {
  case literal(String)
  case variable(String)

  /// `https://hc-ping.com/***`, `${HEALTHCHECK_URL}`.
  package var shown: String {
    switch self {
    case .variable(let name): return "${\(name)}"
    case .literal(let url):
      let host = url.drop { $0 != ":" }.dropFirst(3).prefix { !"/?#".contains($0) }
      let shown = host.split(separator: "@").last.map(String.init) ?? ""
      return "\(url.prefix { $0 != ":" })://\(shown)/***"
    }
  }

  /// `http://` or `https://` and something that no other line of a file for curl can hide in.
  static func isAddress(_ text: String) -> Bool {
    guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return false }
    return text.utf8.count > scheme.utf8.count && text.utf8.count <= 2048
      && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
  }
}

extension ConfigurationSection {
  fileprivate func url(_ key: String) throws(SnapFault) -> NotificationURL? {
    guard let (text, line) = try texts(key).first else { return nil }
    let name = String(text.dropFirst(2).dropLast())
    if text.hasPrefix("${"), text.hasSuffix("}"), EnvironmentFile.isName(name) { return .variable(name) }
    if NotificationURL.isAddress(text) { return .literal(text) }
    // Not shown: it is meant to be an address, and may hold a secret all the same.
    throw fault(line, key, "what stands here is no http(s) address, nor ${NAME} for one in the environment")
  }
}

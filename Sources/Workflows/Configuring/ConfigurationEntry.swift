import SnapshotModel

/// One value of `snap.yml` for showing, and where it stands.
package struct ConfigurationEntry: Hashable, Sendable {
  /// `retention.keep-daily`.
  package var key: String
  /// On one line, without secrets.
  package var text: String
  package var line: Int

  /// The values below `node`, in the order of the file; what has no value is left out.
  static func all(in node: YAMLNode) -> [ConfigurationEntry] {
    var entries: [ConfigurationEntry] = []
    append(node, key: "", line: node.line, to: &entries)
    return entries
  }

  private static func append(_ node: YAMLNode, key: String, line: Int, to entries: inout [ConfigurationEntry]) {
    guard !node.isNull else { return }
    switch node.content {
    case .scalar(let text, _): entries.append(ConfigurationEntry(key: key, text: shown(text, key), line: line))
    case .sequence(let nodes):
      if let words = texts(of: nodes) {
        // What one word says of the next one is only seen with both.
        for (node, text) in zip(nodes, withoutSecrets(words: words)) where !node.isNull {
          entries.append(ConfigurationEntry(key: key, text: shown(text, key), line: node.line))
        }
        return
      }
      for node in nodes { append(node, key: key, line: node.line, to: &entries) }
    case .mapping(let members):
      for member in members {
        append(member.value, key: key.isEmpty ? member.key : "\(key).\(member.key)", line: member.line, to: &entries)
      }
    }
  }

  /// - Returns: `nil` when there is more in it than texts.
  private static func texts(of nodes: [YAMLNode]) -> [String]? {
    var texts: [String] = []
    for node in nodes {
      guard case .scalar(let text, _) = node.content else { return nil }
      texts.append(text)
    }
    return texts
  }

  private static func shown(_ text: String, _ key: String) -> String {
    if ["notify.healthcheck", "notify.webhook"].contains(key), !text.hasPrefix("${") {
      return NotificationURL.literal(text).shown
    }
    return withoutSecrets(displayText(text.split(whereSeparator: \.isNewline).joined(separator: " ").utf8))
  }
}

/// A value of a YAML file, and the line on which it begins.
struct YAMLNode: Sendable {
  enum Content: Sendable {
    /// - Parameter isPlain: whether it stands without quotes, so that nothing, `~` and `null` mean no value.
    case scalar(String, isPlain: Bool)
    case sequence([YAMLNode])
    case mapping([YAMLMember])
  }

  var content: Content
  /// Counted from 1.
  var line: Int
  /// Nodes in it, itself counted: what an alias to it costs.
  var nodeCount: Int

  var isNull: Bool {
    guard case .scalar(let text, isPlain: true) = content else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(text)
  }
}

/// A key and what stands behind it, in the order of the file.
struct YAMLMember: Sendable {
  var key: String
  var line: Int
  var value: YAMLNode
}

/// Why a text is no YAML that is read here.
struct YAMLFault: Error, Hashable {
  var line: Int
  var reason: String
}

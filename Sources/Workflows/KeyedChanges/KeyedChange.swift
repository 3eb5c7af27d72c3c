/// One step on the way to a value.
package enum KeyedStep: Hashable, Sendable {
  case member([UInt8])
  /// The row in which the member `key` has the value `text`, which may itself be a secret.
  case row(key: [UInt8], text: [UInt8], isSecret: Bool)
  /// The row at this place, counted from 0.
  case index(Int)
  /// Some row; it is known by nothing but what is in it.
  case whole
}

/// What became of one key, row or field.
package struct KeyedChange: Sendable {
  package enum Kind: Sendable {
    case added, removed, changed
    /// The same items in another order.
    case reordered
  }

  package var kind: Kind
  package var path: [KeyedStep]
  /// Whether a name on the way says that the value is a secret.
  var isSecret: Bool
  /// Places in the indexes of the two sides.
  var old: Int?
  var new: Int?

  /// `users[id=4].email`; names of other characters than letters, digits, `_` and `-` stand in quotes.
  package func name(showsSecrets: Bool) -> String {
    var name = ""
    func word(_ text: [UInt8], _ isSecret: Bool) -> String { isSecret && !showsSecrets ? "***" : Self.word(text) }
    for step in path {
      switch step {
      case .member(let member): name += (name.isEmpty ? "" : ".") + word(member, SecretText.isSecret(member))
      case .row(let key, let text, let isSecret): name += "[\(Self.word(key))=\(word(text, isSecret))]"
      case .index(let index): name += "[\(index)]"
      case .whole: name += "[]"
      }
    }
    return name.isEmpty ? "." : name
  }

  private static func word(_ bytes: [UInt8]) -> String {
    let isPlain = bytes.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte >= 0x80
        || "_-@/".utf8.contains(byte)
    }
    return isPlain && !bytes.isEmpty ? String(decoding: bytes, as: UTF8.self) : JSONText.quoted(bytes)
  }
}

/// How the rows of two arrays were matched.
package enum RowMatching: Hashable, Sendable {
  case key([UInt8])
  case position
  case wholeRows

  package var words: String {
    switch self {
    case .key(let key): "by \(String(decoding: key, as: UTF8.self))"
    case .position: "by position"
    case .wholeRows: "as whole rows"
    }
  }
}

extension KeyedComparison {
  /// What stood there and what stands there now, each as JSON on one line.
  package struct Texts: Hashable, Sendable {
    package var old: [UInt8]?
    package var new: [UInt8]?
    /// Whether something of it was replaced by `***`.
    package var isMasked = false
    /// Whether what was replaced differs.
    package var isSecretChanged = false
  }

  /// - Parameter showsSecrets: whether nothing is masked.
  package func texts(of change: KeyedChange, showsSecrets: Bool) -> Texts {
    // Lists that only changed their order would be shown twice over.
    if change.kind == .reordered { return Texts() }
    let masker = ValueMasker(names: showsSecrets ? nil : names, masksRandom: masksRandom)
    var (before, after) = (masker, masker)
    var texts = Texts()
    texts.old = change.old.map { before.text(of: $0, in: old, isSecret: change.isSecret) }
    texts.new = change.new.map { after.text(of: $0, in: new, isSecret: change.isSecret) }
    texts.isMasked = !before.hidden.isEmpty || !after.hidden.isEmpty
    texts.isSecretChanged = change.kind == .changed && before.hidden != after.hidden
    return texts
  }
}

/// Writes values without blanks, and without the secrets in them.
private struct ValueMasker {
  /// `nil` to mask nothing.
  let names: SecretNames?
  let masksRandom: Bool
  /// What was replaced.
  private(set) var hidden: [[UInt8]] = []

  init(names: SecretNames?, masksRandom: Bool) {
    self.names = names
    self.masksRandom = masksRandom
  }

  mutating func text(of node: Int, in index: JSONIndex, isSecret: Bool) -> [UInt8] {
    var text: [UInt8] = []
    append(node, in: index, isSecret: isSecret, to: &text)
    return text
  }

  private mutating func append(_ node: Int, in index: JSONIndex, isSecret: Bool, to text: inout [UInt8]) {
    let kind = index.kind(node)
    switch kind {
    case .object, .array:
      let secrets = names?.members(thatHoldSecretsIn: node, of: index) ?? SecretMembers()
      text.append(UInt8(ascii: kind == .object ? "{" : "["))
      for (place, child) in index.children(of: node).enumerated() {
        if place > 0 { text.append(UInt8(ascii: ",")) }
        var isSecretChild = isSecret
        if kind == .object {
          let name = index.string(child - 1)
          if names != nil, SecretText.isSecret(name) {
            hidden.append(name)
            JSONText.appendQuoted(SecretText.mask, to: &text)
          } else {
            text += index.source(child - 1)
          }
          text.append(UInt8(ascii: ":"))
          isSecretChild = isSecret || secrets.contains(name) || names?.isSecret(name) ?? false
        }
        append(child, in: index, isSecret: isSecretChild, to: &text)
      }
      text.append(UInt8(ascii: kind == .object ? "}" : "]"))
    case .string, .other: append(scalar: node, in: index, isSecret: isSecret, to: &text)
    }
  }

  private mutating func append(scalar node: Int, in index: JSONIndex, isSecret: Bool, to text: inout [UInt8]) {
    let source = index.source(node)
    // That a switch is on or off, or a value missing, is no secret.
    let isWord = ["true", "false", "null", "\"\""].contains { source.elementsEqual($0.utf8) }
    guard names != nil, !isWord else { return text += source }
    let value = index.string(node)
    guard index.kind(node) == .string || isSecret else { return text += source }
    if isSecret && !SecretText.isVersion(value) || SecretText.isSecret(value)
      || masksRandom && SecretText.looksRandom(value)
    {
      hidden.append(value)
      return JSONText.appendQuoted(SecretText.mask, to: &text)
    }
    var parts: [[UInt8]] = []
    let shown = SecretText.masked(value) { parts.append(Array($0)) }
    if parts.isEmpty { return text += source }
    hidden += parts
    JSONText.appendQuoted(shown, to: &text)
  }
}

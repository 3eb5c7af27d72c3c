/// What differs between two JSON texts, by key and row. Cost: linear in their size.
///
/// Equal are values of equal hashes. Numbers are compared as they are written.
package struct KeyedComparison {
  let old: JSONIndex
  let new: JSONIndex
  private let keys: [[UInt8]]
  let names: SecretNames
  /// Whether values that look like chance are secrets: where every value is a setting.
  let masksRandom: Bool

  package private(set) var changes: [KeyedChange] = []
  /// In the order of their first use.
  package private(set) var matchings: [RowMatching] = []
  private var path: [KeyedStep] = []

  /// - Parameter keys: names of members that tell rows apart, before the usual ones.
  init(_ old: JSONIndex, _ new: JSONIndex, keys: [[UInt8]], names: SecretNames, masksRandom: Bool) throws(KeyedFault) {
    self.old = old
    self.new = new
    self.keys = keys
    self.names = names
    self.masksRandom = masksRandom
    try compare(0, 0, isSecret: false)
  }

  private mutating func compare(_ a: Int, _ b: Int, isSecret: Bool) throws(KeyedFault) {
    if old.nodes[a].hash == new.nodes[b].hash { return }
    switch (old.kind(a), new.kind(b)) {
    case (.object, .object): try compareMembers(a, b, isSecret: isSecret)
    case (.array, .array): try compareRows(a, b, isSecret: isSecret)
    default: add(.changed, isSecret, old: a, new: b)
    }
  }

  private mutating func add(_ kind: KeyedChange.Kind, _ isSecret: Bool, old: Int?, new: Int?) {
    changes.append(KeyedChange(kind: kind, path: path, isSecret: isSecret, old: old, new: new))
  }

  // MARK: Members

  private mutating func compareMembers(_ a: Int, _ b: Int, isSecret: Bool) throws(KeyedFault) {
    let (before, after) = (old.children(of: a), new.children(of: b))
    let olds = try Self.places(of: before, in: old)
    let news = try Self.places(of: after, in: new)
    let secrets = names.members(thatHoldSecretsIn: a, of: old).merging(names.members(thatHoldSecretsIn: b, of: new))
    func isSecretMember(_ name: [UInt8]) -> Bool { isSecret || secrets.contains(name) || names.isSecret(name) }
    for place in before {
      let other = news[old.nodes[place - 1].hash]
      if let other, new.nodes[other].hash == old.nodes[place].hash { continue }
      let name = old.string(place - 1)
      path.append(.member(name))
      if let other {
        try compare(place, other, isSecret: isSecretMember(name))
      } else {
        add(.removed, isSecretMember(name), old: place, new: nil)
      }
      path.removeLast()
    }
    for place in after where olds[new.nodes[place - 1].hash] == nil {
      let name = new.string(place - 1)
      path.append(.member(name))
      add(.added, isSecretMember(name), old: nil, new: place)
      path.removeLast()
    }
  }

  /// Values by the hash of their member's name.
  private static func places(of values: [Int], in index: JSONIndex) throws(KeyedFault) -> [UInt64: Int] {
    var places: [UInt64: Int] = [:]
    places.reserveCapacity(values.count)
    for value in values where places.updateValue(value, forKey: index.nodes[value - 1].hash) != nil {
      throw KeyedFault("the key \(JSONText.quoted(index.string(value - 1))) stands twice in one object")
    }
    return places
  }

  // MARK: Rows

  private mutating func compareRows(_ a: Int, _ b: Int, isSecret: Bool) throws(KeyedFault) {
    let (before, after) = (old.children(of: a), new.children(of: b))
    if let key = RowKey.find(keys, before, in: old, after, in: new) {
      use(.key(key.name))
      try compareRows(before, after, by: key, isSecret: isSecret)
    } else {
      try compareUnkeyed(before, after, a, b, isSecret: isSecret)
    }
  }

  private mutating func compareRows(
    _ before: [Int], _ after: [Int], by key: RowKey, isSecret: Bool
  ) throws(KeyedFault) {
    let isSecretKey = key.isSecret(names, isSecret: isSecret)
    for row in before {
      let hash = key.hash(of: row, in: old)
      let other = key.newRows[hash]
      if let other, new.nodes[other].hash == old.nodes[row].hash { continue }
      path.append(key.step(row, in: old, isSecret: isSecretKey))
      if let other {
        try compare(row, other, isSecret: isSecret)
      } else {
        add(.removed, isSecret, old: row, new: nil)
      }
      path.removeLast()
    }
    for row in after where key.oldRows[key.hash(of: row, in: new)] == nil {
      path.append(key.step(row, in: new, isSecret: isSecretKey))
      add(.added, isSecret, old: nil, new: row)
      path.removeLast()
    }
  }

  /// What stands in both counts as unchanged, wherever it stands; the rest is compared by position when nothing moved.
  private mutating func compareUnkeyed(
    _ before: [Int], _ after: [Int], _ a: Int, _ b: Int, isSecret: Bool
  ) throws(KeyedFault) {
    let removed = Self.surplus(of: before, in: old, over: after, in: new)
    let added = Self.surplus(of: after, in: new, over: before, in: old)
    if removed.isEmpty, added.isEmpty { return add(.reordered, isSecret, old: a, new: b) }
    if removed == added {
      use(.position)
      for place in removed {
        path.append(.index(place))
        try compare(before[place], after[place], isSecret: isSecret)
        path.removeLast()
      }
      return
    }
    use(.wholeRows)
    path.append(.whole)
    for place in removed { add(.removed, isSecret, old: before[place], new: nil) }
    for place in added { add(.added, isSecret, old: nil, new: after[place]) }
    path.removeLast()
  }

  /// Places of the rows that are there more often than on the other side; of equal ones the last.
  private static func surplus(
    of rows: [Int], in index: JSONIndex, over others: [Int], in otherIndex: JSONIndex
  ) -> [Int] {
    var counts: [UInt64: Int] = [:]
    for row in others { counts[otherIndex.nodes[row].hash, default: 0] += 1 }
    return rows.indices.filter { place in
      let left = counts[index.nodes[rows[place]].hash, default: 0]
      counts[index.nodes[rows[place]].hash] = left - 1
      return left <= 0
    }
  }

  private mutating func use(_ matching: RowMatching) {
    if !matchings.contains(matching) { matchings.append(matching) }
  }
}

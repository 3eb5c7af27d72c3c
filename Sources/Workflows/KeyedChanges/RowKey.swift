/// The member by which rows are the same row: every row on both sides has it, and no two of one side alike.
struct RowKey {
  /// Tried in this order, after those that were asked for and before other names that end in `id`.
  static let usual = ["id", "_id", "uuid", "guid", "key", "name"].map { Array($0.utf8) }
  /// Each is looked for in every row.
  private static let othersMax = 4

  let name: [UInt8]
  /// Rows by the hash of their key.
  private(set) var oldRows: [UInt64: Int] = [:]
  private(set) var newRows: [UInt64: Int] = [:]

  /// - Returns: `nil` when nothing tells the rows apart.
  static func find(
    _ asked: [[UInt8]], _ before: [Int], in old: JSONIndex, _ after: [Int], in new: JSONIndex
  ) -> RowKey? {
    guard let first = before.first ?? after.first else { return nil }
    let index = before.isEmpty ? new : old
    guard index.kind(first) == .object else { return nil }
    let others = index.children(of: first).map { index.string($0 - 1) }.filter { name in
      name.suffix(2).elementsEqual("id".utf8) || name.suffix(2).elementsEqual("Id".utf8)
        || name.suffix(2).elementsEqual("ID".utf8)
    }
    let candidates = asked + usual + others.filter { !usual.contains($0) }.prefix(othersMax)
    return candidates.lazy.compactMap { RowKey($0, before, in: old, after, in: new) }.first
  }

  private init?(_ name: [UInt8], _ before: [Int], in old: JSONIndex, _ after: [Int], in new: JSONIndex) {
    self.name = name
    guard let olds = Self.rows(before, by: name, in: old), let news = Self.rows(after, by: name, in: new) else {
      return nil
    }
    oldRows = olds
    newRows = news
  }

  private static func rows(_ rows: [Int], by name: [UInt8], in index: JSONIndex) -> [UInt64: Int]? {
    var found: [UInt64: Int] = [:]
    found.reserveCapacity(rows.count)
    for row in rows {
      guard let value = index.member(name, of: row), found.updateValue(row, forKey: index.nodes[value].hash) == nil
      else { return nil }
    }
    return found
  }

  func hash(of row: Int, in index: JSONIndex) -> UInt64 {
    index.member(name, of: row).map { index.nodes[$0].hash } ?? 0
  }

  /// Whether what rows are known by is a secret where `isSecret` says so of all that is in them.
  func isSecret(_ names: SecretNames, isSecret: Bool) -> Bool {
    names.isSecret(name)
      || isSecret && !["id", "_id", "uuid", "guid", "name"].contains(String(decoding: name, as: UTF8.self))
  }

  /// - Returns: `[id=4]`; of `{"$oid": "5f…"}`, as MongoDB exports ids, what stands in it.
  func step(_ row: Int, in index: JSONIndex, isSecret: Bool) -> KeyedStep {
    guard let value = index.member(name, of: row) else { return .whole }
    let inner = index.kind(value) == .object ? index.children(of: value) : []
    let text = index.string(inner.count == 1 ? inner[0] : value)
    return .row(key: name, text: text, isSecret: isSecret || SecretText.isSecret(text))
  }
}

/// A folder as a disk has it while calls change it: what is sure to survive a loss of power, and what may.
///
/// The rules are POSIX's, weaker than those of any journal: a sync of a file makes its bytes durable and nothing else, a
/// sync of a folder its own names. Everything since then may be there or not, in any order, names apart from bytes, and a
/// renaming between two folders by halves.
package struct UnsyncedDisk {
  package typealias Files = [String: [UInt8]]

  /// A change of one name in a folder, not synchronized yet.
  private struct NameChange {
    var name: String
    /// `nil` when the name is removed.
    var node: Int?
  }

  private enum Node {
    case file(now: [UInt8], durable: [UInt8]?)
    case folder(now: [String: Int], durable: [String: Int], unsynced: [NameChange])
  }

  /// The first holds the store's folder.
  private var nodes: [Node]
  private static let top = 0
  private static let rootName = "root"
  /// The file that a write went to last, unless it was synchronized since: the one to be torn.
  private var lastWritten: Int?

  /// - Parameters:
  ///   - files: what is durable, by path; folders that end with `/` may be empty. `nil` for no folder at all.
  package init(durable files: Files?) {
    nodes = [.folder(now: [:], durable: [:], unsynced: [])]
    guard let files else { return }
    addDurable(.folder(now: [:], durable: [:], unsynced: []), as: Self.rootName, in: Self.top)
    for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
      var parent = nodeIndex(["root"])
      let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      for part in parts.dropLast() {
        if let known = entries(of: parent)[part] {
          parent = known
        } else {
          parent = addDurable(.folder(now: [:], durable: [:], unsynced: []), as: part, in: parent)
        }
      }
      if let name = parts.last, !name.isEmpty { addDurable(.file(now: bytes, durable: bytes), as: name, in: parent) }
    }
  }

  @discardableResult
  private mutating func addDurable(_ node: Node, as name: String, in parent: Int) -> Int {
    nodes.append(node)
    guard case .folder(var now, var durable, let unsynced) = nodes[parent] else {
      preconditionFailure("\(name) in a file")
    }
    now[name] = nodes.count - 1
    durable[name] = nodes.count - 1
    nodes[parent] = .folder(now: now, durable: durable, unsynced: unsynced)
    return nodes.count - 1
  }

  // MARK: Calls

  package mutating func apply(_ call: TracedCall) {
    switch call {
    case .create(let path): setName(path, to: add(.file(now: [], durable: nil)))
    case .makeFolder(let path): setName(path, to: add(.folder(now: [:], durable: [:], unsynced: [])))
    case .write(let path, let bytes): changeFile(path) { $0 += bytes }
    case .allocate(let path, let count): changeFile(path) { $0 = [UInt8](repeating: 0, count: Int(count)) }
    case .rename(let path, let new):
      let node = nodeIndex(components(path))
      setName(new, to: node)
      setName(path, to: nil)
    case .link(let path, let new): setName(new, to: nodeIndex(components(path)))
    case .unlink(let path): setName(path, to: nil)
    case .synchronize(let path):
      let node = nodeIndex(components(path))
      switch nodes[node] {
      case .file(let now, _):
        nodes[node] = .file(now: now, durable: now)
        if lastWritten == node { lastWritten = nil }
      case .folder(let now, _, _): nodes[node] = .folder(now: now, durable: now, unsynced: [])
      }
    }
  }

  private mutating func add(_ node: Node) -> Int {
    nodes.append(node)
    return nodes.count - 1
  }

  private mutating func changeFile(_ path: String, _ change: (inout [UInt8]) -> Void) {
    let node = nodeIndex(components(path))
    guard case .file(var bytes, let durable) = nodes[node] else { preconditionFailure("\(path) is a folder") }
    change(&bytes)
    nodes[node] = .file(now: bytes, durable: durable)
    lastWritten = node
  }

  private mutating func setName(_ path: String, to node: Int?) {
    let path = components(path)
    let parent = nodeIndex(path.dropLast())
    guard let name = path.last, case .folder(var now, let durable, let unsynced) = nodes[parent] else {
      preconditionFailure("\(path) has no folder")
    }
    now[name] = node
    nodes[parent] = .folder(now: now, durable: durable, unsynced: unsynced + [NameChange(name: name, node: node)])
  }

  private func components(_ path: String) -> ArraySlice<String> {
    switch path {
    case "..": []
    case ".": [Self.rootName]
    default: [Self.rootName] + path.split(separator: "/").map(String.init)
    }
  }

  private func nodeIndex(_ path: ArraySlice<String>) -> Int {
    path.reduce(Self.top) { parent, name in
      guard let child = entries(of: parent)[name] else { preconditionFailure("\(path): no \(name)") }
      return child
    }
  }

  private func entries(of node: Int) -> [String: Int] {
    if case .folder(let now, _, _) = nodes[node] { now } else { [:] }
  }

  // MARK: After a loss of power

  /// What a disk kept of what was not synchronized.
  package enum Survival: Hashable, Sendable, CaseIterable {
    case nothing
    case everything
    /// Bytes of files whose names are durable.
    case bytesWithoutNames
    /// Names of files that are empty.
    case namesWithoutBytes
    /// Names of files that have their length, and zeros.
    case zeros
    /// Everything, but of the last write only whole sectors.
    case tornLastWrite
  }

  /// The files, and folders as `path/`, that are found afterwards; `nil` when there is no store's folder.
  package func files(after survival: Survival) -> Files? {
    files(
      names: { _ in survival != .nothing && survival != .bytesWithoutNames },
      bytes: { node, now, durable in
        switch survival {
        case .nothing: durable ?? []
        case .everything, .bytesWithoutNames: now
        case .namesWithoutBytes: durable ?? []
        case .zeros: durable ?? [UInt8](repeating: 0, count: now.count)
        case .tornLastWrite: node == lastWritten ? Self.torn(now, sectors: (now.count - 1) / 512 / 2) : now
        }
      })
  }

  /// The same where each change survived or not by a throw of the dice.
  package func files(after random: inout SeededGenerator) -> Files? {
    let oneIn = Int.random(in: 2...4, using: &random)
    return files(
      names: { _ in !random.chance(1, in: oneIn) },
      bytes: { _, now, durable in
        guard now != durable else { return now }
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return durable ?? []
        case 1: return [UInt8](repeating: 0, count: now.count)
        case 2: return Self.torn(now, sectors: Int.random(in: 0...now.count / 512, using: &random))
        case 3:
          // Sectors reach the disk in any order.
          var bytes = now
          for start in stride(from: 0, to: now.count, by: 512) where random.chance(1, in: 2) {
            for at in start..<min(start + 512, now.count) { bytes[at] = 0 }
          }
          return bytes
        default: return now
        }
      })
  }

  private static func torn(_ bytes: [UInt8], sectors: Int) -> [UInt8] { Array(bytes.prefix(sectors * 512)) }

  /// - Parameter survives: asked of each change of a name, in order.
  private func files(
    names survives: (String) -> Bool, bytes: (_ node: Int, _ now: [UInt8], _ durable: [UInt8]?) -> [UInt8]
  ) -> Files? {
    var found: Files = [:]
    // A file may be found under two names, with the same bytes.
    var survived: [Int: [UInt8]] = [:]
    func walk(_ node: Int, _ path: String) {
      switch nodes[node] {
      case .file(let now, let durable):
        let bytes = survived[node] ?? (now == durable ? now : bytes(node, now, durable))
        survived[node] = bytes
        found[path] = bytes
      case .folder(_, let durable, let unsynced):
        if !path.isEmpty { found[path + "/"] = [] }
        var names = durable
        for change in unsynced where survives(change.name) { names[change.name] = change.node }
        // In order, so that the same dice give the same files.
        for (name, child) in names.sorted(by: { $0.key < $1.key }) {
          walk(child, path.isEmpty ? name : "\(path)/\(name)")
        }
      }
    }
    walk(Self.top, "")
    guard found[Self.rootName + "/"] != nil else { return nil }
    return Dictionary(
      uniqueKeysWithValues: found.compactMap { path, bytes in
        path == Self.rootName + "/" ? nil : (String(path.dropFirst(Self.rootName.count + 1)), bytes)
      })
  }
}

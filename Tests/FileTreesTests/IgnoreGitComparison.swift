import FileTrees
import SnapshotModel
import TestSupport
import Testing

/// Trees with nested ignore files, made from a seed, and what git says about every path in them.
struct IgnoreGitComparison {
  let seed: UInt64
  private var random: SeededGenerator
  private(set) var folders: [[UInt8]] = [[]]
  private(set) var paths: [[UInt8]] = []
  private(set) var ignoreFiles: [[UInt8]: [UInt8]] = [:]

  private static let slash = UInt8(ascii: "/")
  private static let names: [[UInt8]] =
    [
      "a", "b", "ab", "abc", "foo", "bar", "foo.txt", "a.b", "A", "1", "x-y", "x]", "[x]", "a b", "b ", "#x", "!y",
      "\\z",
      "a*", "*", "a?", "dist", "build", "node_modules", "coverage", "é", "t\tt", "-", "^", ":", "..a", ".a", "~",
    ].map { Array($0.utf8) } + [[0xFF, 0x61], [0x61, 0x80]]

  init(seed: UInt64) {
    self.seed = seed
    random = SeededGenerator(seed: seed)
    makeTree()
    makeIgnoreFiles()
  }

  private mutating func pick<Element>(_ elements: [Element]) -> Element { elements.randomElement(using: &random)! }
  private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

  private mutating func makeTree() {
    // Few names in each tree, so that patterns made from one path meet others.
    let names = (0..<6).map { _ in pick(Self.names) }
    var taken: Set<[UInt8]> = []
    for _ in 0..<Int.random(in: 10...40, using: &random) {
      let folder = pick(folders)
      guard folder.split(separator: Self.slash).count < 4 else { continue }
      let name = pick(names)
      let path = folder.isEmpty ? name : folder + [Self.slash] + name
      guard taken.insert(path).inserted else { continue }
      paths.append(path)
      if chance(55) { folders.append(path) }
    }
  }

  private mutating func makeIgnoreFiles() {
    guard !paths.isEmpty else { return }
    for folder in folders where folder.isEmpty || chance(35) {
      var text: [UInt8] = chance(5) ? [0xEF, 0xBB, 0xBF] : []
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        text += makePattern(folder)
        if chance(5) { text += Array(pick([" ", "  ", "\\ ", "\t", "\\", "\\\\ "]).utf8) }
        text += Array((chance(5) ? "\r\n" : "\n").utf8)
      }
      if chance(20), text.last == UInt8(ascii: "\n") { text.removeLast() }
      ignoreFiles[folder] = text
    }
  }

  private mutating func makePattern(_ folder: [UInt8]) -> [UInt8] {
    if chance(3) {
      return Array(pick(["", "# comment", "!", "/", "//", "!/", " ", "**", "**/", "/**", "\\", "[", "!*"]).utf8)
    }
    var pattern = chance(8) ? makeNoise() : makeFromPath(folder)
    if chance(15) { pattern.insert(Self.slash, at: 0) }
    if chance(20) { pattern.append(Self.slash) }
    if chance(25) { pattern.insert(UInt8(ascii: "!"), at: 0) }
    return pattern
  }

  private mutating func makeNoise() -> [UInt8] {
    let alphabet = Array("ab/*?[]!-\\^:. #x".utf8)
    return (0..<Int.random(in: 1...8, using: &random)).map { _ in pick(alphabet) }
  }

  /// A path's components, from the ignore file's folder or from anywhere below, with some of it made wild.
  private mutating func makeFromPath(_ folder: [UInt8]) -> [UInt8] {
    let below = paths.filter { folder.isEmpty || $0.starts(with: folder + [Self.slash]) }
    let path = pick(below.isEmpty ? paths : below)
    var components = path.split(separator: Self.slash).map { Array($0) }
    let depth = below.isEmpty ? 0 : folder.split(separator: Self.slash).count
    if depth < components.count { components.removeFirst(depth) }
    if chance(50) { components = Array(components.suffix(1)) }
    if chance(30), components.count > 1 { components.removeFirst() }
    if chance(20), components.count > 1 { components.removeLast() }
    for index in components.indices { components[index] = makeWild(components[index]) }
    if chance(20) {
      let stars = Array(pick(["**", "**", "*", "***", "a**", "**a", "*/**", "**/**"]).utf8)
      components.insert(stars, at: Int.random(in: 0...components.count, using: &random))
    }
    return Array(components.joined(separator: [Self.slash]))
  }

  private mutating func makeWild(_ name: [UInt8]) -> [UInt8] {
    switch Int.random(in: 0..<12, using: &random) {
    case 0: return Array("*".utf8)
    case 1: return Array("**".utf8)
    case 2: return Array(name.prefix(1)) + Array("*".utf8)
    case 3: return Array("*".utf8) + name.suffix(1)
    case 4: return name.map { chance(40) ? UInt8(ascii: "?") : $0 }
    case 5: return name.flatMap { chance(50) ? makeBracket($0) : [$0] }
    case 6: return name.flatMap { chance(50) ? [UInt8(ascii: "\\"), $0] : [$0] }
    case 7: return name.flatMap { [UInt8](Array("\\*?[".utf8).contains($0) ? [UInt8(ascii: "\\"), $0] : [$0]) }
    case 8: return name.flatMap { chance(25) ? Array("*".utf8) : [$0] }
    default: return name
    }
  }

  private mutating func makeBracket(_ byte: UInt8) -> [UInt8] {
    let inside: [UInt8] =
      switch Int.random(in: 0..<12, using: &random) {
      case 0: [UInt8(ascii: "!"), byte]
      case 1: Array("^q".utf8)
      case 2: Array("!q".utf8)
      case 3: Array("a-z".utf8)
      case 4: Array("0-9A-Z".utf8)
      case 5: Array("[:\(pick(["alpha", "alnum", "digit", "punct", "space", "upper", "lower", "print", "x"])):]".utf8)
      case 6: Array("]".utf8) + [byte]
      case 7: [UInt8(ascii: "\\"), byte]
      case 8: [byte, UInt8(ascii: "-")]
      case 9: [UInt8(ascii: "-"), byte]
      case 10: Array("[:".utf8) + [byte]
      default: [byte, UInt8(ascii: "b")]
      }
    return [UInt8(ascii: "[")] + inside + (chance(4) ? [] : [UInt8(ascii: "]")])
  }

  /// Builds the tree in `fixture`.
  func write(_ fixture: WalkFixture) throws {
    for path in paths { if folders.contains(path) { try fixture.folder(path) } else { try fixture.file(path) } }
    for (folder, text) in ignoreFiles {
      try fixture.file((folder.isEmpty ? [] : folder + [Self.slash]) + Array(".gitignore".utf8), text)
    }
  }
}

/// What git answers about one path, in the words of `describe`.
func gitVerdicts(_ fixture: WalkFixture, paths: [[UInt8]], gitFolder: String, builtInFile: String) throws -> [String] {
  let output = try fixture.run(
    [
      "git", "--git-dir=\(gitFolder)", "--work-tree=\(fixture.path)", "-c", "core.excludesFile=\(builtInFile)",
      "check-ignore", "--verbose", "--no-index", "--non-matching", "-z", "--stdin",
    ], input: paths.flatMap { Array("./".utf8) + $0 + [0] },
    environment: ["GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"])
  let fields = output.split(separator: 0, omittingEmptySubsequences: false)
  return stride(from: 0, to: fields.count - 3, by: 4).map { at in
    guard !fields[at].isEmpty else { return "nothing" }
    let source = displayText(fields[at]) == builtInFile ? "built-in" : displayText(fields[at])
    return "\(source):\(String(decoding: fields[at + 1], as: UTF8.self)) \(displayText(fields[at + 2]))"
  }
}

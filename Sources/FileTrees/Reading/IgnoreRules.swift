import SnapshotModel

/// The rules that hold in one folder of a tree, in their order of precedence.
///
/// From the weakest: the built-in ones; the ignore files from the root down, in each folder `.gitignore` before
/// `.snapignore`; the project's configuration; the exclude files and then the patterns of the command line. Of one list's rules the last that
/// matches decides, of all lists the strongest that has one.
///
/// - SeeAlso: docs/guides/ignore-rules.md
struct IgnoreRules: Sendable {
  /// Weakest first.
  private var lists: [IgnoreRuleList] = []
  private let commandLine: [IgnoreRuleList]

  /// Folders that a project can make again, or that hold no work of its own.
  static let builtInPatterns = ["node_modules/", ".git/", "dist/", "build/", "coverage/"]

  private static let builtIn = IgnoreRuleList(patterns: builtInPatterns.map { Array($0.utf8) }, source: .builtIn)

  /// The rules above the root.
  ///
  /// - Throws: `SnapFault` when an exclude file cannot be read.
  init(_ options: WalkOptions) throws {
    if options.usesDefaultIgnores { lists.append(Self.builtIn) }
    var commandLine: [IgnoreRuleList] = []
    if !options.configured.isEmpty { commandLine.append(IgnoreRuleList(configured: options.configured)) }
    for path in options.excludeFiles {
      commandLine.append(
        IgnoreRuleList(text: try IgnoreFile.readNamed(path), source: .excludeFile(path), folder: .root))
    }
    if !options.excludes.isEmpty {
      commandLine.append(IgnoreRuleList(patterns: options.excludes.map { Array($0.utf8) }, source: .commandLine))
    }
    self.commandLine = commandLine
  }

  /// Adds an ignore file of the folder that has just been entered.
  mutating func append(_ list: IgnoreRuleList) {
    if !list.isEmpty { lists.append(list) }
  }

  /// The rule that decides on a path whose folders are all kept; `nil` when none matches.
  ///
  /// - Parameter path: from the root.
  /// - Parameter nameStart: where the last component begins.
  func decidingRule(_ path: Span<UInt8>, nameStart: Int, isDirectory: Bool) -> IgnoreRule? {
    var index = commandLine.count
    while index > 0 {
      index -= 1
      if let rule = commandLine[index].lastMatch(path, nameStart: nameStart, isDirectory: isDirectory) { return rule }
    }
    index = lists.count
    while index > 0 {
      index -= 1
      if let rule = lists[index].lastMatch(path, nameStart: nameStart, isDirectory: isDirectory) { return rule }
    }
    return nil
  }
}

/// What `snap ignored` tells of a path: whether a save of the root would leave it out for a pattern, and for which.
///
/// A folder that is left out takes all that is in it along, so the deciding rule may be one that matches a folder
/// above.
///
/// - Parameter path: below `root`; it need not exist.
/// - Parameter root: as in `TreeWalker`.
/// - Throws: `SystemError` when an ignore file cannot be read, `SnapFault` when an exclude file cannot.
package func ignoreDecision(
  for path: ArchivePath, isDirectory: Bool, root: [UInt8], options: WalkOptions
) throws -> IgnoreDecision {
  var rules = try IgnoreRules(options)
  var folder: DirectoryHandle? = try DirectoryHandle(root: root)
  var folderPath = ArchivePath.root
  let components = path.components
  for (index, name) in components.enumerated() {
    if let folder {
      for fileName in IgnoreFile.names(options) {
        guard let text = try IgnoreFile.read(fileName, in: folder) else { continue }
        guard let filePath = folderPath.appending(fileName) else { continue }
        rules.append(IgnoreRuleList(text: text, source: .file(filePath), folder: folderPath))
      }
    }
    let nameStart = folderPath.isRoot ? 0 : folderPath.bytes.count + 1
    guard let subject = folderPath.appending(name) else { return .kept }
    let isLast = index == components.count - 1
    if let rule = rules.decidingRule(subject.bytes.span, nameStart: nameStart, isDirectory: !isLast || isDirectory),
      isLast || !rule.isNegative
    {
      return IgnoreDecision(rule)
    }
    if !isLast {
      let identity = folder.flatMap { folder in
        try? folder.withDescriptor { try FileStatus(folder: $0, name: Array(name)).identity }
      }
      folder = identity.flatMap { folder?.child(Array(name), identity: $0) }
      if (try? folder?.open()) == nil { folder = nil }
    }
    folderPath = subject
  }
  return .kept
}

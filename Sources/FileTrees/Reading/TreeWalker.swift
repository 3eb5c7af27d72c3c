import Glibc
import SnapshotModel

/// Lists what a save has to look at, depth first and in the order of `ArchivePath`.
///
/// The root comes first, with the empty path. Sources that are not the root come with the folders that lead to them,
/// and overlapping ones come once. A source is taken even where a rule would ignore it or a folder above it; the rules
/// hold for what is in it. Symbolic links are items and never followed, but for the root's own path.
///
/// What cannot be examined or read is an event, and the walk goes on. At most `WalkOptions.openFoldersMax` folders are
/// open at once whatever the depth, and the names of the folders on the way down are in memory.
///
/// Not for concurrent use; the items may be used from anywhere.
package final class TreeWalker {
  /// A folder that is being listed.
  private final class Level {
    let handle: DirectoryHandle
    /// Of the folder's path in `TreeWalker.path`.
    let pathLength: Int
    let rules: IgnoreRules
    let device: UInt64
    /// The way to the sources; `nil` where all is saved.
    let sources: SourceTree?
    var listing: FolderListing
    var next = 0

    init(
      handle: DirectoryHandle, pathLength: Int, rules: IgnoreRules, device: UInt64, sources: SourceTree?,
      listing: FolderListing
    ) {
      self.handle = handle
      self.pathLength = pathLength
      self.rules = rules
      self.device = device
      self.sources = sources
      self.listing = listing
    }
  }

  /// A folder whose item has just been handed out.
  private struct Entering {
    var path: ArchivePath
    var handle: DirectoryHandle
    var device: UInt64
    var rules: IgnoreRules
    var sources: SourceTree?
  }

  private let options: WalkOptions
  private let ignoreFileNames: [[UInt8]]
  private var levels: [Level] = []
  /// The innermost level's, while it is open.
  private var folder: DescriptorPool.Folder?
  private var entering: Entering?
  /// To be handed out before anything else, last first.
  private var pending: [WalkEvent] = []
  private var path: [UInt8] = []
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)

  /// - Parameter root: path of a folder, or of a symbolic link to one.
  /// - Parameter sources: what to walk, relative to the root; the root itself is the empty path.
  /// - Throws: `SnapFault` when the root cannot be opened, or an exclude file cannot be read.
  package init(root: [UInt8], sources: [ArchivePath] = [.root], options: WalkOptions = WalkOptions()) throws {
    self.options = options
    ignoreFileNames = IgnoreFile.names(options)
    let handle: DirectoryHandle
    let status: FileStatus
    do {
      handle = try DirectoryHandle(root: root, openFoldersMax: options.openFoldersMax)
      status = try handle.withDescriptor { try FileStatus(descriptor: $0) }
    } catch let error as SystemError {
      throw error.fault(root)
    }
    guard !options.neverEnter.contains(status.identity) else {
      pending = [.skippedRepository(.root)]
      return
    }
    let tree = SourceTree(sources: sources, foldersAlone: options.foldersAlone)
    entering = Entering(
      path: .root, handle: handle, device: status.device, rules: try IgnoreRules(options),
      sources: tree.isSource ? nil : tree)
    pending = [.item(WalkedItem(path: .root, status: status, directory: handle))]
  }

  deinit {
    // From the innermost: a handle keeps the one above, and a chain of thousands let go at once would recurse.
    while levels.popLast() != nil {}
  }

  /// - Returns: `nil` at the end.
  package func next() -> WalkEvent? {
    while true {
      if let event = pending.popLast() { return event }
      if let folder = entering {
        entering = nil
        enter(folder)
        continue
      }
      guard let level = levels.last else { return nil }
      guard level.next < level.listing.entries.count else {
        levels.removeLast()
        folder = nil
        continue
      }
      if let event = visit(level) { return event }
    }
  }

  private func enter(_ entering: Entering) {
    var listing = FolderListing()
    var rules = entering.rules
    do {
      let folder = try entering.handle.open()
      self.folder = folder
      if let sources = entering.sources {
        for child in sources.children { listing.append(name: Array(child.path.name)) }
        listing.sort()
      } else {
        do { try listing.read(folder.number, buffer: &buffer) } catch { pending.append(.failed(entering.path, error)) }
      }
      addRules(of: entering, listing: listing, to: &rules)
      if entering.sources == nil, let (name, cause) = mark(listing, in: entering.handle) {
        listing.keep(only: name)
        pending.append(
          .ignored(entering.path, isDirectory: true, IgnoreDecision(isIgnored: true, cause: cause)))
      }
    } catch {
      pending.append(.failed(entering.path, error))
      return
    }
    levels.append(
      Level(
        handle: entering.handle, pathLength: entering.path.bytes.count, rules: rules, device: entering.device,
        sources: entering.sources, listing: listing))
    path = entering.path.bytes
  }

  private func addRules(of entering: Entering, listing: FolderListing, to rules: inout IgnoreRules) {
    for name in ignoreFileNames where entering.sources != nil || listing.contains(name) {
      guard let filePath = entering.path.appending(name) else { continue }
      do throws(SystemError) {
        guard let text = try IgnoreFile.read(name, in: entering.handle) else { continue }
        rules.append(IgnoreRuleList(text: text, source: .file(filePath), folder: entering.path))
      } catch {
        pending.append(.failed(filePath, error))
      }
    }
  }

  /// What marks the folder as one of which only the mark is kept.
  private func mark(_ listing: FolderListing, in folder: DirectoryHandle) -> (name: [UInt8], IgnoreDecision.Cause)? {
    if options.excludeCaches, listing.contains(CacheTag.name), CacheTag.isValid(in: folder) {
      return (CacheTag.name, .cacheFolder)
    }
    return options.excludeIfPresent.first(where: listing.contains).map { ($0, .marker($0)) }
  }

  /// Looks at the innermost level's next name.
  ///
  /// - Returns: `nil` when other events are pending instead.
  private func visit(_ level: Level) -> WalkEvent? {
    let entry = level.listing.entries[level.next]
    let name = level.listing.name(entry)
    level.next += 1
    path.removeLast(path.count - level.pathLength)
    if level.pathLength > 0 { path.append(UInt8(ascii: "/")) }
    let nameStart = path.count
    path.append(contentsOf: name)
    guard let itemPath = ArchivePath(path) else { return nil }
    let sources = level.sources?.child(name)

    if level.sources == nil, entry.type != .unknown,
      let rule = level.rules.decidingRule(path.span, nameStart: nameStart, isDirectory: entry.type == .directory),
      !rule.isNegative
    {
      return .ignored(itemPath, isDirectory: entry.type == .directory, IgnoreDecision(rule))
    }
    guard path.count <= ArchivePath.byteCountMax else {
      return fail(itemPath, sources, SystemError(errno: ENAMETOOLONG, operation: "save"))
    }
    let status: FileStatus
    do throws(SystemError) {
      let folder = try openFolder(of: level)
      status = try level.listing.status(entry, folder: folder.number)
    } catch {
      return fail(itemPath, sources, error)
    }
    let isDirectory = status.kind == .directory
    // The record did not tell what it was, or it has become something else since.
    if level.sources == nil, entry.type == .unknown || (entry.type == .directory) != isDirectory,
      let rule = level.rules.decidingRule(path.span, nameStart: nameStart, isDirectory: isDirectory),
      !rule.isNegative
    {
      return .ignored(itemPath, isDirectory: isDirectory, IgnoreDecision(rule))
    }
    let item = WalkedItem(path: itemPath, status: status, directory: level.handle)
    return isDirectory ? visit(directory: item, level, sources) : visit(file: item, level, sources)
  }

  private func visit(file item: WalkedItem, _ level: Level, _ sources: SourceTree?) -> WalkEvent? {
    if let sources, !sources.isSource {
      return fail(item.path, sources, SystemError(errno: ENOTDIR, operation: "open folder"))
    }
    if let limit = options.excludeLargerThan, item.status.kind == .file, item.status.size > limit {
      return .ignored(
        item.path, isDirectory: false, IgnoreDecision(isIgnored: true, cause: .largerThan(limit)))
    }
    return .item(item)
  }

  private func visit(directory item: WalkedItem, _ level: Level, _ sources: SourceTree?) -> WalkEvent? {
    guard !options.neverEnter.contains(item.status.identity) else { return .skippedRepository(item.path) }
    if options.oneFileSystem, level.sources == nil, item.status.device != level.device {
      pending.append(
        .ignored(item.path, isDirectory: true, IgnoreDecision(isIgnored: true, cause: .otherFileSystem)))
      return .item(item)
    }
    entering = Entering(
      path: item.path, handle: level.handle.child(item.name, identity: item.status.identity),
      device: item.status.device, rules: level.rules, sources: sources.flatMap { $0.isSource ? nil : $0 })
    return .item(item)
  }

  /// Tells of a failure on the way to sources as one of each source.
  private func fail(_ path: ArchivePath, _ sources: SourceTree?, _ error: SystemError) -> WalkEvent? {
    guard let sources else { return .failed(path, error) }
    for source in sources.sources.reversed() { pending.append(.failed(source, error)) }
    return nil
  }

  private func openFolder(of level: Level) throws(SystemError) -> DescriptorPool.Folder {
    if let folder { return folder }
    let folder = try level.handle.open()
    self.folder = folder
    return folder
  }
}

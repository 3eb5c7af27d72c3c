import CLinux
import Glibc
import Sealing
import SnapshotModel
import Synchronization
import Testing

@testable import FileTrees

/// Content that is held in memory; what is in `damaged` cannot be read.
final class MemoryContent: ContentReading {
  let naming = ChunkNaming.sha256

  private struct State {
    var chunks: [ChunkID: [UInt8]] = [:]
    var lists: [ChunkID: [ChunkReference]] = [:]
    var damaged: Set<ChunkID> = []
  }

  struct Damage: Error, CustomStringConvertible {
    let description = "chunk is damaged"
  }

  private let state = Mutex(State())

  func add(_ bytes: [UInt8]) -> ChunkReference {
    let reference = ChunkReference(id: ChunkHasher(.sha256).id(of: bytes), length: bytes.count)
    state.withLock { $0.chunks[reference.id] = bytes }
    return reference
  }

  func addList(_ list: [ChunkReference]) -> ChunkReference {
    let reference = add(list.flatMap(\.id.bytes))
    state.withLock { $0.lists[reference.id] = list }
    return reference
  }

  func damage(_ chunk: ChunkReference) { state.withLock { _ = $0.damaged.insert(chunk.id) } }

  func chunks(of content: FileContent) throws -> [ChunkReference] {
    switch content {
    case .inline(let chunks): return chunks
    case .indirect(let lists):
      return try lists.flatMap { list in
        guard let found = state.withLock({ $0.damaged.contains(list.id) ? nil : $0.lists[list.id] }) else {
          throw Damage()
        }
        return found
      }
    }
  }

  func bytes(of chunk: ChunkReference) throws -> ArraySlice<UInt8> {
    guard let bytes = state.withLock({ $0.damaged.contains(chunk.id) ? nil : $0.chunks[chunk.id] }) else {
      throw Damage()
    }
    return bytes[...]
  }
}

/// Notes what a restore reports, as `created a/b`.
final class RecordedEvents: RestoreEvents {
  private let lines = Mutex<[String]>([])
  private let stop: Bool
  init(stop: Bool = false) { self.stop = stop }
  var shouldStop: Bool { stop }
  var all: [String] { lines.withLock { $0.sorted() } }
  func restore(did action: RestoreAction, path: ArchivePath, kind: EntryKind, byteCount: UInt64) {
    lines.withLock { $0.append("\(action.rawValue) \(path)") }
  }
  func restore(failed fault: SnapFault, path: ArchivePath) {
    lines.withLock { $0.append("failed \(fault.message)") }
  }
}

/// A folder for one test, removed when the test lets go of it.
final class ScratchFolder {
  let path: String

  /// - Parameter commands: what puts things into it, run by the shell with it as working folder.
  init(_ commands: String = ":") {
    var template = Array("/tmp/snap-restore-XXXXXX".utf8CString)
    precondition(unsafe mkdtemp(&template) != nil, "/tmp takes no folder")
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    shell("cd '\(path)' && \(commands)")
  }

  deinit { shell("chmod -R u+rwx '\(path)' 2>/dev/null; rm -rf '\(path)'") }

  var bytes: [UInt8] { Array(path.utf8) }
  static func / (folder: ScratchFolder, name: String) -> String { folder.path + "/" + name }
}

/// The standard output of a shell command.
@discardableResult
func shell(_ command: String) -> String { String(decoding: shellBytes(command), as: UTF8.self) }

private func shellBytes(_ command: String) -> [UInt8] {
  guard let pipe = unsafe popen(command, "r") else { return [] }
  var output: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = unsafe fread(&buffer, 1, buffer.count, pipe)
    if count == 0 { break }
    output += buffer[..<count]
  }
  unsafe pclose(pipe)
  return output
}

func text(at path: String) -> String { shell("cat '\(path)'") }

/// Everything about a tree that a restore must bring back, as text.
func describe(_ folder: String) -> String {
  shell(
    """
    cd '\(folder)' && find . -printf '%P %y %m %U %G %s %T@ %n %l\\n' | sed 's/^\\(.* d [0-9]* [0-9]* [0-9]* \\)[0-9]* /\\1/' \
    | LC_ALL=C sort; find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum; \
    find . -print0 | LC_ALL=C sort -z | xargs -0r getfattr -h -d -m- -e hex 2>/dev/null
    """)
}

extension ManifestEntry {
  static func item(_ path: String, _ kind: EntryKind, mode: UInt16, seconds: Int64 = 1_600_000_000) -> ManifestEntry {
    let owner = FileOwner(userID: geteuid(), groupID: getegid())
    return ManifestEntry(
      path: ArchivePath(path)!, kind: kind,
      metadata: FileMetadata(mode: mode, owner: owner, modified: Timestamp(seconds: seconds, nanoseconds: 123_456_789)))
  }

  static func folder(_ path: String, mode: UInt16 = 0o755) -> ManifestEntry { item(path, .directory, mode: mode) }

  static func file(
    _ path: String, _ text: String, _ content: MemoryContent, mode: UInt16 = 0o644, seconds: Int64 = 1_600_000_000
  ) -> ManifestEntry {
    var entry = item(path, .file, mode: mode, seconds: seconds)
    entry.size = UInt64(text.utf8.count)
    entry.content = text.isEmpty ? .empty : .inline([content.add(Array(text.utf8))])
    return entry
  }

  static func symbolicLink(_ path: String, to target: String) -> ManifestEntry {
    var entry = item(path, .symbolicLink, mode: 0o777)
    entry.linkTarget = Array(target.utf8)
    entry.size = UInt64(target.utf8.count)
    return entry
  }

  func linked(to path: String) -> ManifestEntry {
    var entry = self
    entry.hardLinkTarget = ArchivePath(path)
    return entry
  }

  func with(_ change: (inout ManifestEntry) -> Void) -> ManifestEntry {
    var entry = self
    change(&entry)
    return entry
  }
}

/// Restores to `target` and gives the summary; options are changed by `set`.
@discardableResult
func restore(
  _ entries: [ManifestEntry], to target: String, _ content: MemoryContent, events: RecordedEvents = RecordedEvents(),
  overwrite: OverwriteMode = .never, _ set: (inout RestoreOptions) -> Void = { _ in }
) throws -> RestoreSummary {
  var options = RestoreOptions(overwrite: overwrite)
  set(&options)
  return try Restorer(target: Array(target.utf8), options: options, content: content, events: events).restore(entries)
}

/// The fault that `body` throws.
func fault(_ body: () throws -> Void) -> SnapFault? {
  do {
    try body()
    return nil
  } catch { return error as? SnapFault }
}

/// Reads a folder into entries, in path order, with whole files as content in chunks of `chunkLength`.
func entries(of folder: String, _ content: MemoryContent, chunkLength: Int = 100_000) -> [ManifestEntry] {
  var firstNames: [FileIdentity: ArchivePath] = [:]
  var found: [ManifestEntry] = []
  let lines = shellBytes("cd '\(folder)' && find . -printf '%P\\0'").split(
    separator: 0, omittingEmptySubsequences: false)
  for line in lines {
    guard let path = ArchivePath(line) else { continue }
    let full = pathText(folder, path)
    guard let entry = entry(at: full, path, content, chunkLength) else { continue }
    found.append(entry)
  }
  found = Dictionary(found.map { ($0.path, $0) }) { first, _ in first }.values.sorted { $0.path < $1.path }
  for at in found.indices where found[at].kind == .file {
    var status = stat()
    guard unsafe lstat(pathText(folder, found[at].path), &status) == 0, status.st_nlink > 1 else { continue }
    let identity = TargetStatus(status).identity
    if let first = firstNames[identity] {
      found[at].hardLinkTarget = first
    } else {
      firstNames[identity] = found[at].path
    }
  }
  return found
}

private func pathText(_ folder: String, _ path: ArchivePath) -> [CChar] {
  (Array(folder.utf8) + (path.isRoot ? [] : [UInt8(ascii: "/")] + path.bytes) + [0]).map { CChar(bitPattern: $0) }
}

private func entry(
  at full: [CChar], _ path: ArchivePath, _ content: MemoryContent, _ chunkLength: Int
) -> ManifestEntry? {
  var raw = stat()
  guard unsafe lstat(full, &raw) == 0 else { return nil }
  let status = TargetStatus(raw)
  guard let kind = status.kind else { return nil }
  var entry = ManifestEntry(
    path: path, kind: kind,
    metadata: FileMetadata(
      mode: status.mode, owner: FileOwner(userID: status.userID, groupID: status.groupID), modified: status.modified,
      extendedAttributes: attributes(at: full)))
  switch kind {
  case .file:
    entry.size = status.size
    let bytes = contents(of: full)
    let chunks = stride(from: 0, to: bytes.count, by: chunkLength).map {
      content.add(Array(bytes[$0..<min(bytes.count, $0 + chunkLength)]))
    }
    entry.content = chunks.count > 32 ? .indirect(lists: [content.addList(chunks)]) : .inline(chunks)
  case .symbolicLink:
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = unsafe readlink(full, &buffer, buffer.count)
    entry.linkTarget = buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
    entry.size = status.size
  case .characterDevice, .blockDevice: entry.deviceNumber = status.device
  default: break
  }
  return entry
}

private func attributes(at path: [CChar]) -> [ExtendedAttribute] {
  var names = [CChar](repeating: 0, count: 65536)
  let size = unsafe llistxattr(path, &names, names.count)
  return names.prefix(max(0, size)).split(separator: 0).map { name in
    var value = [UInt8](repeating: 0, count: 65536)
    let count = unsafe lgetxattr(path, Array(name) + [0], &value, value.count)
    return ExtendedAttribute(name: name.map { UInt8(bitPattern: $0) }, value: Array(value.prefix(max(0, count))))
  }.sorted { $0.name.lexicographicallyPrecedes($1.name) }
}

func contents(of path: String) -> [UInt8] { contents(of: Array(path.utf8CString)) }

func contents(of path: [CChar]) -> [UInt8] {
  let descriptor = unsafe open(path, O_RDONLY | O_NOFOLLOW)
  guard descriptor >= 0 else { return [] }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 20)
  while true {
    let count = unsafe read(descriptor, &buffer, buffer.count)
    if count <= 0 { return bytes }
    bytes += buffer[..<count]
  }
}

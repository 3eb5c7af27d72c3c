import Foundation

/// A tree as it lies there; in each next version one file in a hundred gets a line more.
struct EditedTree: DataSet {
  let name: String
  let folder: URL
  let versions = ["v0", "v1", "v2"]

  func advance(_ target: URL, to index: Int) throws -> [URL] {
    var random = Seeded(seed: 11 + UInt64(index))
    if index == 0 {
      _ = try Command(["cp", "-a", folder.path + "/.", target.path]).run()
      return try regularFiles(below: target)
    }
    let files = try regularFiles(below: target)
    let edited = files.shuffled(using: &random).prefix(max(1, files.count / 100))
    for file in edited {
      let handle = try FileHandle(forWritingTo: file)
      defer { try? handle.close() }
      try handle.seekToEnd()
      try handle.write(contentsOf: Data(random.code(lines: 1).utf8))
    }
    return Array(edited)
  }
}

/// Versions that lie beside each other, one folder each: real releases, or exports of a month.
struct FolderOfVersions: DataSet {
  let name: String
  private let folders: [URL]
  private let isWanted: @Sendable (String) -> Bool

  /// - Parameter isWanted: says by its name whether a top-level item belongs to the set.
  init(_ folder: URL, name: String, isWanted: @escaping @Sendable (String) -> Bool = { _ in true }) throws {
    self.name = name
    self.isWanted = isWanted
    folders = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.hasDirectoryPath }
      .sorted { $0.lastPathComponent.compare($1.lastPathComponent, options: .numeric) == .orderedAscending }
    guard folders.count > 1 else {
      throw BenchmarkError("\(folder.path) holds fewer than two folders, one for each version")
    }
  }

  var versions: [String] { folders.map(\.lastPathComponent) }

  func advance(_ folder: URL, to index: Int) throws -> [URL] {
    var written: [URL] = []
    try mirror(folders[index], folder, &written, isWanted)
    return written
  }

  /// Makes `target` hold what `source` holds; equal files stay as they are, with their times.
  private func mirror(_ source: URL, _ target: URL, _ written: inout [URL], _ isWanted: (String) -> Bool) throws {
    let files = FileManager.default
    try files.createDirectory(at: target, withIntermediateDirectories: true)
    let wanted = try files.contentsOfDirectory(atPath: source.path).filter(isWanted).sorted()
    for name in try files.contentsOfDirectory(atPath: target.path) where !wanted.contains(name) {
      try files.removeItem(at: target.appending(path: name))
    }
    for name in wanted {
      let (from, to) = (source.appending(path: name), target.appending(path: name))
      let kind = try files.attributesOfItem(atPath: from.path)[.type] as? FileAttributeType
      let old = try? files.attributesOfItem(atPath: to.path)[.type] as? FileAttributeType
      if let old, old != kind { try files.removeItem(at: to) }
      if kind == .typeDirectory {
        try mirror(from, to, &written, { _ in true })
      } else if !files.contentsEqual(atPath: from.path, andPath: to.path) {
        if (try? files.attributesOfItem(atPath: to.path)) != nil { try files.removeItem(at: to) }
        try files.copyItem(at: from, to: to)
        written.append(to)
      }
    }
  }
}

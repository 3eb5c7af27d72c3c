import Foundation

/// Releases of a project: in each some files are edited by a line or two, a few come, go or move.
struct ProjectReleases: DataSet {
  let name = "project"
  var fileCount = 2_000
  var releaseCount = 8

  var versions: [String] { (0..<releaseCount).map { "v1.\($0).0" } }

  func advance(_ folder: URL, to index: Int) throws -> [URL] {
    var random = Seeded(seed: 1 + UInt64(index))
    if index == 0 {
      return try (0..<fileCount).map { number in
        // One file in forty is an image: it does not compress, and hardly ever changes.
        let isImage = number % 40 == 0
        let file = place(of: number, isImage ? "png" : ["swift", "js", "json", "html"][number % 4])
        let lines = Int.random(in: 5...400, using: &random)
        return try write(
          isImage ? random.bytes(12_000) : Data(random.code(lines: lines).utf8), to: folder.appending(path: file))
      }
    }
    let files = try regularFiles(below: folder)
    var written: [URL] = []
    for file in files.shuffled(using: &random).prefix(files.count / 25) {
      switch Int.random(in: 0..<20, using: &random) {
      case 0: try FileManager.default.removeItem(at: file)
      case 1:
        let moved = file.deletingLastPathComponent().appending(path: "moved-\(index)-\(file.lastPathComponent)")
        try FileManager.default.moveItem(at: file, to: moved)
        written.append(moved)
      case 2:
        let added = file.deletingLastPathComponent().appending(path: "new-\(index)-\(random.next() % 100_000).swift")
        written.append(try write(Data(random.code(lines: 100).utf8), to: added))
      default: written.append(try editLines(of: file, count: 2, using: &random))
      }
    }
    return written
  }

  private func place(of number: Int, _ ending: String) -> String {
    "\(["src", "lib", "web", "docs"][number % 4])/part-\(number / 64)/file-\(number).\(ending)"
  }
}

/// Daily exports of a table of users under one name: 1 % of the rows are edited a day, 0.5 % come and 0.2 % go.
struct DailyExports: DataSet {
  let name = "export"
  var rowCount = 20_000
  var dayCount = 8

  var versions: [String] { (0..<dayCount).map { "day-\($0)" } }

  func advance(_ folder: URL, to index: Int) throws -> [URL] {
    // Each row is made from its number and the days on which it was edited, so that no table has to be kept.
    var edits: [Int: Int] = [:]
    var deleted: Set<Int> = []
    var next = rowCount
    for day in 0..<max(0, index) {
      var random = Seeded(seed: 100 + UInt64(day))
      for _ in 0..<(rowCount / 100) { edits[Int.random(in: 0..<next, using: &random)] = day + 1 }
      for _ in 0..<(rowCount / 500) { deleted.insert(Int.random(in: 0..<next, using: &random)) }
      next += rowCount / 200
    }
    var text = Data("[\n".utf8)
    for row in 0..<next where !deleted.contains(row) {
      var random = Seeded(seed: UInt64(row) << 16 | UInt64(edits[row] ?? 0))
      text += Data(
        """
          {"id": \(row), "name": "user \(random.next() % 90_000)", "mail": "u\(row)@example.org", "score": \(random.next() % 10_000), \
        "token": "\(String(random.next(), radix: 16))", "active": \(random.next() % 2 == 0), "note": "\(random.code(lines: 1).filter { $0 != "\n" && $0 != "\"" })"},\n
        """.utf8)
    }
    return [try write(text + Data("  null]\n".utf8), to: folder.appending(path: "export.json"))]
  }
}

/// Many files of a few bytes; one in a hundred gets a line more.
struct SmallFiles: DataSet {
  let name = "small"
  var fileCount = 20_000

  let versions = ["v0", "v1", "v2"]

  func advance(_ folder: URL, to index: Int) throws -> [URL] {
    var random = Seeded(seed: 7 + UInt64(index))
    if index == 0 {
      return try (0..<fileCount).map { number in
        let file = folder.appending(path: "d\(number / 4_000)/e\(number / 50 % 80)/f\(number).txt")
        return try write(Data(random.code(lines: 1 + number % 12).utf8), to: file)
      }
    }
    return try (0..<(fileCount / 100)).map { _ in
      let number = Int.random(in: 0..<fileCount, using: &random)
      let file = folder.appending(path: "d\(number / 4_000)/e\(number / 50 % 80)/f\(number).txt")
      return try write(try Data(contentsOf: file) + Data(random.code(lines: 1).utf8), to: file)
    }
  }
}

/// One large file of bytes that nothing compresses; in the next version a stretch in its middle is another.
struct LargeFile: DataSet {
  let name = "large"
  var byteCount = 256 << 20

  let versions = ["v0", "v1"]

  func advance(_ folder: URL, to index: Int) throws -> [URL] {
    let file = folder.appending(path: "disk.img")
    var random = Seeded(seed: 9 + UInt64(index))
    if index == 0 { try Data().write(to: file) }
    let handle = try FileHandle(forUpdating: file)
    defer { try? handle.close() }
    if index > 0 { try handle.seek(toOffset: UInt64(byteCount / 2)) }
    // In pieces: children begin with this program's memory, and their peak is measured.
    for _ in 0..<((index == 0 ? byteCount : 3 << 20) >> 20) { try handle.write(contentsOf: random.bytes(1 << 20)) }
    return [file]
  }
}

/// Writes the file, with the folders above it.
private func write(_ data: Data, to file: URL) throws -> URL {
  try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
  try data.write(to: file)
  return file
}

/// Replaces some lines by others.
private func editLines(of file: URL, count: Int, using random: inout Seeded) throws -> URL {
  guard file.pathExtension != "png" else { return file }
  var lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
  for _ in 0..<count {
    lines[Int.random(in: 0..<lines.count, using: &random)] = Substring(random.code(lines: 1).dropLast())
  }
  return try write(Data(lines.joined(separator: "\n").utf8), to: file)
}

/// In an order that does not depend on the file system.
func regularFiles(below folder: URL) throws -> [URL] {
  let keys: [URLResourceKey] = [.isRegularFileKey]
  guard let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: keys) else { return [] }
  return found.compactMap { $0 as? URL }
    .filter { (try? $0.resourceValues(forKeys: Set(keys)).isRegularFile) == true }
    .sorted { $0.path < $1.path }
}

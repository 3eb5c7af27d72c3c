import Foundation

/// How what an operation takes grows with the input.
struct Growth {
  /// One size of the input.
  struct Point {
    var size: Int
    var cost: Cost
  }

  var operation: String
  var points: [Point]

  /// Time at each size divided by time at the smallest and by how much larger the input is: 1 is linear growth, less
  /// is better.
  var timeGrowth: [Double] {
    guard let first = points.first else { return [] }
    return points.map { $0.cost.seconds / first.cost.seconds * Double(first.size) / Double($0.size) }
  }
}

/// Saves trees of more and more files.
struct FileCountGrowth {
  private(set) var growths: [Growth] = []

  /// - Parameter sizes: files, ascending.
  init(sizes: [Int], progress: (String) -> Void) throws {
    var points: [(String, Growth.Point)] = []
    for size in sizes {
      let work = FileManager.default.temporaryDirectory.appending(path: "snap growth \(UUID().uuidString.prefix(8))")
      defer { _ = try? Command(["rm", "-rf", work.path]).run() }
      let tree = work.appending(path: "tree")
      try makeTree(tree, fileCount: size)
      let snap = try Snap(home: work)
      // What changed less than two seconds before a save is read again by the next.
      Thread.sleep(forTimeInterval: 2.5)
      func measure(_ name: String, _ command: Command) throws {
        points.append((name, Growth.Point(size: size, cost: try command.run())))
      }
      try measure("first save", snap.save("v1", of: tree))
      try measure("unchanged save", snap.save("v2", of: tree))
      try measure("list", snap.list())
      try measure("diff", snap.diff("v1", "v2"))
      try measure("full restore", snap.restore("v2", to: work.appending(path: "restored")))
      try measure("verify --read-data", snap.command(["verify", "--read-data"]))
      try measure("gc", snap.command(["gc"]))
      points.append(("stat walk", Growth.Point(size: size, cost: Cost.measuring { statWalk(tree) })))
      progress("\(size) files")
    }
    growths = Growth.grouped(points)
  }

  /// Files of some 40 bytes, a hundred a folder.
  private func makeTree(_ tree: URL, fileCount: Int) throws {
    for folder in 0..<((fileCount + 99) / 100) {
      let place = tree.appending(path: "d\(folder / 100)/e\(folder)")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      for file in 0..<min(100, fileCount - folder * 100) {
        try Data("file \(file) of folder \(folder), not like any other\n".utf8).write(
          to: place.appending(path: "f\(file).txt"))
      }
    }
  }
}

/// Saves more and more versions of a small tree, one file changed in each.
struct VersionCountGrowth {
  private(set) var growths: [Growth] = []

  /// - Parameter sizes: versions, ascending.
  init(sizes: [Int], progress: (String) -> Void) throws {
    let work = FileManager.default.temporaryDirectory.appending(path: "snap growth \(UUID().uuidString.prefix(8))")
    defer { _ = try? Command(["rm", "-rf", work.path]).run() }
    let tree = work.appending(path: "tree")
    let data = ProjectReleases(fileCount: 50)
    _ = try data.advance(tree, to: 0)
    let files = try regularFiles(below: tree)
    let snap = try Snap(home: work)
    var points: [(String, Growth.Point)] = []
    var version = 0
    for size in sizes {
      while version < size {
        version += 1
        try Data("version \(version)\n".utf8).write(to: files[version % files.count])
        _ = try snap.save("v\(version)", of: tree).run()
      }
      func measure(_ name: String, _ command: Command) throws {
        points.append((name, Growth.Point(size: size, cost: try command.run())))
      }
      try measure("one more save", snap.save("again-\(size)", of: tree))
      try measure("list", snap.list())
      try measure(
        "one file of the oldest version", snap.command(["cat", "v1:\(files[0].path.dropFirst(tree.path.count + 1))"]))
      try measure("gc --dry-run --keep-last 10", snap.command(["gc", "--dry-run", "--keep-last", "10"]))
      progress("\(size) versions")
    }
    growths = Growth.grouped(points)
  }
}

extension Growth {
  fileprivate static func grouped(_ points: [(String, Point)]) -> [Growth] {
    var names: [String] = []
    for (name, _) in points where !names.contains(name) { names.append(name) }
    return names.map { name in Growth(operation: name, points: points.filter { $0.0 == name }.map(\.1)) }
  }
}

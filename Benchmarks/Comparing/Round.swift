import Foundation

/// One pass over a data set by all programs: each version saved by each, in an order that is another in each round.
struct Round {
  /// What it took `snap`, by operation, and everything that was measured beside it.
  private(set) var costs: [Operation: [Standard: Cost]] = [:]
  /// Bytes of each program's store, as saved and after `compact`.
  private(set) var sizes: [String: (saved: Int, compacted: Int)] = [:]
  let folder: URL
  private let work: URL

  static let snap = Standard.program(ProgramKind.snap.rawValue)

  /// - Parameter timesAll: `false` for sizes only.
  init(_ data: any DataSet, programs: [ProgramKind], number: Int, bareProgram: String?, timesAll: Bool) throws {
    work = FileManager.default.temporaryDirectory.appending(path: "snap benchmark \(UUID().uuidString.prefix(8))")
    folder = work.appending(path: "folder")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { _ = try? Command(["rm", "-rf", work.path]).run() }
    var random = Seeded(seed: UInt64(number))
    let here = try programs.map { kind in
      let home = work.appending(path: kind.rawValue)
      try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
      return try kind.make(home: home)
    }
    try saveAll(data, here, &random, timesAll)
    if timesAll, let snap = here.lazy.compactMap({ $0 as? Snap }).first {
      try lookAndRestore(data, here, snap, &random, bareProgram)
    }
    for program in here {
      let saved = program.byteCount
      _ = try program.compact()?.run()
      sizes[program.name] = (saved, program.byteCount)
    }
  }

  private mutating func saveAll(
    _ data: any DataSet, _ programs: [any Program], _ random: inout Seeded, _ timesFloors: Bool
  ) throws {
    for (index, version) in data.versions.enumerated() {
      let written = try data.advance(folder, to: index)
      if timesFloors { try append(written, to: allWritten) }
      let operation = index == 0 ? Operation.firstSave : .nextSaves
      for program in programs.shuffled(using: &random) {
        add(operation, .program(program.name), try program.save(version, of: folder).run())
      }
      guard timesFloors else { continue }
      if index > 0 {
        let list = work.appending(path: "changed")
        try Data(written.map { $0.path + "\0" }.joined().utf8).write(to: list)
        add(
          operation, .floor(.walkAndRead),
          try Command.shell("\(Self.examineAll) && xargs -0 cat <\"$1\"", [list.path], in: folder).run())
      } else {
        let archive = work.appending(path: "first.tar.zst")
        add(
          operation, .floor(.archive),
          try Command.shell("tar -cf - . | zstd -q -3 -T0 -f -o \"$1\"", [archive.path], in: folder).run())
        add(
          operation, .floor(.checksum),
          try Command.shell("find . -type f -exec cat {} + | openssl dgst -sha256", in: folder).run())
      }
    }
  }

  private mutating func lookAndRestore(
    _ data: any DataSet, _ programs: [any Program], _ snap: Snap, _ random: inout Seeded, _ bareProgram: String?
  ) throws {
    let (first, last) = (data.versions[0], data.versions[data.versions.count - 1])
    let before = data.versions[max(0, data.versions.count - 2)]
    for program in programs.shuffled(using: &random) {
      add(.unchangedSave, .program(program.name), try program.save("unchanged", of: folder).run())
      // Three times: these take some milliseconds.
      for _ in 0..<3 {
        add(.list, .program(program.name), try program.list().run())
        add(.diff, .program(program.name), try program.diff(before, last).run())
      }
      if let verify = program.verify() { add(.verify, .program(program.name), try verify.run()) }
    }
    add(.unchangedSave, .floor(.walk), try Command.shell(Self.examineAll, in: folder).run())
    for _ in 0..<3 {
      add(.start, Self.snap, try snap.command(["--version"]).run())
      if let bareProgram {
        let bare = try Command([bareProgram]).run()
        add(.start, .floor(.bareProgram), bare)
        add(.list, .floor(.bareProgram), bare)
      }
      add(.oldestFile, .floor(.start), try snap.command(["--version"]).run())
      if let file = try regularFiles(below: folder).first {
        // The path may be of a later version: then finding that out is what is measured.
        let path = String(file.path.dropFirst(folder.path.count + 1))
        add(.oldestFile, Self.snap, try snap.command(["cat", "\(first):\(path)"]).run(allowing: [0, 21]))
      }
    }
    try restoreAll(programs, last, &random)
    try collectAndVerify(snap)
  }

  /// Nothing is deleted in between: ext4 passes over inodes that were freed in the last seconds, one by one, and
  /// whoever creates files then pays for it.
  private mutating func restoreAll(_ programs: [any Program], _ version: String, _ random: inout Seeded) throws {
    for program in programs.shuffled(using: &random) {
      let target = work.appending(path: "restored by \(program.name)")
      add(.fullRestore, .program(program.name), try program.restore(version, to: target).run())
    }
    let copy = work.appending(path: "copied")
    add(.fullRestore, .floor(.copy), try Command(["cp", "-a", folder.path, copy.path]).run())
  }

  private mutating func collectAndVerify(_ snap: Snap) throws {
    // The first may encode history anew; of the second nothing is asked.
    _ = try snap.compact()?.run()
    if let collect = snap.compact() { add(.idleCollection, Self.snap, try collect.run()) }
    add(.idleCollection, .floor(.packList), try Command.shell(Self.examineAll, in: snap.store).run())
    let archive = work.appending(path: "written.zst")
    _ = try Command(["zstd", "-q", "-3", "-T0", allWritten.path, "-o", archive.path]).run()
    add(.verify, .floor(.decode), try Command.shell("zstd -q -dc \"$1\" | openssl dgst -sha256", [archive.path]).run())
  }

  /// A walk that asks for the status of everything, finds none so large and prints nothing.
  private static let examineAll = "find . -size +9999G"

  /// Everything that any version brought, on end: what a store has to hold once.
  private var allWritten: URL { work.appending(path: "written") }

  private func append(_ files: [URL], to target: URL) throws {
    if !FileManager.default.fileExists(atPath: target.path) { try Data().write(to: target) }
    let handle = try FileHandle(forWritingTo: target)
    defer { try? handle.close() }
    try handle.seekToEnd()
    for file in files {
      let source = try FileHandle(forReadingFrom: file)
      defer { try? source.close() }
      while let piece = try source.read(upToCount: 1 << 20), !piece.isEmpty { try handle.write(contentsOf: piece) }
    }
  }

  private mutating func add(_ operation: Operation, _ standard: Standard, _ cost: Cost) {
    let before = costs[operation]?[standard]
    costs[operation, default: [:]][standard] = before.map { $0 + cost } ?? cost
  }
}

import FileTrees
import Glibc
import SnapshotModel

/// The dumps of one save: all run at the same time, and the version has all of them or is not saved.
package final class DumpRun: StreamedFiles {
  package let files: [SavedDump]
  private let specifications: [DumpSpecification]
  private let root: [UInt8]
  private let variables: [String]
  private let allowsPartial: Bool
  private let hintOfFailure: String
  /// By number; `nil` before it was started, and after its end was told.
  private var running: [RunningDump?] = []
  /// To be told before anything else.
  private var pending: [StreamedPiece] = []
  private var buffer = [UInt8](repeating: 0, count: 1 << 18)

  private static let pollMilliseconds: Int32 = 200
  /// Where a command has closed its output and is about to end, which no descriptor tells.
  private static let endingPollMilliseconds: Int32 = 5

  /// - Parameters:
  ///   - root: the project's folder, in which the commands run.
  ///   - folder: where that lies in the version.
  ///   - variables: `NAME=value` for the commands' environment, beside this process's own.
  ///   - allowsPartial: whether a version may lack the dumps that fail.
  ///   - canAllowPartial: whether that can be chosen.
  package init(
    _ specifications: [DumpSpecification], root: [UInt8], folder: ArchivePath, variables: [String],
    allowsPartial: Bool, canAllowPartial: Bool = true
  ) {
    hintOfFailure =
      canAllowPartial
      ? "snap save --allow-partial leaves out what fails, --no-dumps all of them"
      : "snap save --no-dumps leaves out all of them"
    self.specifications = specifications
    self.root = root
    self.variables = variables
    self.allowsPartial = allowsPartial
    files = specifications.map { dump in
      let path = folder.isRoot ? dump.path : ArchivePath(folder.bytes + [UInt8(ascii: "/")] + dump.path.bytes)
      return SavedDump(name: dump.name, path: path ?? dump.path)
    }
  }

  package func start() throws {
    for (at, specification) in specifications.enumerated() {
      do throws(SnapFault) {
        running.append(
          try RunningDump(specification, environment: environment(of: specification), folder: root))
      } catch {
        running.append(nil)
        try tell(.end(file: at, failure: error.message))
      }
    }
  }

  package func next() throws -> StreamedPiece? {
    if let piece = pending.popLast() { return piece }
    for at in running.indices where running[at]?.hasEnded == true {
      guard let dump = running[at] else { continue }
      running[at] = nil
      try tell(.end(file: at, failure: dump.failure()))
      // What it wrote last goes before its end.
      if !dump.output.isEmpty { return .bytes(file: at, dump.takeOutput()) }
      return pending.popLast()
    }
    var polls: [pollfd] = []
    var numbers: [Int] = []
    for (at, dump) in running.enumerated() {
      guard let dump else { continue }
      numbers.append(at)
      polls += dump.polls
    }
    if numbers.isEmpty { return nil }
    let count = nfds_t(polls.count)
    let isEnding = numbers.contains { running[$0]?.hasClosed ?? false }
    let milliseconds = isEnding ? Self.endingPollMilliseconds : Self.pollMilliseconds
    guard unsafe poll(&polls, count, milliseconds) >= 0 || errno == EINTR else { return .nothingYet }
    for (place, at) in numbers.enumerated() {
      running[at]?.advance(
        output: polls[2 * place].revents != 0, error: polls[2 * place + 1].revents != 0, buffer: &buffer)
    }
    for at in numbers where (running[at]?.output.count ?? 0) >= RunningDump.outputBytesMax {
      if let bytes = running[at]?.takeOutput() { pending.append(.bytes(file: at, bytes)) }
    }
    return pending.popLast() ?? .nothingYet
  }

  /// Ends what still runs; harmless when all have ended.
  package func stop() {
    for dump in running { dump?.process.stop(signal: SIGKILL) }
    running = []
  }

  /// - Throws: `SnapFault` `.commandFailed` for a failure, unless the version may lack it.
  private func tell(_ end: StreamedPiece) throws {
    if case .end(_, let failure?) = end, !allowsPartial {
      throw SnapFault(
        .commandFailed, "\(failure); nothing was saved",
        hint: hintOfFailure)
    }
    pending.append(end)
  }

  private func environment(of dump: DumpSpecification) throws(SnapFault) -> [[UInt8]] {
    var entries = ProcessEnvironment.entries()
    var names = Set(entries.map { Self.name($0[...]) })
    func add(_ name: String, _ value: String, replaces: Bool) {
      let key = Array(name.utf8)[...]
      if names.contains(key) {
        guard replaces else { return }
        entries.removeAll { Self.name($0[...]) == key }
      }
      names.insert(key)
      entries.append(Array("\(name)=\(value)".utf8))
    }
    if let file = dump.environmentFile {
      let path = file.hasPrefix("/") ? Array(file.utf8) : root + Array("/\(file)".utf8)
      guard let content = try SmallFile.read(path) else {
        throw SnapFault(.commandFailed, "dump '\(dump.name)' cannot start: its env-file '\(file)' does not exist")
      }
      // What the shell has set wins, as it does for compose.
      for (name, value) in EnvironmentFile.variables(content.bytes) { add(name, value, replaces: false) }
    }
    if let variable = dump.urlVariable {
      let key = Array(variable.utf8)[...]
      guard let entry = entries.last(where: { Self.name($0[...]) == key }), entry.count > key.count + 1 else {
        let place = dump.environmentFile.map { ", and '\($0)' does not set it" } ?? ""
        throw SnapFault(
          .commandFailed, "dump '\(dump.name)' cannot start: the variable \(variable) is not set\(place)")
      }
      guard let url = DatabaseURL(String(decoding: entry.dropFirst(key.count + 1), as: UTF8.self)) else {
        throw SnapFault(
          .commandFailed,
          "dump '\(dump.name)' cannot start: \(variable) holds no address of a PostgreSQL, MySQL or MongoDB server")
      }
      for (name, value) in url.variables { add(name, value, replaces: true) }
    }
    for variable in variables {
      let parts = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      add(String(parts[0]), String(parts.last ?? ""), replaces: true)
    }
    return entries
  }

  private static func name(_ entry: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    Array(entry.prefix { $0 != UInt8(ascii: "=") })[...]
  }
}

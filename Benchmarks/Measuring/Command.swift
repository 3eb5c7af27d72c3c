import Foundation
import Glibc

/// A program to run, with its arguments, folder and additional environment.
struct Command {
  var arguments: [String]
  var folder: URL?
  var environment: [String: String] = [:]

  init(_ arguments: [String], in folder: URL? = nil, environment: [String: String] = [:]) {
    self.arguments = arguments
    self.folder = folder
    self.environment = environment
  }

  /// A line for `sh`, in which `$1`, `$2` … are `arguments`.
  static func shell(_ line: String, _ arguments: [String] = [], in folder: URL? = nil) -> Command {
    Command(["sh", "-c", line, "sh"] + arguments, in: folder)
  }

  /// Runs to the end, with output dropped, and measures.
  ///
  /// - Throws: `BenchmarkError` with what it wrote to standard error, unless it ends with one of `statuses`.
  func run(allowing statuses: Set<Int32> = [0]) throws -> Cost {
    sync()
    let errors = FileManager.default.temporaryDirectory.appending(path: "snap-bench-\(UUID().uuidString).log")
    defer { try? FileManager.default.removeItem(at: errors) }
    let began = ContinuousClock.now
    let (status, usage) = try spawnAndWait(standardOutput: "/dev/null", standardError: errors.path)
    let seconds = (ContinuousClock.now - began).seconds
    guard statuses.contains(status) else {
      let text = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
      throw BenchmarkError("\(arguments.joined(separator: " ")): exit status \(status)\n\(text.suffix(2000))")
    }
    return Cost(seconds: seconds, peakBytes: Int(usage.ru_maxrss) << 10)
  }

  /// Runs to the end and returns what it printed.
  func output() throws -> String {
    let file = FileManager.default.temporaryDirectory.appending(path: "snap-bench-\(UUID().uuidString).txt")
    defer { try? FileManager.default.removeItem(at: file) }
    let (status, _) = try spawnAndWait(standardOutput: file.path, standardError: "/dev/null")
    guard status == 0 else { throw BenchmarkError("\(arguments.joined(separator: " ")): exit status \(status)") }
    return try String(contentsOf: file, encoding: .utf8)
  }

  /// Whether the system finds the program.
  static func exists(_ program: String) -> Bool {
    (try? Command(["sh", "-c", "command -v \"$1\"", "sh", program]).run()) != nil
  }

  // Unsafe, throughout: C strings and values that live as long as the call.
  private func spawnAndWait(standardOutput: String, standardError: String) throws -> (Int32, rusage) {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, standardOutput, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, standardError, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
    var argv = unsafe arguments.map { unsafe strdup($0) } + [nil]
    var envp = unsafe variables.map { unsafe strdup($0) } + [nil]
    defer { unsafe (argv + envp).forEach { unsafe free($0) } }
    // A child begins in the folder of this process, which has one thread.
    let before = FileManager.default.currentDirectoryPath
    if let folder, !FileManager.default.changeCurrentDirectoryPath(folder.path) {
      throw BenchmarkError("cannot enter \(folder.path)")
    }
    var process = pid_t()
    let failure = unsafe posix_spawnp(&process, arguments[0], &actions, nil, &argv, &envp)
    if folder != nil { _ = FileManager.default.changeCurrentDirectoryPath(before) }
    guard failure == 0 else {
      throw BenchmarkError("cannot run \(arguments[0]): \(unsafe String(cString: strerror(failure)))")
    }
    var status: Int32 = 0
    var usage = rusage()
    while unsafe wait4(process, &status, 0, &usage) < 0 {
      guard errno == EINTR else { throw BenchmarkError("cannot wait for \(arguments[0])") }
    }
    let signal = status & 0x7F
    return (signal == 0 ? status >> 8 & 0xFF : 128 + signal, usage)
  }
}

/// What one run took.
struct Cost {
  var seconds: Double
  /// Greatest resident size; some MiB of it are this program's own, which a child begins with.
  var peakBytes = 0

  static func + (a: Cost, b: Cost) -> Cost {
    Cost(seconds: a.seconds + b.seconds, peakBytes: max(a.peakBytes, b.peakBytes))
  }

  /// Of work in this process.
  static func measuring(_ body: () throws -> Void) rethrows -> Cost {
    let began = ContinuousClock.now
    try body()
    return Cost(seconds: (ContinuousClock.now - began).seconds)
  }
}

struct BenchmarkError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

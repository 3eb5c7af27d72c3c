import Foundation
import SnapshotModel

/// What one run of the built program printed, and how it ended.
package struct SnapRun: Sendable {
  package var status: Int32
  package var outputBytes: [UInt8]
  package var errorBytes: [UInt8]

  package var output: String { String(decoding: outputBytes, as: UTF8.self) }
  package var error: String { String(decoding: errorBytes, as: UTF8.self) }
  package var outputLines: [String] { output.split(separator: "\n").map(String.init) }
  package var errorLines: [String] { error.split(separator: "\n").map(String.init) }
}

/// A folder of its own with a project in it, in which the built `snap` is run as people run it.
///
/// Output goes to files, so standard output and error are never terminals. The folder goes with the value.
package final class SnapSandbox: Sendable {
  package let folder: String
  package var project: String { folder + "/the project" }

  package init() throws {
    let template = NSTemporaryDirectory() + "snap-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: template + "/the project", withIntermediateDirectories: true)
    folder = template
  }

  deinit {
    let cleaner = Process()
    cleaner.executableURL = URL(fileURLWithPath: "/bin/rm")
    cleaner.arguments = ["-rf", "--", folder]
    try? cleaner.run()
    cleaner.waitUntilExit()
  }

  /// The built program lies beside the bundle of tests that is running.
  package static let program: String = {
    let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let folder = URL(fileURLWithPath: bundle).deletingLastPathComponent()
    let beside = folder.appendingPathComponent("snap").path
    if FileManager.default.isExecutableFile(atPath: beside) { return beside }
    // Under a test runner of the toolchain the bundle is among the arguments.
    let named = CommandLine.arguments.first { $0.hasSuffix(".xctest") || $0.contains("PackageTests") } ?? ""
    return URL(fileURLWithPath: named).deletingLastPathComponent().appendingPathComponent("snap").path
  }()

  /// - Parameter path: below the project unless absolute; its folders are made.
  package func write(_ path: String, _ text: String) throws {
    let full = path.hasPrefix("/") ? path : project + "/" + path
    let parent = (full as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: full))
  }

  package func read(_ path: String) -> String? {
    let full = path.hasPrefix("/") ? path : project + "/" + path
    return FileManager.default.contents(atPath: full).map { String(decoding: $0, as: UTF8.self) }
  }

  package func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path.hasPrefix("/") ? path : project + "/" + path)
  }

  /// Runs `snap` in the project.
  @discardableResult
  package func snap(
    _ arguments: String..., input: String = "", environment: [String: String] = [:], folder: String? = nil
  ) throws -> SnapRun {
    try run(Self.program, arguments, input: input, environment: environment, folder: folder)
  }

  /// Runs a line of shell in the project; the program is `$SNAP`.
  @discardableResult
  package func shell(_ line: String, environment: [String: String] = [:]) throws -> SnapRun {
    try run("/bin/sh", ["-c", line], input: "", environment: environment, folder: nil)
  }

  private func run(
    _ program: String, _ arguments: [String], input: String, environment: [String: String],
    folder workingFolder: String?
  ) throws -> SnapRun {
    let names = ["input", "output", "error"].map { "\(folder)/\($0)-\(UUID().uuidString)" }
    defer { for name in names { try? FileManager.default.removeItem(atPath: name) } }
    for (name, text) in zip(names, [input, "", ""]) {
      _ = FileManager.default.createFile(atPath: name, contents: Data(text.utf8))
    }
    let variables = [
      "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder, "TZ": "UTC", "LC_ALL": "C.UTF-8", "TMPDIR": folder,
      "SNAP_CACHE_DIR": folder + "/cache", "SNAP": Self.program, "GIT_CONFIG_NOSYSTEM": "1",
      "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "A",
      "GIT_COMMITTER_EMAIL": "a@example.org",
    ].merging(environment) { _, new in new }
    let status = try spawn(
      [program] + arguments, environment: variables.map { "\($0.key)=\($0.value)" }, files: names,
      folder: workingFolder ?? project)
    return SnapRun(
      status: status,
      outputBytes: Array(FileManager.default.contents(atPath: names[1]) ?? Data()),
      errorBytes: Array(FileManager.default.contents(atPath: names[2]) ?? Data()))
  }
}

/// Runs a program with an empty signal mask: the threads of a test runner block signals, and a child inherits that.
///
/// - Parameter files: what standard input, output and error are.
/// - Returns: the exit status, or 128 and the signal that killed it.
private func spawn(
  _ arguments: [String], environment: [String], files: [String], folder: String
) throws -> Int32 {
  var actions = unsafe posix_spawn_file_actions_t()
  unsafe posix_spawn_file_actions_init(&actions)
  defer { unsafe posix_spawn_file_actions_destroy(&actions) }
  unsafe posix_spawn_file_actions_addopen(&actions, 0, files[0], O_RDONLY, 0)
  unsafe posix_spawn_file_actions_addopen(&actions, 1, files[1], O_WRONLY, 0)
  unsafe posix_spawn_file_actions_addopen(&actions, 2, files[2], O_WRONLY, 0)
  // What other tests have open at this moment would count against a limit of the child's. The system overlooks what is not open.
  for number: Int32 in 3..<64 { unsafe posix_spawn_file_actions_addclose(&actions, number) }
  var attributes = posix_spawnattr_t()
  unsafe posix_spawnattr_init(&attributes)
  defer { unsafe posix_spawnattr_destroy(&attributes) }
  var signals = sigset_t()
  unsafe sigemptyset(&signals)
  unsafe posix_spawnattr_setsigmask(&attributes, &signals)
  unsafe sigfillset(&signals)
  unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
  unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
  // `env` enters the folder: the call that a spawn has for it is not in the Glibc module.
  let arguments = ["/usr/bin/env", "-C", folder, "--"] + arguments
  // The copies live until the child has been started.
  let words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
  let variables: [UnsafeMutablePointer<CChar>?] = unsafe environment.map { unsafe strdup($0) } + [nil]
  defer {
    unsafe words.forEach { unsafe free($0) }
    unsafe variables.forEach { unsafe free($0) }
  }
  var process = pid_t()
  let failure = unsafe posix_spawn(&process, arguments[0], &actions, &attributes, words, variables)
  guard failure == 0 else { throw SnapFault(.failed, "cannot run \(arguments[0]): error \(failure)") }
  var status: Int32 = 0
  while unsafe waitpid(process, &status, 0) < 0 && errno == EINTR {}
  return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
}

extension SnapSandbox {
  /// A project with a repository and some files.
  package static func withProject() throws -> SnapSandbox {
    let sandbox = try SnapSandbox()
    try sandbox.write("src/main.py", "print('hello')\n")
    try sandbox.write("config/app.json", "{\"debug\": false}\n")
    try sandbox.write("notes.txt", "one\ntwo\nthree\n")
    try sandbox.snap("init")
    return sandbox
  }

  /// The same with version `v1` saved.
  package static func withVersion() throws -> SnapSandbox {
    let sandbox = try withProject()
    try sandbox.snap("save", "v1")
    return sandbox
  }
}

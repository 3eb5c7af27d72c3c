import CLinux
import FileTrees
import Foundation
import Glibc
import SnapshotModel

/// A temporary folder to build a tree in; it goes away with the fixture.
final class WalkFixture {
  let path: String

  /// - Parameter isInMemory: for many files, where the system has a folder for that.
  init(isInMemory: Bool = false) throws {
    let memory = isInMemory && FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : nil
    let parent = memory ?? ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    path = "\(parent)/walk-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { Self.remove(path) }

  /// Also what `FileManager` cannot: names that are not UTF-8, trees deeper than a path may be long.
  static func remove(_ path: String) {
    let remover = Process()
    remover.executableURL = URL(fileURLWithPath: "/bin/rm")
    remover.arguments = ["-rf", "--one-file-system", path]
    try? remover.run()
    remover.waitUntilExit()
  }

  var root: [UInt8] { Array(path.utf8) }

  func bytePath(_ relative: [UInt8]) -> [UInt8] { root + [UInt8(ascii: "/")] + relative }

  func folder(_ relative: String) throws { try folder(Array(relative.utf8)) }

  /// With the folders above it.
  func folder(_ relative: [UInt8]) throws {
    var made: [UInt8] = []
    for name in relative.split(separator: UInt8(ascii: "/")) {
      made += made.isEmpty ? Array(name) : [UInt8(ascii: "/")] + name
      let result = unsafe cString(bytePath(made)) { unsafe mkdir($0, 0o755) }
      guard result == 0 || errno == EEXIST else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }
  }

  func file(_ relative: String, _ content: String = "") throws { try file(Array(relative.utf8), Array(content.utf8)) }

  /// With the folders above it.
  func file(_ relative: [UInt8], _ content: [UInt8] = []) throws {
    if let slash = relative.lastIndex(of: UInt8(ascii: "/")) { try folder(Array(relative[..<slash])) }
    let number = unsafe cString(bytePath(relative)) { unsafe open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644) }
    guard number >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    defer { close(number) }
    guard unsafe content.withUnsafeBytes({ unsafe write(number, $0.baseAddress, $0.count) }) == content.count else {
      throw POSIXError(.EIO)
    }
  }

  func link(_ relative: String, to target: String) throws {
    guard unsafe symlink(target, "\(path)/\(relative)") == 0 else { throw POSIXError(.EIO) }
  }

  /// Not following a symbolic link.
  func isFolder(_ relative: [UInt8]) -> Bool {
    var status = stat()
    return unsafe cString(bytePath(relative)) { unsafe lstat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Runs a program in the folder.
  ///
  /// - Returns: its standard output, whatever its exit status.
  func run(_ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:]) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: path)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (output, source) = (Pipe(), "\(path).input")
    try Data(input).write(to: URL(fileURLWithPath: source))
    defer { unsafe unlink(source) }
    process.standardInput = FileHandle(forReadingAtPath: source)
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return Array(bytes)
  }
}

func cString<Result>(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
  unsafe (bytes + [0]).withUnsafeBytes { unsafe body($0.baseAddress!.assumingMemoryBound(to: CChar.self)) }
}

extension WalkFixture {
  /// All events of a walk, one line each.
  func walk(_ sources: [String] = [""], _ options: WalkOptions = WalkOptions()) throws -> [String] {
    let walker = try TreeWalker(root: root, sources: sources.map { ArchivePath($0)! }, options: options)
    var lines: [String] = []
    while let event = walker.next() { lines.append(line(event)) }
    return lines
  }
}

/// `file a/b`, `ignored a/c/ (rule)`, `failed x (why)`.
func line(_ event: WalkEvent) -> String {
  switch event {
  case .item(let item): "\(item.status.kind) \(item.path)"
  case .ignored(let path, let isDirectory, let decision):
    "ignored \(path)\(isDirectory ? "/" : "") (\(describe(decision)))"
  case .failed(let path, let error): "failed \(path) (\(error))"
  case .skippedRepository(let path): "repository \(path)"
  }
}

/// `a/.snapignore:3 *.log`, or the cause that is no rule.
func describe(_ decision: IgnoreDecision) -> String {
  switch decision.cause {
  case nil: "nothing"
  case .rule(let rule):
    switch rule.source {
    case .builtIn: "built-in:\(rule.line) \(displayText(rule.pattern))"
    case .commandLine: "command line:\(rule.line) \(displayText(rule.pattern))"
    case .configuration: "(configuration)"
    case .file(let path): "\(path):\(rule.line) \(displayText(rule.pattern))"
    case .excludeFile(let path): "\(displayText(path)):\(rule.line) \(displayText(rule.pattern))"
    }
  case .cacheFolder: "cache folder"
  case .marker(let name): "marker \(displayText(name))"
  case .largerThan(let limit): "larger than \(limit)"
  case .otherFileSystem: "other file system"
  }
}

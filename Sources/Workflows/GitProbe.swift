import Glibc
import SnapshotModel

/// Asks git in what state a source tree is, without changing anything and without running what the tree configures.
package enum GitProbe {
  /// What came of asking.
  package enum Answer: Sendable {
    case state(GitState)
    /// No `.git` in the folder or above.
    case notARepository
    /// There is one, but git did not say: its own first line of complaint.
    case unavailable(reason: String)
  }

  /// - Complexity: three git processes side by side; none when no parent holds a `.git`.
  package static func state(of folder: [UInt8]) -> Answer {
    guard hasRepository(folder) else { return .notARepository }
    do {
      let status = try git(folder, ["status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all"])
      let describe = try git(folder, ["describe", "--tags", "--always"])
      let remotes = try git(folder, ["config", "-z", "--get-regexp", #"^remote\..*\.url$"#])
      let (statusOutput, statusError) = status.readAll()
      let (describeOutput, _) = describe.readAll()
      let (remoteOutput, _) = remotes.readAll()
      // A repository without a commit has nothing to describe, and one without a remote no such key: both exit 1.
      _ = (describe.wait(), remotes.wait())
      guard status.wait().isSuccess else {
        let line = statusError.split(separator: UInt8(ascii: "\n")).first ?? []
        return .unavailable(reason: line.isEmpty ? "git status failed" : displayText(line))
      }
      return .state(parse(status: statusOutput, describe: describeOutput, remotes: remoteOutput))
    } catch {
      return .unavailable(reason: error.message)
    }
  }

  /// The commit that a tag leads to, in hexadecimal; `nil` when there is no such tag, or git does not say.
  ///
  /// - Complexity: one git process; none when no parent of the folder holds a `.git`.
  package static func commit(ofTag tag: String, in folder: [UInt8]) -> String? {
    guard hasRepository(folder) else { return nil }
    guard let child = try? git(folder, ["rev-parse", "--verify", "--quiet", "refs/tags/\(tag)^{commit}"]) else {
      return nil
    }
    let text = displayText(child.readAll().output.prefix { $0 != UInt8(ascii: "\n") })
    return child.wait().isSuccess && !text.isEmpty ? text : nil
  }

  /// - Parameters:
  ///   - status: output of `git status --porcelain=v2 --branch -z`.
  ///   - describe: output of `git describe --tags --always`, possibly empty.
  ///   - remotes: output of `git config -z --get-regexp` for remote URLs.
  static func parse(status: [UInt8], describe: [UInt8], remotes: [UInt8]) -> GitState {
    var commit = ""
    var branch = ""
    var dirtyFileCount: UInt64 = 0
    var hasTrackedChange = false
    var skipsNext = false
    for record in status.split(separator: 0) {
      if skipsNext {  // The old name of a renamed file follows its record.
        skipsNext = false
        continue
      }
      let text = displayText(record)
      if let value = text.dropping(prefix: "# branch.oid ") {
        commit = value == "(initial)" ? "" : value
      } else if let value = text.dropping(prefix: "# branch.head ") {
        branch = value == "(detached)" ? "" : value
      } else if let kind = text.first, "12u?".contains(kind) {
        dirtyFileCount += 1
        if kind != "?" { hasTrackedChange = true }
        skipsNext = kind == "2"
      }
    }
    var description = displayText(describe.filter { $0 != UInt8(ascii: "\n") })
    if !description.isEmpty, hasTrackedChange { description += "-dirty" }
    return GitState(
      commit: commit, branch: branch, describe: description, dirtyFileCount: dirtyFileCount,
      remote: remoteURL(remotes))
  }

  /// The URL of `origin`, else of the only remote, without user name and password.
  private static func remoteURL(_ configuration: [UInt8]) -> String {
    var remotes: [(name: String, url: String)] = []
    for record in configuration.split(separator: 0) {
      let parts = record.split(separator: UInt8(ascii: "\n"), maxSplits: 1)
      guard parts.count == 2 else { continue }
      remotes.append((displayText(parts[0]), displayText(parts[1])))
    }
    if let origin = remotes.first(where: { $0.name == "remote.origin.url" }) { return withoutCredentials(origin.url) }
    return remotes.count == 1 ? withoutCredentials(remotes[0].url) : ""
  }

  /// `https://token@host/x` becomes `https://host/x`; the user of `git@host:x` stays, for it is no secret there.
  static func withoutCredentials(_ url: String) -> String {
    guard let schemeEnd = url.firstRange(of: "://") else { return url }
    let authorityEnd = url[schemeEnd.upperBound...].firstIndex { "/?#".contains($0) } ?? url.endIndex
    guard let at = url[schemeEnd.upperBound..<authorityEnd].lastIndex(of: "@") else { return url }
    return String(url[..<schemeEnd.upperBound] + url[url.index(after: at)...])
  }

  private static func git(_ folder: [UInt8], _ arguments: [String]) throws(SnapFault) -> ChildProcess {
    try git(folder, arguments.map { Array($0.utf8) })
  }

  /// Starts git in a folder.
  static func git(_ folder: [UInt8], _ arguments: [[UInt8]]) throws(SnapFault) -> ChildProcess {
    // The tree may belong to someone else: its file system monitor is a program that git would run.
    let fixed = ["--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]
    let words = [Array("git".utf8), Array("-C".utf8), folder] + fixed.map { Array($0.utf8) } + arguments
    return try ChildProcess(words, environment: environment(), error: .captured)
  }

  /// This process's environment without `GIT_*` (it would point git elsewhere) and locale, and without prompts.
  private static func environment() -> [[UInt8]] {
    let kept = ProcessEnvironment.entries().filter { entry in
      !["GIT_", "LC_", "LANG=", "LANGUAGE="].contains { entry.starts(with: Array($0.utf8)) }
    }
    let added = ["GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=/bin/false", "LC_ALL=C"]
    return kept + added.map { Array($0.utf8) }
  }

  private static func hasRepository(_ folder: [UInt8]) -> Bool {
    var parts = folder.split(separator: UInt8(ascii: "/"))
    while true {
      let parent = parts.flatMap { [UInt8(ascii: "/")] + $0 }
      let path = parent + Array("/.git".utf8) + [0]
      if unsafe path.withUnsafeBytes({
        unsafe access($0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: CChar.self), F_OK)
      }) == 0 {
        return true
      }
      if parts.isEmpty { return false }
      parts.removeLast()
    }
  }
}

extension String {
  fileprivate func dropping(prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }

  func firstRange(of text: String) -> Range<Index>? {
    indices.first { self[$0...].hasPrefix(text) }.map { $0..<index($0, offsetBy: text.count) }
  }
}

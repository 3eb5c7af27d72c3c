import FileTrees
import SnapshotModel

/// The crontab of this user: one line a job, known by the comment at its end. Other lines stay as they are.
package struct CronTable {
  /// As bytes: what other lines hold is their owner's.
  private var lines: [[UInt8]]

  /// - Throws: `SnapFault` when there is no `crontab`, or it does not say.
  package init() throws(SnapFault) {
    let child: ChildProcess
    do throws(SnapFault) {
      child = try ChildProcess([Array("crontab".utf8), Array("-l".utf8)], error: .captured)
    } catch {
      throw SnapFault(.failed, error.message, hint: "apt install cron, or --with systemd")
    }
    let (output, complaint) = child.readAll()
    let ending = child.wait()
    let words = displayText(complaint.split(separator: UInt8(ascii: "\n")).first ?? [])
    // Status 1 with these words is how every cron calls an empty table.
    guard ending.isSuccess || words.contains("no crontab for") else {
      throw SnapFault(.failed, "crontab -l \(ending.words)\(words.isEmpty ? "" : ": \(words)")")
    }
    lines = (ending.isSuccess ? output : []).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map(Array.init)
    if lines.last?.isEmpty ?? false { lines.removeLast() }
  }

  package static var isAvailable: Bool { ProgramSearch.finds("crontab") }

  package func jobs(of repository: String) -> [InstalledJob] {
    lines.compactMap { line in
      guard let (line, job, name) = Self.take(line), job == repository else { return nil }
      let parts = line.split(separator: " ", maxSplits: 5)
      guard parts.count == 6 else { return nil }
      let command = parts[5].dropLast(Self.mark(repository, name).count)
      return InstalledJob(
        name: name, place: .cron, time: parts[..<5].joined(separator: " "), command: String(command))
    }
  }

  /// Adds a job, or puts it in the place of the one of its name.
  ///
  /// - Returns: whether anything was changed.
  package mutating func install(_ job: ScheduledJob, at schedule: Schedule) throws(SnapFault) -> Bool {
    let command = job.words.map(shellWord).joined(separator: " ")
    guard !command.contains("\n") else {
      throw SnapFault(.refused, "a line of a crontab cannot hold a newline: \(displayText(command.utf8))")
    }
    // cron takes a bare % for a newline.
    let escaped = command.split(separator: "%", omittingEmptySubsequences: false).joined(separator: #"\%"#)
    let line = "\(schedule.cronFields) \(escaped)\(Self.mark(job.repository, job.name))"
    let isSame = { (line: [UInt8]) in
      Self.take(line).map { $0.repository == job.repository && $0.name == job.name } ?? false
    }
    if let at = lines.firstIndex(where: isSame) {
      if lines[at] == Array(line.utf8) { return false }
      lines[at] = Array(line.utf8)
    } else {
      lines.append(Array(line.utf8))
    }
    try write()
    return true
  }

  /// - Returns: the names of the jobs that were removed.
  package mutating func remove(of repository: String, named name: String?) throws(SnapFault) -> [String] {
    var removed: [String] = []
    lines.removeAll { line in
      guard let (_, job, found) = Self.take(line), job == repository, name == nil || found == name else { return false }
      removed.append(found)
      return true
    }
    if !removed.isEmpty { try write() }
    return removed
  }

  private static func mark(_ repository: String, _ name: String) -> String { " # snap \(repository) \(name)" }

  /// The line's text, repository and name, when it is one of ours.
  private static func take(_ line: [UInt8]) -> (line: String, repository: String, name: String)? {
    guard let line = String(validating: line, as: UTF8.self) else { return nil }
    let words = line.split(separator: " ").suffix(4).map(String.init)
    guard words.count == 4, words[0] == "#", words[1] == "snap", !line.hasPrefix("#") else { return nil }
    return (line, words[2], words[3])
  }

  private func write() throws(SnapFault) {
    let folder: PrivateFolder
    do throws(SystemError) {
      folder = try PrivateFolder(in: ProcessEnvironment.temporaryFolder, prefix: "snap-crontab-")
    } catch {
      throw SnapFault(.failed, "cannot make a temporary folder: \(error)", hint: "TMPDIR names another place")
    }
    // Nothing in it is worth a word when it cannot be removed.
    defer { try? folder.remove() }
    let path = folder.path + Array("/crontab".utf8)
    try SmallFile.replace(path, with: lines.flatMap { $0 + [UInt8(ascii: "\n")] }, mode: 0o600)
    let child = try ChildProcess([Array("crontab".utf8), path], error: .captured)
    let (_, complaint) = child.readAll()
    let ending = child.wait()
    guard ending.isSuccess else {
      let words = displayText(complaint.split(separator: UInt8(ascii: "\n")).first ?? [])
      throw SnapFault(.failed, "crontab \(ending.words)\(words.isEmpty ? "" : ": \(words)"); nothing changed")
    }
  }
}

import Glibc
import ObjectStores
import SnapshotModel

/// The timers of this user's systemd: a service and a timer file a job.
package struct SystemdTimers {
  /// Where they are: `~/.config/systemd/user`.
  private let folder: [UInt8]

  /// - Throws: `SnapFault` when there is no home folder, or no `systemctl`.
  package init() throws(SnapFault) {
    guard Self.isAvailable else {
      throw SnapFault(.failed, "cannot run 'systemctl': No such file or directory", hint: "--with cron")
    }
    let configured = ProcessEnvironment.value("XDG_CONFIG_HOME") ?? []
    let home = ProcessEnvironment.value("HOME") ?? []
    guard !configured.isEmpty || !home.isEmpty else {
      throw SnapFault(.failed, "HOME is not set: cannot tell where systemd's timers are")
    }
    folder = (configured.isEmpty ? home + Array("/.config".utf8) : configured) + Array("/systemd/user".utf8)
  }

  package static var isAvailable: Bool { ProgramSearch.finds("systemctl") }

  package func jobs(of repository: String) throws(SnapFault) -> [InstalledJob] {
    var jobs: [InstalledJob] = []
    for name in jobNames(of: repository) {
      let timer = try text(path(repository, name, "timer"))
      let service = try text(path(repository, name, "service"))
      jobs.append(
        InstalledJob(
          name: name, place: .systemd, time: Self.value("OnCalendar", in: timer),
          command: Self.value("ExecStart", in: service)))
    }
    return jobs
  }

  /// Writes the files and starts the timer.
  ///
  /// - Returns: whether anything was changed.
  /// - Throws: `SnapFault` with what systemd complains of; the files are then as they were.
  package func install(_ job: ScheduledJob, at schedule: Schedule) throws(SnapFault) -> Bool {
    let command = try job.words.map { word throws(SnapFault) in try Self.word(word) }.joined(separator: " ")
    let service = """
      \(Self.mark)
      [Unit]
      Description=snap \(job.name) (\(job.repository))

      [Service]
      Type=oneshot
      ExecStart=\(command)

      """
    let timer = """
      \(Self.mark)
      [Unit]
      Description=snap \(job.name) (\(job.repository))

      [Timer]
      OnCalendar=\(schedule.onCalendar)
      Persistent=true

      [Install]
      WantedBy=timers.target

      """
    let files = [
      (path(job.repository, job.name, "service"), Array(service.utf8)),
      (path(job.repository, job.name, "timer"), Array(timer.utf8)),
    ]
    var earlier: [[UInt8]?] = []
    for (path, _) in files { earlier.append(try SmallFile.read(path)?.bytes) }
    if zip(files, earlier).allSatisfy({ $0.1 == $1 }) { return false }
    makePrivateFolders(folder)
    do throws(SnapFault) {
      for (path, bytes) in files { try SmallFile.replace(path, with: bytes) }
      try systemctl(["daemon-reload"])
      try systemctl(["enable", "--now", unit(job.repository, job.name) + ".timer"])
    } catch {
      for ((path, _), bytes) in zip(files, earlier) {
        if let bytes {
          try? SmallFile.replace(path, with: bytes)
        } else {
          _ = unsafe unlink(SmallFile.terminated(path))
        }
      }
      throw error
    }
    return true
  }

  /// - Returns: the names of the jobs that were removed.
  package func remove(of repository: String, named name: String?) throws(SnapFault) -> [String] {
    let names = jobNames(of: repository).filter { name == nil || $0 == name }
    for name in names {
      try systemctl(["disable", "--now", unit(repository, name) + ".timer"])
      for kind in ["timer", "service"] {
        let path = path(repository, name, kind)
        guard unsafe unlink(SmallFile.terminated(path)) == 0 || errno == ENOENT else {
          throw SmallFile.fault("remove", path, errno)
        }
      }
    }
    if !names.isEmpty { try systemctl(["daemon-reload"]) }
    return names
  }

  private static let mark = "# Written by snap schedule install; snap schedule remove removes it."
  private func unit(_ repository: String, _ name: String) -> String { "snap-\(repository)-\(name)" }

  private func path(_ repository: String, _ name: String, _ kind: String) -> [UInt8] {
    folder + Array("/\(unit(repository, name)).\(kind)".utf8)
  }

  private func jobNames(of repository: String) -> [String] {
    guard let list = unsafe opendir(SmallFile.terminated(folder)) else { return [] }
    defer { unsafe closedir(list) }
    let (prefix, suffix) = ("snap-\(repository)-", ".timer")
    var names: [String] = []
    while let entry = unsafe readdir(list) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { continue }
      names.append(String(name.dropFirst(prefix.count).dropLast(suffix.count)))
    }
    return names.sorted()
  }

  private func text(_ path: [UInt8]) throws(SnapFault) -> String {
    // A timer that was masked is a link to a device.
    guard try SmallFile.place(path) == .file else { return "" }
    return String(decoding: try SmallFile.read(path)?.bytes ?? [], as: UTF8.self)
  }

  private static func value(_ key: String, in text: String) -> String {
    let line = text.split(separator: "\n").first { $0.hasPrefix(key + "=") }
    return line.map { String($0.dropFirst(key.count + 1)) } ?? ""
  }

  /// A word as systemd reads it back, without its specifiers and variables.
  ///
  /// - SeeAlso: systemd.service(5), command lines
  private static func word(_ word: String) throws(SnapFault) -> String {
    guard !word.contains("\n") else {
      throw SnapFault(.refused, "a systemd unit cannot hold a newline: \(displayText(word.utf8))")
    }
    var text = "\""
    for character in word {
      switch character {
      case "\"", "\\": text += "\\\(character)"
      case "%", "$": text += "\(character)\(character)"
      default: text.append(character)
      }
    }
    return text + "\""
  }

  private func systemctl(_ arguments: [String]) throws(SnapFault) {
    let words = ["systemctl", "--user"] + arguments
    let child = try ChildProcess(words.map { Array($0.utf8) }, error: .captured)
    let (_, complaint) = child.readAll()
    let ending = child.wait()
    guard ending.isSuccess else {
      let reason = displayText(complaint.split(separator: UInt8(ascii: "\n")).first ?? [])
      throw SnapFault(
        .failed, "\(words.prefix(3).joined(separator: " ")) \(ending.words)\(reason.isEmpty ? "" : ": \(reason)")",
        hint: "--with cron does without systemd")
    }
  }
}

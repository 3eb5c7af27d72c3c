import ArgumentParser
import Repositories
import SnapshotModel
import Workflows

struct ScheduleCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "schedule", abstract: "Have a timer run a command of snap: hourly, daily or weekly.",
    usage: """
      snap schedule install [hourly|daily|weekly] [<options>] [-- <command> ...]
             snap schedule install before-deploy
             snap schedule list|remove [before-deploy]
      """,
    discussion: """
      Without a command it is save --quiet --skip-if-unchanged, and without a period that is run when schedule: of \
      snap.yml says. A job is known by its repository and its command: to \
      install it again changes its time. cron is used where there is a crontab program, else systemd's timers of this user; \
      lines and files of others are left alone. Timers of systemd run only while you are logged in, unless you \
      have called loginctl enable-linger. before-deploy puts a save before npm's script deploy (predeploy in package.json), or else \
      before git pushes to a remote called deploy, production, prod, live, heroku or dokku.
      """)
  static let page = HelpPage(
    [
      "snap schedule install": "save when snap.yml says", "snap schedule install daily": "save every night at two",
      "snap schedule install hourly --at :30": "at half past every hour",
      "snap schedule install weekly --on sat --at 04:15 -- drill --quiet": "a drill on Saturdays",
      "snap schedule install before-deploy": "save before every deployment",
      "snap schedule list": "what is installed for this repository", "snap schedule remove": "all of it removed",
    ],
    statuses: [
      1: "before-deploy: the project does not say how it is deployed", 10: "no repository",
      18: "before-deploy: there is a script predeploy already", 19: "permission denied",
    ])

  enum Action: String, CaseIterable, ExpressibleByArgument {
    case install, list, remove
  }

  @Argument(help: ArgumentHelp("install, list or remove.", valueName: "action")) var action: Action

  @Argument(help: ArgumentHelp("hourly, daily, weekly or before-deploy; then -- and a command.", valueName: "period"))
  var words: [String] = []

  /// How many of `words` stood after `--`.
  @Option(name: .customLong(Invocation.terminatedWordsOption), help: .private)
  var terminatedWordCount = 0

  @Option(help: ArgumentHelp("The time of day; of hourly jobs the minute.", valueName: "hh:mm"))
  var at: ClockTime?

  @Option(name: .customLong("on"), help: ArgumentHelp("The day of weekly jobs: sun, mon, ….", valueName: "day"))
  var weekday: Schedule.Weekday?

  @Option(name: .customLong("with"), help: ArgumentHelp("cron or systemd.", valueName: "timer"))
  var place: InstalledJob.Place?

  @OptionGroup var global: GlobalOptions

  /// The command that was given after `--`.
  private var given: [String] { Array(words.suffix(terminatedWordCount)) }

  /// - Parameter mayCompare: whether the job can see what was saved before.
  private func command(mayCompare: Bool) -> [String] {
    guard given.isEmpty else { return given }
    return [SaveCommand.name, "--quiet"] + (mayCompare ? ["--skip-if-unchanged"] : []) + ["--version-from=time"]
  }

  private var isBeforeDeploy: Bool { words.first == DeployHook.name }

  func check() throws {
    let own = words.dropLast(terminatedWordCount)
    if isBeforeDeploy {
      guard words.count == 1, at == nil, weekday == nil, place == nil else {
        throw SnapFault(.usage, "before-deploy takes neither time nor timer nor command")
      }
      return
    }
    if let period = own.first, Schedule.Period(rawValue: period) == nil {
      throw SnapFault(.usage, "'\(ArgumentText.display(period))' is not hourly, daily, weekly or before-deploy")
    }
    guard own.count <= 1 else {
      throw SnapFault(
        .usage, "unexpected '\(ArgumentText.display(own[1]))'",
        hint: "a command stands after --: snap schedule install daily -- drill")
    }
    if action == .install, own.isEmpty, at != nil {
      throw SnapFault(.usage, "--at needs a period", hint: "snap schedule install daily --at 02:30")
    }
    if weekday != nil, own.first != "weekly" { throw SnapFault(.usage, "--on is for weekly jobs") }
    if action != .install {
      if let period = own.first { throw SnapFault(.usage, "\(action) and '\(period)' cannot be combined") }
      if at != nil { throw SnapFault(.usage, "--at is for install") }
    } else if let word = given.first, SnapRoot.command(named: word) == nil {
      throw SnapFault(.usage, "'\(ArgumentText.display(word))' is no command of snap", hint: "snap --help lists them")
    }
  }

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository(mayOnlySave: !isBeforeDeploy)
    switch action {
    case .install where isBeforeDeploy: try installBeforeDeploy(repository, session)
    case .install: try install(repository, session)
    case .list: try list(repository, session)
    case .remove: try remove(repository, session)
    }
    return nil
  }

  private func install(_ repository: Repository, _ session: Session) throws {
    let command = command(mayCompare: !repository.isWriteOnly)
    let name = SnapRoot.command(named: command[0])?.name ?? command[0]
    if repository.isWriteOnly, name != SaveCommand.name {
      throw SnapFault(
        .wrongKey, "\(name) would fail each time: this key can only save into \(repository.folder)",
        hint: Repository.hintOfReadingKey, path: repository.folder)
    }
    let schedule = try schedule(of: name, repository, session)
    let job = ScheduledJob(
      repository: repository.id.short, command: name,
      program: try OwnCommandLine.words(for: repository, session) + keyWords(repository, session),
      arguments: Array(command.dropFirst()))
    guard let place = place ?? (CronTable.isAvailable ? .cron : SystemdTimers.isAvailable ? .systemd : nil) else {
      throw SnapFault(.failed, "there is neither a crontab nor a systemctl program", hint: "apt install cron")
    }
    let hasChanged: Bool
    switch place {
    case .cron:
      var table = try CronTable()
      hasChanged = try table.install(job, at: schedule)
    case .systemd: hasChanged = try SystemdTimers().install(job, at: schedule)
    }
    let installed = try Self.jobs(of: job.repository).filter { $0.name == job.name }
    for other in installed where other.place != place {
      session.console.warn(
        "\(job.name) is scheduled by \(other.place.rawValue), too; snap schedule remove --with \(other.place.rawValue)")
    }
    for found in installed where found.place == place {
      try report(found, hasChanged ? "installed" : "already installed", session)
    }
  }

  /// What gives the job the key: no timer has this terminal or its environment.
  private func keyWords(_ repository: Repository, _ session: Session) throws -> [String] {
    guard repository.isEncrypted else { return [] }
    if let words = try OwnCommandLine.words(for: global.secrets) { return words }
    session.console.warn("the job will find no password: this repository is encrypted")
    session.console.hint("install it again with --password-file, --password-command or --key-file")
    return []
  }

  private func schedule(of name: String, _ repository: Repository, _ session: Session) throws -> Schedule {
    if let period = words.dropLast(terminatedWordCount).first.flatMap(Schedule.Period.init) {
      return Schedule(period, hour: at?.hour ?? 2, minute: at?.minute ?? 0, weekday: weekday ?? .sun)
    }
    let file = ProjectConfiguration.fileName
    guard name == SaveCommand.name else {
      throw SnapFault(
        .usage, "when \(name) is to run is not said; schedule: of \(file) is for save",
        hint: "say hourly, daily or weekly: snap schedule install weekly -- \(name)")
    }
    guard let schedule = try session.configuration(of: repository)?.schedule else {
      throw SnapFault(
        .usage, "when to save is said neither here nor in \(file)",
        hint: "snap schedule install daily, or schedule: daily 02:00 in \(file)")
    }
    return schedule
  }

  private func list(_ repository: Repository, _ session: Session) throws {
    let jobs = isBeforeDeploy ? [] : try chosenJobs(of: repository.id.short)
    for job in jobs { try report(job, "installed", session) }
    let hooks = place == nil ? try deployHook(of: repository, session).installed() : []
    for hook in hooks { try report(hook, "installed", session) }
    if jobs.isEmpty, hooks.isEmpty {
      session.console.note("nothing is scheduled; snap schedule install daily saves every night")
    }
  }

  private func remove(_ repository: Repository, _ session: Session) throws {
    let jobs = isBeforeDeploy ? [] : try chosenJobs(of: repository.id.short)
    for job in jobs {
      switch job.place {
      case .cron:
        var table = try CronTable()
        _ = try table.remove(of: repository.id.short, named: job.name)
      case .systemd: _ = try SystemdTimers().remove(of: repository.id.short, named: job.name)
      }
      try report(job, "removed", session)
    }
    let hooks = place == nil ? try deployHook(of: repository, session).remove() : []
    for hook in hooks { try report(hook, "removed", session) }
    if jobs.isEmpty, hooks.isEmpty { session.console.note("nothing is scheduled") }
  }

  private func chosenJobs(of repository: String) throws -> [InstalledJob] {
    try Self.jobs(of: repository).filter { place == nil || $0.place == place }
  }

  /// Of every place that there is on this machine.
  private static func jobs(of repository: String) throws -> [InstalledJob] {
    let cron = CronTable.isAvailable ? try CronTable().jobs(of: repository) : []
    let systemd = SystemdTimers.isAvailable ? try SystemdTimers().jobs(of: repository) : []
    return cron + systemd
  }

  private func report(_ job: InstalledJob, _ words: String, _ session: Session) throws {
    try Self.report([job.name, words, job.place.rawValue, job.time, job.command], session)
  }

  /// - Parameter columns: name, result, what runs it, when, and what is run.
  static func report(_ columns: [String], _ session: Session) throws {
    if session.isJSON {
      var object = JSONObject(["message_type": "schedule"])
      for (name, value) in zip(["name", "result", "timer", "time", "command"], columns) {
        object[name] = .string(value)
      }
      try session.json(object)
    } else if !session.isQuiet {
      try session.output.line(columns.joined(separator: "\t"))
    }
  }
}

/// `02:00`, or `:30` for the minute alone.
struct ClockTime: ExpressibleByArgument, Hashable {
  var hour: Int
  var minute: Int

  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].utf8.count == 2, let minute = Int(parts[1]), (0..<60).contains(minute) else {
      return nil
    }
    guard let hour = parts[0].isEmpty ? 2 : Int(parts[0]), (0..<24).contains(hour) else { return nil }
    self.hour = hour
    self.minute = minute
  }
}

extension Schedule.Weekday: ExpressibleByArgument {}
extension InstalledJob.Place: ExpressibleByArgument {}

import SnapshotModel

extension ProjectConfiguration {
  static let keys = [
    "sources", "version-from", "exclude", "exclude-file", "exclude-if-present", "exclude-larger-than", "exclude-caches",
    "one-file-system", "git-ignore", "no-ignore", "no-default-ignores", "dumps", "sqlite", "guard", "secrets",
    "retention",
    "checks",
    "hooks", "notify", "schedule",
  ]

  /// - Throws: `SnapFault` `.usage`: `snap.yml:7: unknown key 'retenton' (did you mean 'retention'?)`.
  package init(parsing bytes: [UInt8]) throws(SnapFault) {
    self.init()
    let root: YAMLNode?
    do {
      root = try YAMLReader.read(bytes)
    } catch let fault as YAMLFault {
      throw ConfigurationSection.fault(fault.line, fault.reason)
    } catch {
      throw SnapFault(.internalError, "\(error)")
    }
    guard let root, !root.isNull else { return }
    let file = try ConfigurationSection(root, keys: Self.keys)
    try readSources(file)
    let sources = VersionSource.allCases.map(\.rawValue).joined(separator: ", ")
    versionSource = try file.value("version-from", "one of \(sources)") { VersionSource(rawValue: $0) }
    dumps = try DumpSpecification.all(file)
    databases = try file.value("sqlite", "auto or off") { Databases(rawValue: $0) } ?? .auto
    guardsShape = try file.value("guard", "auto or off") { ["auto": true, "off": false][$0] } ?? true
    warnsOfSecrets = try file.value("secrets", "warn or off") { ["warn": true, "off": false][$0] } ?? true
    retention = try RetentionPolicy(file)
    checks = try Self.commands("checks", in: file)
    if let section = try file.section("hooks", keys: HookEvent.allCases.map(\.rawValue) + ["timeout"]) {
      hookSecondsMax = try section.seconds("timeout") ?? hookSecondsMax
      for event in HookEvent.allCases { hooks[event] = try section.command(event.rawValue) }
    }
    notifications = try Notification.all(file)
    schedule = try file.value("schedule", "hourly, daily 02:30 or weekly sunday 02:30") { Schedule($0) }
    entries = ConfigurationEntry.all(in: root)
  }

  private mutating func readSources(_ file: ConfigurationSection) throws(SnapFault) {
    for (text, line) in try file.texts("sources") {
      if text.isEmpty { throw file.fault(line, "sources", "'' is not a path") }
      sources.append(Array(text.utf8))
    }
    for (text, line) in try file.texts("exclude") {
      if text.isEmpty { throw file.fault(line, "exclude", "'' is not a pattern") }
      excludes.append(Pattern(text: text, line: line))
    }
    excludeFiles = try file.texts("exclude-file").map { Array($0.text.utf8) }
    for (text, line) in try file.texts("exclude-if-present") {
      if text.isEmpty || text.contains("/") {
        throw file.fault(line, "exclude-if-present", "'\(displayText(text.utf8))' is not a file's name")
      }
      excludeIfPresent.append(Array(text.utf8))
    }
    excludeLargerThan = try file.byteCount("exclude-larger-than")
    excludeCaches = try file.flag("exclude-caches") ?? false
    oneFileSystem = try file.flag("one-file-system") ?? false
    usesGitIgnore = try file.flag("git-ignore") ?? false
    usesNoIgnore = try file.flag("no-ignore") ?? false
    usesNoDefaultIgnores = try file.flag("no-default-ignores") ?? false
  }

  /// A list, each item a line for the shell or a list of words.
  private static func commands(_ key: String, in file: ConfigurationSection) throws(SnapFault) -> [ProjectCommand] {
    guard let node = file.node(key) else { return [] }
    guard case .sequence(let nodes) = node.content else {
      return try file.command(key).map { [$0] } ?? []
    }
    var commands: [ProjectCommand] = []
    for node in nodes {
      let member = YAMLMember(key: key, line: node.line, value: node)
      let item = YAMLNode(content: .mapping([member]), line: node.line, nodeCount: 1)
      if let command = try ConfigurationSection(item, keys: [key]).command(key) { commands.append(command) }
    }
    return commands
  }
}

extension RetentionPolicy {
  /// - Returns: `nil` without the key.
  fileprivate init?(_ file: ConfigurationSection) throws(SnapFault) {
    let keys = [
      "keep-last", "keep-hourly", "keep-daily", "keep-weekly", "keep-monthly", "keep-yearly", "keep-within", "keep-tag",
    ]
    guard let section = try file.section("retention", keys: keys) else { return nil }
    self.init()
    func count(_ key: String) throws(SnapFault) -> Int {
      try section.value(key, "a whole number or 'unlimited'") { text in
        text == "unlimited" ? Int.max : Int(text).flatMap { $0 >= 0 ? $0 : nil }
      } ?? 0
    }
    keepLast = try count("keep-last")
    keepHourly = try count("keep-hourly")
    keepDaily = try count("keep-daily")
    keepWeekly = try count("keep-weekly")
    keepMonthly = try count("keep-monthly")
    keepYearly = try count("keep-yearly")
    keepWithin = try section.value("keep-within", "a duration (like 1y5m7d2h)") { text in
      CalendarDuration(text).flatMap { $0.isZero ? nil : $0 }
    }
    for (text, line) in try section.texts("keep-tag") {
      if text.isEmpty || text.contains(",") {
        throw section.fault(line, "keep-tag", "'\(displayText(text.utf8))' cannot be a tag")
      }
      keepTags.append(text)
    }
    if isEmpty {
      throw ConfigurationSection.fault(
        section.line, "retention: these rules keep no version; keep-last: 1 keeps the newest")
    }
  }
}

import ArgumentParser
import SnapshotModel

/// The retention rules, as `gc` and `forget` take them.
struct RetentionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Keep the newest n versions.", valueName: "n"))
  var keepLast: KeepCount?

  @Option(help: ArgumentHelp("Keep the newest version of each of the last n hours that have one.", valueName: "n"))
  var keepHourly: KeepCount?

  @Option(help: ArgumentHelp("Keep the newest version of each of the last n days that have one.", valueName: "n"))
  var keepDaily: KeepCount?

  @Option(help: ArgumentHelp("The same for weeks, from Monday.", valueName: "n"))
  var keepWeekly: KeepCount?

  @Option(help: ArgumentHelp("The same for months.", valueName: "n"))
  var keepMonthly: KeepCount?

  @Option(help: ArgumentHelp("The same for years.", valueName: "n"))
  var keepYearly: KeepCount?

  @Option(help: ArgumentHelp("Keep what is younger than this, seen from the newest: 1y5m7d2h.", valueName: "duration"))
  var keepWithin: DurationArgument?

  @Option(help: ArgumentHelp("Keep versions with this tag; may be given several times.", valueName: "tag"))
  var keepTag: [String] = []

  /// Whether any rule was given, be it one that keeps nothing.
  var isGiven: Bool {
    let counts = [keepLast, keepHourly, keepDaily, keepWeekly, keepMonthly, keepYearly]
    return counts.contains { $0 != nil } || keepWithin != nil || !keepTag.isEmpty
  }

  var policy: RetentionPolicy {
    var policy = RetentionPolicy()
    policy.keepLast = keepLast?.count ?? 0
    policy.keepHourly = keepHourly?.count ?? 0
    policy.keepDaily = keepDaily?.count ?? 0
    policy.keepWeekly = keepWeekly?.count ?? 0
    policy.keepMonthly = keepMonthly?.count ?? 0
    policy.keepYearly = keepYearly?.count ?? 0
    policy.keepWithin = keepWithin?.duration
    policy.keepTags = keepTag.flatMap { TagName.split($0) }
    return policy
  }
}

import ArgumentParser
import Packing
import SnapshotModel

/// What is written into a version's record, and how its content is stored.
struct SaveLabelOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "Why this version was saved.")
  var message = ""

  @Option(help: ArgumentHelp("A tag; several times or with commas for more.", valueName: "tag"))
  var tag: [String] = []

  @Option(help: "The machine's name in the record.")
  var host: String?

  @Option(help: ArgumentHelp("The time in the record: 2026-11-21 09:34:00.", valueName: "time"))
  var time: MomentArgument?

  @Option(help: "auto, off, fastest, better or max.")
  var compression = CompressionChoice.auto

  @Flag(name: [.customShort("n"), .long], help: "Only say what would be saved.")
  var dryRun = false

  @Flag(help: "Save nothing when nothing changed.")
  var skipIfUnchanged = false

  @Flag(name: .shortAndLong, help: "Read every file, even those whose times did not change.")
  var force = false

  @Flag(help: "Leave the dumps of snap.yml out.")
  var noDumps = false

  @Flag(help: "Run no hooks of snap.yml, and tell nobody.")
  var noHooks = false

  @Flag(help: "Do not compare the version's shape with those before it.")
  var noGuard = false

  @Flag(help: "Do not tell which files hold secrets, in a repository that is not encrypted.")
  var noSecretWarning = false

  @Flag(help: "Save without the dumps that fail; the status is then 3.")
  var allowPartial = false

  @Flag(help: "Refuse unless git has nothing uncommitted.")
  var requireClean = false

  func check() throws {
    if noDumps, allowPartial { throw SnapFault(.usage, "--no-dumps and --allow-partial cannot be combined") }
    for tag in tag { try TagName.check(tag, "--tag") }
  }
}

extension CompressionChoice {
  var level: CompressionLevel {
    switch self {
    case .auto: .auto
    case .off: .off
    case .fastest: .fastest
    case .better: .better
    case .max: .max
    }
  }
}

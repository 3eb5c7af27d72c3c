import ArgumentParser
import Repositories
import SnapshotModel

struct HoldCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "hold", abstract: "Protect a version from deletion, for a named reason.",
    discussion: "Neither forget nor gc removes a held version; release ends it.")
  static let page = HelpPage(
    [
      "snap hold v1.2.0": "under the name 'hold'",
      "snap hold v1.2.0 audit -m 'asked for by finance until June'": "with a name and a reason",
    ], statuses: [10: "no repository", 21: "no such version"])

  @Argument(help: ArgumentHelp("The version.", valueName: "rev")) var revision: String
  @Argument(help: ArgumentHelp("What the hold is called.", valueName: "name")) var name = "hold"
  @Option(name: [.customShort("m"), .customLong("message"), .customLong("reason")], help: "Why.") var reason = ""
  @OptionGroup var global: GlobalOptions

  func check() throws { try TagName.check(name, "name") }

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    var version = try session.resolve(revision, in: repository)
    version.labels.holds[name] = ArgumentText.prose(reason)
    try repository.setLabels(version.labels, of: version.snapshot.id)
    try OperationLog.append(
      .hold, "\(version.snapshot.version): \(name)", [version.snapshot.id], in: repository)
    if session.isJSON {
      try session.json(LabelsJSON.object(of: version))
    } else {
      session.console.note("\(version.snapshot.version) is held: \(name)")
    }
    return nil
  }
}

struct ReleaseCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "release", abstract: "End a hold of a version.",
    discussion: "Without a name it ends the only hold; with several, name one or give --all.")
  static let page = HelpPage(
    ["snap release v1.2.0 audit": "end one hold", "snap release v1.2.0 --all": "end all"],
    statuses: [10: "no repository", 21: "no such version or hold"])

  @Argument(help: ArgumentHelp("The version.", valueName: "rev")) var revision: String
  @Argument(help: ArgumentHelp("Which hold.", valueName: "name")) var name: String?
  @Flag(help: "End all holds.") var all = false
  @OptionGroup var global: GlobalOptions

  func check() throws {
    if all, name != nil { throw SnapFault(.usage, "--all and a name cannot be combined") }
  }

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    var version = try session.resolve(revision, in: repository)
    let names = version.labels.holds.keys.sorted()
    let ended = all ? names : try [name ?? Self.onlyHold(names, version.snapshot)]
    for name in ended where version.labels.holds.removeValue(forKey: name) == nil {
      throw SnapFault(.notFound, "\(version.snapshot.version) has no hold '\(ArgumentText.display(name))'")
    }
    try repository.setLabels(version.labels, of: version.snapshot.id)
    try OperationLog.append(
      .release, "\(version.snapshot.version): \(ended.joined(separator: ", "))", [version.snapshot.id], in: repository)
    if session.isJSON {
      try session.json(LabelsJSON.object(of: version))
    } else {
      session.console.note("\(version.snapshot.version) is released: \(ended.joined(separator: ", "))")
    }
    return nil
  }

  private static func onlyHold(_ names: [String], _ version: Snapshot) throws -> String {
    guard let first = names.first else { throw SnapFault(.notFound, "\(version.version) is not held") }
    guard names.count == 1 else {
      throw SnapFault(
        .usage, "\(version.version) has \(names.count) holds: \(names.joined(separator: ", "))",
        hint: "name one, or give --all")
    }
    return first
  }
}

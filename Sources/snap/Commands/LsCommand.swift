import ArgumentParser
import Repositories
import SnapshotModel
import Workflows

struct LsCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "List a folder of a version.")
  static let page = HelpPage(
    [
      "snap ls latest": "the top folder of the newest version",
      "snap ls -l v1.2.0:docs": "a folder with modes, sizes and times",
      "snap ls --recursive v1.2.0": "every path",
    ], statuses: [10: "no repository", 21: "no such version or path"])

  @Argument(help: ArgumentHelp("The version, or a path in it.", valueName: "rev[:path]"))
  var revision = "latest"

  @Flag(name: .shortAndLong, help: "With mode, owner, size and time.")
  var long = false

  @Flag(name: [.customShort("R"), .long], help: "Everything below, too.")
  var recursive = false

  @OptionGroup var global: GlobalOptions

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    let (version, path) = try session.locate(revision, in: repository)
    let manifest = try repository.manifest(of: version.snapshot)
    let folder = path ?? .root
    let target = try session.entry(at: folder, of: version.snapshot, in: manifest)
    if let target, target.kind != .directory {
      try write(target, shownAs: target.path.bytes, session)
      return nil
    }
    try manifest.forEach(below: folder) { entry in
      guard entry.path != folder, recursive || entry.path.parent == folder else { return }
      // Relative to the folder that was asked for, as ls does.
      let shown = folder.isRoot ? entry.path.bytes : Array(entry.path.bytes.dropFirst(folder.bytes.count + 1))
      try write(entry, shownAs: shown, session)
    }
    return nil
  }

  private func write(_ entry: ManifestEntry, shownAs path: [UInt8], _ session: Session) throws {
    if session.isJSON { return try session.json(entry.json()) }
    var name = path + (entry.kind == .directory ? [UInt8(ascii: "/")] : [])
    if long, entry.kind == .symbolicLink { name += Array(" -> ".utf8) + entry.linkTarget }
    let shown = session.output.isTerminal ? Array(displayText(name).utf8) : name
    try session.output.write(Array((long ? Self.details(entry) + " " : "").utf8) + shown + [UInt8(ascii: "\n")])
  }

  private static func details(_ entry: ManifestEntry) -> String {
    let owner = entry.metadata.owner
    func name(_ bytes: [UInt8], _ number: UInt32) -> String { bytes.isEmpty ? String(number) : displayText(bytes) }
    func left(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    let size = String(entry.size)
    let time = entry.metadata.modified
    return [
      entry.modeText, left(name(owner.userName, owner.userID), 8), left(name(owner.groupName, owner.groupID), 8),
      String(repeating: " ", count: max(0, 11 - size.count)) + size,
      TimeText.minute(time, utcOffsetSeconds: utcOffsetSeconds(at: time)),
    ].joined(separator: " ")
  }
}

import Repositories
import SnapshotModel

/// A command whose output becomes a file of each version.
package struct DumpSpecification: Hashable, Sendable {
  package var name: String
  package var command: ProjectCommand
  /// Where the output stands in the version, from the project's root.
  package var path: ArchivePath
  /// After so long the command is killed, and has failed.
  package var secondsMax = 3600
  /// Less output is a failure.
  package var byteCountMin: UInt64 = 1
  /// Whether the output must be one JSON text.
  package var mustBeJSON = false
  /// What the output must end with, blanks and newlines behind it aside; empty for anything.
  package var ending: [UInt8] = []
  /// A file of `NAME=value` lines for the command's environment, from the project's root.
  package var environmentFile: String?
  /// The variable that holds a database's URL, which the command gets as the variables of its client.
  package var urlVariable: String?

  package static let defaultFolder = "dumps"

  package init(name: String, command: ProjectCommand, path: ArchivePath) {
    self.name = name
    self.command = command
    self.path = path
  }
}

extension DumpSpecification {
  private static let keys = [
    "command", "path", "extension", "timeout", "minimum-size", "must", "must-end-with", "env-file", "url-from",
  ]

  /// All dumps of the file, in its order.
  static func all(_ file: ConfigurationSection) throws(SnapFault) -> [DumpSpecification] {
    guard let node = file.node("dumps") else { return [] }
    guard case .mapping(let members) = node.content else {
      throw file.fault(node.line, "dumps", "a name with keys is expected for each dump, such as 'app:' with 'command:'")
    }
    var dumps: [DumpSpecification] = []
    for member in members {
      let dump = try DumpSpecification(member)
      if let other = dumps.first(where: { $0.path.contains(dump.path) || dump.path.contains($0.path) }) {
        throw ConfigurationSection.fault(
          member.line, "dumps.\(dump.name): the path '\(dump.path)' is in the way of that of '\(other.name)'")
      }
      dumps.append(dump)
    }
    return dumps
  }

  private init(_ member: YAMLMember) throws(SnapFault) {
    let name = member.key
    let isName = name.utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "._-".utf8.contains(byte)
    }
    guard isName, !name.isEmpty, name.utf8.count <= 64, name.first != ".", name.first != "-" else {
      throw ConfigurationSection.fault(
        member.line, "dumps: '\(displayText(name.utf8))' cannot be a name; letters, digits, '.', '_' and '-' can")
    }
    let section = try ConfigurationSection(member.value, prefix: "dumps.\(name).", keys: Self.keys)
    guard let command = try section.command("command") else {
      throw section.fault(member.line, "command", "is missing; it is what writes the dump to its standard output")
    }
    let ending = try section.text("extension")
    if ending != nil, section.node("path") != nil {
      throw section.fault(member.line, "extension", "cannot be combined with 'path'")
    }
    let suffix = ending.map { ($0.hasPrefix(".") ? "" : ".") + $0 } ?? ""
    let path = try section.value("path", "a path inside the project, outside \(Repository.folderName)") { text in
      ArchivePath(Array(text.utf8)).flatMap { path in
        path.isRoot || path.components.first?.elementsEqual(Repository.folderName.utf8) == true ? nil : path
      }
    }
    guard let path = path ?? ArchivePath(Array("\(Self.defaultFolder)/\(name)\(suffix)".utf8)) else {
      throw section.fault(member.line, "extension", "'\(displayText(suffix.utf8))' cannot end a file's name")
    }
    self.init(name: name, command: command, path: path)
    if let seconds = try section.seconds("timeout") { secondsMax = seconds }
    if let size = try section.byteCount("minimum-size") { byteCountMin = size }
    mustBeJSON =
      try section.value("must", "'json', the only form that is checked") { $0 == "json" ? true : nil } ?? false
    if let text = try section.text("must-end-with") { self.ending = Array(text.utf8) }
    environmentFile = try section.text("env-file")
    urlVariable = try section.value("url-from", "the name of an environment variable (never the URL itself)") {
      EnvironmentFile.isName($0) ? $0 : nil
    }
  }
}

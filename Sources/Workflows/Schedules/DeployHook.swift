import Glibc
import SnapshotModel

/// A save before every deployment, put where the project says how it is deployed: before npm's script `deploy`, or before git pushes to a
/// remote that is called so.
package struct DeployHook {
  package enum Place: String, Sendable {
    case npm, git
  }

  /// One that is installed.
  package struct Installed: Hashable, Sendable {
    package var place: Place
    /// Before what it saves: `npm run deploy`.
    package var moment: String
    package var command: String
  }

  /// As jobs have names.
  package static let name = "before-deploy"
  private static let script = "deploy"
  private static let preScript = "predeploy"

  private let packagePath: [UInt8]
  private let project: [UInt8]
  private let repository: String?
  private let call: GitHooks.Call?

  /// - Parameters:
  ///   - repository: `nil` for the `.snap` in the project.
  ///   - call: how git is to save; `nil` when the project is not under git.
  package init(project: [UInt8], repository: String?, call: GitHooks.Call?) {
    self.project = project
    self.repository = repository
    self.call = call
    packagePath = project + Array("/package.json".utf8)
  }

  /// What saves: found on the `PATH`, for package.json belongs to all who work on the project.
  package var command: String {
    let words = ["snap"] + (repository.map { ["--repo", $0] } ?? []) + ["save"] + Self.saveOptions
    return words.map(shellWord).joined(separator: " ")
  }

  package static let saveOptions = ["--quiet", "--skip-if-unchanged", "--version-from=time", "--message", name]

  package func installed() throws(SnapFault) -> [Installed] {
    var found: [Installed] = []
    if let scripts = try scripts(), let command = scripts.command(Self.preScript), isOwn(command) {
      found.append(Installed(place: .npm, moment: "npm run \(Self.script)", command: command))
    }
    if let hooks = try hooks(), try hooks.isWritten(for: .deploy) {
      found.append(
        Installed(place: .git, moment: "git push", command: displayText(hooks.path(of: .deploy))))
    }
    return found
  }

  /// - Returns: whether anything was changed.
  /// - Throws: `SnapFault` when the project does not say how it is deployed, or has something of its own there.
  package func install() throws(SnapFault) -> (hook: Installed, hasChanged: Bool) {
    if let scripts = try scripts(), scripts.contains(Self.script) {
      let hook = Installed(place: .npm, moment: "npm run \(Self.script)", command: command)
      if scripts.command(Self.preScript) == command { return (hook, false) }
      var before = scripts
      if scripts.contains(Self.preScript) {
        let path = displayText(packagePath)
        guard let present = scripts.command(Self.preScript), isOwn(present) else {
          throw SnapFault(
            .refused, "'\(path)' has a script \(Self.preScript) of its own; nothing changed",
            hint: "put this in front of it: \(command) && …", path: path)
        }
        before = try PackageScripts(scripts.removing(Self.preScript), file: path)
      }
      try SmallFile.replace(packagePath, with: before.inserting(Self.preScript, command, before: Self.script))
      return (hook, true)
    }
    guard let hooks = try hooks(), let call, try hasDeployRemote() else {
      throw SnapFault(
        .failed,
        "\(displayText(project)) does not say how it is deployed: no script deploy in package.json, no git remote called "
          + GitHooks.deployRemotes.joined(separator: ", "),
        hint: "put this before the command that deploys: \(command)")
    }
    let hasChanged = try hooks.install(.deploy, call: call)
    return (Installed(place: .git, moment: "git push", command: displayText(hooks.path(of: .deploy))), hasChanged)
  }

  /// - Returns: what was removed.
  package func remove() throws(SnapFault) -> [Installed] {
    var removed: [Installed] = []
    for hook in try installed() {
      switch hook.place {
      case .npm:
        guard let scripts = try scripts() else { continue }
        try SmallFile.replace(packagePath, with: scripts.removing(Self.preScript))
        removed.append(hook)
      case .git:
        if try hooks()?.remove(.deploy) == true { removed.append(hook) }
      }
    }
    return removed
  }

  private func isOwn(_ command: String) -> Bool {
    command.hasPrefix("snap ") && command.hasSuffix(" save " + Self.saveOptions.joined(separator: " "))
  }

  private func scripts() throws(SnapFault) -> PackageScripts? {
    guard let content = try SmallFile.read(packagePath) else { return nil }
    return try PackageScripts(content.bytes, file: displayText(packagePath))
  }

  /// `nil` when the project is not under git.
  private func hooks() throws(SnapFault) -> GitHooks? { call == nil ? nil : try GitHooks(project: project) }

  private func hasDeployRemote() throws(SnapFault) -> Bool {
    let child = try GitProbe.git(project, [Array("remote".utf8)])
    let names = child.readAll().output.split(separator: UInt8(ascii: "\n"))
    return child.wait().isSuccess && names.contains { GitHooks.deployRemotes.contains(displayText($0)) }
  }
}

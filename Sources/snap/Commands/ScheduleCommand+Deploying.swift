import Repositories
import SnapshotModel
import Workflows

extension ScheduleCommand {
  func installBeforeDeploy(_ repository: Repository, _ session: Session) throws {
    let (hook, hasChanged) = try deployHook(of: repository, session).install()
    try report(hook, hasChanged ? "installed" : "already installed", session)
  }

  func deployHook(of repository: Repository, _ session: Session) throws -> DeployHook {
    let project = session.base(of: repository)
    return DeployHook(
      project: project, repository: try session.namedRepository().map { ArgumentText.decode($0) },
      call: try gitHooks(of: project).map { hooks in
        try HookCommand.call(for: .deploy, hooks, repository, session)
      })
  }

  /// `nil` when the project is not under git, its hooks are not its own, or there is no git.
  private func gitHooks(of project: [UInt8]) throws -> GitHooks? {
    do {
      return try GitHooks(project: project)
    } catch {
      guard [.failed, .refused, .commandFailed].contains(error.code) else { throw error }
      return nil
    }
  }

  func report(_ hook: DeployHook.Installed, _ words: String, _ session: Session) throws {
    try Self.report([DeployHook.name, words, hook.place.rawValue, "before \(hook.moment)", hook.command], session)
  }
}

import ArgumentParser
import Repositories
import SnapshotModel
import Workflows

struct HookCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "hook", abstract: "Have git save a version on a tag, or before a push.",
    discussion: """
      on tag: git tag v1.2.0 saves v1.2.0, when the tag is at the commit that is checked out; a '/' in the tag becomes '-'. \
      on push: git push saves first, under the time, when something changed. \
      on deploy: the same, of pushes to a remote called deploy, production, prod, live, heroku or dokku. None of them keeps git from doing what it does. \
      A hook that is there already is kept, and run first.
      """)
  static let page = HelpPage(
    [
      "snap hook install": "save on every tag", "snap hook install --on push": "save before every push",
      "snap hook list": "which are installed", "snap hook remove": "remove all, and put back what was there",
    ],
    statuses: [10: "no repository", 18: "git's hooks are shared with other projects", 19: "permission denied"])

  enum Action: String, CaseIterable, ExpressibleByArgument {
    case install, remove, list
  }

  @Argument(help: ArgumentHelp("install, remove or list.", valueName: "action")) var action: Action

  @Option(name: .customLong("on"), help: ArgumentHelp("tag, push or deploy; may be repeated.", valueName: "event"))
  var events: [GitHooks.Event] = []

  @OptionGroup var global: GlobalOptions

  func run(in session: Session) throws -> FaultCode? {
    let repository = try session.openRepository()
    let hooks = try GitHooks(project: session.base(of: repository))
    switch action {
    case .install:
      for event in events.isEmpty ? [.tag] : events {
        let hasChanged = try hooks.install(event, call: Self.call(for: event, hooks, repository, session))
        try report(event, hooks, hasChanged ? "installed" : "already installed", session)
      }
    case .remove:
      for event in events.isEmpty ? GitHooks.Event.allCases : events {
        let wasThere = try hooks.remove(event)
        if wasThere || !events.isEmpty { try report(event, hooks, wasThere ? "removed" : "not installed", session) }
      }
    case .list:
      for event in GitHooks.Event.allCases { try report(event, hooks, Self.words(hooks.state(of: event)), session) }
    }
    return nil
  }

  static func call(
    for event: GitHooks.Event, _ hooks: GitHooks, _ repository: Repository, _ session: Session
  ) throws -> GitHooks.Call {
    let options =
      switch event {
      case .tag: ["--quiet", "--message", "git tag"]
      case .push: ["--quiet", "--skip-if-unchanged", "--version-from=time", "--message", "before git push"]
      case .deploy: DeployHook.saveOptions
      }
    let project = FileSystemPath.relative(session.base(of: repository), to: hooks.root)?.bytes ?? []
    return GitHooks.Call(
      program: try OwnCommandLine.program(), project: displayText(project),
      repository: try session.namedRepository().map { ArgumentText.decode($0) }, options: options)
  }

  private static func words(_ state: GitHooks.State) -> String {
    switch state {
    case .absent, .foreign: "not installed"
    case .installed(hasEarlier: false): "installed"
    case .installed(hasEarlier: true): "installed, runs the earlier hook first"
    }
  }

  private func report(_ event: GitHooks.Event, _ hooks: GitHooks, _ words: String, _ session: Session) throws {
    if session.isJSON {
      let state = try hooks.state(of: event)
      var object = JSONObject([
        "message_type": "hook", "event": .string(event.rawValue), "result": .string(words),
        "installed": .boolean(state != .absent && state != .foreign),
        "runs_earlier": .boolean(state == .installed(hasEarlier: true)),
      ])
      object.setPath(named: "file", hooks.path(of: event))
      try session.json(object)
    } else if !session.isQuiet {
      try session.output.line("\(event.rawValue)\t\(words)\t\(displayText(hooks.path(of: event)))")
    }
  }
}

extension GitHooks.Event: ExpressibleByArgument {}

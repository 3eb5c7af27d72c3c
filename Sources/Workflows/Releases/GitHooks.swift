import Glibc
import SnapshotModel

/// The git hooks that save: files in git's folder of hooks, each of which runs the one that was there before it first.
package struct GitHooks: Sendable {
  /// What a hook waits for.
  package enum Event: String, CaseIterable, Sendable {
    /// A tag at the commit that is checked out; git has no hook of that name, and tells of every change of a reference.
    case tag
    case push
    /// Before pushes to a remote of which pushing is deploying.
    case deploy

    /// What git calls the hook.
    package var hookName: String {
      switch self {
      case .tag: "reference-transaction"
      case .push, .deploy: "pre-push"
      }
    }
  }

  package enum State: Hashable, Sendable {
    case absent
    /// - hasEarlier: whether it runs the hook that was there before.
    case installed(hasEarlier: Bool)
    /// Somebody else's.
    case foreign
  }

  /// Remotes of which pushing is deploying, as they are called.
  package static let deployRemotes = ["deploy", "production", "prod", "live", "heroku", "dokku"]

  /// How a hook saves.
  package struct Call: Hashable, Sendable {
    /// Path of the program.
    package var program: String
    /// The project, seen from the work tree's root; empty for that. Not absolute: a copy of the work tree has the hook, too,
    /// and must not save the original.
    package var project: String
    /// Of a repository outside of the project; `nil` for the `.snap` in it.
    package var repository: String?
    /// Behind `save`; of a tag the version's name follows.
    package var options: [String]

    package init(program: String, project: String, repository: String?, options: [String]) {
      self.program = program
      self.project = project
      self.repository = repository
      self.options = options
    }

    /// A line of shell that is run in the work tree's root.
    fileprivate var line: String {
      let place = shellWord("./" + project)
      let words = [program] + (repository.map { ["--repo", $0] } ?? []) + ["save"] + options
      // A linked work tree has the hooks of the main one, and no repository of its own.
      let condition =
        repository == nil
        ? "{ [ -e .snap ] || { echo \"snap: nothing saved: no repository in $PWD\" >&2; "
          + "echo 'hint: snap init there, or work in the main work tree' >&2; exit; }; } && " : ""
      return "cd -- \(place) && \(condition)\(words.map(shellWord).joined(separator: " "))"
    }
  }

  /// Where git looks for hooks; absolute.
  package let folder: [UInt8]
  /// The work tree's root; absolute.
  package let root: [UInt8]

  /// - Parameter project: a folder of a work tree.
  /// - Throws: `SnapFault` when it is not under git, or the hooks are shared with other projects.
  package init(project: [UInt8]) throws(SnapFault) {
    let answer = try Self.git(project, ["rev-parse", "--git-path", "hooks", "--git-common-dir", "--show-toplevel"])
    guard answer.count == 3 else {
      throw SnapFault(.failed, "\(displayText(project)) is not under git", hint: "git init", path: displayText(project))
    }
    let paths = answer.map { Self.absolute($0, in: project) }
    folder = paths[0]
    root = paths[2]
    let isOwn = paths[1...].contains { folder.starts(with: $0 + [UInt8(ascii: "/")]) }
    guard isOwn else {
      throw SnapFault(
        .refused, "git's hooks are in \(displayText(folder)), which other projects may share; not writing there",
        hint: "git config core.hooksPath .githooks", path: displayText(folder))
    }
  }

  package func path(of event: Event) -> [UInt8] { folder + Array("/\(event.hookName)".utf8) }
  private func earlierPath(of event: Event) -> [UInt8] { path(of: event) + Array(".before-snap".utf8) }

  package func state(of event: Event) throws(SnapFault) -> State {
    guard try SmallFile.place(path(of: event)) != .nothing else { return .absent }
    do throws(SnapFault) {
      guard let bytes = try SmallFile.read(path(of: event))?.bytes, let own = Self.event(of: bytes, event) else {
        return .foreign
      }
      // One file has either: who saves before every push saves before those, too.
      if event == .push, own == .deploy { return .absent }
    } catch let fault where fault.code == .usage {
      // No small regular file: a link to /dev/null, or a program.
      return .foreign
    }
    return .installed(hasEarlier: try SmallFile.place(earlierPath(of: event)) != .nothing)
  }

  /// Whether the hook that is installed waits for this event and no more.
  package func isWritten(for event: Event) throws(SnapFault) -> Bool {
    guard case .installed = try state(of: event) else { return false }
    return Self.event(of: try SmallFile.read(path(of: event))?.bytes ?? [], event) == event
  }

  /// Writes the hook; one of somebody else's is moved aside first, and run by it.
  ///
  /// - Returns: whether anything was changed.
  /// - Throws: `SnapFault` that names the file; what was there is then there still.
  package func install(_ event: Event, call: Call) throws(SnapFault) -> Bool {
    let script = Array(Self.script(for: event, call).utf8)
    let path = path(of: event)
    switch try state(of: event) {
    case .installed:
      let present = try SmallFile.read(path)?.bytes ?? []
      if present == script || Self.event(of: present, event) != event { return false }
    case .foreign:
      guard try SmallFile.place(earlierPath(of: event)) == .nothing else {
        throw SnapFault(
          .refused, "'\(displayText(earlierPath(of: event)))' is in the way; nothing changed",
          hint: "move it, then try again", path: displayText(earlierPath(of: event)))
      }
      try Self.move(path, to: earlierPath(of: event))
    case .absent:
      _ = unsafe mkdir(SmallFile.terminated(folder), 0o777)
    }
    do throws(SnapFault) {
      try SmallFile.replace(path, with: script, mode: 0o777)
    } catch {
      if try state(of: event) == .absent, try SmallFile.place(earlierPath(of: event)) != .nothing {
        try Self.move(earlierPath(of: event), to: path)
      }
      throw error
    }
    return true
  }

  /// Removes the hook, and puts back the one that was there before.
  ///
  /// - Returns: `false` when it was not there.
  package func remove(_ event: Event) throws(SnapFault) -> Bool {
    guard case .installed(let hasEarlier) = try state(of: event), try isWritten(for: event) else { return false }
    let call = Call(program: "", project: "", repository: nil, options: [])
    let lineCount = Self.script(for: event, call).utf8.count { $0 == UInt8(ascii: "\n") }
    guard try SmallFile.read(path(of: event))?.bytes.count(where: { $0 == UInt8(ascii: "\n") }) == lineCount else {
      throw SnapFault(
        .refused, "'\(displayText(path(of: event)))' was changed since it was installed; not removing it",
        hint: "take out the other lines, or delete the file", path: displayText(path(of: event)))
    }
    if hasEarlier {
      try Self.move(earlierPath(of: event), to: path(of: event))
    } else if unsafe unlink(SmallFile.terminated(path(of: event))) != 0 {
      throw SmallFile.fault("remove", path(of: event), errno)
    }
    return true
  }

  /// The second line of a hook.
  private static func mark(_ event: Event) -> String {
    "# Written by snap hook install\(event == .deploy ? " --on deploy" : ""); snap hook remove removes it."
  }

  /// Which of the events that share `event`'s file a hook of ours is for; `nil` for somebody else's.
  private static func event(of bytes: [UInt8], _ event: Event) -> Event? {
    let line = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 2).dropFirst().first
    return Event.allCases.first { $0.hookName == event.hookName && line == Array(mark($0).utf8)[...] }
  }

  private static func script(for event: Event, _ call: Call) -> String {
    // What was there before gets the same arguments and input, and decides on the exit status.
    let head = """
      #!/bin/sh
      \(mark(event))
      input=$(cat)
      lines() { [ -z "$input" ] || printf '%s\\n' "$input"; }
      if [ -x "$0.before-snap" ]; then
        lines | "$0.before-snap" "$@" || exit $?
      fi
      [ -x \(shellWord(call.program)) ] || exit 0

      """
    switch event {
    case .tag:
      return head + """
        # Git tells of tags also when it packs them: a new one is one that is not there before.
        new_tags=$(git rev-parse --git-dir)/snap-new-tags.$PPID
        case $1 in
        prepared)
          lines | while read -r old new ref; do
            case $ref in refs/tags/*) ;; *) continue ;; esac
            git rev-parse --verify --quiet "$ref" >/dev/null || printf '%s\\n' "$ref" >>"$new_tags"
          done
          exit 0 ;;
        committed) [ -e "$new_tags" ] || exit 0 ;;
        *) rm -f -- "$new_tags"; exit 0 ;;
        esac
        created=$(cat -- "$new_tags")
        rm -f -- "$new_tags"
        lines | while read -r old new ref; do
          case "
        $created
        " in *"
        $ref
        "*) ;; *) continue ;; esac
          case $new in *[!0]*) ;; *) continue ;; esac
          commit=$(git rev-parse --verify --quiet "$new^{commit}") || continue
          [ "$commit" = "$(git rev-parse --verify --quiet HEAD)" ] || continue
          name=$(printf '%s' "${ref#refs/tags/}" | tr / -)
          (\(call.line) "$name")
        done
        exit 0

        """
    case .push:
      return head + """
        (\(call.line))
        exit 0

        """
    case .deploy:
      return head + """
        case $1 in
        \(deployRemotes.joined(separator: "|"))) (\(call.line)) ;;
        esac
        exit 0

        """
    }
  }

  private static func move(_ source: [UInt8], to target: [UInt8]) throws(SnapFault) {
    guard unsafe rename(SmallFile.terminated(source), SmallFile.terminated(target)) == 0 else {
      throw SmallFile.fault("move", source, errno)
    }
  }

  /// The lines that git answers; none when it fails.
  private static func git(_ folder: [UInt8], _ arguments: [String]) throws(SnapFault) -> [[UInt8]] {
    let words = [Array("git".utf8), Array("-C".utf8), folder] + arguments.map { Array($0.utf8) }
    let environment = ProcessEnvironment.entries().filter { !$0.starts(with: Array("GIT_".utf8)) }
    let child = try ChildProcess(words, environment: environment, error: .captured)
    let output = child.readAll().output
    return child.wait().isSuccess ? output.split(separator: UInt8(ascii: "\n")).map(Array.init) : []
  }

  private static func absolute(_ path: [UInt8], in folder: [UInt8]) -> [UInt8] {
    let slash = UInt8(ascii: "/")
    let whole = path.first == slash ? path : folder + [slash] + path
    var parts: [ArraySlice<UInt8>] = []
    for part in whole.split(separator: slash) where part != [UInt8(ascii: ".")] {
      if part == [UInt8(ascii: "."), UInt8(ascii: ".")] { _ = parts.popLast() } else { parts.append(part) }
    }
    return parts.flatMap { [slash] + $0 }
  }
}

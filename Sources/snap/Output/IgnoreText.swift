import FileTrees
import SnapshotModel
import Workflows

/// What decided that something is left out, in the form of `git check-ignore -v`.
enum IgnoreText {
  /// `docs/.snapignore:3:*.tmp`; built-in rules stand in `(built-in)`.
  static func cause(_ decision: IgnoreDecision) -> String {
    switch decision.cause {
    case .rule(let rule): "\(source(rule.source)):\(rule.line):\(displayText(rule.pattern))"
    case .cacheFolder: "CACHEDIR.TAG"
    case .marker(let name): "marker \(displayText(name))"
    case .largerThan(let byteCount): "larger than \(formatted(byteCount: byteCount))"
    case .otherFileSystem: "other file system"
    case nil: ""
    }
  }

  static func source(_ source: IgnoreSource) -> String {
    switch source {
    case .builtIn: "(built-in)"
    case .commandLine: "(command line)"
    case .configuration: ProjectConfiguration.fileName
    case .file(let path): path.description
    case .excludeFile(let path): displayText(path)
    }
  }
}

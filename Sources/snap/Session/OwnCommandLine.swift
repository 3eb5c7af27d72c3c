import Glibc
import Repositories
import SnapshotModel

/// How this program is to be called later, by git or by a timer, to work on the same project.
enum OwnCommandLine {
  /// The program's own path, and what leads to the repository: `-C` the project, or `--repo` and `-C` this folder.
  static func words(for repository: Repository, _ session: Session) throws -> [String] {
    var words = [try program(), "-C", ArgumentText.decode(session.base(of: repository))]
    if let location = try session.namedRepository() { words += ["--repo", ArgumentText.decode(location)] }
    return words
  }

  /// Where the password or key comes from that `options` or the environment name: who calls this program later knows neither.
  ///
  /// - Returns: `nil` where that is a person or a variable that holds the password itself, which is for no file.
  static func words(for options: SecretOptions) throws -> [String]? {
    func absolute(_ path: [UInt8]) throws -> String { ArgumentText.decode(try FileSystemPath.absolute(path)) }
    let unsafety = options.insecurePerms ? ["--insecure-perms"] : []
    switch try KeySource.named(options) {
    case .keyFile(let path)?: return ["--key-file", try absolute(path)] + unsafety
    case .passwordFile(let path)?: return ["--password-file", try absolute(path)] + unsafety
    case .passwordCommand(let command, _)?: return ["--password-command", ArgumentText.decode(command)]
    case .passwordVariable?, nil: return nil
    }
  }

  /// - Throws: `SnapFault` when the system does not say which file is running, or its path is not text.
  static func program() throws(SnapFault) -> String {
    guard let path = FileSystemPath.resolved(Array("/proc/self/exe".utf8)),
      let text = String(validating: path, as: UTF8.self)
    else { throw SnapFault(.failed, "cannot tell where this program lies") }
    return text
  }
}

import CLinux
import Glibc
import Packing
import Repositories
import Sealing
import SnapshotModel
import Workflows

/// Where the secret of a new key slot comes from.
enum NewSecret {
  /// A password that is kept somewhere already.
  case password(KeySource, allowsOthers: Bool)
  /// One that a person types twice; without a terminal the hint says what to do.
  case typedPassword(hint: String)
  /// A key file that is made there.
  case newKeyFile([UInt8])
  case recoveryCode(RecoveryCode)

  /// What the options that open a repository mean where it is made.
  static func forInit(_ options: SecretOptions) throws(SnapFault) -> NewSecret {
    let source = try KeySource.named(options)
    if case .keyFile(let path) = source { return .newKeyFile(path) }
    guard let source else { return .typedPassword(hint: "--password-file, --password-command or --key-file") }
    return .password(source, allowsOthers: options.insecurePerms)
  }

  /// - Throws: `SnapFault`: `.wrongKey` for an empty password or two that differ, `.refused` without a terminal to ask
  ///   on or where the key file would replace something.
  func make(for repository: RepositoryID) throws -> SlotSecret {
    linux_guard_secrets()
    switch self {
    case .recoveryCode(let code): return .recoveryCode(code.secret)
    case .newKeyFile(let path):
      let file = KeyFile(newFor: repository)
      try Self.write(file, to: path)
      return .keyFile(file.secret)
    case .password(let source, let allowsOthers):
      return try Self.password(source.secrets(for: repository, allowsOthers: allowsOthers))
    case .typedPassword(let hint):
      guard let first = try SecretReader.terminal(prompt: "new password: "),
        let second = try SecretReader.terminal(prompt: "once more: ")
      else {
        throw SnapFault(.refused, "no terminal to ask for a new password on", hint: hint)
      }
      guard first.isEqual(to: second) else { throw SnapFault(.wrongKey, "the two passwords differ; nothing changed") }
      return try Self.password(KeySource.secrets(ofTyped: first))
    }
  }

  /// A new password is taken as such, even if it looks like a recovery code.
  private static func password(_ secrets: [SlotSecret]) throws -> SlotSecret {
    guard let password = secrets.last(where: { $0.kind == .password }) else {
      throw SnapFault(.usage, "a new password cannot come from a key file")
    }
    return password
  }

  /// Makes the secret and hands it on; a key file that then opens nothing is taken away again.
  func use<Result>(for repository: RepositoryID, _ body: (SlotSecret) throws -> Result) throws -> Result {
    let secret = try make(for: repository)
    do {
      return try body(secret)
    } catch {
      if case .newKeyFile(let path) = self { _ = unsafe FileSystemPath.withCString(path) { unsafe unlink($0) } }
      throw error
    }
  }

  private static func write(_ file: KeyFile, to path: [UInt8]) throws {
    var bytes = file.encoded()
    defer { wipe(&bytes) }
    try SmallFile.create(path, bytes)
  }

  /// `ada@mill`, or what it is.
  static func defaultLabel(of secret: SlotSecret) -> String {
    switch secret.kind {
    case .password: "\(ProcessEnvironment.userName())@\(hostName())"
    case .keyFile: "key file"
    case .recoveryCode: "recovery"
    }
  }
}

import Glibc
import Packing
import Repositories
import Sealing
import SnapshotModel
import Workflows

/// One place that a secret of an encrypted repository comes from.
enum KeySource {
  case keyFile([UInt8])
  case passwordFile([UInt8])
  /// And what messages call it.
  case passwordCommand([UInt8], name: String)
  case passwordVariable(SecretBytes)

  /// What SNAP_PASSWORD held; once asked for, which a session does first, no dump, hook or check command sees it.
  static let variablePassword = SecretReader.variable("SNAP_PASSWORD")

  /// What was named: options first, then the environment. `nil` where a person is to be asked.
  ///
  /// - Throws: `SnapFault` `.usage` for an empty path or command.
  static func named(_ options: SecretOptions) throws(SnapFault) -> KeySource? {
    if let path = options.keyFile { return .keyFile(try value(path, of: "--key-file")) }
    if let command = options.passwordCommand {
      return .passwordCommand(try value(command, of: "--password-command"), name: "--password-command")
    }
    if let path = options.passwordFile { return .passwordFile(try value(path, of: "--password-file")) }
    if let path = try variable("SNAP_KEY_FILE") { return .keyFile(path) }
    if let command = try variable("SNAP_PASSWORD_COMMAND") {
      return .passwordCommand(command, name: "SNAP_PASSWORD_COMMAND")
    }
    if let path = try variable("SNAP_PASSWORD_FILE") { return .passwordFile(path) }
    return variablePassword.map { .passwordVariable($0) }
  }

  private static func value(_ text: String, of option: String) throws(SnapFault) -> [UInt8] {
    if text.isEmpty { throw SnapFault(.usage, "\(option): '' is not a path or command") }
    return ArgumentText.encode(text)
  }

  private static func variable(_ name: String) throws(SnapFault) -> [UInt8]? {
    guard let value = ProcessEnvironment.value(name) else { return nil }
    if value.isEmpty { throw SnapFault(.usage, "\(name): '' is not a path or command") }
    return value
  }

  /// The secret, in every form that it may have.
  ///
  /// - Parameter allowsOthers: whether files may be readable by others.
  /// - Throws: `SnapFault` that names the source.
  func secrets(for repository: RepositoryID, allowsOthers: Bool) throws(SnapFault) -> [SlotSecret] {
    switch self {
    case .keyFile(let path):
      let shown = displayText(path)
      let text = try SecretReader.file(path, what: "key file", allowsOthers: allowsOthers)
      if WriterKey.isOne(text) {
        throw SnapFault(
          .wrongKey, "\(shown) is a write-only key: it can only save",
          hint: Repository.hintOfReadingKey, path: shown)
      }
      let file: KeyFile
      do throws(PackingError) {
        file = try KeyFile(decoding: text)
      } catch {
        throw SnapFault(.wrongKey, "key file \(shown) is damaged, or no key file", path: shown)
      }
      guard file.repository == repository else {
        throw SnapFault(
          .wrongKey, "key file \(shown) is for repository \(file.repository.short)…, not \(repository.short)…",
          path: shown)
      }
      return [.keyFile(file.secret)]
    case .passwordFile(let path):
      return try Self.secrets(
        ofTyped: SecretReader.file(path, what: "password file", allowsOthers: allowsOthers))
    case .passwordCommand(let command, let name):
      return try Self.secrets(ofTyped: SecretReader.command(command, name: name))
    case .passwordVariable(let value): return try Self.secrets(ofTyped: value)
    }
  }

  /// The key of a machine that may only save; `nil` where the source is another.
  ///
  /// - Throws: `SnapFault` `.wrongKey` when it is damaged.
  func writerKey(allowsOthers: Bool) throws(SnapFault) -> WriterKey? {
    guard case .keyFile(let path) = self else { return nil }
    let text = try SecretReader.file(path, what: "key file", allowsOthers: allowsOthers)
    guard WriterKey.isOne(text) else { return nil }
    do throws(PackingError) {
      return try WriterKey(decoding: text)
    } catch {
      throw SnapFault(.wrongKey, "write-only key \(displayText(path)) is damaged", path: displayText(path))
    }
  }

  /// A password; and the recovery code that it may be.
  static func secrets(ofTyped text: SecretBytes) throws(SnapFault) -> [SlotSecret] {
    let password = SecretReader.password(text)
    guard password.count > 0 else { throw SnapFault(.wrongKey, "the password is empty") }
    return (RecoveryCode(reading: password).map { [.recoveryCode($0.secret)] } ?? []) + [.password(password)]
  }
}

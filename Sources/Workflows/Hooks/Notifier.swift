import Glibc
import SnapshotModel

/// Sends a few lines to an address with `curl`, which nothing needs that notifies nobody.
///
/// The address is often a secret: it goes to curl's standard input, never on its command line, and messages show the host
/// only.
package enum Notifier {
  /// What is sent.
  package enum Message: Sendable {
    /// A request without content.
    case ping
    case text(String)
    case json(String)
  }

  private static let secondsMax = 15

  /// - Parameters:
  ///   - kind: `webhook`, `healthcheck`: as messages call it.
  ///   - suffix: put behind the address's path.
  /// - Throws: `SnapFault` `.network` that says who was not told, and why.
  package static func send(
    _ message: Message, to url: NotificationURL, kind: String, suffix: String = ""
  ) throws(SnapFault) {
    let name = "\(kind) (\(url.shown))"
    let address = try address(of: url, name)
    let child: ChildProcess
    do throws(SnapFault) {
      // -q: what the user's own .curlrc says is for the user's own calls. A Ctrl-C is not for it: the news is to arrive.
      child = try ChildProcess(
        ["curl", "-q", "--config", "-"].map { Array($0.utf8) }, error: .captured, input: .piped,
        leadsSession: true)
    } catch {
      throw SnapFault(
        .network, "\(name) was not told: it takes curl, which cannot be run", hint: "install curl (apt install curl)")
    }
    _ = child.write(Array(configuration(message, inserting(suffix, into: address)).utf8)[...])
    child.closeInput()
    let (_, error) = child.readAll(byteCountMax: 4 << 10)
    let ending = child.wait()
    guard !ending.isSuccess else { return }
    let line = error.split(separator: UInt8(ascii: "\n")).last.map { displayText($0) } ?? "curl failed"
    throw SnapFault(.network, "\(name) was not told: \(withoutSecrets(line))")
  }

  private static func address(of url: NotificationURL, _ name: String) throws(SnapFault) -> String {
    switch url {
    case .literal(let text): return text
    case .variable(let variable):
      guard let value = ProcessEnvironment.value(variable), !value.isEmpty else {
        throw SnapFault(.network, "\(name) was not told: the variable \(variable) is not set")
      }
      let text = String(decoding: value, as: UTF8.self)
      guard NotificationURL.isAddress(text) else {
        throw SnapFault(.network, "\(name) was not told: \(variable) is no http(s) address")
      }
      return text
    }
  }

  /// Before the query, if there is one.
  static func inserting(_ suffix: String, into address: String) -> String {
    let path = address.prefix { !"?#".contains($0) }
    let rest = address.dropFirst(path.count)
    return path + (path.hasSuffix("/") && suffix.hasPrefix("/") ? String(suffix.dropFirst()) : suffix) + rest
  }

  /// What curl reads as its options.
  ///
  /// - SeeAlso: curl(1), `--config`
  static func configuration(_ message: Message, _ address: String) -> String {
    var lines = [
      "url = \(quoted(address))", "proto = \"=http,https\"", "max-time = \(secondsMax)", "retry = 2", "silent",
      "show-error", "fail", "output = \"/dev/null\"",
    ]
    switch message {
    case .ping: break
    // Raw: a text that begins with @ is no file's name.
    case .text(let text): lines += ["data-raw = \(quoted(text))", "header = \"Content-Type: text/plain\""]
    case .json(let text): lines += ["data-raw = \(quoted(text))", "header = \"Content-Type: application/json\""]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\0": continue
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

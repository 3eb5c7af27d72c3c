import Glibc
import SnapshotModel
import Synchronization

/// Standard error: notes, warnings, errors and the progress line; text for people or, with `--json`, one object a line.
final class Console: Sendable {
  struct Style: Sendable {
    var isQuiet = false
    var isVerbose = false
    var isJSON = false
    var usesColor = false
  }

  let style: Style
  let isTerminal: Bool
  private let hasProgressLine = Mutex(false)

  init(style: Style) {
    self.style = style
    isTerminal = isatty(STDERR_FILENO) == 1
  }

  /// Something worth knowing that is no reason to act; silent with `--quiet`.
  func note(_ message: String) {
    if style.isQuiet { return }
    emit("note", text: "snap: \(message)", message: message)
  }

  /// Only with `--verbose`.
  func detail(_ message: String) {
    if style.isVerbose { emit("verbose_status", text: message, message: message) }
  }

  func warn(_ message: String) {
    emit("warning", text: "snap: " + colored("33", "warning: ") + message, message: message)
  }

  /// What to do about the warning before it.
  func hint(_ text: String) { if !style.isQuiet, !style.isJSON { write("hint: \(PathText.shown(text))") } }

  /// An item that could not be done while the command goes on.
  func itemFailed(path: [UInt8], message: String) {
    let message = PathText.shown(message)
    guard style.isJSON else { return write("snap: \(message)") }
    var object = JSONObject(["message_type": "error", "error": .object(JSONObject(["message": .string(message)]))])
    object.setPath(named: "item", path)
    write(object.text)
  }

  /// The last words of a command that failed.
  func fail(_ fault: SnapFault) {
    var fault = fault
    fault.message = PathText.shown(fault.message)
    fault.hint = fault.hint.map(PathText.shown)
    fault.path = fault.path.map(PathText.shown)
    guard style.isJSON else {
      write("snap: " + fault.message)
      if let hint = fault.hint { write("hint: \(hint)") }
      return
    }
    var object = JSONObject([
      "message_type": "exit_error", "code": .integer(Int64(fault.code.rawValue)), "error": .string(fault.code.name),
      "message": .string(fault.message),
    ])
    if let hint = fault.hint { object["hint"] = .string(hint) }
    if let path = fault.path { object["path"] = .string(path) }
    write(object.text)
  }

  /// Shows `line` in place of the previous progress line; only on a terminal.
  func showProgress(_ line: String) {
    hasProgressLine.withLock { hasLine in
      hasLine = true
      Self.writeRaw("\r\u{1B}[K" + line)
    }
  }

  func clearProgress() {
    hasProgressLine.withLock { hasLine in
      if hasLine { Self.writeRaw("\r\u{1B}[K") }
      hasLine = false
    }
  }

  /// One line on standard error as it is.
  func write(_ text: String) {
    hasProgressLine.withLock { hasLine in
      if hasLine { Self.writeRaw("\r\u{1B}[K") }
      hasLine = false
      Self.writeRaw(text + "\n")
    }
  }

  /// `text` in an ANSI colour when colours are wanted; standard error only.
  func colored(_ code: String, _ text: String) -> String {
    style.usesColor && isTerminal && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }

  private func emit(_ kind: String, text: String, message: String) {
    let (text, message) = (PathText.shown(text), PathText.shown(message))
    write(style.isJSON ? JSONObject(["message_type": .string(kind), "message": .string(message)]).text : text)
  }

  /// Nothing can be done when standard error itself fails.
  private static func writeRaw(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}

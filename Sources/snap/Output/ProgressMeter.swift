import Glibc
import SnapshotModel
import Synchronization

/// Decides when progress is worth showing, and shows it in the width of the terminal.
final class ProgressMeter: Sendable {
  private let session: Session
  private let isTerminal: Bool
  private let started = monotonicSeconds()
  private let last: Mutex<Double>
  /// Calls between two looks at the clock: a look costs as much as a few hundred of them.
  private let calls = Atomic<Int>(0)

  init(session: Session) {
    self.session = session
    isTerminal = session.console.isTerminal && !session.isJSON
    last = Mutex(monotonicSeconds())
  }

  /// Seconds since the start when it is time to show something; `nil` otherwise.
  ///
  /// Ten times a second on a terminal, once a second with `--json`, else once a minute; never with `--quiet`.
  func due() -> Double? {
    if session.isQuiet { return nil }
    guard calls.wrappingAdd(1, ordering: .relaxed).newValue & 15 == 0 else { return nil }
    let interval = isTerminal ? 0.1 : session.isJSON ? 1 : 60
    let now = monotonicSeconds()
    let isDue = last.withLock { last in
      guard now - last >= interval else { return false }
      last = now
      return true
    }
    return isDue ? now - started : nil
  }

  /// - Parameter item: what is at work now; cut in the middle where the line is too narrow.
  func show(_ text: String, item: String?) {
    guard isTerminal else { return session.console.write("snap: \(text)") }
    let width = Self.terminalWidth() - 1
    var line = text
    if let item, line.count + 4 < width { line += "  " + Self.shortened(item, to: width - line.count - 2) }
    session.console.showProgress(String(line.prefix(width)))
  }

  private static func shortened(_ text: String, to width: Int) -> String {
    guard text.count > width else { return text }
    let half = max(0, width - 1) / 2
    return text.prefix(half) + "…" + text.suffix(half)
  }

  private static func terminalWidth() -> Int {
    var size = winsize()
    // The request fills the structure that it is given, or fails and leaves it zero.
    _ = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size)
    return size.ws_col > 0 ? Int(size.ws_col) : 80
  }
}

/// Seconds that never run backwards, since they were first asked for: for measuring how long something took.
func monotonicSeconds() -> Double {
  let elapsed = (ContinuousClock.now - firstAsked).components
  return Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
}

private let firstAsked = ContinuousClock.now

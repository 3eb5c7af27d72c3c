import Glibc
import SnapshotModel

extension ChildProcess {
  /// What a child gets for ending by itself once it was told to.
  static let graceSeconds = 3.0
  private static let lookMilliseconds: Int32 = 10

  /// Of a clock that nobody sets and that stands still while the machine sleeps: for how long a child may run.
  static func clockSeconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// How waiting for a child came to its end.
  package enum Waited: Hashable, Sendable {
    case ended(Ending)
    /// It was asked to stop, and is gone.
    case interrupted
    /// It took longer than it may, and is gone.
    case timedOut
  }

  /// Waits for the end of the child, and brings it about where it is to stop or takes too long.
  ///
  /// - Parameters:
  ///   - secondsMax: counted from now; `nil` for as long as it takes.
  ///   - shouldStop: asked often.
  package func wait(secondsMax: Int? = nil, shouldStop: () -> Bool) -> Waited {
    let deadline = secondsMax.map { Self.clockSeconds() + Double($0) }
    while !hasEnded {
      if shouldStop() {
        end()
        return .interrupted
      }
      if let deadline, Self.clockSeconds() >= deadline {
        end()
        return .timedOut
      }
      poll(nil, 0, Self.lookMilliseconds)
    }
    return .ended(wait())
  }

  /// Asks the child to end and, where it does not, ends it: with SIGTERM, then with SIGKILL.
  package func end() {
    stop()
    let killAt = Self.clockSeconds() + Self.graceSeconds
    while !hasEnded {
      if Self.clockSeconds() >= killAt { stop(signal: SIGKILL) }
      poll(nil, 0, Self.lookMilliseconds)
    }
  }

  /// Waits, and passes on to the child the first SIGTERM or SIGHUP that this process gets meanwhile.
  ///
  /// - Parameter signal: the signal that this process was sent, else 0. A terminal sends SIGINT to both by itself.
  package func wait(passingOn signal: () -> Int32) -> Ending {
    var isPassedOn = false
    while !hasEnded {
      let number = signal()
      if !isPassedOn, [SIGTERM, SIGHUP].contains(number) {
        isPassedOn = true
        stop(signal: number)
      }
      usleep(20_000)
    }
    return wait()
  }
}

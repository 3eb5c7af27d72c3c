import Glibc
import SnapshotModel
import Synchronization

/// Ctrl-C, SIGTERM, and SIGHUP of a terminal that is gone.
///
/// A command that only looks ends at once. One that writes asks to be told (`defer`), stops where it is safe, and says
/// so; a second signal ends that, too, at once.
enum Interruption {
  private static let received = Atomic<Int32>(0)
  private static let isDeferred = Atomic<Bool>(false)

  /// The signal that came first; 0 when none did.
  static var signal: Int32 { received.load(ordering: .relaxed) }

  /// Whether to stop at the next safe place.
  static var isRequested: Bool { signal != 0 }

  /// A fault as the signal that came makes it: the libraries only know that they were to stop.
  static func named(_ fault: SnapFault) -> SnapFault {
    var fault = fault
    if fault.code == .interrupted, signal == SIGTERM { fault.code = .terminated }
    return fault
  }

  /// From now on the first signal only sets `isRequested`.
  static func `defer`() { isDeferred.store(true, ordering: .relaxed) }

  static func listen() {
    // Touches both: they are made on first use, which must not happen inside the handler.
    _ = (received.load(ordering: .relaxed), isDeferred.load(ordering: .relaxed))
    // The runtime's would print a stack trace and ask what to do.
    Glibc.signal(SIGQUIT, SIG_DFL)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      var action = sigaction()
      unsafe action.__sigaction_handler.sa_handler = { Interruption.handle($0) }
      // What a shell started with `nohup` or in the background ignores stays ignored.
      var previous = sigaction()
      unsafe sigaction(number, nil, &previous)
      if unsafe unsafeBitCast(previous.__sigaction_handler.sa_handler, to: Int.self) == 1 { continue }
      unsafe sigaction(number, &action, nil)
    }
  }

  /// Runs inside the signal handler: atomics, `write` and `_exit` only.
  private static func handle(_ number: Int32) {
    let isFirst = received.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged
    if isFirst, isDeferred.load(ordering: .relaxed) { return }
    // A terminal that goes sends it twice: the shell, then the kernel. Nobody is impatient.
    if !isFirst, number == SIGHUP { return }
    let text: StaticString = "\nsnap: interrupted\n"
    unsafe _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    _exit(128 + number)
  }
}

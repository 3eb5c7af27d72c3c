import Glibc
import SnapshotModel
import Synchronization

/// Names of files in `tmp/` that tell which process, of which boot of which machine, is writing them:
/// `tmp/<boot id, 8 digits>-<process id>-<random, 16 digits>`.
struct TemporaryNames: ~Copyable, Sendable {
  static let folder = "tmp"

  private let bootID = TemporaryNames.readBootID()
  private let random = Mutex(SystemRandomNumberGenerator())

  func next() -> String {
    let suffix = random.withLock { hexadecimal(ObjectID<Never>(using: &$0).bytes.prefix(8)) }
    return "\(Self.folder)/\(bootID)-\(getpid())-\(suffix)"
  }

  /// Whether the process that wrote `fileName` may still be running: it is of this boot and its id is in use, or it is
  /// of another machine (or boot), of which nothing can be known.
  ///
  /// - Returns: `nil` for a name that is not of this form.
  func owner(of fileName: String) -> Owner? {
    let parts = fileName.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].utf8.count == 8, parts[2].utf8.count == 16, let process = pid_t(parts[1]),
      process > 0
    else { return nil }
    guard parts[0] == bootID else { return .elsewhere }
    // EPERM: it runs, as another user.
    return kill(process, 0) == 0 || errno == EPERM ? .running : .gone
  }

  enum Owner { case running, gone, elsewhere }

  private static func readBootID() -> String {
    let file = unsafe open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "00000000" }
    defer { _ = close(file) }
    var bytes = [UInt8](repeating: 0, count: 8)
    // Unsafe: the kernel fills an array of ours.
    guard unsafe read(file, &bytes, 8) == 8 else { return "00000000" }
    return String(decoding: bytes, as: UTF8.self)
  }
}

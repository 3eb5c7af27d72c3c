import Glibc
import SnapshotModel

/// The machine that this process runs on.
package struct SystemMachine: Machine {
  package init() {}

  package func now() -> Timestamp {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: UInt32(time.tv_nsec))
  }

  /// From the kernel, getrandom(2).
  package func random() -> UInt64 {
    var system = SystemRandomNumberGenerator()
    return system.next()
  }

  package var process: ProcessIdentity {
    ProcessIdentity(host: Self.hostName, bootID: Self.bootID, number: getpid())
  }

  /// One a processor that is online, whether or not this process may run on it: whoever gives work mostly waits for the disk
  /// or for them.
  package var workerCount: Int { max(2, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  /// EPERM: it runs, as another user.
  package func isRunning(_ number: Int32) -> Bool { kill(number, 0) == 0 || errno == EPERM }

  /// What this machine calls itself.
  package static let hostName: String = {
    var name = utsname()
    guard unsafe uname(&name) == 0 else { return "localhost" }
    return unsafe withUnsafePointer(to: &name.nodename) { tuple in
      unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 65) { unsafe String(cString: $0) }
    }
  }()

  private static let bootID: String = {
    let file = unsafe open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { _ = close(file) }
    var bytes = [UInt8](repeating: 0, count: 64)
    // Unsafe: the kernel fills an array of ours.
    guard unsafe read(file, &bytes, bytes.count) > 0 else { return "" }
    return String(decoding: bytes.prefix { $0 > 32 }, as: UTF8.self)
  }()
}

import CLinux
import Glibc
import ObjectStores
import SnapshotModel
import Synchronization

/// A program that was started, with a pipe from its standard output (and error, when asked for).
///
/// Descriptors are closed with the value; a child that was not waited for is then waited for, so that no zombie stays.
package final class ChildProcess: Sendable {
  /// How a child ended.
  package enum Ending: Hashable, Sendable {
    case exited(Int32)
    case killed(signal: Int32)

    package var isSuccess: Bool { self == .exited(0) }

    /// `exited with 3`, `was killed by signal 9`.
    package var words: String {
      switch self {
      case .exited(let status): "exited with \(status)"
      case .killed(let signal): "was killed by signal \(signal)"
      }
    }
  }

  /// Where the child's standard error goes.
  package enum ErrorStream: Sendable {
    case inherited
    case captured
  }

  /// Where the child's standard output goes.
  package enum Output: Sendable {
    case piped
    case inherited
    /// To this process's standard error.
    case toError
  }

  /// What the child reads.
  package enum Input: Sendable {
    /// `/dev/null`.
    case none
    case inherited
    /// What is written to `inputDescriptor`.
    case piped
  }

  /// Write end of the pipe to the child's standard input; `nil` unless it is piped, and after `closeInput`.
  package var inputDescriptor: Int32? { inputEnd.withLock { $0 } }
  private let inputEnd = Mutex<Int32?>(nil)

  /// Read end of the pipe from the child's standard output.
  package let outputDescriptor: Int32
  package let errorDescriptor: Int32?
  private let leadsSession: Bool
  private static let pollMilliseconds: Int32 = 20
  private let process: pid_t
  private let ending = Mutex<Ending?>(nil)

  /// Starts `arguments[0]`, searched on the `PATH`.
  ///
  /// - Parameters:
  ///   - arguments: program and arguments, without NUL bytes.
  ///   - environment: `NAME=value` entries; `nil` for this process's own.
  ///   - folder: where it starts; `nil` for here.
  ///   - leadsSession: whether it and what it starts are a session of their own: `stop` reaches all of it, it does not
  ///     hear of a Ctrl-C, and it fails, rather than hangs, where it would ask for a password.
  /// - Throws: `SnapFault` `.commandFailed` that names the program when it cannot be started.
  package init(
    _ arguments: [[UInt8]], environment: [[UInt8]]? = nil, error: ErrorStream = .inherited,
    input: Input = .none, output destination: Output = .piped, folder: [UInt8]? = nil, leadsSession: Bool = false
  ) throws(SnapFault) {
    self.leadsSession = leadsSession
    let name = displayText(arguments.first ?? [])
    let output = try Self.pipe()
    let errorPipe = error == .captured ? try Self.pipe() : nil
    let inputPipe = input == .piped ? try Self.pipe() : nil
    defer {
      close(output.write)
      if let errorPipe { close(errorPipe.write) }
      if let inputPipe { close(inputPipe.read) }
    }

    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    switch input {
    case .none: unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    case .inherited: break
    case .piped: if let inputPipe { unsafe posix_spawn_file_actions_adddup2(&actions, inputPipe.read, 0) }
    }
    // Where it goes elsewhere, the pipe ends at once.
    switch destination {
    case .piped: unsafe posix_spawn_file_actions_adddup2(&actions, output.write, 1)
    case .inherited: break
    case .toError: unsafe posix_spawn_file_actions_adddup2(&actions, 2, 1)
    }
    if let errorPipe { unsafe posix_spawn_file_actions_adddup2(&actions, errorPipe.write, 2) }

    // The child must not inherit what this process ignores or blocks: a dump command expects to die of SIGPIPE.
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var defaults = sigset_t()
    unsafe sigemptyset(&defaults)
    unsafe sigaddset(&defaults, SIGPIPE)
    unsafe posix_spawnattr_setsigdefault(&attributes, &defaults)
    var blocked = sigset_t()
    unsafe sigemptyset(&blocked)
    unsafe posix_spawnattr_setsigmask(&attributes, &blocked)
    let sessionFlag = leadsSession ? linux_POSIX_SPAWN_SETSID : 0
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | sessionFlag))

    if let folder {
      let status = unsafe withCStrings([folder]) { unsafe linux_spawn_in_folder(&actions, $0[0]) }
      precondition(status == 0, "no memory for a path")
    }
    var identifier = pid_t()
    let status = unsafe withCStrings(arguments) { argumentPointers in
      guard let program = unsafe argumentPointers[0] else { return EINVAL }
      guard let environment else {
        return unsafe posix_spawnp(&identifier, program, &actions, &attributes, argumentPointers, environ)
      }
      return unsafe withCStrings(environment) {
        unsafe posix_spawnp(&identifier, program, &actions, &attributes, argumentPointers, $0)
      }
    }
    guard status == 0 else {
      close(output.read)
      if let errorPipe { close(errorPipe.read) }
      if let inputPipe { close(inputPipe.write) }
      throw SnapFault(.commandFailed, "cannot run '\(name)': \(errorText(status))")
    }
    process = identifier
    outputDescriptor = output.read
    errorDescriptor = errorPipe?.read
    if let inputPipe {
      // A write then takes what the pipe has room for, and does not wait for a child that never reads.
      _ = fcntl(inputPipe.write, F_SETFL, O_NONBLOCK)
      inputEnd.withLock { $0 = inputPipe.write }
    }
  }

  deinit {
    close(outputDescriptor)
    if let errorDescriptor { close(errorDescriptor) }
    closeInput()
    _ = wait()
  }

  /// Tells the child that its input has ended.
  package func closeInput() {
    inputEnd.withLock { end in
      if let descriptor = end { close(descriptor) }
      end = nil
    }
  }

  /// Sends a signal to the child, and to all of its session's first group if it leads a session; nothing once it was waited for, for the
  /// number may be another's then.
  package func stop(signal: Int32 = SIGTERM) {
    ending.withLock { ending in
      if ending == nil { _ = kill(leadsSession ? -process : process, signal) }
    }
  }

  /// Writes all of `bytes` to the child's standard input.
  ///
  /// - Parameter shouldStop: asked often while the child does not read.
  /// - Returns: `false` when the child reads no more, or it was to stop.
  package func write(_ bytes: ArraySlice<UInt8>, shouldStop: () -> Bool = { false }) -> Bool {
    guard let descriptor = inputDescriptor else { return false }
    var rest = bytes
    while !rest.isEmpty {
      var isReady = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      let readyCount = unsafe poll(&isReady, 1, Self.pollMilliseconds)
      if shouldStop() { return false }
      if readyCount == 0 || (readyCount < 0 && errno == EINTR) { continue }
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Everything that the child writes until it closes both streams.
  ///
  /// - Parameter byteCountMax: what exceeds it is read and dropped.
  package func readAll(byteCountMax: Int = 64 << 20) -> (output: [UInt8], error: [UInt8]) {
    var streams: [(descriptor: Int32, bytes: [UInt8])] = [(outputDescriptor, [])]
    if let errorDescriptor { streams.append((errorDescriptor, [])) }
    var isOpen = streams.map { _ in true }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while isOpen.contains(true) {
      var polls = streams.indices.map {
        pollfd(fd: isOpen[$0] ? streams[$0].descriptor : -1, events: Int16(POLLIN), revents: 0)
      }
      let count = nfds_t(polls.count)
      guard unsafe poll(&polls, count, -1) >= 0 || errno == EINTR else { break }
      for at in streams.indices where isOpen[at] && polls[at].revents != 0 {
        let count = unsafe read(streams[at].descriptor, &buffer, 1 << 16)
        if count > 0 {
          streams[at].bytes += buffer[..<count].prefix(byteCountMax - streams[at].bytes.count)
        } else if count == 0 || errno != EINTR {
          isOpen[at] = false
        }
      }
    }
    return (streams[0].bytes, streams.count > 1 ? streams[1].bytes : [])
  }

  /// Whether the child has ended; does not wait.
  package var hasEnded: Bool {
    ending.withLock { ending in
      if ending != nil { return true }
      var status: Int32 = 0
      guard unsafe waitpid(process, &status, WNOHANG) == process else { return false }
      ending = Self.ending(of: status)
      return true
    }
  }

  private static func ending(of status: Int32) -> Ending {
    let signal = status & 0x7F
    return signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: signal)
  }

  /// Waits until the child has ended; later calls return the same.
  package func wait() -> Ending {
    ending.withLock { ending in
      if let ending { return ending }
      var status: Int32 = 0
      while unsafe waitpid(process, &status, 0) < 0 && errno == EINTR {}
      let result = Self.ending(of: status)
      ending = result
      return result
    }
  }

  private static func pipe() throws(SnapFault) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard unsafe Glibc.pipe(&ends) == 0 else {
      throw SnapFault(.failed, "cannot make a pipe: \(errorText(errno))")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }
}

/// Calls `body` with a NULL-terminated array of C strings that lives as long as the call.
private func withCStrings<Result>(
  _ texts: [[UInt8]], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  let copies: [UnsafeMutablePointer<CChar>?] = unsafe texts.map { text in
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.count + 1)
    for (at, byte) in text.enumerated() { unsafe copy[at] = CChar(bitPattern: byte) }
    unsafe copy[text.count] = 0
    return unsafe copy
  }
  defer { unsafe copies.forEach { unsafe $0?.deallocate() } }
  let terminated = unsafe copies + [nil]
  return unsafe terminated.withUnsafeBufferPointer { unsafe body($0.baseAddress.unsafelyUnwrapped) }
}

import Glibc
import ObjectStores
import SnapshotModel

/// One dump command while it runs: what it has written that nobody took yet, and what must hold at its end.
///
/// Memory: `outputBytesMax` and some kilobytes.
final class RunningDump {
  /// What is handed on at once.
  static let outputBytesMax = 1 << 20
  /// Of the command's complaints the last are kept.
  static let errorBytesMax = 4 << 10
  /// How far from the end the completion line may stand: programs add a line or two behind it.
  static let endingBytes = 512

  let specification: DumpSpecification
  let process: ChildProcess
  private(set) var output: [UInt8] = []
  private(set) var byteCount: UInt64 = 0
  private var tail: [UInt8] = []
  private var errorText: [UInt8] = []
  private var json: JSONCheck?
  private var isOutputOpen = true
  private var isErrorOpen = true
  private let deadline: Double
  private var killAt: Double?
  private var hasTimedOut = false
  private var isKilled = false
  private var readFailure: Int32 = 0

  init(_ specification: DumpSpecification, environment: [[UInt8]], folder: [UInt8]) throws(SnapFault) {
    self.specification = specification
    json = specification.mustBeJSON ? JSONCheck() : nil
    deadline = ChildProcess.clockSeconds() + Double(specification.secondsMax)
    do throws(SnapFault) {
      process = try ChildProcess(
        specification.command.pipeArguments, environment: environment, error: .captured, folder: folder,
        leadsSession: true)
    } catch {
      throw SnapFault(.commandFailed, "dump '\(specification.name)' failed: \(error.message)")
    }
  }

  /// What to wait for.
  var polls: [pollfd] {
    [
      pollfd(fd: isOutputOpen ? process.outputDescriptor : -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: isErrorOpen ? process.errorDescriptor ?? -1 : -1, events: Int16(POLLIN), revents: 0),
    ]
  }

  /// Whether nothing more will come from it, be it over or not.
  var hasClosed: Bool { !isOutputOpen }

  /// Whether nothing more will come, and the command is over.
  var hasEnded: Bool { !isOutputOpen && !isErrorOpen && (isKilled || process.hasEnded) }

  /// Reads what is there, and ends the command when its time is up.
  func advance(output outputIsReady: Bool, error errorIsReady: Bool, buffer: inout [UInt8]) {
    if outputIsReady { isOutputOpen = readOutput(&buffer) }
    if errorIsReady { readError(&buffer) }
    // A daemon that the command has left behind may keep its standard error for ever: what is in the pipe counts.
    if !isOutputOpen, isErrorOpen, process.hasEnded, !errorIsReady { isErrorOpen = false }
    endInTime()
  }

  private func readError(_ buffer: inout [UInt8]) {
    guard let descriptor = process.errorDescriptor else { return }
    let count = unsafe read(descriptor, &buffer, buffer.count)
    if count > 0 {
      errorText = Array((errorText + buffer[..<count]).suffix(Self.errorBytesMax))
    } else if count == 0 || errno != EINTR {
      isErrorOpen = false
    }
  }

  private func readOutput(_ buffer: inout [UInt8]) -> Bool {
    let count = unsafe read(process.outputDescriptor, &buffer, buffer.count)
    guard count > 0 else {
      if count < 0, errno == EINTR { return true }
      if count < 0 { readFailure = errno }
      return false
    }
    let bytes = buffer[..<count]
    output += bytes
    byteCount += UInt64(count)
    json?.add(bytes)
    if !specification.ending.isEmpty {
      tail = Array(
        (tail.suffix(Self.endingBytes + specification.ending.count) + bytes)
          .suffix(Self.endingBytes + specification.ending.count))
    }
    return true
  }

  private func endInTime() {
    let now = ChildProcess.clockSeconds()
    if let killAt, now >= killAt {
      process.stop(signal: SIGKILL)
      isKilled = true
      // Whoever has left the group may hold the pipes: they are not waited for.
      isOutputOpen = false
      isErrorOpen = false
    } else if killAt == nil, now >= deadline {
      hasTimedOut = true
      process.stop()
      killAt = now + ChildProcess.graceSeconds
    }
  }

  func takeOutput() -> [UInt8] {
    defer { output = [] }
    return output
  }

  /// Why the output is of no use; `nil` when it is whole. Waits for the command's end.
  func failure() -> String? {
    let ending = process.wait()
    let name = "dump '\(specification.name)'"
    if hasTimedOut {
      return "\(name) was stopped: it ran longer than its timeout of \(counted(specification.secondsMax, "second"))"
    }
    switch ending {
    case .exited(0): break
    case .exited(let status): return "\(name) failed: exited with \(status)\(complaint)"
    case .killed(let signal): return "\(name) failed: killed by signal \(signal)\(complaint)"
    }
    if readFailure != 0 { return "\(name) cannot be read: \(ObjectStores.errorText(readFailure))" }
    if byteCount < specification.byteCountMin {
      return "\(name) wrote \(formatted(byteCount: byteCount)), less than its minimum-size of "
        + "\(formatted(byteCount: specification.byteCountMin))\(complaint)"
    }
    if let json, !json.isWhole {
      let place =
        json.failureOffset.map { "wrong from byte \(formatted(count: $0)) on" } ?? "it ends before the text does"
      return "\(name) is not JSON: \(place)"
    }
    if !specification.ending.isEmpty, !tail.contains(specification.ending) {
      return "\(name) does not end with '\(displayText(specification.ending))'; it was probably cut short"
    }
    return nil
  }

  /// The last lines of the command's standard error, on one.
  private var complaint: String {
    let lines = errorText.split(separator: UInt8(ascii: "\n")).suffix(4)
    let text = lines.map { line in
      displayText(line.filter { $0 != UInt8(ascii: "\r") }.map { $0 == UInt8(ascii: "\t") ? UInt8(ascii: " ") : $0 })
    }.joined(separator: " / ")
    return text.isEmpty ? "" : ": " + withoutSecrets(text)
  }
}

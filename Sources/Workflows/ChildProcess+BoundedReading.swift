import Glibc

extension ChildProcess {
  /// What came of reading all that a child writes.
  enum BoundedOutput: Hashable, Sendable {
    /// Output, the first line of its complaints, and how it ended.
    case whole([UInt8], complaint: [UInt8], Ending)
    /// More than it may, or for longer: the child is gone.
    case tooLong
    case timedOut
    /// It was asked to stop, and is gone.
    case interrupted
  }

  private static let pollMillisecondsMax: Int32 = 100
  private static let complaintBytesMax = 4 << 10

  /// Reads to the end what a child writes, and ends the child where that is too much.
  ///
  /// - Parameters:
  ///   - secondsMax: counted from now.
  ///   - shouldStop: asked often.
  func readAll(byteCountMax: Int, secondsMax: Int, shouldStop: () -> Bool) -> BoundedOutput {
    let deadline = Self.clockSeconds() + Double(secondsMax)
    var output: [UInt8] = []
    var complaints: [UInt8] = []
    var descriptors = [outputDescriptor, errorDescriptor ?? -1]
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while descriptors != [-1, -1] {
      var polls = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      _ = unsafe poll(&polls, nfds_t(polls.count), Self.pollMillisecondsMax)
      for at in polls.indices where descriptors[at] >= 0 && polls[at].revents != 0 {
        let count = unsafe read(descriptors[at], &buffer, buffer.count)
        if count > 0 {
          if at == 0 { output += buffer[..<count] } else { complaints += buffer[..<count] }
          complaints = Array(complaints.prefix(Self.complaintBytesMax))
        } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
          descriptors[at] = -1
        }
      }
      if let reason = reasonToEnd(output.count > byteCountMax, deadline, shouldStop) {
        end()
        return reason
      }
    }
    let line = complaints.prefix { $0 != UInt8(ascii: "\n") }
    return .whole(output, complaint: Array(line), wait())
  }

  private func reasonToEnd(_ isTooLong: Bool, _ deadline: Double, _ shouldStop: () -> Bool) -> BoundedOutput? {
    if isTooLong { return .tooLong }
    if shouldStop() { return .interrupted }
    return Self.clockSeconds() >= deadline ? .timedOut : nil
  }
}

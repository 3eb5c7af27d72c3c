import SnapshotModel

/// Names of files in `tmp/` that tell which process, of which boot of which machine, is writing them:
/// `tmp/<boot id, 8 digits>-<process id>-<random, 16 digits>`.
struct TemporaryNames: Sendable {
  static let folder = "tmp"

  private let machine: any Machine
  private let bootID: String
  private let prefix: String

  init(machine: any Machine) {
    self.machine = machine
    let process = machine.process
    bootID = process.bootID.isEmpty ? "00000000" : String(process.bootID.prefix(8))
    prefix = "\(Self.folder)/\(bootID)-\(process.number)-"
  }

  func next() -> String { prefix + hexadecimal((machine.newID() as ObjectID<Never>).bytes.prefix(8)) }

  /// Whether the process that wrote `fileName` may still be running: it is of this boot and its id is in use, or it is
  /// of another machine (or boot), of which nothing can be known.
  ///
  /// - Returns: `nil` for a name that is not of this form.
  func owner(of fileName: String) -> Owner? {
    let parts = fileName.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].utf8.count == 8, parts[2].utf8.count == 16, let process = Int32(parts[1]),
      process > 0
    else { return nil }
    guard parts[0] == bootID else { return .elsewhere }
    return machine.isRunning(process) ? .running : .gone
  }

  enum Owner { case running, gone, elsewhere }
}

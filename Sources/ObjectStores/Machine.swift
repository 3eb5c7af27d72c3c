import SnapshotModel

/// What a store learns from the machine besides its files: the time, names that nobody else takes, and which processes run.
///
/// A seam: tests simulate machines whose clocks jump and whose processes die. Keys and salts are never drawn from here.
package protocol Machine: Sendable {
  func now() -> Timestamp
  /// 64 bits for the names of objects.
  func random() -> UInt64
  /// The process that works on the store.
  var process: ProcessIdentity { get }
  /// How many threads work beside the one that gives them work; 0: it does all of it itself, in an order that can be foretold.
  var workerCount: Int { get }
  /// Whether a process of this machine, since its last start, is running.
  func isRunning(_ number: Int32) -> Bool
}

/// A process among all of all machines.
package struct ProcessIdentity: Hashable, Sendable {
  /// What its machine calls itself.
  package var host: String
  /// Differs after each start of the machine; empty where the system does not tell.
  package var bootID: String
  package var number: Int32

  package init(host: String, bootID: String, number: Int32) {
    self.host = host
    self.bootID = bootID
    self.number = number
  }
}

extension Machine {
  /// A name that no other object has.
  package func newID<Kind>() -> ObjectID<Kind> {
    var source = RandomSource(machine: self)
    return ObjectID(using: &source)
  }
}

private struct RandomSource: RandomNumberGenerator {
  let machine: any Machine

  mutating func next() -> UInt64 { machine.random() }
}

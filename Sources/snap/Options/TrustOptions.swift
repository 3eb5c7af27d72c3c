import ArgumentParser
import SnapshotModel

/// What an encrypted repository must still hold, or need not hold any more.
struct TrustOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Refuse an encrypted repository that does not hold this head.", valueName: "hash", visibility: .hidden))
  var expectHead: String?

  @Flag(help: ArgumentHelp("Go on though versions are gone that nothing forgot.", visibility: .hidden))
  var acceptRollback = false

  static let valueFlags = ["--expect-head"]
  static let plainFlags = ["--accept-rollback"]

  /// - Throws: `SnapFault` `.usage` for a head that cannot be one.
  func check() throws {
    guard let expectHead else { return }
    guard bytes(hexadecimal: expectHead)?.count == 32 else {
      throw SnapFault(
        .usage, "--expect-head: '\(ArgumentText.display(expectHead))' is not a head of 64 hexadecimal digits",
        hint: "snap show prints it")
    }
  }
}

import SnapshotModel

/// What a restore did, or with `isDryRun` would have done.
package struct RestoreSummary: Sendable {
  /// Regular files written.
  package var files = 0
  /// Folders made.
  package var folders = 0
  /// Symbolic links made.
  package var symbolicLinks = 0
  /// Further names made of files that stand under another name.
  package var hardLinks = 0
  /// Fifos, sockets and devices made.
  package var specialFiles = 0
  package var bytesWritten: UInt64 = 0
  /// Files and links found equal and left.
  package var unchanged = 0
  /// Files and links found equal in content, whose owner, mode, time or attributes were corrected.
  package var adjusted = 0
  /// Files and links left because of the overwrite mode.
  package var kept = 0
  /// Files, links and folders removed.
  package var deleted = 0
  /// Files whose content could not be read whole, in no particular order.
  package var damaged: [ArchivePath] = []
  /// Everything that is not as the snapshot has it, at most `faultCountMax` of them.
  package var faults: [SnapFault] = []
  package var faultCount = 0
  /// Items in folders that could not be used, beside the fault for each such folder.
  package var notRestored = 0
  package var ownersNotRestored = 0
  package var attributesNotRestored = 0
  /// Items that went without a set-user-id bit, a device node or a `security.*` attribute.
  package var privilegesWithheld = 0
  package var isRoot = false
  package var isDryRun = false

  /// More are only counted: a full list of a million failures helps nobody and costs memory.
  package static let faultCountMax = 1000

  package init() {}

  /// One line for each cause that did not keep content from being restored; exit status 0.
  package var notes: [String] {
    var notes: [String] = []
    if notRestored > 0 {
      notes.append("\(counted(notRestored, "item")) not restored, in folders that could not be used")
    }
    if ownersNotRestored > 0 {
      notes.append("owners not restored for \(counted(ownersNotRestored, "file"))\(isRoot ? "" : " (not root)")")
    }
    if attributesNotRestored > 0 {
      notes.append("extended attributes not restored for \(counted(attributesNotRestored, "file"))")
    }
    if privilegesWithheld > 0 {
      let remedy = isRoot ? "give --preserve-privileged" : "run as root with --preserve-privileged"
      notes.append(
        "set-user-id bits, devices and security attributes not restored for \(counted(privilegesWithheld, "file"));"
          + " to have them, \(remedy)")
    }
    return notes
  }

  /// Why the restore as a whole is not a plain success; `nil` when it is. The gravest cause wins.
  package var outcome: FaultCode? {
    if !damaged.isEmpty, !codes.contains(.inputOutput) { return .damage }
    for code in [FaultCode.inputOutput, .network, .damage, .refused] where codes.contains(code) { return code }
    return faultCount > 0 ? .warnings : nil
  }

  private(set) var codes: Set<FaultCode> = []

  mutating func add(_ fault: SnapFault) {
    faultCount += 1
    codes.insert(fault.code)
    if faults.count < Self.faultCountMax { faults.append(fault) }
  }

  mutating func add(_ other: RestoreSummary) {
    files += other.files
    folders += other.folders
    symbolicLinks += other.symbolicLinks
    hardLinks += other.hardLinks
    specialFiles += other.specialFiles
    bytesWritten = saturatingSum(bytesWritten, other.bytesWritten)
    unchanged += other.unchanged
    adjusted += other.adjusted
    kept += other.kept
    deleted += other.deleted
    damaged += other.damaged
    faultCount += other.faultCount
    faults += other.faults.prefix(max(0, Self.faultCountMax - faults.count))
    codes.formUnion(other.codes)
    notRestored += other.notRestored
    ownersNotRestored += other.ownersNotRestored
    attributesNotRestored += other.attributesNotRestored
    privilegesWithheld += other.privilegesWithheld
  }
}

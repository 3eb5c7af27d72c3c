import SnapshotModel
import Workflows

/// A `snap.yml` that was written for a project.
struct ConfigurationDraft {
  private let profile: ProjectProfile

  /// - Parameter always: also for a project in which nothing was found that it would speak about.
  /// - Returns: `nil` when none was written: never over one that is there.
  static func write(inProject root: [UInt8], always: Bool) throws -> ConfigurationDraft? {
    let path = FileSystemPath.joined(root, below: Array(ProjectConfiguration.fileName.utf8))
    if FileSystemPath.exists(path) { return nil }
    let profile = ProjectProfile(ofProject: root)
    guard always || !profile.isEmpty else { return nil }
    try FileSystemPath.createSmallFile(path, Array(ConfigurationTemplate.text(for: profile).utf8), mode: 0o644)
    return ConfigurationDraft(profile: profile)
  }

  /// Whether a save without a name is called as the project is.
  var namesVersions: Bool { profile.version != nil }

  func tell(_ session: Session) throws {
    let findings = ConfigurationTemplate.findings(in: profile)
    try session.output.line("wrote \(ProjectConfiguration.fileName)\(findings.isEmpty ? "" : ":")")
    for finding in findings { try session.output.line("  \(finding)") }
  }
}

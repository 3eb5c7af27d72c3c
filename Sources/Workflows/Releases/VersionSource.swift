import SnapshotModel

/// Where a version's name comes from: where a project writes down its own, or the clock.
package enum VersionSource: String, CaseIterable, Sendable {
  /// The first of the others that there is, in this order.
  case auto
  case packageJSON = "package.json"
  case pyproject = "pyproject.toml"
  case cargo = "Cargo.toml"
  case git
  /// The time of the save.
  case time

  /// The version's name. A number, as files have it, gets a `v` in front, as tags have it: `1.2.0` is `v1.2.0`.
  ///
  /// - Returns: `nil` for the time.
  /// - Throws: `SnapFault` that names the file and what it lacks.
  package func versionName(in folder: [UInt8]) throws(SnapFault) -> VersionName? {
    switch self {
    case .time: return nil
    case .auto: return try Self.firstVersionName(in: folder)
    case .git: return try Self.described(in: folder)
    case .packageJSON, .pyproject, .cargo:
      guard let name = try fromFile(in: folder) else {
        throw SnapFault(
          .failed, "there is no \(rawValue) in \(displayText(folder)) to take the version from",
          hint: "give the version's name: snap save v1.2.0", path: displayText(folder))
      }
      return name
    }
  }

  private static let files = [VersionSource.packageJSON, .pyproject, .cargo]

  /// The first file that says a version.
  static func file(in folder: [UInt8]) -> (source: VersionSource, name: VersionName)? {
    for source in files {
      // One that says none is none; a save that is to take its version from there tells why it cannot.
      if let name = try? source.fromFile(in: folder) { return (source, name) }
    }
    return nil
  }

  private static func firstVersionName(in folder: [UInt8]) throws(SnapFault) -> VersionName {
    for source in files {
      if let name = try source.fromFile(in: folder) { return name }
    }
    return try described(in: folder)
  }

  /// - Returns: `nil` when there is no such file.
  private func fromFile(in folder: [UInt8]) throws(SnapFault) -> VersionName? {
    let path = folder + [UInt8(ascii: "/")] + Array(rawValue.utf8)
    guard let bytes = try SmallFile.read(path)?.bytes else { return nil }
    let (version, place): (String?, String) =
      switch self {
      case .packageJSON: (JSONMembers.string("version", in: bytes), "\"version\"")
      case .pyproject:
        (
          TOMLKeys.string("version", inTable: "project", of: bytes)
            ?? TOMLKeys.string("version", inTable: "tool.poetry", of: bytes), "version in [project]"
        )
      default: (TOMLKeys.string("version", inTable: "package", of: bytes), "version in [package]")
      }
    guard let version, !version.isEmpty else {
      throw SnapFault(
        .failed, "'\(displayText(path))' has no \(place) to take the version from",
        hint: "give the version's name: snap save v1.2.0", path: displayText(path))
    }
    return try VersionName(version.first?.isNumber ?? false ? "v" + version : version)
  }

  /// The tag that the tree is at, or the last one and how far it has come since.
  private static func described(in folder: [UInt8]) throws(SnapFault) -> VersionName {
    let reason: String
    switch GitProbe.state(of: folder) {
    case .state(let state) where !state.describe.isEmpty: return try VersionName(state.describe)
    case .state: reason = "git has no commit yet"
    case .notARepository: reason = "\(displayText(folder)) is not under git"
    case .unavailable(let complaint): reason = complaint
    }
    throw SnapFault(
      .failed, "no version to take a name from: \(reason)", hint: "give the version's name: snap save v1.2.0")
  }
}

import Foundation

/// A program that keeps versions of a folder, and its store.
protocol Program: AnyObject {
  static var kind: ProgramKind { get }
  /// What the store is measured as: this and everything below it.
  var store: URL { get }

  /// - Parameter home: an empty folder for the store, caches and settings.
  init(home: URL) throws
  func save(_ version: String, of folder: URL) -> Command
  func list() -> Command
  func diff(_ old: String, _ new: String) throws -> Command
  func restore(_ version: String, to target: URL) -> Command
  /// Makes the store as small as the program can without being asked for the utmost; `nil` where there is no such command.
  func compact() -> Command?
  /// Reads and checks everything that is stored; `nil` where there is no such command.
  func verify() -> Command?
}

extension Program {
  var name: String { Self.kind.rawValue }
  func compact() -> Command? { nil }
  func verify() -> Command? { nil }

  /// Bytes of all files of the store.
  var byteCount: Int { statWalk(store).bytes }
}

/// The programs that can be measured.
enum ProgramKind: String, CaseIterable {
  case snap, restic, borg, git

  /// - Parameter home: an empty folder.
  func make(home: URL) throws -> any Program {
    switch self {
    case .snap: try Snap(home: home)
    case .restic: try Restic(home: home)
    case .borg: try Borg(home: home)
    case .git: try Git(home: home)
    }
  }

  /// As it names itself.
  var version: String? {
    let command = Command([rawValue, self == .restic ? "version" : "--version"])
    return try? command.output().split(separator: "\n").first.map {
      $0.split(separator: " ").prefix(3).joined(separator: " ")
    }
  }
}

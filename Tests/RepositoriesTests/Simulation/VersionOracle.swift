import SnapshotModel
import Synchronization
import TestSupport

@testable import Repositories

/// What must be listed, what may be, and what every version holds, as those who changed it were told.
final class VersionOracle: Sendable, CustomStringConvertible {
  enum Fate {
    /// Somebody is at it, or was cut short: there or not, but whole where it is there.
    case unsure
    case saved
    case forgotten
  }

  struct Version {
    var tree: RepositoryFixture.Tree
    var fate: Fate
    var wasSaved = false
    /// How often somebody began to change its fate.
    var changes = 0
    /// A version is forgotten once more only by whoever did not take it back (docs/RELIABILITY.md).
    var wasTakenBack = false
  }

  private struct State {
    var versions: [String: Version] = [:]
    var violations: [String] = []
    /// Of which somebody last set about to change the fate.
    var lastChanged: String?
  }

  private let state = Mutex(State())

  var description: String {
    "saved \(names(.saved)), forgotten \(names(.forgotten)), unsure \(names(.unsure))"
  }

  var violations: [String] { state.withLock { $0.violations } }
  func violate(_ text: String) { state.withLock { $0.violations.append(text) } }

  func version(_ name: String) -> Version? { state.withLock { $0.versions[name] } }
  func names(_ fate: Fate) -> [String] {
    state.withLock { $0.versions.filter { $0.value.fate == fate }.keys.sorted() }
  }

  /// A version that is there, as it was when somebody wanted it.
  struct Wanted {
    var name: String
    var tree: RepositoryFixture.Tree
    var changes: Int
  }

  func anySaved(_ generator: inout SeededGenerator) -> Wanted? {
    names(.saved).randomElement(using: &generator).flatMap { name in
      version(name).map { Wanted(name: name, tree: $0.tree, changes: $0.changes) }
    }
  }

  func anyTree(_ generator: inout SeededGenerator) -> RepositoryFixture.Tree? {
    names([.saved, .forgotten].randomElement(using: &generator) ?? .saved).randomElement(using: &generator)
      .flatMap { version($0)?.tree }
  }

  /// Whether nobody has set about to forget it.
  func isUntouched(_ wanted: Wanted) -> Bool { version(wanted.name)?.changes == wanted.changes }

  func begin(saving name: String, _ tree: RepositoryFixture.Tree) {
    state.withLock { $0.versions[name] = Version(tree: tree, fate: .unsure) }
  }

  /// Somebody sets about to change the fate of some versions.
  func begin(changing names: [String]) {
    set(names, .unsure)
    state.withLock { $0.lastChanged = names.first ?? $0.lastChanged }
  }

  /// What a version held that somebody is forgetting, or has just forgotten: what a collector is about to take away.
  var treeInDanger: RepositoryFixture.Tree? {
    state.withLock { state in state.lastChanged.flatMap { state.versions[$0]?.tree } }
  }

  func set(_ names: [String], _ fate: Fate) {
    state.withLock { state in
      for name in names {
        if state.versions[name]?.fate == .forgotten, fate == .saved { state.versions[name]?.wasTakenBack = true }
        state.versions[name]?.fate = fate
        if fate == .saved { state.versions[name]?.wasSaved = true }
        state.versions[name]?.changes += 1
      }
    }
  }

  /// When nobody is at work any more: what is listed was saved, or taken back; what was saved and is not listed is forgotten.
  ///
  /// A save that was cut short leaves its record in a pack, and `repair index` may find it there.
  func settle(_ repository: Repository) throws {
    let listed = Set(try repository.snapshots().map(\.snapshot.version))
    repository.close()
    for name in names(.unsure) {
      if listed.contains(name) {
        set([name], .saved)
      } else if version(name)?.wasSaved == true {
        set([name], .forgotten)
      }
    }
  }

  /// Compares what is listed when nobody else is at work, and reads every version.
  func check(_ repository: Repository, _ moment: String) {
    do {
      let listed = try repository.snapshots().map(\.snapshot)
      let names = Set(listed.map(\.version))
      if names.count < listed.count { violate("\(moment): versions are listed twice") }
      for (name, version) in state.withLock({ $0.versions }).sorted(by: { $0.key < $1.key }) {
        if version.fate == .saved, !names.contains(name) { violate("\(moment): \(name) is lost") }
        if version.fate == .forgotten, names.contains(name) { violate("\(moment): \(name) is back") }
      }
      for snapshot in listed {
        guard let version = version(snapshot.version) else {
          violate("\(moment): \(snapshot.version) was never saved")
          continue
        }
        if try repository.tree(of: snapshot) != version.tree {
          violate("\(moment): wrong bytes in \(snapshot.version)")
        }
      }
    } catch {
      violate("\(moment): \(error)")
    }
  }
}

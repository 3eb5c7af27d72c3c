import FileTrees
import SnapshotModel
import Synchronization

/// What a restore would do to each path, for `restore --list`; called from several threads.
///
/// Folders that stay as they are are left out. Memory: a line for each item.
final class RestoreListing: RestoreEvents {
  struct Item {
    var action: RestoreAction
    var path: ArchivePath
    var kind: EntryKind

    /// What becomes of what is there.
    var verb: String {
      switch action {
      case .created: "new"
      case .replaced: "replaced"
      case .unchanged: "same"
      case .adjusted: "corrected"
      case .kept: "kept"
      case .deleted: "deleted"
      }
    }

    /// With a slash behind a folder.
    var shownPath: [UInt8] {
      path.isRoot ? Array("./".utf8) : path.bytes + (kind == .directory ? [UInt8(ascii: "/")] : [])
    }
  }

  private let found = Mutex<[Item]>([])
  /// Hears of what cannot be restored.
  private let reporter: RestoreReporter

  init(reporter: RestoreReporter) { self.reporter = reporter }

  var shouldStop: Bool { Interruption.isRequested }

  func restore(did action: RestoreAction, path: ArchivePath, kind: EntryKind, byteCount: UInt64) {
    if kind == .directory, action == .unchanged { return }
    found.withLock { $0.append(Item(action: action, path: path, kind: kind)) }
  }

  func restore(failed fault: SnapFault, path: ArchivePath) { reporter.restore(failed: fault, path: path) }

  /// - Parameter sizes: of the regular files that the version has, by their paths in the target.
  func write(sizes: [ArchivePath: UInt64], to session: Session) throws {
    let items = found.withLock { $0 }.sorted { $0.path < $1.path }
    // What goes has no size in the version.
    func size(_ item: Item) -> UInt64? { item.action == .deleted || item.kind != .file ? nil : sizes[item.path] }
    if session.isJSON {
      for item in items {
        var object = JSONObject(["message_type": "verbose_status", "action": .string(item.verb)])
        object.setPath(named: "item", item.path.bytes)
        object["type"] = .string(item.kind.word)
        object["size"] = size(item).map { .unsigned($0) } ?? .null
        try session.json(object)
      }
    } else if session.output.isTerminal {
      var table = Table([.init(title: "WOULD BE"), .init(title: "SIZE", alignment: .right), .init(title: "PATH")])
      for item in items {
        table.append([
          item.verb, size(item).map { formatted(byteCount: $0) } ?? "", displayText(item.shownPath),
        ])
      }
      if !items.isEmpty { try session.output.write(table.aligned.utf8) }
    } else {
      for item in items {
        let head = "\(item.verb)\t\(size(item).map { "\($0)" } ?? "")\t"
        try session.output.write(Array(head.utf8) + item.shownPath + [UInt8(ascii: "\n")])
      }
    }
  }
}

import ObjectStores
import Packing
import SnapshotModel

/// Every record and every label as it lies in the store: the index may hold a better copy of it.
struct RecordCheck {
  private let repository: Repository

  init(_ repository: Repository) { self.repository = repository }

  func run(into report: inout VerifyReport) throws {
    for lost in try repository.lostSnapshots() {
      report.problems.append(
        SnapFault(
          .damage, repository.lostText(lost), hint: "snap repair", path: ObjectName.snapshot(lost.id).path))
    }
    // Snapshots that can be read, be it from the index or from a pack.
    let known = Set(try repository.snapshots().map(\.snapshot.id))
    for folder in [ObjectFolder.snapshots, .trash, .labels] {
      for name in try repository.store.list(folder) {
        guard let id = name.snapshotID, let problem = try problem(name, id, folder, isKnown: known.contains(id)) else {
          continue
        }
        report.problems.append(problem)
      }
    }
  }

  private func problem(
    _ name: ObjectName, _ id: SnapshotID, _ folder: ObjectFolder, isKnown: Bool
  ) throws -> SnapFault? {
    do {
      let record = try repository.store.read(name, isStrict: true)
      if folder == .labels {
        _ = try LabelsCoder.decode(record)
      } else if !SnapshotCoder.isVoid(record), try SnapshotCoder.decode(record).id != id {
        throw PackingError.damaged(what: "snapshot record")
      }
      return nil
    } catch ObjectStoreError.missing {
      return nil  // Moved or deleted meanwhile.
    } catch let error as PackingError where folder == .labels {
      return SnapFault(
        .damage, "the labels of snapshot \(id.short): \(error)",
        hint: "snap repair drops them; snap tag, note and hold say again what they said", path: name.path)
    } catch let error as PackingError {
      let copy = isKnown ? "a copy of it is whole" : "and no pack holds a copy"
      return SnapFault(.damage, "snapshot \(id.short): \(error); \(copy)", hint: "snap repair", path: name.path)
    }
  }
}

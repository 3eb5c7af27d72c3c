import FileTrees
import Repositories
import SnapshotModel
import Workflows

/// One import: archives become versions, oldest first, each proven to equal its archive.
struct ImportRun {
  var repository: Repository
  var settings: ImportSettings
  var session: Session

  /// What became of one archive.
  enum Result: Hashable {
    case imported, alreadyThere, wouldImport
    /// Imported, equal to its archive, and marked: it does not look like those before it.
    case suspect(String)
    /// Saved, but it does not hold what the archive does.
    case different(String)
    case refused(FaultCode, String)
  }

  /// - Returns: why the exit status is not 0, the worst of all archives.
  func run(_ backups: [OldBackup]) throws -> FaultCode? {
    var report = ImportReport(session: session, isDryRun: settings.isDryRun)
    report.passedOver = settings.passedOver
    for backup in backups {
      if Interruption.isRequested {
        throw SnapFault(.interrupted, "interrupted; versions that were imported before stay")
      }
      if let unread = backup.unreadTime {
        session.console.note(
          "\(displayText(backup.path)): its MANIFEST's time '\(displayText(unread.utf8))' is not understood; taken is "
            + backup.time.rfc3339(utcOffsetSeconds: utcOffsetSeconds(at: backup.time), fraction: false))
      }
      let (result, snapshot) = try handle(backup)
      try report.add(backup, result, snapshot)
    }
    try report.finish()
    return report.outcome
  }

  private func handle(_ backup: OldBackup) throws -> (Result, Snapshot?) {
    let request = request(for: backup)
    let reporter = SaveReporter(session: session, expected: nil)
    defer { reporter.finish() }
    do {
      if let reason = Self.reasonAgainst(name: backup.version) { return (.refused(.warnings, reason), nil) }
      if let known = try repository.snapshots().first(where: { $0.snapshot.version == backup.version })?.snapshot {
        return (try compare(request, known, reporter), known)
      }
      if settings.isDryRun { return (.wouldImport, nil) }
      let saved = try ArchiveImporter.save(request, to: repository, events: reporter)
      if let reason = saved.indexFailure {
        session.console.warn(
          "\(saved.snapshot.version) is saved; the index could not be updated (\(reason)) and will be rebuilt")
      }
      if let difference = try differenceFromSaved(request, saved.snapshot, reporter) {
        return (.different(difference), saved.snapshot)
      }
      // An export that was cut short must not take a good one's place.
      let suspicions = try ShapeGuard.examine(saved.snapshot, in: repository)
      return (suspicions.isEmpty ? .imported : .suspect(suspicions.joined(separator: "; ")), saved.snapshot)
    } catch let fault as ArchiveFault {
      return (Self.refusal(of: fault), nil)
    } catch let fault as SnapFault where fault.code == .versionExists {
      return (.refused(fault.code, fault.message), nil)
    }
  }

  /// A MANIFEST or a file may be called as it likes, a version not.
  private static func reasonAgainst(name: String) -> String? {
    do throws(SnapFault) {
      _ = try VersionName(name)
      return nil
    } catch {
      return "\(error.message) (--name gives another)"
    }
  }

  /// What reads the saved version finds damaged counts as a difference: the archive is all that there is.
  private func differenceFromSaved(
    _ request: ImportRequest, _ version: Snapshot, _ events: SaveReporter
  ) throws -> String? {
    do {
      return try ArchiveImporter.firstDifference(of: request, from: version, in: repository, events: events)
    } catch let fault as ArchiveFault {
      return "the archive cannot be read again: \(fault.reason)"
    } catch let fault as ChunkFault {
      return fault.description
    }
  }

  private func compare(_ request: ImportRequest, _ known: Snapshot, _ events: SaveReporter) throws -> Result {
    let difference = try ArchiveImporter.firstDifference(of: request, from: known, in: repository, events: events)
    guard let difference else { return .alreadyThere }
    return .refused(.versionExists, "version '\(known.version)' exists already with other content: \(difference)")
  }

  private static func refusal(of fault: ArchiveFault) -> Result {
    switch fault {
    case .damaged(let reason): .refused(.warnings, "damaged: \(reason)")
    case .hostile(let reason): .refused(.refused, "refused as unsafe: \(reason)")
    case .unreadable(let reason): .refused(.warnings, reason)
    case .unsupported(let reason, let hint): .refused(.warnings, "\(reason) (\(hint))")
    }
  }

  private func request(for backup: OldBackup) -> ImportRequest {
    var request = ImportRequest(
      archive: backup.path, form: backup.form, version: backup.version, time: backup.time, host: hostName(),
      user: ProcessEnvironment.userName(), root: session.base(of: repository))
    request.git = backup.git
    request.message = backup.message.isEmpty ? "imported from \(displayText(backup.path))" : backup.message
    request.stripComponents = settings.stripComponents
    request.digests = backup.digests
    return request
  }
}

struct ImportSettings {
  var isDryRun = false
  var stripComponents = 0
  /// Files that are no archives by their names, to be told of in the end.
  var passedOver: [[UInt8]] = []
}

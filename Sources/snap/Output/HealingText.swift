import Repositories
import SnapshotModel

/// What was brought back and what is still lost, file by file, then in sum.
struct HealingText {
  let report: HealingReport
  let isDryRun: Bool

  func write(to session: Session) throws {
    if session.isJSON {
      for file in report.filesBack { try session.json(object(file, isBack: true)) }
      for file in report.after.files.keys.sorted() { try session.json(object(file, isBack: false)) }
      try session.json(summary)
      return
    }
    guard !session.isQuiet else { return }
    for version in report.manifestsBack { try session.output.line("back  \(version) (its list of files)") }
    for file in report.filesBack { try session.output.line("back  \(file.version):\(file.path)") }
    for version in report.patchesBack { try session.output.line("back  \(version) (its uncommitted changes)") }
    for version in report.after.manifests.keys.sorted() {
      try session.output.line("lost  \(version) (its list of files, or a part of it)")
    }
    for file in report.after.files.keys.sorted() { try session.output.line("lost  \(file.version):\(file.path)") }
    for version in report.after.patches.keys.sorted() {
      try session.output.line("lost  \(version) (its uncommitted changes)")
    }
    try session.output.line(
      "read \(formatted(byteCount: report.bytesRead)): "
        + (report.before.isEmpty
          ? "nothing that a version needs is lost" : "\(counted(report.before.chunks.count, "chunk")) lost or damaged"))
    if report.chunksFound > 0 {
      try session.output.line(
        "\(isDryRun ? "would bring" : "brought") back \(counted(report.chunksFound, "chunk")), "
          + formatted(byteCount: report.bytesFound))
    }
    if isDryRun, report.packsDamaged > 0 {
      try session.output.line("\(counted(report.packsDamaged, "pack")) damaged")
    }
    if report.packs.replaced > 0 {
      try session.output.line("replaced \(counted(report.packs.replaced, "damaged pack")) by what is whole in it")
    }
    if report.packs.left > 0 {
      try session.output.line("left \(counted(report.packs.left, "damaged pack")) for what is still to be had from it")
    }
  }

  private func object(_ file: Loss.File, isBack: Bool) -> JSONObject {
    var object = JSONObject([
      "message_type": "file", "status": .string(isBack ? "back" : "lost"), "version": .string(file.version.name),
    ])
    if file.version.isForgotten { object["forgotten"] = .boolean(true) }
    object.setPath(named: "path", file.path.bytes)
    return object
  }

  private func names(_ versions: [Loss.Version]) -> JSONValue { .strings(versions.map(\.description)) }

  private var summary: JSONObject {
    JSONObject([
      "message_type": "summary", "dry_run": .boolean(isDryRun), "bytes_read": .unsigned(report.bytesRead),
      "chunks_lost": .count(report.before.chunks.count), "chunks_found": .count(report.chunksFound),
      "bytes_found": .unsigned(report.bytesFound), "files_back": .count(report.filesBack.count),
      "files_lost": .count(report.after.files.count),
      "manifests_back": names(report.manifestsBack),
      "manifests_lost": names(report.after.manifests.keys.sorted()),
      "patches_back": names(report.patchesBack),
      "patches_lost": names(report.after.patches.keys.sorted()),
      "packs_damaged": .count(report.packsDamaged), "packs_replaced": .count(report.packs.replaced),
      "packs_left": .count(report.packs.left),
    ])
  }
}

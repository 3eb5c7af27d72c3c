import ArgumentParser
import FileTrees
import Repositories
import SnapshotModel

struct ExportCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a version as a tar archive.",
    discussion: """
      To standard output, or with -o to a file, which appears under its name only when it is whole. The format follows \
      the file's name: .tar, .tar.gz, .tar.zst. Times are kept to the nanosecond, with owners, extended attributes, hard \
      links and holes; sockets are left out. The same version always gives the same tar.

      --layout backups writes what backup scripts write and snap import reads: below the folder backups, or --to DIR, \
      v1.2.0/NAME_v1.2.0_TIME.tar.gz and a MANIFEST.txt that sha256sum -c checks.
      """)
  static let page = HelpPage(
    [
      "snap export v1.2.0 -o app-1.2.0.tar.zst": "all of it",
      "snap export v1.2.0 --prefix app-1.2.0 | ssh host tar x": "below one folder, to another machine",
      "snap export v1.2.0 --path docs -o docs.tgz": "a part",
      "snap export v1.2.0 --layout backups --to /mnt/old": "as the old script would have",
    ],
    statuses: [
      10: "no repository", 13: "damaged content; the rest is in the archive", 18: "the file exists",
      21: "no such version or path",
    ])

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case tar
    case gzip = "tar.gz"
    case zstd = "tar.zst"

    /// - Parameter name: of a file; `nil` when its ending says nothing.
    init?(fileName name: String) {
      let endings: [(String, Format)] = [
        (".tar", .tar), (".tar.gz", .gzip), (".tgz", .gzip), (".tar.zst", .zstd), (".tzst", .zstd),
      ]
      guard let ending = endings.first(where: { name.hasSuffix($0.0) }) else { return nil }
      self = ending.1
    }
  }

  @Argument(help: ArgumentHelp("The version.", valueName: "rev")) var revision: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write; - is standard output.", valueName: "file"))
  var output: String?

  @Option(help: "tar, tar.gz or tar.zst.") var format: Format?

  @Option(help: ArgumentHelp("Only this path or glob; may be repeated.", valueName: "path")) var path: [String] = []

  @Option(help: ArgumentHelp("A folder to put everything below.", valueName: "dir")) var prefix = ""

  @Flag(name: .shortAndLong, help: "Replace the file if it exists.") var force = false

  @Option(help: ArgumentHelp("Write a folder of this layout: backups.", valueName: "layout")) var layout: Layout?

  @Option(help: ArgumentHelp("Where the layout's folder lies; backups, if not given.", valueName: "dir"))
  var to: String?

  @OptionGroup var global: GlobalOptions

  enum Layout: String, CaseIterable, ExpressibleByArgument {
    case backups
  }

  private var isToOutput: Bool { output == nil || output == "-" }

  func check() throws {
    if layout != nil {
      let other = output != nil ? "-o" : format != nil ? "--format" : !path.isEmpty ? "--path" : force ? "--force" : nil
      if let other { throw SnapFault(.usage, "--layout and \(other) cannot be combined") }
      return try checkPrefix()
    }
    if to != nil { throw SnapFault(.usage, "--to needs --layout backups", hint: "-o FILE writes one archive") }
    if global.json, isToOutput {
      throw SnapFault(.usage, "--json and export to standard output cannot be combined", hint: "-o FILE")
    }
    if let output, !isToOutput, format == nil, Format(fileName: output) == nil {
      throw SnapFault(
        .usage, "-o: '\(ArgumentText.display(output))' does not end in .tar, .tar.gz or .tar.zst",
        hint: "--format tar.zst")
    }
    try checkPrefix()
  }

  private func checkPrefix() throws {
    if !prefix.isEmpty,
      ArchivePath(ArgumentText.encode(prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix)) == nil
    {
      throw SnapFault(.usage, "--prefix: '\(ArgumentText.display(prefix))' is not a relative path")
    }
  }

  func run(in session: Session) throws -> FaultCode? {
    if layout == .backups {
      Interruption.defer()
      let repository = try session.openRepository()
      let folder = try FileSystemPath.absolute(ArgumentText.encode(to ?? "backups"))
      return try BackupLayout(folder: folder, prefix: ArgumentText.encode(prefix), session: session)
        .export(session.resolve(revision, in: repository), of: repository)
    }
    if isToOutput, session.output.isTerminal {
      throw SnapFault(.refused, "not writing an archive to a terminal", hint: "-o FILE, or a pipe")
    }
    let repository = try session.openRepository()
    let version = try session.resolve(revision, in: repository)
    let manifest = try repository.manifest(of: version.snapshot)
    let selection = try session.selection(path, root: version.snapshot.root, in: repository)
    let target = try output.map { try FileSystemPath.absolute(ArgumentText.encode($0)) } ?? []
    let sink: any ByteSink
    if isToOutput {
      sink = try compressed(StandardOutputSink(session.output))
    } else {
      // Half an archive is to be removed first. One that goes to a pipe may wait for its reader,
      // so there a signal ends it.
      Interruption.defer()
      sink = InterruptibleSink(to: try compressed(try ArchiveFile(at: target, replaces: force)), path: target)
    }
    let writer = TarWriter(
      to: sink, content: repository.reader(), prefix: ArgumentText.encode(prefix))
    var filter = SelectionFilter(selection)
    try selection.forEachCandidate(in: manifest) { entry in
      try filter.take(entry) { entry, _ in try writer.append(entry) }
    }
    if let missing = filter.unmatched.first { throw session.noMatch(for: missing, version.snapshot, manifest) }
    let summary = try writer.finish()
    try report(summary, version.snapshot, target, session)
    return summary.damaged.isEmpty ? nil : .damage
  }

  private func compressed(_ sink: any ByteSink) throws -> any ByteSink {
    switch format ?? output.flatMap({ Format(fileName: $0) }) ?? .tar {
    case .tar: sink
    case .gzip: try GzipSink(to: sink)
    case .zstd: try ZstdSink(to: sink)
    }
  }

  private func report(_ summary: TarSummary, _ version: Snapshot, _ target: [UInt8], _ session: Session) throws {
    for path in summary.damaged {
      session.console.itemFailed(path: path.bytes, message: "damaged: \(path): zeros stand in for what cannot be read")
    }
    if !summary.skippedSockets.isEmpty {
      session.console.note("left out \(counted(summary.skippedSockets.count, "socket")): tar cannot hold them")
    }
    if isToOutput { return }
    if session.isJSON {
      var object = summary.object(of: version)
      object.setPath(named: "file", target)
      try session.json(object)
    } else if !session.isQuiet {
      try session.output.line(summary.line(of: version, target: target))
    }
  }
}

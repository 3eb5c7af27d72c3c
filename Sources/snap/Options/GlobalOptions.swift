import ArgumentParser

/// The flags that every command takes, before or after its name.
struct GlobalOptions: ParsableArguments {
  @Option(name: [.customShort("r"), .long], help: "The repository, or a folder that holds one (SNAP_REPOSITORY).")
  var repo: String?

  @Option(
    name: .customShort("C", allowingJoined: true),
    help: ArgumentHelp("Run as if started in this folder.", valueName: "dir"))
  var directory: [String] = []

  @Flag(name: .shortAndLong, help: "Say nothing but errors.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Say more.")
  var verbose = false

  @Flag(help: "Write JSON to standard output, one object a line.")
  var json = false

  @Flag(help: "Use no colours (NO_COLOR).")
  var noColor = false

  @OptionGroup var secrets: SecretOptions
  @OptionGroup var trust: TrustOptions

  /// Which of these flags take a value: what stands before the command's name is skipped by this.
  static let valueFlags = ["-r", "--repo", "-C"] + SecretOptions.valueFlags + TrustOptions.valueFlags
  static let plainFlags =
    ["-q", "--quiet", "-v", "--verbose", "--json", "--no-color"] + SecretOptions.plainFlags + TrustOptions.plainFlags
}

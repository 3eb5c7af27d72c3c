import ArgumentParser
import SnapshotModel

/// How a comparison by key is made and shown: of `diff` and `log`.
struct KeyedDiffOptions: ParsableArguments {
  @Flag(
    help: """
      The keys, rows and fields that changed in JSON, YAML, TOML, INI and .env files, secrets masked; lines of other text.
      """)
  var keys = false

  @Option(
    help: ArgumentHelp(
      "What tells rows of JSON apart, before id, _id, uuid, guid, key and name; several times for more. Implies --keys.",
      valueName: "name"))
  var key: [String] = []

  @Flag(help: "Mask nothing (--keys).") var showSecrets = false

  var isWanted: Bool { keys || !key.isEmpty }

  func check() throws {
    if showSecrets, !isWanted {
      throw SnapFault(.usage, "--show-secrets belongs to --keys", hint: "--patch masks nothing")
    }
    if key.contains("") { throw SnapFault(.usage, "--key: '' is not a name") }
  }

  func style(indent: String = "") -> KeyedPrinter.Style {
    KeyedPrinter.Style(keys: key.map { ArgumentText.encode($0) }, showsSecrets: showSecrets, indent: indent)
  }
}

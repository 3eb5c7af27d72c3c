import SnapshotModel

/// The commented `snap.yml` that a project begins with.
///
/// What is certain about the project stands in it, what is only likely stands behind `#`.
package enum ConfigurationTemplate {
  package static func text(for profile: ProjectProfile) -> String {
    var sections = [head, sources, version(profile), exclusions(profile), dumps(profile), databases(profile)]
    if !profile.backupFolders.isEmpty { sections.append(oldBackups(profile)) }
    return (sections + [tail]).joined(separator: "\n")
  }

  /// What was found and acted upon, a line each, for the one who ran `snap init`.
  package static func findings(in profile: ProjectProfile) -> [String] {
    var findings: [String] = []
    if let version = profile.version {
      findings.append("version \(version.name) (\(version.file)): what the first save without a name is called")
    }
    for variable in profile.databaseVariables where variable.server != .mongodb {
      findings.append(
        "dump '\(name(of: variable))': the \(variable.server) database of \(variable.name) (\(variable.file))")
    }
    if !profile.databaseFiles.isEmpty {
      findings.append("live SQLite: \(profile.databaseFiles.joined(separator: ", "))")
    }
    let proposals = profile.composeServices.count + profile.backupScripts.count + profile.backupFolders.count
    if proposals > 0 {
      findings.append("\(counted(proposals, "proposal")) behind # in \(ProjectConfiguration.fileName)")
    }
    return findings
  }

  private static let head = """
    # What snap saves of this project, and for how long. It belongs into git, so keep passwords out of it.
    # All keys: docs/guides/configuration.md. snap config shows what is in force, and where each value came from.

    """

  private static let sources = """
    # What is saved; without it, the whole project.
    # sources: [src, config, data]

    """

  private static func version(_ profile: ProjectProfile) -> String {
    "# What a save without a name is called: the project's version while that is not saved yet, then the time.\n"
      + (profile.version == nil ? "# " : "") + "version-from: auto\n"
  }

  private static func exclusions(_ profile: ProjectProfile) -> String {
    let patterns = profile.generatedFolders.map { "  - \(quoted("/\($0)/"))\n" }.joined()
    let known = "# Left out, as in .snapignore; node_modules/ .git/ dist/ build/ coverage/ always are.\n"
    return known + (patterns.isEmpty ? "# exclude:\n#   - \"*.log\"\n" : "exclude:\n" + patterns)
  }

  private static func dumps(_ profile: ProjectProfile) -> String {
    var text = "# Commands whose output becomes a file of each version. When one fails, nothing is saved.\n"
    let certain = profile.databaseVariables.filter { $0.server != .mongodb }
    text += certain.isEmpty ? "# dumps:\n" : "dumps:\n"
    for variable in certain { text += dump(of: variable) }
    for service in profile.composeServices { text += proposal(service) }
    for script in profile.backupScripts { text += proposal(script: script) }
    if certain.isEmpty, profile.composeServices.isEmpty, profile.backupScripts.isEmpty {
      text += """
        #   app:
        #     command: pg_dump --no-password app
        #     extension: sql
        #     must-end-with: "-- PostgreSQL database dump complete"

        """
    }
    return text
  }

  private static func name(of variable: ProjectProfile.DatabaseVariable) -> String {
    let prefix = variable.name.dropLast("DATABASE_URL".count).lowercased()
    return prefix.isEmpty ? "database" : prefix + "database"
  }

  private static func dump(of variable: ProjectProfile.DatabaseVariable) -> String {
    // MySQL's last line ends with the time, so no fixed text can be asked for.
    let kept =
      variable.server == .postgresql
      ? ["command: pg_dump --no-password", #"must-end-with: "-- PostgreSQL database dump complete""#]
      : [
        #"command: mysqldump --user="$DB_USER" --single-transaction --routines "$DB_NAME""#, "minimum-size: 1K",
      ]
    return "  \(name(of: variable)):\n"
      + "    # The address and password stay in \(variable.file); the command gets them as variables of its client.\n"
      + (["env-file: \(quoted(variable.file))", "url-from: \(variable.name)"] + kept + [
        "extension: sql", "timeout: 30min",
      ])
      .map { "    \($0)\n" }.joined()
  }

  private static func proposal(_ service: ProjectProfile.ComposeService) -> String {
    let inside: (command: String, form: String) =
      switch service.server {
      case .postgresql:
        (
          #"pg_dump -U "$POSTGRES_USER" "${POSTGRES_DB:-$POSTGRES_USER}""#, "extension: sql"
        )
      case .mysql:
        (
          #"MYSQL_PWD="$MYSQL_ROOT_PASSWORD" mysqldump -u root --single-transaction "$MYSQL_DATABASE""#,
          "extension: sql"
        )
      case .mongodb: ("mongodump --archive", "extension: archive")
      }
    return """
      #   \(service.name):   # of \(service.file)
      #     command: [docker, compose, exec, -T, \(quoted(service.name)), sh, -c, '\(inside.command)']
      #     \(inside.form)

      """
  }

  private static func proposal(script: String) -> String {
    let program = script.hasSuffix(".py") ? "python3 " : script.hasSuffix(".sh") ? "sh " : "node "
    let name = script.split(separator: "/").last?.split(separator: ".").first ?? "backup"
    return """
      #   \(name):   # if it can write the backup to its standard output
      #     command: \(program)\(script) --stdout
      #     must: json
      #     extension: json

      """
  }

  private static func databases(_ profile: ProjectProfile) -> String {
    let found = profile.databaseFiles.isEmpty ? "" : " Found: \(profile.databaseFiles.joined(separator: ", "))."
    return
      "# SQLite databases are copied as one consistent state while programs write to them (auto), or as plain files (off)."
      + "\(found)\nsqlite: auto\n"
  }

  private static func oldBackups(_ profile: ProjectProfile) -> String {
    let folders = profile.backupFolders.map { "\($0)/" }.joined(separator: ", ")
    return "# \(folders): archives of earlier backups are saved with every version, unless left out:\n"
      + "# exclude:\n" + profile.backupFolders.map { "#   - \(quoted("/\($0)/"))\n" }.joined()
  }

  private static let tail = """
    # What snap gc keeps; without it, everything.
    # retention:
    #   keep-last: 5
    #   keep-daily: 14
    #   keep-weekly: 8
    #   keep-monthly: 12
    #   keep-tag: [release]

    # Commands that must succeed in a restored copy: snap drill runs them.
    # checks:
    #   - npm ci && npm test

    # When snap schedule install has the project saved.
    # schedule: daily 02:30

    # Commands around a save, with SNAP_VERSION and others in their environment.
    # hooks:
    #   before-save: ./scripts/pause-worker
    #   after-save: ./scripts/resume-worker
    #   on-failure: ./scripts/tell-me

    # Who is told how a save ended.
    # notify:
    #   healthcheck: ${HEALTHCHECK_URL}

    """

  /// In double quotes where YAML could take it for something else.
  private static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "._-/".utf8.contains(byte)
    }
    if isPlain, let first = text.first, first.isLetter || first == "/" || first == "." { return text }
    return "\"" + text.map { "\"\\".contains($0) ? "\\\($0)" : String($0) }.joined() + "\""
  }
}

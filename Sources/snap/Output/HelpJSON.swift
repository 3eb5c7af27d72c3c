import ArgumentParser
import SnapshotModel
import Workflows

/// What `--help` says, as data: for manual pages and programs that show help in their own way.
enum HelpJSON {
  /// `snap help --json`: the program and its commands, group by group.
  static func program() -> JSONObject {
    JSONObject([
      "message_type": "help", "command": .string(SnapRoot.configuration.commandName ?? ""),
      "tool_version": .string(ToolVersion.text), "abstract": .string(SnapRoot.configuration.abstract),
      "usage": .string(SnapRoot.usageString()), "arguments": arguments(of: SnapRoot.self),
      "groups": .array(
        SnapRoot.groups.map { group in
          .object(
            JSONObject([
              "name": .string(group.name),
              "commands": .array(
                group.commands.map { type in
                  .object(JSONObject(["name": .string(type.name), "abstract": .string(type.configuration.abstract)]))
                }),
            ]))
        }),
    ])
  }

  /// `snap help COMMAND --json`.
  static func command(_ type: any Command.Type) -> JSONObject {
    let configuration = type.configuration
    return JSONObject([
      "message_type": "help", "command": .string(type.name), "aliases": .strings(configuration.aliases),
      "abstract": .string(configuration.abstract), "discussion": .string(configuration.discussion),
      "usage": .string(usage(of: type)), "arguments": arguments(of: type),
      "examples": .array(
        type.page.examples.map { .object(JSONObject(["line": .string($0.line), "meaning": .string($0.meaning)])) }),
      "statuses": .array(
        type.page.allStatuses.map {
          .object(JSONObject(["code": .integer(Int64($0.code)), "meaning": .string($0.meaning)]))
        }),
    ])
  }

  private static func usage(of type: any Command.Type) -> String {
    type.configuration.usage ?? SnapRoot.usageString(for: type)
  }

  /// As the argument parser describes them.
  private static func arguments(of type: any ParsableArguments.Type) -> JSONValue {
    let dump = Array(type._dumpHelp().utf8)
    let found = JSONText.member(["command", "arguments"], of: dump)
    return found.map { .written(String(decoding: $0, as: UTF8.self)) } ?? .array([])
  }
}

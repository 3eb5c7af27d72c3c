import ArgumentParser
import Workflows

/// What may stand behind a command's name, as the argument parser describes it.
struct CommandGrammar {
  struct Argument {
    enum Kind: String {
      case positional, option, flag
    }

    var kind: Kind
    /// `--path`, `-u`; none of a positional one.
    var names: [String]
    /// `rev`, `path`, `file`: what kind of word it takes.
    var valueName: String
    /// All that it takes, if they are few.
    var values: [String]
    var isRepeating: Bool
    var meaning: String
  }

  /// Without those that help does not show.
  let arguments: [Argument]

  init(_ type: any ParsableArguments.Type) {
    guard let index = try? JSONIndex(Array(type._dumpHelp().utf8)), let command = Self.member("command", of: 0, index),
      let list = Self.member("arguments", of: command, index)
    else {
      arguments = []
      return
    }
    arguments = index.children(of: list).compactMap { Self.argument($0, index) }
  }

  func option(named name: String) -> Argument? { arguments.first { $0.names.contains(name) } }

  /// The positional argument that the word after `count` others belongs to.
  func positional(after count: Int) -> Argument? {
    let all = arguments.filter { $0.kind == .positional }
    return count < all.count ? all[count] : all.last.flatMap { $0.isRepeating ? $0 : nil }
  }

  private static func argument(_ node: Int, _ index: JSONIndex) -> Argument? {
    guard text("shouldDisplay", of: node, index) == "true",
      let kind = Argument.Kind(rawValue: text("kind", of: node, index))
    else { return nil }
    let names = list("names", of: node, index).map { name in
      (text("kind", of: name, index) == "long" ? "--" : "-") + text("name", of: name, index)
    }
    return Argument(
      kind: kind, names: names, valueName: text("valueName", of: node, index),
      values: list("allValues", of: node, index).map { String(decoding: index.string($0), as: UTF8.self) },
      isRepeating: text("isRepeating", of: node, index) == "true", meaning: text("abstract", of: node, index))
  }

  private static func member(_ name: String, of node: Int, _ index: JSONIndex) -> Int? {
    index.member(Array(name.utf8), of: node)
  }

  private static func text(_ name: String, of node: Int, _ index: JSONIndex) -> String {
    member(name, of: node, index).map { String(decoding: index.string($0), as: UTF8.self) } ?? ""
  }

  private static func list(_ name: String, of node: Int, _ index: JSONIndex) -> [Int] {
    member(name, of: node, index).map(index.children) ?? []
  }
}

/// How hard to try to make bytes few. The raw value is Zstandard's level; `off` stores as is.
package enum CompressionLevel: Int32, Sendable, CaseIterable {
  case off = 0
  case fastest = 1
  case auto = 3
  case better = 9
  case max = 19

  /// - Parameter name: `off`, `fastest`, `auto`, `better` or `max`, as the command line spells them.
  package init?(name: some StringProtocol) {
    guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = level
  }

  package var name: String {
    switch self {
    case .off: "off"
    case .fastest: "fastest"
    case .auto: "auto"
    case .better: "better"
    case .max: "max"
    }
  }
}

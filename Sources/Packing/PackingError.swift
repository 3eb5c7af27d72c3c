/// Why stored bytes could not be understood. Callers add which object the bytes came from.
package enum PackingError: Error, Hashable, Sendable {
  /// `what` ends before all of it was read.
  case truncated(what: String)
  /// A checksum or a magic number does not fit, or a value cannot be.
  case damaged(what: String)
  /// A stored number asks for more than a reader grants.
  case overLimit(what: String, value: UInt64, limit: UInt64)
  /// Written by a newer version of the format.
  case newerFormat(what: String, version: UInt64)
  /// A feature that this version does not know.
  case unknownFeature(String)
  /// What was handed in to be encoded breaks a rule of the format.
  case invalidInput(String)
}

extension PackingError {
  /// Whether a later version of this program could read it.
  package var isNewerFormat: Bool {
    switch self {
    case .newerFormat, .unknownFeature: true
    default: false
    }
  }
}

extension PackingError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .truncated(let what): "\(what) is truncated"
    case .damaged(let what): "\(what) is damaged"
    case .overLimit(let what, let value, let limit): "\(what) claims \(value) (limit \(limit)); refused"
    case .newerFormat(let what, let version): "\(what) has format version \(version), which is newer than this program"
    case .unknownFeature(let name): "feature '\(name)' is not known to this program"
    case .invalidInput(let what): what
    }
  }
}

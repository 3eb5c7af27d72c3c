/// What went wrong, in the words the user reads: `WHAT failed on WHICH object: WHY`, and what to do about it.
package struct SnapFault: Error, Hashable, Sendable {
  package var code: FaultCode
  package var message: String
  /// One line that says what to type or do next.
  package var hint: String?
  /// The file or object at fault, for `--json`.
  package var path: String?

  package init(_ code: FaultCode, _ message: String, hint: String? = nil, path: String? = nil) {
    self.code = code
    self.message = message
    self.hint = hint
    self.path = path
  }
}

/// Why a command did not simply succeed; the raw value is the process's exit status (`docs/guides/exit-status.md`).
package enum FaultCode: Int32, Sendable, CaseIterable {
  case failed = 1
  case usage = 2
  case warnings = 3
  case noRepository = 10
  case busy = 11
  case wrongKey = 12
  case damage = 13
  case tampering = 14
  case newerFormat = 15
  case noSpace = 16
  case inputOutput = 17
  case refused = 18
  case permission = 19
  case network = 20
  case notFound = 21
  case versionExists = 22
  case commandFailed = 23
  case suspect = 24
  case tooOld = 25
  case internalError = 70
  case interrupted = 130
  case terminated = 143

  /// The symbolic name in `--json` output.
  package var name: String {
    switch self {
    case .failed: "E_FAILED"
    case .usage: "E_USAGE"
    case .warnings: "E_WARNINGS"
    case .noRepository: "E_NOREPO"
    case .busy: "E_BUSY"
    case .wrongKey: "E_KEY"
    case .damage: "E_DAMAGE"
    case .tampering: "E_TAMPERED"
    case .newerFormat: "E_NEWER"
    case .noSpace: "E_NOSPACE"
    case .inputOutput: "E_IO"
    case .refused: "E_REFUSED"
    case .permission: "E_PERMISSION"
    case .network: "E_NETWORK"
    case .notFound: "E_NOTFOUND"
    case .versionExists: "E_EXISTS"
    case .commandFailed: "E_COMMAND"
    case .suspect: "E_SUSPECT"
    case .tooOld: "E_TOOOLD"
    case .internalError: "E_INTERNAL"
    case .interrupted: "E_INTERRUPTED"
    case .terminated: "E_TERMINATED"
    }
  }
}

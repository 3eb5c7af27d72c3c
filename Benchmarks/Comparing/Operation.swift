/// What is timed, in the order of the tables.
enum Operation: String, CaseIterable, Codable {
  case firstSave = "first save"
  case nextSaves = "next saves"
  case unchangedSave = "unchanged save"
  case list
  case diff = "diff of two versions"
  case fullRestore = "full restore"
  case oldestFile = "one file of the oldest version"
  case verify = "verify all data"
  case idleCollection = "gc with nothing to do"
  case start = "start (--version)"
}

/// The least that an operation can take, or a plain tool that does the same without a history.
enum Floor: String, CaseIterable, Codable {
  case archive = "tar | zstd -3 -T0"
  case checksum = "openssl dgst -sha256"
  case walkAndRead = "find that examines all + cat of what changed"
  case walk = "find that examines all"
  case copy = "cp -a"
  case start = "snap --version"
  case bareProgram = "bare static program"
  case packList = "find in the store"
  case decode = "zstd -d | openssl dgst of all that was written"
}

/// What `snap` is held against: another program, or a floor.
enum Standard: Hashable {
  case program(String)
  case floor(Floor)

  var title: String {
    switch self {
    case .program(let name): name
    case .floor(let floor): floor.rawValue
    }
  }
}

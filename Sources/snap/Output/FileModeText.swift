import SnapshotModel

extension ManifestEntry {
  /// `-rw-r--r--`, as `ls -l` writes it.
  var modeText: String {
    let kind: String =
      switch self.kind {
      case .file: "-"
      case .directory: "d"
      case .symbolicLink: "l"
      case .fifo: "p"
      case .characterDevice: "c"
      case .blockDevice: "b"
      case .socket: "s"
      }
    let mode = metadata.mode
    func triple(_ shift: UInt16, special: UInt16, letter: String) -> String {
      let bits = mode >> shift & 7
      let isSpecial = mode & special != 0
      let execute = bits & 1 != 0
      let last = isSpecial ? (execute ? letter : letter.uppercased()) : execute ? "x" : "-"
      return (bits & 4 != 0 ? "r" : "-") + (bits & 2 != 0 ? "w" : "-") + last
    }
    return kind + triple(6, special: 0o4000, letter: "s") + triple(3, special: 0o2000, letter: "s")
      + triple(0, special: 0o1000, letter: "t")
  }
}

import Glibc

/// Whether a program can be started by its name.
enum ProgramSearch {
  static func finds(_ name: String) -> Bool {
    let path = ProcessEnvironment.value("PATH") ?? Array("/usr/bin:/bin".utf8)
    return path.split(separator: UInt8(ascii: ":")).contains { folder in
      unsafe access(SmallFile.terminated(folder + Array("/\(name)".utf8)), X_OK) == 0
    }
  }
}

extension ProcessEnvironment {
  /// `TMPDIR`, else `/tmp`.
  package static var temporaryFolder: [UInt8] {
    let variable = value("TMPDIR") ?? []
    return variable.isEmpty ? Array("/tmp".utf8) : variable
  }
}

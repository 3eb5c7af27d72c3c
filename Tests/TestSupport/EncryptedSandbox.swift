extension SnapSandbox {
  /// Lets `snap` open what `withKeyFile` made.
  package var unlocked: [String: String] { ["SNAP_KEY_FILE": folder + "/key"] }

  /// A project with an encrypted repository, which the file `key` beside the project opens: that costs no time, other
  /// than a password.
  package static func withKeyFile() throws -> SnapSandbox {
    let sandbox = try SnapSandbox()
    try sandbox.write("src/main.py", "print('hello')\n")
    try sandbox.write("notes.txt", "one\ntwo\nthree\n")
    try sandbox.snap("init", "--encrypt", "--no-recovery-code", environment: sandbox.unlocked)
    return sandbox
  }

  /// A file beside the project that only its owner may read.
  ///
  /// - Returns: its path from the project.
  package func secret(_ name: String, _ text: String) throws -> String {
    try write(folder + "/" + name, text)
    try shell("chmod 600 ../\(name)")
    return "../" + name
  }

  /// Runs `snap key` with words that hold no blanks, opened with the key file unless another environment is given.
  @discardableResult
  package func key(_ line: String, environment: [String: String]? = nil) throws -> SnapRun {
    try shell("exec \"$SNAP\" key \(line)", environment: environment ?? unlocked)
  }
}

import TestSupport
import Testing

@testable import snap

struct CompletionTests {
  @Test func `bash completes commands, options, versions and paths in versions`() throws {
    let sandbox = try project()
    let cases: [(line: String, replies: [String])] = [
      ("snap rest", ["restore"]), ("snap restore v1.", ["v1.1.0", "v1.0.0"]), ("snap -q show v1.1", ["v1.1.0"]),
      ("snap cat v1.0.0:co", ["config/", "nospace"]), ("snap cat v1.0.0:config/", ["config/app.json"]),
      ("snap cat v1.1", ["v1.1.0:", "nospace"]), ("snap ls v1.0.0:./s", ["./src/", "nospace"]),
      ("snap diff v1.0.0..v1", ["v1.0.0..v1.1.0", "v1.0.0..v1.0.0"]), ("snap diff --exit-c", ["--exit-code"]),
      ("snap restore v1.0.0 --overwrite if-c", ["if-changed"]), ("snap export v1.0.0 --format=tar.z", ["tar.zst"]),
      // Only v1.1.0 has the folder, and the blank must be escaped, unless a quote is open.
      ("snap restore v1.1.0 --path wi", [#"with\ blank/"#, "nospace"]), ("snap restore v1.0.0 --path wi", []),
      (#"snap cat v1.1.0:with\ blank/"#, [#"with\ blank/a\ b"#]),
      ("snap cat 'v1.1.0:with blank/", ["v1.1.0:with blank/a b"]),
      ("snap cat v1.1.0:'with blank/", ["with blank/a b"]), ("snap -C ", ["dirnames"]), ("snap log no", ["default"]),
      ("snap guard -- mak", ["default"]), ("snap help sho", ["show"]), ("snap nonsense x", []), ("snap cat v9:", []),
    ]
    for (line, replies) in cases { #expect(try reply(to: line, sandbox) == replies, "\(line)") }
  }

  @Test func `where there is no repository nothing is offered and nothing is said`() throws {
    let sandbox = try SnapSandbox()
    #expect(try reply(to: "snap restore v", sandbox).isEmpty)
    let run = try sandbox.snap("completion", "zsh", "--", "restore", "v")
    #expect(run.output == "words\n")
    #expect(run.error.isEmpty)
    #expect(run.status == 0)
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `a script asks for the shell that it is for`(_ shell: String) throws {
    let run = try SnapSandbox().snap("completion", shell)
    #expect(run.status == 0)
    #expect(run.output.contains(" completion \(shell) -- "))
  }

  @Test func `zsh and fish get meanings`() throws {
    let sandbox = try project()
    for shell in ["zsh", "fish"] {
      let run = try sandbox.snap("completion", shell, "--", "show", "v1.0")
      #expect(run.outputLines.first == "words")
      #expect(run.outputLines.last?.hasPrefix("v1.0.0\t2026-") == true)
      #expect(run.outputLines.last?.hasSuffix("  first") == true)
    }
  }

  @Test func `a line of bash is taken apart as bash does`() {
    let cases: [(String, [String])] = [
      ("snap  a ", ["snap", "a", ""]), (#"a\ b 'c d' "e\"f\g""#, ["a b", "c d", #"e"f\g"#]), ("", [""]),
      ("a'b c'd", ["ab cd"]),
      ("a \\", ["a", ""]), ("'a b", ["a b"]),
    ]
    for (line, words) in cases { #expect(ShellLine(line, breaks: ":=").words == words, "\(line)") }
    let candidates = [CompletionAnswer.Candidate(text: "v1:a b")]
    #expect(ShellLine("x v1:a", breaks: ":=").replies(candidates) == [#"a\ b"#])
    #expect(ShellLine("x v1:a", breaks: " ").replies(candidates) == [#"v1:a\ b"#])
  }

  private func project() throws -> SnapSandbox {
    let sandbox = try SnapSandbox.withProject()
    try sandbox.snap("save", "v1.0.0", "-m", "first\nline", "--time", "2026-11-21T09:34:00Z")
    try sandbox.write("with blank/a b", "")
    try sandbox.snap("save", "v1.1.0")
    return sandbox
  }

  /// What bash would put in place of the word, and the options that the function sets.
  private func reply(to line: String, _ sandbox: SnapSandbox) throws -> [String] {
    let run = try sandbox.shell(
      #"""
      PATH="$(dirname "$SNAP"):$PATH" exec bash --norc -c '
        source <(snap completion bash)
        complete -p snap >/dev/null || exit 1
        compopt() { echo "$2"; }
        COMP_WORDBREAKS=$" \t\n\"\x27><=;|&(:" COMP_POINT=${#COMP_LINE}
        options=$(_snap snap)
        _snap snap >/dev/null
        printf "%s\n" "${COMPREPLY[@]}" $options'
      """#, environment: ["COMP_LINE": line])
    #expect(run.status == 0 && run.error.isEmpty, "\(run.error)")
    return run.outputLines
  }
}

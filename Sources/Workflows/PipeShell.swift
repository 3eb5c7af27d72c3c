/// A shell in which a pipe fails when any of its commands does: `pg_dump | gzip` with the failure of pg_dump.
///
/// POSIX asks it of shells since 2024; Debian 12's dash has it not, bash has. Only lines with a pipe are given to it, for bash is not
/// sh in everything (`echo`).
package enum PipeShell {
  private static let plain = ["/bin/sh", "-c"]
  private static let option = ["-o", "pipefail"]

  /// What runs `line`; where no shell knows the option, sh as it is.
  package static func arguments(for line: [UInt8]) -> [[UInt8]] {
    let shell = hasPipe(line) ? withOption ?? plain : plain
    return shell.map { Array($0.utf8) } + [line]
  }

  /// Whether a failure in `line` may go unnoticed here.
  package static func hidesFailure(in line: [UInt8]) -> Bool { hasPipe(line) && withOption == nil }

  /// A `|` alone, be it in quotes: then the other shell does no harm.
  static func hasPipe(_ line: [UInt8]) -> Bool {
    let bar = UInt8(ascii: "|")
    return line.indices.contains { at in
      line[at] == bar && (at == 0 || line[at - 1] != bar) && (at + 1 == line.count || line[at + 1] != bar)
    }
  }

  /// The first shell that takes the option, asked once.
  private static let withOption: [String]? = [["/bin/sh"], ["bash"]].map { $0 + option + ["-c"] }.first { words in
    let arguments = (words + [":"]).map { Array($0.utf8) }
    guard let child = try? ChildProcess(arguments, error: .captured) else { return false }
    _ = child.readAll(byteCountMax: 4 << 10)
    return child.wait().isSuccess
  }
}

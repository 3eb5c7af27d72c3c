import CLinux
import Glibc
import ObjectStores
import Sealing
import SnapshotModel

/// Takes secrets in, from where people keep them, without leaving copies behind.
package enum SecretReader {
  /// A longer one is a mistake: a database export in place of a password file.
  package static let byteCountMax = 4096

  /// Ctrl-C and Ctrl-\.
  private static let (interrupt, quit): (UInt8, UInt8) = (3, 28)

  /// All of a small file that only its owner may read.
  ///
  /// - Parameters:
  ///   - what: `key file`, `password file`: for messages.
  ///   - allowsOthers: whether others may read it.
  /// - Throws: `SnapFault`: `.wrongKey` when it cannot be read, `.refused` when others can read it.
  package static func file(_ path: [UInt8], what: String, allowsOthers: Bool) throws(SnapFault) -> SecretBytes {
    let shown = displayText(path)
    let number = unsafe open(path.map(CChar.init(bitPattern:)) + [0], O_RDONLY | O_CLOEXEC)
    guard number >= 0 else {
      throw SnapFault(.wrongKey, "cannot read the \(what) \(shown): \(errorText(errno))", path: shown)
    }
    let file = OwnedDescriptor(adopting: number)
    var status = stat()
    guard unsafe fstat(file.number, &status) == 0 else {
      throw SnapFault(.wrongKey, "cannot read the \(what) \(shown): \(errorText(errno))", path: shown)
    }
    // A pipe of the shell's has no others.
    if status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 != 0, !allowsOthers {
      throw SnapFault(
        .refused, "the \(what) \(shown) is readable by others", hint: "chmod 600 \(shown), or --insecure-perms",
        path: shown)
    }
    return try contents(of: file.number, what: "\(what) \(shown)")
  }

  /// What a command prints; a shell runs it, and its standard error is this process's.
  package static func command(_ command: [UInt8], name: String) throws(SnapFault) -> SecretBytes {
    let child = try ChildProcess([Array("sh".utf8), Array("-c".utf8), command], input: .inherited)
    let output = try contents(of: child.outputDescriptor, what: "output of \(name)")
    let ending = child.wait()
    guard ending.isSuccess else { throw SnapFault(.wrongKey, "\(name) \(ending.words)") }
    return output
  }

  /// A variable's value, which is then taken away: no child needs it, and `/proc` shows it no more.
  package static func variable(_ name: String) -> SecretBytes? {
    guard let value = unsafe getenv(name) else { return nil }
    let count = unsafe strlen(value)
    // Safety: the value is this process's own memory, `count` bytes long; it is wiped before it is let go.
    let secret = unsafe SecretBytes(count: count) { buffer in
      unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(start: value, count: count))
    }
    unsafe explicit_bzero(value, count)
    unsafe unsetenv(name)
    return secret
  }

  /// What a person types without it being shown.
  ///
  /// - Returns: `nil` when there is no terminal to ask on.
  /// - Throws: `SnapFault` `.interrupted` at the end of input.
  package static func terminal(prompt: String) throws(SnapFault) -> SecretBytes? {
    let number = unsafe open("/dev/tty", O_RDWR | O_CLOEXEC)
    guard number >= 0, isatty(STDIN_FILENO) == 1 || isatty(STDERR_FILENO) == 1 else {
      if number >= 0 { close(number) }
      return nil
    }
    let terminal = OwnedDescriptor(adopting: number)
    var shown = termios()
    guard unsafe tcgetattr(terminal.number, &shown) == 0 else { return nil }
    var hidden = shown
    hidden.c_lflag &= ~tcflag_t(ECHO)
    // A signal that ends the process while the terminal is silent would leave it so.
    hidden.c_lflag &= ~tcflag_t(ISIG)
    // So Ctrl-C and Ctrl-\ end the line instead: VEOL and VEOL2.
    hidden.c_cc.11 = interrupt
    hidden.c_cc.16 = quit
    guard unsafe tcsetattr(terminal.number, TCSAFLUSH, &hidden) == 0 else { return nil }
    defer { unsafe tcsetattr(terminal.number, TCSAFLUSH, &shown) }
    let text = Array(prompt.utf8)
    _ = unsafe write(terminal.number, text, text.count)
    let line = try line(of: terminal.number)
    _ = unsafe write(terminal.number, "\n", 1)
    return line
  }

  private static func line(of descriptor: Int32) throws(SnapFault) -> SecretBytes {
    var length = 0
    var wasInterrupted = false
    let buffer = unsafe SecretBytes(count: byteCountMax) { buffer in
      while length < byteCountMax {
        let count = unsafe read(descriptor, buffer.baseAddress?.advanced(by: length), 1)
        if count < 0, errno == EINTR { continue }
        let byte = unsafe buffer[length]
        // Ctrl-D at the beginning of a line is the end of input.
        wasInterrupted = count <= 0 || byte == interrupt || byte == quit
        if wasInterrupted || byte == UInt8(ascii: "\n") { return }
        length += 1
      }
    }
    if wasInterrupted { throw SnapFault(.interrupted, "interrupted") }
    return buffer.slice(0..<length)
  }

  private static func contents(of descriptor: Int32, what: String) throws(SnapFault) -> SecretBytes {
    var length = 0
    var failure: Int32 = 0
    let buffer = unsafe SecretBytes(count: byteCountMax + 1) { buffer in
      while length <= byteCountMax {
        let room = byteCountMax + 1 - length
        let count = unsafe read(descriptor, buffer.baseAddress?.advanced(by: length), room)
        if count < 0, errno == EINTR { continue }
        if count < 0 { failure = errno }
        if count <= 0 { return }
        length += count
      }
    }
    guard failure == 0 else { throw SnapFault(.wrongKey, "cannot read the \(what): \(errorText(failure))") }
    guard length <= byteCountMax else {
      throw SnapFault(
        .wrongKey, "the \(what) has more than \(formatted(count: byteCountMax)) bytes; that is no password")
    }
    return buffer.slice(0..<length)
  }

  /// Without the line's end that editors and commands leave.
  package static func password(_ text: SecretBytes) -> SecretBytes {
    let count = unsafe text.withUnsafeBytes { bytes in
      var count = bytes.count
      if count > 0, unsafe bytes[count - 1] == UInt8(ascii: "\n") {
        count -= 1
        if count > 0, unsafe bytes[count - 1] == UInt8(ascii: "\r") { count -= 1 }
      }
      return count
    }
    return count == text.count ? text : text.slice(0..<count)
  }
}

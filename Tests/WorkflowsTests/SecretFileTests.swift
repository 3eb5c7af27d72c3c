import SnapshotModel
import Testing

@testable import Workflows

struct SecretFileTests {
  static let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"

  @Test(arguments: [
    ("id", "-----BEGIN OPENSSH PRIVATE KEY-----\n\(body)\n"), ("k", "x\r\n-----BEGIN RSA PRIVATE KEY-----\r\n\(body)"),
    (
      "id",
      "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n"
    ),
    ("a.json", #"{"private_key": "-----BEGIN PRIVATE KEY-----\n\#(body)\n-----END"}"#),
    ("gpg", "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n\(body)"),
    ("c", "id = 'AKIAABCDEFGHIJKLMNOP'"),
    (".env", "A=1\nDB_PASSWORD=hunter2\n"), ("app.env", "URL=postgres://a:b@c/d"),
    (".env.production", "export API_KEY='x'\n"),
    ("deploy/.envrc", "export GITHUB=ghp_0123456789abcdefghijklmnopqrstuvwxyz"),
  ])
  func `secrets are found`(_ path: String, _ text: String) throws {
    #expect(SecretFile.holdsSecret(try #require(ArchivePath(path)), Array(text.utf8)[...]))
    // Not from the front of an array, either.
    #expect(SecretFile.holdsSecret(try #require(ArchivePath(path)), Array("#\n\(text)".utf8)[2...]))
  }

  @Test(arguments: [
    (
      "k.py", "if text.startswith('-----BEGIN PRIVATE KEY-----'):\n    raise ValueError('a private key was given here')"
    ),
    ("k.pem", "-----BEGIN CERTIFICATE-----\n\(body)"), ("k.pub", "-----BEGIN PUBLIC KEY-----\n\(body)"),
    ("k", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABAI\n"),
    ("k", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n\(body)"),
    ("k", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n\(body)"),
    ("doc.md", "AKIAIOSFODNN7EXAMPLE"), ("x", "XAKIAABCDEFGHIJKLMNOPQ"), ("x", "AKIAABCDEFGHIJ"),
    (".env", "HOST=a\nPASSWORD=\nTOKEN=$OTHER\nSECRET=<yours>\nAUTH=true\n"), (".env.example", "PASSWORD=changeme\n"),
    ("settings.txt", "PASSWORD=hunter2\n"), ("-----BEGIN ", ""), ("x", "-----BEGIN "),
    ("late", String(repeating: " ", count: SecretFile.byteCountMax) + "-----BEGIN PRIVATE KEY-----\n\(body)"),
  ])
  func `what only looks like a secret is none`(_ path: String, _ text: String) throws {
    #expect(!SecretFile.holdsSecret(try #require(ArchivePath(path)), Array(text.utf8)[...]))
  }
}

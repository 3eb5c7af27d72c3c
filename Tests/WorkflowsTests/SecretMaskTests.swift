import Testing

@testable import Workflows

struct SecretMaskTests {
  @Test func `names that say secret are told from those that only look like it`() {
    let secret = [
      "PASSWORD", "dbPassword", "PGPASSWORD", "smtp_passwd", "client_secret", "authToken", "AWS_ACCESS_KEY_ID",
      "API-KEY",
      "stripe.apiKey", "private_key", "SECRET_KEY_BASE", "SENTRY_DSN", "auth", "Authorization", "credentials", "KEY",
      "signingKey", "deploy_key", "DATABASE_PASS", "slack_webhook",
    ]
    let open = [
      "author", "public_key", "primaryKey", "foreign_key", "keyboard", "monkey", "compass", "host", "id", "description",
      "key_id", "node_modules/js-tokens", "bypass", "pinned", "a sentence with the word password in it",
    ]
    for name in secret { #expect(SecretNames().isSecret(Array(name.utf8)), "\(name)") }
    for name in open { #expect(!SecretNames().isSecret(Array(name.utf8)), "\(name)") }
    #expect(!SecretNames(countsBareKey: false).isSecret(Array("key".utf8)))
  }

  @Test func `values are secret by what they are`() {
    let secret = [
      "-----BEGIN OPENSSH PRIVATE KEY-----\nabc", "cert:\n\n-----BEGIN RSA PRIVATE KEY-----", "AKIAIOSFODNN7EXAMPLE",
      "ghp_0123456789abcdefghijklmnopqrstuvwxyz", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc",
    ]
    let open = ["-----BEGIN CERTIFICATE-----\nabc", "-----BEGIN PUBLIC KEY-----", "AKIA", "eyJ", "sk-short", "hello"]
    for text in secret { #expect(SecretText.isSecret(Array(text.utf8)), "\(text)") }
    for text in open { #expect(!SecretText.isSecret(Array(text.utf8)), "\(text)") }
    for text in ["9f86d081884c7d659a2feaa0c55ad015", "dGhpcyBpcyBub3QgYSBzZWNyZXQ1"] {
      #expect(SecretText.looksRandom(Array(text.utf8)), "\(text)")
    }
    for text in ["localhost", "http://example.org/a/long/path", "11111111111111111111aa", "12345678901234567890"] {
      #expect(!SecretText.looksRandom(Array(text.utf8)), "\(text)")
    }
  }

  @Test func `texts keep all but their secrets`() {
    let cases = [
      "psql postgres://app:hunter2@db/app": "psql postgres://app:***@db/app",
      "http://host:80/a@b": "http://host:80/a@b",
      "PASSWORD=hunter2 run": "PASSWORD=*** run", "PASSWORD=$PW": "PASSWORD=$PW", "token: abc": "token: abc",
      #"{"password":"hunter2","n":1}"#: #"{"password":"***","n":1}"#, #"{"Token": "abc"}"#: #"{"Token": "***"}"#,
      #"{"password":"$2b$10$abc"}"#: #"{"password":"***"}"#, "nothing": "nothing", "": "",
    ]
    for (text, shown) in cases {
      #expect(String(decoding: SecretText.masked(Array(text.utf8)), as: UTF8.self) == shown)
    }
  }

  @Test func `lines of a text lose keys and values of secret names`() {
    let lines = [
      "-----BEGIN RSA PRIVATE KEY-----\n", "abc\n", "def\r\n", "-----END RSA PRIVATE KEY-----\n", "  apiKey: x y\n",
      "port: 8080\n",
      "export SECRET=1",
    ]
    let shown = SecretText.masked(lines: lines.map { Array($0.utf8)[...] }).map { String(decoding: $0, as: UTF8.self) }
    #expect(
      shown == [
        lines[0], "***\n", "***\r\n", lines[3], "  apiKey: ***\n", lines[5], "export SECRET=***",
      ])
  }

  @Test func `what rows and members are called may be a secret, too`() throws {
    let key = "sk_live_0123456789abcdef"
    let old =
      #"{"api_keys":[{"key":"\#(key)1","n":1}],"byKey":{"\#(key)2":1},"tokens":[{"id":7,"value":"x"}],"dependencies":{"jsonwebtoken":"^9.0.1"}}"#
    let new = old.replacing(":1}", with: ":2}").replacing("x", with: "y").replacing("9.0.1", with: "9.0.2")
    let comparison = try KeyedFormat.json.compare(Array(old.utf8), Array(new.utf8))
    #expect(
      comparison.changes.map { $0.name(showsSecrets: false) } == [
        "api_keys[key=***].n", "byKey.***", "tokens[id=7].value", "dependencies.jsonwebtoken",
      ])
    #expect(comparison.changes.map { $0.name(showsSecrets: true) }[0] == "api_keys[key=\(key)1].n")
    let last = try #require(comparison.changes.last)
    #expect(comparison.texts(of: last, showsSecrets: false).new == Array("\"^9.0.2\"".utf8))
    let added = try KeyedFormat.json.compare(Array("{}".utf8), Array(#"{"a":{"\#(key)":1}}"#.utf8))
    #expect(added.texts(of: try #require(added.changes.first), showsSecrets: false).new == Array(#"{"***":1}"#.utf8))
  }

  @Test func `what stands beside a secret's name is masked`() throws {
    let old =
      #"{"env":[{"name":"DB_PASSWORD","value":"old1"},{"name":"MODE","value":"a"}],"kind":"Secret","data":{"x":"old2"}}"#
    let new =
      #"{"env":[{"name":"DB_PASSWORD","value":"new1"},{"name":"MODE","value":"b"},{"name":"API_KEY","value":"new3"}],"kind":"Secret","data":{"x":"new2"}}"#
    let comparison = try KeyedFormat.json.compare(Array(old.utf8), Array(new.utf8))
    let shown = comparison.changes.map { change -> String in
      let texts = comparison.texts(of: change, showsSecrets: false)
      #expect(!texts.isSecretChanged || texts.isMasked)
      return [texts.old, texts.new].compactMap { $0 }.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
    }
    #expect(shown == [#""***" "***""#, #""a" "b""#, #"{"name":"API_KEY","value":"***"}"#, #""***" "***""#])
  }
}

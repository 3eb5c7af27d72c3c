import Testing

@testable import Workflows

struct CommandMaskTests {
  @Test(arguments: [
    "pg_dump postgres://me:(!)@host/db", "PGPASSWORD=(!) pg_dump", "PGPASSWORD='(! and more)' pg_dump",
    "X_SECRET_KEY=\"(!)\" run", "curl https://host/?api_key=(!)", "run --token (!) --fast", "run --db-password=(!)",
    "mysqldump -uroot -p(!) db", "/usr/bin/mysqldump -p(!) db", "sshpass -p (!) ssh host", "mongodump -u me -p (!)",
    "redis-cli -a (!) ping", "curl -u me:(!) https://host", "curl -H 'Authorization: (Bearer !)' https://host",
    "login token: (!)", "x; Bearer (!)", "DB_PASS=(!) run",
  ])
  func `what looks like a secret is left out, and the rest stays`(line: String) throws {
    let parts = line.split { "()".contains($0) }.map(String.init)
    let (before, secret, after) = (parts[0], parts[1], parts.count > 2 ? parts[2] : "")
    #expect(withoutSecrets(before + secret.replacing("!", with: "hunter2!x") + after) == "\(before)***\(after)")
  }

  @Test(arguments: [
    "pg_dump --no-password app", "psql \"$DATABASE_URL\"", "PGPASSWORD=$SECRET pg_dump", "mysqldump -p db",
    "mysqldump -u root -P 3306 db", "cp -p a b", "FATAL: password authentication failed for user \"app\"",
    "PASSWORD_FILE=/run/secrets/x run", "run --token-file /run/x", "curl -u \"$USER\" https://host",
    "https://host:8080/x@y",
    "", "password=", "token:", "--token", "://", "mysql -p", "curl -u", "authorization:",
  ])
  func `what names no secret stays as it is`(line: String) { #expect(withoutSecrets(line) == line) }

  @Test func `one word of a command may say that the next is a secret`() {
    #expect(
      withoutSecrets(words: ["mysqldump", "--password", "x y", "db"]) == ["mysqldump", "--password", "***", "db"])
    #expect(withoutSecrets(words: ["/bin/sshpass", "-p", "x", "ssh"]) == ["/bin/sshpass", "-p", "***", "ssh"])
    #expect(withoutSecrets(words: ["mysql", "-px"]) == ["mysql", "-p***"])
    #expect(
      withoutSecrets(words: ["run", "--token", "--fast", "-p", "80"]) == ["run", "--token", "--fast", "-p", "80"])
    #expect(ProjectCommand.words(["run", "--token", "x"]).shown == "run --token ***")
  }
}

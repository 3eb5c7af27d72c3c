import TestSupport
import Testing

struct PostgresTests {
  @Test(.enabled(if: PostgresServer.programs != nil, "PostgreSQL is not installed (apt: postgresql)"))
  func `a database comes back from the dump that init proposed`() throws {
    let sandbox = try SnapSandbox()
    let server = try PostgresServer(in: sandbox, programs: try #require(PostgresServer.programs))
    try sandbox.write(".env", "DATABASE_URL=\(server.url)\n")
    try sandbox.write("app.txt", "x\n")
    #expect(try sandbox.snap("init").output.contains("dump 'database': the postgresql database of DATABASE_URL (.env)"))
    let digest = "psql -q -A -t -c 'select count(*), sum(id), md5(string_agg(name, chr(44) order by id)) from people'"
    func psql(_ command: String) throws -> String {
      let run = try sandbox.shell(command, environment: server.variables)
      #expect(run.status == 0, "\(run.error)")
      return run.output
    }
    _ = try psql(
      #"psql -q -c "create table people (id int primary key, name text); insert into people select i, 'Zoë ' || i || E'\n' from generate_series(1, 20000) i""#
    )
    let before = try psql(digest)
    #expect(before.hasPrefix("20000|"))
    // The address comes from .env alone: nothing of it is in the environment of this save.
    let save = try sandbox.snap("save", "v1")
    #expect(save.status == 0, "\(save.error)")
    #expect(save.output.contains("Dumps:   dumps/database.sql\n"))
    #expect(try !sandbox.snap("show", "v1", "--json").output.contains("p@ss"))
    _ = try psql("psql -q -c 'update people set name = null where id % 7 = 0; delete from people where id > 19000'")
    #expect(try psql(digest) != before)
    let second = try sandbox.snap("save", "v2", "--json")
    #expect(second.status == 0)
    _ = try psql("psql -q -c 'drop table people'")
    let restore = try sandbox.snap(
      "restore", "v1:database", "--pipe", "psql -q --single-transaction -v ON_ERROR_STOP=1 >/dev/null",
      environment: server.variables)
    #expect(restore.status == 0, "\(restore.error)")
    #expect(try psql(digest) == before)
    // Once more over what is there: the command fails, and says so.
    let again = try sandbox.snap(
      "restore", "v1:database", "--pipe", "psql -q --single-transaction -v ON_ERROR_STOP=1 >/dev/null",
      environment: server.variables)
    #expect(again.status == 23)
    #expect(try psql(digest) == before)
    server.stop()
    let failed = try sandbox.snap("save", "v3")
    #expect(failed.status == 23)
    #expect(failed.error.hasPrefix("snap: dump 'database' failed: exited with 1: pg_dump: error: connection to server"))
    #expect(try sandbox.snap("list").outputLines.count == 2)
  }
}

import Glibc

/// A PostgreSQL server of its own in a sandbox, reached by a socket in it, with a password; gone with the value.
package final class PostgresServer {
  /// Of the newest version that is installed; `nil` when none is.
  package static let programs: String? = {
    let versions = StoreTestFolder.names("/usr/lib/postgresql").compactMap(Int.init).sorted()
    return versions.last { unsafe access("/usr/lib/postgresql/\($0)/bin/initdb", X_OK) == 0 }
      .map { "/usr/lib/postgresql/\($0)/bin" }
  }()

  private let sandbox: SnapSandbox
  private let programs: String
  package var folder: String { sandbox.folder + "/pg" }
  /// With a password that has to be escaped.
  package var url: String { "postgresql://app:p%40ss%2Fword@/app?host=\(folder)" }
  /// The same for `psql`.
  package var variables: [String: String] {
    ["PGHOST": folder, "PGUSER": "app", "PGPASSWORD": "p@ss/word", "PGDATABASE": "app"]
  }

  /// The server refuses to run as root: then it is nobody's.
  private static let asUser = isRoot ? "setpriv --reuid=65534 --regid=65534 --clear-groups" : ""

  /// - Throws: what the server said when it did not start.
  package init(in sandbox: SnapSandbox, programs: String) throws {
    self.sandbox = sandbox
    self.programs = programs
    let run = try sandbox.shell(
      """
      set -e; mkdir "$D"; printf 'p@ss/word' >"$D/password"; if [ "$(id -u)" = 0 ]; then chown -R 65534:65534 "$D"; fi; cd "$D"
      $AS "$BIN/initdb" -D "$D/data" -U app -A scram-sha-256 --pwfile="$D/password" -E UTF8 --locale=C --no-sync >/dev/null
      $AS "$BIN/pg_ctl" -D "$D/data" -o "-c listen_addresses= -k '$D' -F" -l "$D/log" -w start >/dev/null
      PGPASSWORD=p@ss/word psql -q -h "$D" -U app -d postgres -c 'create database app'
      """, environment: environment)
    guard run.status == 0 else { throw StartFailure(text: run.error + (sandbox.read(folder + "/log") ?? "")) }
  }

  private struct StartFailure: Error {
    var text: String
  }

  private var environment: [String: String] { ["D": folder, "BIN": programs, "AS": Self.asUser] }

  package func stop() {
    _ = try? sandbox.shell(
      #"cd "$D"; $AS "$BIN/pg_ctl" -D "$D/data" -m immediate stop >/dev/null"#, environment: environment)
  }

  deinit { stop() }
}

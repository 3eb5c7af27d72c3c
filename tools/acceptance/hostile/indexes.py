"""Files where the index should be: it is derived, so whatever lies there costs time at the most."""
import os
import sqlite3

from cases import Case, file, root_entry

HARMLESS = dict(restore=(0,), verify=(0, 13))


def with_version(change):
    """A sound version `evil`, and an index that `change(path)` has made."""

    def forge(forgery):
        forgery.version(forgery.manifest([root_entry(), file(b"evil")(forgery)]))
        change(forgery.folder / "index.sqlite")

    return forge


def statements(*lines):
    """Statements run on the index as snap made it."""

    def change(path):
        with sqlite3.connect(path, isolation_level=None) as connection:
            for line in lines:
                connection.execute(line)
        connection.close()

    return with_version(change)


def rewritten(*replacements):
    """The text of the schema replaced, behind SQLite's back."""

    def change(path):
        with sqlite3.connect(path, isolation_level=None) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            for old, new in replacements:
                connection.execute("UPDATE sqlite_schema SET sql = replace(sql, ?, ?)", (old, new))
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    return with_version(change)


def content(data):
    def change(path):
        for suffix in ("-wal", "-shm"):
            (path.parent / (path.name + suffix)).unlink(missing_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data(path.read_bytes()))

    return with_version(change)


def linked(target, suffix=""):
    def change(path):
        place = path.parent / (path.name + suffix)
        place.unlink(missing_ok=True)
        os.symlink(target, place)

    return with_version(change)


def beside(suffix, data):
    return with_version(lambda path: (path.parent / (path.name + suffix)).write_bytes(data))


def with_folder(suffix=""):
    def change(path):
        place = path.parent / (path.name + suffix)
        place.unlink(missing_ok=True)
        place.mkdir()
        (place / "x").write_text("x")

    return with_version(change)


TRIGGER = "CREATE TRIGGER evil AFTER INSERT ON record BEGIN UPDATE pack SET byteCount = 1; END"
CASES = [
    Case("a trigger", statements(TRIGGER), **HARMLESS),
    Case("a trigger that attaches", statements("CREATE TRIGGER evil AFTER DELETE ON record BEGIN SELECT load_extension('../outside/file'); END"), **HARMLESS),
    Case("a view in a table's place", statements("DROP TABLE record", "CREATE VIEW record AS SELECT 0 AS kind, x'00' AS key, x'00' AS value"), **HARMLESS),
    Case("a table too many", statements("CREATE TABLE evil (x)"), **HARMLESS),
    Case("a table too few", statements("DROP TABLE chunk"), **HARMLESS),
    Case("an index with an expression", statements("CREATE INDEX evil ON pack (abs(byteCount))"), **HARMLESS),
    Case("a column that is computed", statements("ALTER TABLE pack ADD COLUMN evil BLOB AS (zeroblob(1000000000))"), **HARMLESS),
    Case("a check that takes a gigabyte", rewritten(("layout BLOB NOT NULL", "layout BLOB NOT NULL CHECK (randomblob(1000000000))")), **HARMLESS),
    Case("a table with a default that is a function", rewritten(("byteCount INTEGER NOT NULL", "byteCount INTEGER NOT NULL DEFAULT (random())")), **HARMLESS),
    Case("another schema's number", statements("PRAGMA user_version = 999"), **HARMLESS),
    Case("another program's database", statements("PRAGMA application_id = 1"), **HARMLESS),
    Case("another repository's", statements("UPDATE record SET value = x'00112233445566778899aabbccddeeff' WHERE kind = 0"), **HARMLESS),
    Case("packs that are not there", statements("UPDATE pack SET id = randomblob(16)"), **HARMLESS),
    Case("packs of other sizes", statements("UPDATE pack SET byteCount = 9223372036854775807"), **HARMLESS),
    Case("chunks that stand elsewhere", statements("UPDATE chunk SET position = position + 1"), **HARMLESS),
    Case("positions that are negative", statements("UPDATE chunk SET position = -9223372036854775807"), **HARMLESS),
    Case("layouts of a hundred megabytes", statements("UPDATE pack SET layout = zeroblob(100000000)"), **HARMLESS),
    Case("layouts of nothing", statements("UPDATE pack SET layout = x''"), **HARMLESS),
    Case("records that are none", statements("UPDATE record SET value = x'00' WHERE kind IN (1, 2, 3)"), **HARMLESS),
    Case("records under others' names", statements("INSERT INTO record VALUES (1, randomblob(16), (SELECT value FROM record WHERE kind = 1 LIMIT 1))"), **HARMLESS),
    Case("fifty thousand records", statements("INSERT INTO record WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 50000) SELECT 99, CAST(n AS BLOB), x'00' FROM c"), **HARMLESS),
    Case("stamps that promise that nothing changed", statements("UPDATE record SET value = CAST('9223372036854775807' AS BLOB) WHERE kind = 10"), **HARMLESS),
    Case("lost records that never were", statements("INSERT INTO record VALUES (13, randomblob(16), randomblob(100))"), **HARMLESS),
    Case("a next number of 2^64", statements("INSERT OR REPLACE INTO record VALUES (0, CAST('nextPack' AS BLOB), CAST('18446744073709551615' AS BLOB))"), **HARMLESS),
    Case("everything deleted", statements("DELETE FROM pack", "DELETE FROM chunk"), **HARMLESS),
    Case("no bytes", content(b""), **HARMLESS),
    Case("text", content(b"this is no database\n" * 100), **HARMLESS),
    Case("a header and nothing behind it", content(lambda old: old[:100]), **HARMLESS),
    Case("half of it", content(lambda old: old[: len(old) // 2]), **HARMLESS),
    Case("pages of 64 KiB by the header alone", content(lambda old: old[:16] + b"\0\1" + old[18:]), **HARMLESS),
    Case("a freelist that goes in a circle", content(lambda old: old[:32] + (2).to_bytes(4, "big") + (1 << 30).to_bytes(4, "big") + old[40:]), **HARMLESS),
    Case("a text encoding of UTF-16", content(lambda old: old[:56] + (3).to_bytes(4, "big") + old[60:]), **HARMLESS),
    Case("a symbolic link to what is outside", linked("../../outside/file"), **HARMLESS),
    Case("a symbolic link to nothing outside", linked("../../outside/new"), **HARMLESS),
    Case("a log that is a symbolic link", linked("../../outside/file", "-wal"), restore=(0, 13, 17, 18), verify=(0, 13, 17, 18), spares_others=False),
    Case("a log of zeros", beside("-wal", bytes(100_000)), **HARMLESS),
    Case("a journal of another file", beside("-journal", b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(5000)), **HARMLESS),
    Case("a folder", with_folder(), restore=(0, 13, 17, 18), verify=(0, 13, 17, 18), spares_others=False),
]

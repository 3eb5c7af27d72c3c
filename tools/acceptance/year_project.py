"""The project that `year.py` takes through a year: a shop with pages, a server, a PostgreSQL and an SQLite database, under git."""
import gzip
import hashlib
import io
import json
import os
import random
import shutil
import sqlite3
import subprocess
import tarfile
from datetime import datetime, timezone
from pathlib import Path

import compare_trees
from snap_program import Failure

DATABASE = "data/visits.sqlite"
# Not saved, or compared by content instead: the copy of a live database, and what the dumps write.
APART = [".snap", ".git", "dumps", DATABASE, DATABASE + "-wal", DATABASE + "-shm"]


class Postgres:
    """A server of its own below a folder, reached by a socket in it."""
    MARK = "-- that was all --"

    def __init__(self, folder):
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
        if not found:
            raise Failure("PostgreSQL is not installed (apt install postgresql)")
        self.programs, self.folder = found[-1].parent, Path(folder)
        self.folder.mkdir()
        # The server refuses to run as root: then it is nobody's.
        self.user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        if self.user:
            os.chown(self.folder, 65534, 65534)
            self.folder.parent.chmod(0o755)
        self._run("initdb", "-D", "data", "-U", "shop", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self._run("pg_ctl", "-D", "data", "-o", f"-c listen_addresses= -k '{self.folder}' -F", "-l", "log", "-w", "start")
        self.session = None
        self.environment = dict(os.environ, PGHOST=str(self.folder), PGUSER="shop", PGDATABASE="shop")
        self.sql("create database shop", "postgres")

    def _run(self, program, *arguments):
        done = subprocess.run([*self.user, self.programs / program, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise Failure(f"{program}: {done.stderr.decode(errors='replace').strip()}")

    def sql(self, text, database="shop"):
        """What psql prints of some statements; with the shop's own database it stays open from one to the next."""
        session = self.session if database == "shop" and self.session else self._open(database)
        session.stdin.write(f"{text};\n\\echo {self.MARK}\n")
        session.stdin.flush()
        lines = []
        for line in session.stdout:
            if line == self.MARK + "\n":
                break
            lines.append(line)
        else:
            raise Failure(f"psql: {session.stderr.read().strip()}")
        if database == "shop":
            self.session = session
        else:
            session.communicate()
        return "".join(lines)

    def _open(self, database):
        return subprocess.Popen(["psql", "-q", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database], env=self.environment, text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def close(self):
        """Nobody may be connected to a database that is dropped."""
        if self.session:
            self.session.communicate()
        self.session = None

    def rows(self, database="shop"):
        return self.sql("select * from orders order by id; select * from customers order by id", database)

    def recreate(self):
        """An empty database instead, as a recovery needs it."""
        self.close()
        self.sql("drop database shop", "postgres")
        self.sql("create database shop", "postgres")

    def stop(self):
        self.close()
        subprocess.run([*self.user, self.programs / "pg_ctl", "-D", "data", "-m", "immediate", "stop"], cwd=self.folder,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Project:
    """The folder, the databases, and how they change from day to day."""

    def __init__(self, folder, postgres, seed):
        self.folder, self.postgres, self.random = Path(folder), postgres, random.Random(seed)
        for path, text in {
            "web/index.html": "<!doctype html>\n<title>Shop</title>\n<script src=app.js></script>\n",
            "web/app.js": "".join(f"export const item{n} = {n};\n" for n in range(200)),
            "server/main.py": "import json\n\nsettings = json.load(open('config/settings.json'))\n",
            "server/migrate.sh": "#!/bin/sh\nset -e\npsql -q -X -c 'alter table orders drop column amount'\n"
                                 "echo '{\"port\": 80' >config/settings.json\nrm web/app.js\n"
                                 "psql -q -X -v ON_ERROR_STOP=1 -c 'insert into nowhere values (1)'\n",
            "config/settings.json": '{"port": 8080, "debug": false}\n', "package.json": '{"name": "shop", "version": "1.0.0"}\n',
            ".env": f"DATABASE_URL=postgresql://shop@/shop?host={postgres.folder}\n", ".gitignore": ".env\ndata/\n",
        }.items():
            self.write(path, text)
        for number in range(6):
            self.write(f"server/module{number}.py", "".join(f"def step{line}():\n    return {line}\n\n" for line in range(20)))
        (self.folder / "server/migrate.sh").chmod(0o755)
        os.symlink("index.html", self.folder / "web/home.html")
        (self.folder / "data").mkdir()
        postgres.sql("create table customers (id serial primary key, name text not null);"
                     "create table orders (id serial primary key, customer int references customers, amount numeric(9,2), note text);"
                     "insert into customers (name) select 'Zoë ' || i from generate_series(1, 60) i;"
                     "insert into orders (customer, amount, note) select 1 + i % 60, i * 1.25, 'first year' from generate_series(1, 100) i")
        self.open_database()
        self.database.execute("create table visits (id integer primary key, page text, day text)")
        self.git("init", "-q", "-b", "main")

    def write(self, path, text):
        full = self.folder / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(text)

    def git(self, *arguments, when=None):
        stamp = when.isoformat() if when else "2025-01-01T00:00:00Z"
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder.parent), "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "A",
                       "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org",
                       "GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}
        subprocess.run(["git", *arguments], cwd=self.folder, env=environment, check=True, stdout=subprocess.DEVNULL)

    def open_database(self):
        """With a write-ahead log, and open while the project is saved, as a program that runs has it."""
        self.database = sqlite3.connect(self.folder / DATABASE, isolation_level=None)
        self.database.execute("pragma journal_mode = wal")

    def live(self, day):
        """What happens on a day: orders and visits, and now and then somebody edits a file."""
        r = self.random
        self.postgres.sql(
            f"insert into orders (customer, amount, note) select 1 + i % 60, i * 0.75, 'day {day}' from generate_series(1, {r.randrange(1, 4)}) i;"
            f"update customers set name = name || '.' where id = {r.randrange(1, 61)}")
        self.database.executemany("insert into visits (page, day) values (?, ?)", [(f"/{r.randrange(50)}", str(day))] * r.randrange(1, 6))
        if day % 3 == 0:
            path = f"server/module{r.randrange(6)}.py"
            lines = (self.folder / path).read_text().splitlines(keepends=True)
            lines[r.randrange(len(lines))] = f"# changed on day {day}\n"
            self.write(path, "".join(lines))
        if day % 17 == 0:
            self.write(f"web/page{day}.html", f"<title>{day}</title>\n")
        if day % 51 == 0:
            (self.folder / f"web/page{day - 17}.html").unlink()

    def release(self, version, when):
        self.write("package.json", json.dumps({"name": "shop", "version": version}) + "\n")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", f"release {version}", when=when)

    def tree(self, root=None):
        return compare_trees.record(os.fspath(root or self.folder), APART)

    def visits(self, root=None):
        if root is None:
            return self.database.execute("select * from visits order by id").fetchall()
        with sqlite3.connect(Path(root) / DATABASE) as copy:
            return copy.execute("select * from visits order by id").fetchall()

    def make_old_backups(self):
        """What a script has left behind in the years before: {version: {path: SHA-256}}."""
        expected = {}
        for number, (version, stamp) in enumerate([("v0.7.0", "2024-06-03T08-00-00-000Z"), ("v0.8.0", "2024-09-02T08-00-00-000Z"),
                                                   ("v0.9.0", "2024-12-02T08-00-00-000Z")]):
            files = {"server/main.py": f"# {version}\n", "config/settings.json": f'{{"port": {8000 + number}}}\n',
                     "web/app.js": "".join(f"export const item{n} = {n * number};\n" for n in range(300))}
            folder = self.folder / "backups" / version
            folder.mkdir(parents=True)
            with tarfile.open(folder / f"shop_{version}_{stamp}.tar.gz", "w:gz") as archive:
                for path, text in files.items():
                    member = tarfile.TarInfo(path)
                    member.size, member.mtime = len(text.encode()), 1_700_000_000 + number
                    archive.addfile(member, io.BytesIO(text.encode()))
            time = stamp[:10] + "T08:00:00Z"
            (folder / "MANIFEST.txt").write_text(f"Version: {version}\nCreated: {time}\nGit commit: {number}{'ab' * 19}c\nGit branch: main\n")
            expected[version] = (datetime.fromisoformat(time.replace("Z", "+00:00")),
                                 {path: hashlib.sha256(text.encode()).hexdigest() for path, text in files.items()})
        rows = json.dumps({"customers": [{"id": n, "name": f"Zoë {n}"} for n in range(500)]}).encode()
        with gzip.open(self.folder / "backups/backup-2024-12-24T02-00-00-000Z.json.gz", "wb") as file:
            file.write(rows)
        expected["2024-12-24T02-00-00Z"] = (datetime(2024, 12, 24, 2, tzinfo=timezone.utc), {"backup.json": hashlib.sha256(rows).hexdigest()})
        return expected

    def remove_old_backups(self):
        shutil.rmtree(self.folder / "backups")

#!/usr/bin/env python3
"""Takes a project through a whole year and checks that everything that is kept comes back, bit for bit.

    year.py SNAP [--days 365] [--seed 1] [--keep]

The project has pages, a server, a real PostgreSQL, an SQLite database that is written to, and an old backups/ folder. `snap` lives in that
year (year_clock.c): it is saved every night and on each release, retention runs on every second Sunday; a migration fails and is undone with
`guard`, a table is corrupted and put back, a dump becomes empty, a night is missed, a version is drilled, one is forgotten by mistake. An
oracle of its own knows which versions the rules keep, and remembers of each every file, every row and every dump.
"""
import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import compare_trees
import year_project
from snap_program import Failure, Snap, remove

FIRST_DAY = datetime(2025, 1, 1, tzinfo=timezone.utc)
RETENTION = {"daily": 7, "weekly": 5, "monthly": 12, "tags": {"release"}}
CHECKS = "checks:\n  - python3 -m json.tool config/settings.json\n  - grep -q 'dump complete' dumps/database.sql\n"


@dataclass
class Saved:
    """What the oracle remembers of one version."""
    name: str
    when: datetime
    group: str = "project"
    tags: set = field(default_factory=set)
    is_held: bool = False
    is_suspect: bool = False
    tree: dict = None
    visits: list = None
    dump: str = ""
    files: dict = None  # of an imported version, instead of the tree


def moment(text):
    return datetime.fromisoformat(re.sub(r"\.\d+|Z$", lambda found: "+00:00" if found[0] == "Z" else "", text))


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def kept(versions, rules):
    """Names of the versions that the rules keep: the newest of each of the last periods that have one, for each group."""
    names = {v.name for v in versions if v.is_held or v.tags & rules["tags"]}
    for group in {v.group for v in versions}:
        members = sorted((v for v in versions if v.group == group), key=lambda v: v.when, reverse=True)
        for rule, period in (("daily", "%Y-%m-%d"), ("weekly", "%G-%V"), ("monthly", "%Y-%m")):
            newest, trusted = {}, set()
            for v in [v for v in members if not v.is_suspect]:
                newest.setdefault(v.when.strftime(period), v)
                trusted.add(v.when.strftime(period))
            if any(v.is_suspect and v.when.strftime(period) not in trusted for v in members):
                raise Failure("the oracle knows no period of suspect versions only")
            names |= {v.name for v in list(newest.values())[:rules[rule]]}
    return names


class Year:
    def __init__(self, program, work, seed):
        self.work = Path(work)
        folder = self.work / "shop"
        folder.mkdir()
        self.snap = Snap(program, folder)
        self.postgres = year_project.Postgres(self.work / "pg")
        self.project = year_project.Project(folder, self.postgres, seed)
        self.versions, self.now, self.counts = [], FIRST_DAY, Counter()
        # The oracle's own copy of each dump, taken before the program sees it.
        tap = self.work / "bin/pg_dump"
        tap.parent.mkdir()
        tap.write_text(f"#!/bin/sh\n{shutil.which('pg_dump')} \"$@\" >'{self.work}/dump.sql' && cat '{self.work}/dump.sql'\n")
        tap.chmod(0o755)
        self.snap.environment["PATH"] = f"{tap.parent}:{os.environ['PATH']}"
        clock = self.work / "year_clock.so"
        compiler = shutil.which("cc") or shutil.which("clang")
        if not compiler:
            raise Failure("the clock needs a C compiler (clang comes with Swift)")
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", clock, Path(__file__).with_name("year_clock.c"), "-ldl"], check=True)
        self.snap.environment.update(LD_PRELOAD=str(clock), TZ="UTC", TMPDIR=str(self.work), PGHOST=str(self.postgres.folder), PGUSER="shop",
                                     PGDATABASE="shop", HOME=str(self.work), GIT_CONFIG_NOSYSTEM="1")

    def at(self, hour, minute=0):
        """Moves the clock to a time of this day."""
        self.now = self.now.replace(hour=hour, minute=minute, second=0, microsecond=0)

    def run(self, *arguments, statuses=(0,)):
        self.snap.environment["YEAR_CLOCK_OFFSET"] = str(int(self.now.timestamp() - time.time()))
        self.counts["commands"] += 1
        done = self.snap.run(*arguments, statuses=statuses)
        self.now += timedelta(seconds=5)  # no two commands at one moment
        return done

    def text(self, *arguments, statuses=(0,)):
        done = self.run(*arguments, statuses=statuses)
        return (done.stdout + done.stderr).decode()

    def listed(self):
        rows = self.run("list").stdout.decode().splitlines()
        return [tuple(row.split("\t")[column] for column in (0, 2)) for row in rows]

    def dump(self):
        """What pg_dump wrote last, as it went by."""
        return digest(self.work / "dump.sql")

    def save(self, *arguments, statuses=(0,), **facts):
        summary = json.loads(self.run("save", "--json", *arguments, statuses=statuses).stdout.splitlines()[-1])
        saved = Saved(summary["version"], moment(summary["backup_start"]), tree=self.project.tree(), visits=self.project.visits(),
                      dump=self.dump(), **facts)
        if abs((saved.when - self.now).total_seconds()) > 60:
            raise Failure(f"{saved.name} was saved at {saved.when}, and it is {self.now}: the clock does not reach the program")
        self.versions.append(saved)
        self.counts["saves"] += 1
        return saved.name

    def named(self, name):
        return next(v for v in self.versions if v.name == name)

    def expect(self, condition, what):
        if not condition:
            raise Failure(f"{self.now:%Y-%m-%d %H:%M}: {what}")

    # What happens

    def begin(self):
        expected = self.project.make_old_backups()
        out = self.text("init")
        self.expect("the postgresql database of DATABASE_URL (.env)" in out, f"init did not find the database\n{out}")
        with open(self.project.folder / "snap.yml", "a") as file:
            rules = "".join(f"  keep-{name}: {RETENTION[name]}\n" for name in ("daily", "weekly", "monthly"))
            file.write(f"retention:\n{rules}  keep-tag: release\n{CHECKS}")
        out = self.text("import", "backups")
        self.expect(out.count("equal to the archive") == len(expected), f"not all archives were imported\n{out}")
        self.project.remove_old_backups()
        for name, (when, files) in expected.items():
            # A file alone is a version of other paths: the rules look at it by itself.
            self.versions.append(Saved(name, when, group="project" if len(files) > 1 else "export", files=files))
            self.expect((name, when.strftime("%Y-%m-%dT%H:%M:%SZ")) in self.listed(), f"{name} was not imported with its time")

    def night(self, **facts):
        self.at(2)
        # As snap schedule has it: the version in package.json is the release's.
        return self.save("--version-from=time", **facts)

    def collect(self, *arguments):
        self.run("gc", "-q", "--undo-window", "0s", *arguments)
        names = kept(self.versions, RETENTION)
        self.versions = [v for v in self.versions if v.name in names]
        found = {name for name, _ in self.listed()}
        self.expect(found == names, f"retention kept {sorted(found - names)} too many and {sorted(names - found)} too few")

    def release(self, number):
        self.at(11)
        self.project.release(f"1.{number}.0", self.now)
        name = self.save("--version-from", "auto", "--tag", "release", tags={"release"})
        self.expect(name == f"v1.{number}.0", f"the release is called {name}")

    def failed_migration(self):
        """guard saves first; the project goes back by the line that it prints, the database by the dump."""
        self.at(14)
        rows = self.postgres.rows()
        self.project.database.close()
        done = self.run("guard", "--", "./server/migrate.sh", statuses=(23,))
        hint = next(line for line in done.stderr.decode().splitlines() if line.startswith("hint: snap "))
        name = hint.split()[3]
        self.expect("amount" not in self.postgres.sql("select * from information_schema.columns where table_name = 'orders'"),
                    "the migration did nothing")
        self.run(*hint.split()[2:])
        safety = next(n for n, _ in self.listed() if n.startswith("before-restore-"))
        self.postgres.recreate()
        self.run("restore", f"{name}:database", "--pipe", "psql -q -X -1 -v ON_ERROR_STOP=1 >/dev/null")
        self.expect(self.postgres.rows() == rows, "the database came back different after the migration")
        shutil.rmtree(self.project.folder / "dumps")
        self.project.open_database()
        # What guard saved is what is there again, but for the time of the root folder, in which dumps/ stood for a moment.
        self.remember_guarded(name, safety)

    def remember_guarded(self, name, safety):
        target = self.work / "guarded"
        self.run("restore", name, "--to", target)
        tree = self.project.tree(target)
        different = [line for line in compare_trees.differences(tree, self.project.tree()) if not line.startswith(".")]
        self.expect(not [line for line in different if "data" not in line], f"the project came back different: {different[:5]}")
        when = {name: moment(time) for name, time in self.listed()}
        dump = digest(target / "dumps/database.sql")
        self.versions.append(Saved(name, when[name], tree=tree,
                                   visits=self.project.visits(target), dump=dump))
        self.run("restore", safety, "--to", self.work / "safety")
        self.versions.append(Saved(safety, when[safety], group="before-restore",
                                   tree=self.project.tree(self.work / "safety")))
        self.expect((self.work / "safety/config/settings.json").read_text() == '{"port": 80\n', "the broken state was not kept")
        remove(target)
        remove(self.work / "safety")

    def corrupt_table(self):
        self.good_customers = self.postgres.sql("select * from customers order by id")
        self.postgres.sql("update customers set name = 'undefined' where id > 3")

    def repair_table(self):
        """Found two days later: the table as it was comes out of the dump of the last good night, the orders since then stay."""
        self.at(9)
        orders = self.postgres.sql("select * from orders order by id")
        good = (self.now - timedelta(days=1)).strftime("@{%Y-%m-%d}")
        self.postgres.sql("create database rescue", "postgres")
        self.run("restore", f"{good}:database", "--pipe", "psql -q -X -1 -v ON_ERROR_STOP=1 -d rescue >/dev/null", "--incident",
                 "a bug has set names to undefined")
        rows = self.postgres.sql("select id, name from customers", "rescue")
        values = ",".join("({}, '{}')".format(*row.split("|")) for row in rows.splitlines())
        self.postgres.sql(f"update customers set name = good.name from (values {values}) as good (id, name) where customers.id = good.id")
        self.postgres.sql("drop database rescue", "postgres")
        self.expect(self.postgres.sql("select * from customers order by id") == self.good_customers, "the customers came back different")
        self.expect(self.postgres.sql("select * from orders order by id") == orders, "the orders of the two days are gone")
        self.expect("| restored" in self.text("incident").replace("\t", "| "), "the incident is not on record")

    def empty_dump(self):
        """Somebody empties the table before the nightly save: it is marked, and latest stays the night before."""
        good = self.versions[-1].name
        self.postgres.sql("delete from orders; delete from customers")
        self.at(2)
        name = self.save("--version-from=time", statuses=(24,), is_suspect=True)
        self.expect(f"{name} is suspect: dump 'database'" in self.text("status", "--no-tree"), "status does not tell of the empty dump")
        self.expect(f"Version:   {good}\n" in self.text("show", "latest"), "latest is the version with the empty dump")
        self.at(8)
        self.postgres.recreate()
        self.run("restore", "latest:database", "--pipe", "psql -q -X -1 -v ON_ERROR_STOP=1 >/dev/null")
        self.expect(self.postgres.rows() == self.good_rows, "the database came back different")
        self.save(f"{name}-again")

    def drill(self):
        self.at(5)
        out = self.text("drill", "latest")
        self.expect("drill of" in out and "passed" in out, f"the drill did not pass\n{out}")

    def check_status(self, is_late=False):
        self.at(9)
        out = self.text("status", "-q", "--no-tree", "--max-age", "26h", statuses=(25,) if is_late else (0,))
        self.expect(not is_late or "the newest version" in out, f"status does not say what is too old\n{out}")

    def forget_by_mistake(self):
        self.at(10)
        name = next(v.name for v in self.versions if v.tags)
        self.run("forget", name)
        self.expect(name not in dict(self.listed()), f"{name} was not forgotten")
        self.run("undo")
        self.expect(name in dict(self.listed()), f"{name} did not come back")

    def live(self, days):
        """One day after the other; what happens is given by the date, so that a shorter year has less of it."""
        self.begin()
        for day in range(1, days + 1):
            self.now = FIRST_DAY + timedelta(days=day)
            self.project.live(day)
            if day == 232:
                self.check_status(is_late=True)  # the timer did not run
                continue
            if day == 275:
                self.empty_dump()
            else:
                self.night()
            if self.now.weekday() == 6 and day % 2 == 0:
                self.at(4)
                self.collect()
            if day % 30 == 15:
                self.release(day // 30)
            if day % 28 == 3 or day in (231, 233):
                self.check_status()
            if day == 20:
                self.forget_by_mistake()
            if day == 68:
                self.failed_migration()
            if day == 124:
                self.corrupt_table()
            if day == 125:
                self.repair_table()
            if day == 274:
                self.good_rows = self.postgres.rows()
            if day == 150:
                self.drill()
            if day == 190:
                self.at(10)
                self.text("status", "-q", "--no-tree", "--max-drill", "30d", statuses=(25,))

    def check(self, saved):
        """Restores one version and compares it with what is remembered."""
        target = Path(tempfile.mkdtemp(prefix="restored ", dir=self.work)) / "tree"
        try:
            self.run("restore", saved.name, "--to", target)
            if saved.files is not None:
                found = {str(path.relative_to(target)): hashlib.sha256(path.read_bytes()).hexdigest()
                         for path in target.rglob("*") if path.is_file()}
                self.expect(found == saved.files, f"{saved.name} came back with {found}, the archive had {saved.files}")
                return
            lines = list(compare_trees.differences(saved.tree, self.project.tree(target), owner=os.geteuid() == 0))
            self.expect(not lines, f"{saved.name} came back different in {len(lines)} places: {lines[:5]}")
            if saved.visits is not None:
                self.expect(self.project.visits(target) == saved.visits, f"{saved.name}: the SQLite database came back different")
                self.expect(digest(target / "dumps/database.sql") == saved.dump, f"{saved.name}: the dump came back different")
        finally:
            remove(target.parent)

    def check_all(self):
        self.at(12)
        names = {name for name, _ in self.listed()}
        self.expect(names == {v.name for v in self.versions}, "the list is not what the oracle remembers")
        for saved in self.versions:
            self.check(saved)


def main():
    parser = argparse.ArgumentParser(description="Takes a project through a year.")
    parser.add_argument("snap")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="leave the folder for inspection")
    options = parser.parse_args()
    work = tempfile.mkdtemp(prefix="snap-year-")
    began, year = time.monotonic(), None

    def say(text):
        print(f"{time.monotonic() - began:6.1f} s  {text}", flush=True)

    try:
        year = Year(options.snap, work, options.seed)
        year.live(options.days)
        say(f"{options.days} days: {year.counts['saves']} saves, {year.counts['commands']} commands; {len(year.versions)} versions are kept")
        year.run("verify", "--read-data")
        year.check_all()
        say(f"all {len(year.versions)} came back, equal in every file, row and dump")
        for path in year.snap.repository.glob("index.sqlite*"):
            path.unlink()
        year.collect("--deep")
        year.check_all()
        say(f"without the index, and with history encoded anew, the {len(year.versions)} that the rules still keep came back, too")
    except Failure as failure:
        print(f"year: {failure}" + (f" (in {work})" if options.keep else ""), file=sys.stderr)
        return 1
    finally:
        if year:
            year.postgres.stop()
        if not options.keep:
            remove(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())

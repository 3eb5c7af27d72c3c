#!/usr/bin/env python3
"""Lets snap read repositories that were made to harm it: all checksums are right, and what they say is not.

    hostile_repositories.py SNAP [--only TEXT] [--share N] [--list]

Each case stands beside a sound version, in a folder with a watched one next to it. Whatever snap is asked to do with it: it ends with
a documented status, in bounded memory and time, with plain text for a message; nothing outside the target changes, no wrong byte is restored, and
the sound version comes back.
"""
import argparse
import hashlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "hostile")]
import bombs  # noqa: E402
import indexes  # noqa: E402
import links  # noqa: E402
import manifests  # noqa: E402
import packs  # noqa: E402
import paths  # noqa: E402
import slots  # noqa: E402
from forge import Forgery  # noqa: E402
from snap_program import Failure, remove  # noqa: E402

FAMILIES = {"paths": paths.CASES, "links": links.CASES, "bombs": bombs.CASES, "manifests": manifests.CASES, "packs": packs.CASES,
            "indexes": indexes.CASES, "slots": slots.CASES}
DOCUMENTED = {0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25}
MEMORY_MAX = 400 << 20  # a debug build included
SECONDS_MAX = 60
GOOD = {"a.txt": b"good\n", "b/c.txt": b"fine\n" * 1000}


class Jail:
    """A folder for one case: the repository, a target, and what must not change beside it."""

    def __init__(self, program, template, work):
        self.program, self.work = program, Path(work)
        shutil.copytree(template, self.work, symlinks=True, dirs_exist_ok=True)
        self.repository = self.work / "project" / ".snap"
        (self.work / "outside").mkdir()
        (self.work / "outside" / "file").write_text("safe\n")
        self.watched = self.snapshot()

    def snapshot(self):
        """All that lies in the jail but the repository, the targets and what snap keeps for itself."""
        found = {}
        for place, folders, names in os.walk(self.work):
            if place == str(self.work):
                folders[:] = [name for name in folders if name not in ("target", "state", "cache")]
            folders[:] = [name for name in folders if name != ".snap"]
            for name in folders + names:
                path = os.path.join(place, name)
                status = os.lstat(path)
                content = hashlib.sha256(Path(path).read_bytes()).hexdigest() if os.path.isfile(path) and not os.path.islink(path) else ""
                found[path] = (status.st_mode, status.st_nlink if not os.path.isdir(path) else 0, content)
        return found

    def run(self, *arguments):
        """(status, output, error) of a command; the jail must be as it was."""
        environment = dict(PATH=os.environ["PATH"], HOME=str(self.work / "state"), SNAP_CACHE_DIR=str(self.work / "cache"), LC_ALL="C.UTF-8",
                           SNAP_STATE_DIR=str(self.work / "state"), NO_COLOR="1", SWIFT_BACKTRACE="enable=no")
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as error:
            process = subprocess.Popen([self.program, *arguments], cwd=self.work / "project", env=environment, stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=error, start_new_session=True, preexec_fn=lambda: signal.alarm(SECONDS_MAX))
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0), error.seek(0)
            shown, told = output.read(1 << 22), error.read(1 << 20)
        what = f"snap {' '.join(arguments)}"
        if process.returncode not in DOCUMENTED:
            raise Failure(f"{what}: ended with {process.returncode}\n{told[-600:].decode(errors='replace')}")
        if usage.ru_maxrss << 10 > MEMORY_MAX:
            raise Failure(f"{what}: took {usage.ru_maxrss >> 10} MiB")
        if re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", told):
            raise Failure(f"{what}: control characters in {told[:300]!r}")
        if process.returncode not in (0, 3) and not (told.startswith(b"snap: ") or arguments[0] == "diff"):
            raise Failure(f"{what}: ended with {process.returncode} and said {told[:300]!r}")
        now = self.snapshot()
        if now != self.watched:
            changed = sorted(path for path in {*now, *self.watched} if now.get(path) != self.watched.get(path))
            raise Failure(f"{what}: changed {changed[:5]}")
        return process.returncode, shown, told

    def expect(self, statuses, *arguments):
        status, shown, told = self.run(*arguments)
        if status not in statuses:
            raise Failure(f"snap {' '.join(arguments)}: ended with {status}, expected {statuses}: {told[-600:].decode(errors='replace')}")
        return shown

    def clear(self):
        remove(self.work / "target")
        (self.work / "target").mkdir()


def attempt(case, jail):
    """Every command that reads versions, on a repository with the evil one."""
    jail.clear()
    key = ["--key-file", "../key"] if case.is_encrypted else []
    everyone = (0,) if case.spares_others else tuple(DOCUMENTED)
    jail.run("list", *key)
    jail.run("ls", "evil", *key)
    jail.run("show", "evil", "--manifest", *key)
    jail.run("diff", "good", "evil", *key)
    jail.run("diff", "evil", "good", "--stat", *key)
    jail.run("du", "evil", *key)
    if not case.is_endless:
        jail.run("cat", "evil:evil", *key)
    jail.run("log", "evil", *key)
    jail.run("log", ".", *key)
    jail.run("find", "*", *key)
    jail.expect(case.restore, "restore", "evil", "--to", "../target/all", *key)
    jail.run("restore", "evil", "--to", "../target/none", "--dry-run", *key)
    jail.run("restore", "evil", "--to", "../target/some", "--skip-unsafe", *key)
    status, _, _ = jail.run("export", "evil", "-o", "../target/evil.tar", *key)
    if status == 0:
        check_archive(jail.work / "target" / "evil.tar")
    jail.expect(case.verify, "verify", "--read-data", *key)
    jail.run("gc", "--dry-run", *key)
    jail.expect(everyone, "save", "next", "-q", *key)
    jail.run("repair", *key)
    jail.run("gc", *key)
    status, _, _ = jail.run("restore", "good", "--to", "../target/good", "-q", *key)
    found = {name: (jail.work / "target" / "good" / name) for name in GOOD}
    if status == 0 or case.spares_others:
        if not all(path.is_file() and path.read_bytes() == GOOD[name] for name, path in found.items()):
            raise Failure(f"the sound version did not come back ({status})")


def check_archive(path):
    """No name of an archive leads out of where it is unpacked."""
    with tarfile.open(path) as archive:
        for member in archive:
            if member.name.startswith("/") or ".." in member.name.split("/"):
                raise Failure(f"export wrote an archive with {member.name!r}")


def make_template(program, work, is_encrypted):
    """A project with one sound version."""
    project = work / "project"
    for name, content in GOOD.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_bytes(content)
    key = ["--key-file", str(work / "key")] if is_encrypted else []
    environment = dict(os.environ, SNAP_CACHE_DIR=str(work / "cache"), SNAP_STATE_DIR=str(work / "state"))
    for line in (["init", "-q", *(["--encrypt", "--no-recovery-code"] if key else [])], ["save", "good", "-q"]):
        subprocess.run([program, *line, *key], cwd=project, env=environment, check=True, stdin=subprocess.DEVNULL)


def run_case(program, templates, case):
    work = tempfile.mkdtemp(prefix="snap hostile ")
    try:
        jail = Jail(program, templates[case.is_encrypted], work)
        case.forge(Forgery(jail.repository))
        attempt(case, jail)
        return None
    except Failure as failure:
        return str(failure)
    finally:
        remove(work)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("snap")
    parser.add_argument("--only", default="", help="cases with this in their name")
    parser.add_argument("--share", type=int, default=1, help="every n-th case, another share each day")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    program = str(Path(options.snap).resolve())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    chosen = [(family, case) for family, cases in FAMILIES.items() for case in cases if options.only in f"{family}: {case.name}"]
    chosen = chosen[int(time.time() // 86400) % options.share :: options.share]
    if options.list:
        print("\n".join(f"{family}: {case.name}" for family, case in chosen))
        return 0
    failed = 0
    with tempfile.TemporaryDirectory(prefix="snap hostile ") as folder:
        templates = {}
        for is_encrypted in (False, True):
            templates[is_encrypted] = Path(folder) / str(is_encrypted)
            templates[is_encrypted].mkdir()
            make_template(program, templates[is_encrypted], is_encrypted)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for (family, case), failure in zip(chosen, pool.map(lambda one: run_case(program, templates, one[1]), chosen)):
                if failure:
                    failed += 1
                    print(f"{family}: {case.name}: {failure}\n", flush=True)
    counts = ", ".join(f"{sum(one == family for one, _ in chosen)} {family}" for family in FAMILIES)
    print(f"{len(chosen)} hostile repositories ({counts}), {failed} harmful")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

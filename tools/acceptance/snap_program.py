"""Runs the program under test, and knows its spellings; shared by the acceptance programs."""
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import compare_trees

# gc that does not wait for the undo window to pass: what was forgotten a moment ago is collected too.
COLLECT_NOW = ["gc", "--undo-window", "0s"]


class Failure(Exception):
    """The program under test did something wrong."""


class Snap:
    """One repository, used through the command line only: `.snap` in `project`, or another folder, named by `--repo`.
    With a key file, which need not exist yet, it is an encrypted one."""

    def __init__(self, program, project, repository=None, key_file=None):
        self.program = str(Path(program).resolve())
        self.project = Path(project)
        self.repository = Path(repository) if repository else self.project / ".snap"
        self.key_file = key_file and Path(key_file)
        self.always = (["--repo", str(repository)] if repository else []) + (["--key-file", str(key_file)] if key_file else [])
        self.cache = self.project.parent / "cache"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SNAP_")}
        self.environment = dict(kept, SNAP_CACHE_DIR=str(self.cache), SNAP_STATE_DIR=str(self.project.parent / "state"), NO_COLOR="1", LC_ALL="C.UTF-8")

    def command(self, *arguments):
        return [self.program, *map(os.fspath, arguments), *self.always]

    def init(self):
        self.run("init", *(["--encrypt", "--no-recovery-code"] if self.key_file else []))

    def index_files(self):
        """The index lies in the repository; that of an encrypted one in the cache folder."""
        return [path for folder in (self.repository, *self.cache.glob("*")) for path in folder.iterdir() if is_index(path.name)]

    def start(self, *arguments, **options):
        """A process of its own session, so that it can be killed with what it started."""
        options.setdefault("cwd", self.project)
        return subprocess.Popen(self.command(*arguments), env=self.environment, stdin=subprocess.DEVNULL, start_new_session=True,
                                **options)

    def run(self, *arguments, statuses=(0,), cwd=None):
        done = subprocess.run(self.command(*arguments), cwd=cwd or self.project, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode not in statuses:
            shown = "\n".join("    " + line[:300] for line in (done.stdout + done.stderr).decode(errors="replace").splitlines()[-20:])
            raise Failure(f"snap {' '.join(map(str, arguments))}: exit status {done.returncode}, expected {statuses}\n{shown}")
        return done

    def json(self, *arguments, **options):
        """All JSON values that the command printed, one a line or one for all."""
        text = self.run(*arguments, "--json", **options).stdout.decode(errors="replace")
        try:
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError:
            try:
                return [json.loads(text)]
            except ValueError as error:
                raise Failure(f"snap {' '.join(map(str, arguments))} --json did not print JSON ({error}): {text[:300]!r}") from None

    def summary(self, *arguments, **options):
        values = self.json(*arguments, **options)
        found = [value for value in values if isinstance(value, dict) and value.get("message_type") == "summary"]
        if not found:
            raise Failure(f"snap {' '.join(map(str, arguments))} --json printed no summary: {values[-3:]}")
        return found[-1]

    def versions(self):
        values = self.json("list")
        rows = values[0] if values and isinstance(values[0], list) else values
        return [row["version"] for row in rows]


def figure(summary, *names):
    """The first of `names` that stands in the summary."""
    for name in names:
        if name in summary:
            return summary[name]
    raise Failure(f"none of {', '.join(names)} in {json.dumps(summary)}")


def byte_count(folder, leaving_out=lambda name: False):
    """Bytes of all files below a folder, as `lstat` tells their sizes."""
    total = 0
    for place, _, names in os.walk(folder):
        total += sum(os.lstat(os.path.join(place, name)).st_size for name in names if not leaving_out(name))
    return total


def is_index(name):
    return name.startswith("index.sqlite")


class History:
    """A changing folder and what it was at each version, to be compared with what comes back."""

    def __init__(self, program, work, repository=None, holes="exact", owner=True, key_file=None):
        self.work = Path(work)
        self.project = self.work / "the project"
        self.project.mkdir(parents=True, exist_ok=True)
        self.snap = Snap(program, self.project, repository, key_file)
        self.records = {}
        self.save_seconds = 0.0  # of the last save
        self.holes, self.owner = holes, owner and os.geteuid() == 0
        # as root everything comes back, set-user-id bits and devices too; nobody else may ask for that
        self.privileged = ["--preserve-privileged"] if os.geteuid() == 0 else []

    def record(self, folder, ignore=()):
        return compare_trees.record(os.fspath(folder), ignore, holes=self.holes)

    def save(self, version, *arguments):
        began = time.monotonic()
        # These trees are damaged at random: their shape tells nothing.
        self.snap.run("save", version, "--no-ignore", "--no-guard", *arguments)
        self.save_seconds = time.monotonic() - began
        self.records[version] = self.record(self.project, [".snap"])

    def check(self, version, *arguments):
        """Restores a version to a fresh folder and compares."""
        self.compare(version, lambda target: self.snap.run("restore", version, "--to", target, *self.privileged, *arguments))

    def compare(self, version, restore):
        """Calls `restore` with a path where nothing is, and compares what is there afterwards with what was saved."""
        target = Path(tempfile.mkdtemp(prefix="restored ", dir=self.work))
        try:
            restore(target / "tree")
            found = compare_trees.differences(self.records[version], self.record(target / "tree"), owner=self.owner)
            lines = list(found)
        finally:
            remove(target)
        if lines:
            shown = "\n".join("    " + line for line in lines[:20])
            raise Failure(f"{version} came back different in {len(lines)} places (saved | restored)\n{shown}")

    def check_all(self):
        listed = self.snap.versions()
        if sorted(listed) != sorted(self.records):
            raise Failure(f"list shows {sorted(listed)}, saved were {sorted(self.records)}")
        for version in self.records:
            self.check(version)

    def verify(self):
        self.snap.run("verify", "--read-data")

    def forget_and_collect(self, versions):
        """Forgets versions and collects; the store must shrink by exactly what both commands told. Returns the bytes freed."""
        # What killed saves left goes first: forget tells what forgetting frees, gc all that it frees.
        self.snap.summary(*COLLECT_NOW)
        forgotten = self.snap.summary("forget", *versions)
        for version in versions:
            del self.records[version]
        told = figure(forgotten, "bytes_freed_by_gc", "bytes_freed_by_collection", "freed_after_gc")
        before = byte_count(self.snap.repository, is_index)
        planned = figure(self.snap.summary(*COLLECT_NOW, "--dry-run"), "bytes_freed", "freed_bytes")
        collected = figure(self.snap.summary(*COLLECT_NOW), "bytes_freed", "freed_bytes")
        freed = before - byte_count(self.snap.repository, is_index)
        if not told == planned == collected == freed:
            raise Failure(f"forget predicted {told} bytes, gc --dry-run {planned}, gc told {collected}; the store shrank by {freed}")
        return freed

    def encode_anew(self):
        """Lets gc re-encode all history; what that frees must be what was foretold. Returns the bytes freed."""
        self.snap.summary(*COLLECT_NOW)
        before = byte_count(self.snap.repository, is_index)
        planned = self.snap.summary(*COLLECT_NOW, "--deep", "--dry-run")["bytes_freed"]
        told = self.snap.summary(*COLLECT_NOW, "--deep")["bytes_freed"]
        freed = before - byte_count(self.snap.repository, is_index)
        if not planned == told == max(freed, 0):
            raise Failure(f"gc --deep --dry-run predicted {planned} bytes, gc told {told}; the store shrank by {freed}")
        return freed


def remove(folder):
    """Deletes a tree of any depth and any modes."""
    folder = os.fspath(folder)
    if subprocess.run(["rm", "-rf", "--", folder], stderr=subprocess.DEVNULL).returncode != 0:
        subprocess.run(["chmod", "-R", "u+rwX", "--", folder], stderr=subprocess.DEVNULL)
        shutil.rmtree(folder, ignore_errors=True)

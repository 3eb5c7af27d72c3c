#!/usr/bin/env python3
"""Measures snap beside restic, and optionally borg, git, tar and cp, in interleaved rounds on the same folders.

    against_restic.py SNAP DATA [--rounds 5] [--sets releases small exports documents] [--peers restic borg git plain] [--write] [--raw FILE]

For each set one folder changes version by version. At every version each program saves it, in an order that is shuffled each round; then
each saves it unchanged, lists, compares the last two versions, and restores the last one. Repositories and caches are new each round
and lie outside the folder. Times are wall times with warm caches and a `sync` before each command; memory is the peak of the
process (wait4; this program's own few MiB are the floor). Printed are medians over the rounds of the ratio within a round: a bare
time says more about the machine than about the program. --write puts the tables between the marks in docs/benchmarks.md.

Sets: releases, documents, small, exports (all that is there), exports-constant (export.json, app.db), exports-stamped (backup-<time>.json).
`git` is measured for size only (`git gc --aggressive`, everything of .git counted but its hooks); `plain` is tar with zstd -3 -T0 into
a file for the first save and cp -a for the restore.
"""
import argparse
import json
import os
import platform
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools" / "acceptance"))
import make_tree
from history import mirror, natural

OPERATIONS = ["first save", "next saves", "unchanged save", "list", "diff of two versions", "full restore"]
MARKS = ("<!-- figures: begin -->", "<!-- figures: end -->")


class Peer:
    """A program under measurement: its commands by operation, and its store."""

    def __init__(self, work):
        self.home = Path(work) / self.name
        self.store = self.home / "store"
        self.home.mkdir(parents=True)
        self.environment = dict(os.environ, HOME=str(self.home), XDG_CACHE_HOME=str(self.home / "cache"), LC_ALL="C.UTF-8", **self.settings())

    def settings(self):
        return {}

    def prepare(self):
        if self.initial:
            self.measure(self.initial, None)

    def measure(self, command, folder):
        """Wall seconds and peak KiB of one command; it must succeed."""
        command = [str(part) for part in command]
        os.sync()
        errors = tempfile.TemporaryFile()
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        elapsed = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            sys.exit(f"{' '.join(command)}: exit status {process.returncode}\n{errors.read().decode(errors='replace')[-2000:]}")
        return elapsed, usage.ru_maxrss

    def output(self, command):
        return subprocess.run([str(part) for part in command], env=self.environment, stdout=subprocess.PIPE, check=True).stdout

    def byte_count(self):
        return sum(os.lstat(os.path.join(place, name)).st_size for place, _, names in os.walk(self.store) for name in names)

    def finish(self):
        """Whatever makes the store as small as the program can, before its size is taken a second time."""


class Snap(Peer):
    name = "snap"
    program = "snap"

    def settings(self):
        kept = {"SNAP_CACHE_DIR": str(self.home / "cache")}
        self.initial = [self.program, "init", "--repo", self.store]
        return kept

    def save(self, version):
        return [self.program, "save", version, "--no-ignore", "--repo", self.store]

    def list(self):
        return [self.program, "list", "--repo", self.store]

    def diff(self, old, new):
        return [self.program, "diff", old, new, "--repo", self.store]

    def restore(self, version, target):
        return [self.program, "restore", version, "--to", target, "--repo", self.store]

    def finish(self):
        self.measure([self.program, "gc", "--repo", self.store], None)


class Restic(Peer):
    name = "restic"

    def settings(self):
        self.initial = ["restic", "init", "--repository-version", "2", "-r", self.store]
        return {"RESTIC_PASSWORD": "benchmark", "RESTIC_CACHE_DIR": str(self.home / "cache")}

    def save(self, version):
        return ["restic", "backup", "-q", "-r", self.store, "--compression", "auto", "--tag", version, "."]

    def list(self):
        return ["restic", "snapshots", "-r", self.store]

    def diff(self, old, new):
        rows = json.loads(self.output(["restic", "snapshots", "--json", "-r", self.store]))
        ids = {row["tags"][0]: row["id"] for row in rows}
        return ["restic", "diff", "-r", self.store, ids[old], ids[new]]

    def restore(self, version, target):
        return ["restic", "restore", "-q", "latest", "-r", self.store, "--target", target]


class Borg(Peer):
    name = "borg"

    def settings(self):
        self.initial = ["borg", "init", "-e", "none", self.store]
        return {"BORG_BASE_DIR": str(self.home / "base"), "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes"}

    def save(self, version):
        return ["borg", "create", "--compression", "zstd,3", f"{self.store}::{version}", "."]

    def list(self):
        return ["borg", "list", self.store]

    def diff(self, old, new):
        return ["borg", "diff", f"{self.store}::{old}", new]

    def restore(self, version, target):
        os.makedirs(target)
        return ["sh", "-c", 'cd "$1" && exec borg extract "$2"', "sh", target, f"{self.store}::{version}"]


class Git(Peer):
    name = "git"

    def settings(self):
        self.initial = ["git", "init", "-q", "--bare", "--template=", self.store]
        return {"GIT_DIR": str(self.store), "GIT_WORK_TREE": ".", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "a",
                "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org"}

    def measure(self, command, folder):
        if "init" in command:
            self.environment = {k: v for k, v in self.environment.items() if k not in ("GIT_DIR", "GIT_WORK_TREE")}
            result = super().measure(command, folder)
            self.environment.update(self.settings())
            return result
        return super().measure(command, folder)

    def save(self, version):
        return ["sh", "-c", 'git -c gc.auto=0 add -A -f . && git -c gc.auto=0 commit -q --allow-empty -m "$1"', "sh", version]

    def finish(self):
        self.measure(["git", "gc", "-q", "--aggressive", "--prune=now"], self.store)


class Plain(Peer):
    name = "plain"
    initial = None

    def save(self, version):
        self.store.mkdir(exist_ok=True)
        return ["sh", "-c", 'exec tar -cf - . | zstd -q -3 -T0 -f -o "$1"', "sh", self.store / "first.tar.zst"]

    def restore(self, folder, target):
        return ["cp", "-a", folder, target]


PEERS = {peer.name: peer for peer in (Restic, Borg, Git, Plain)}


def versions(data, name):
    """(version, function that makes the folder that version)."""
    if name == "small":
        yield "v0", lambda folder: mirror(data / "small", folder)
        for number in (1, 2):
            yield f"v{number}", lambda folder, number=number: edit_some(folder, number)
        return
    kept = {"exports-constant": lambda each: not each.startswith("backup-"), "exports-stamped": lambda each: each.startswith("backup-")}
    for version in sorted((data / name.split("-")[0]).iterdir(), key=natural):
        def step(folder, version=version):
            if name not in kept:
                mirror(version, folder)
                return
            for each in folder.iterdir():
                if not (version / each.name).exists():
                    each.unlink()
            for each in version.iterdir():
                if kept[name](each.name):
                    shutil.copy2(each, folder / each.name)
        yield version.name, step


def edit_some(folder, seed):
    """One file in a hundred gets a line more."""
    r = random.Random(seed)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    for path in r.sample(files, max(1, len(files) // 100)):
        with open(path, "ab") as file:
            file.write(make_tree.text(r, 1))


def one_round(peers, data, name, seed, timed):
    """Operation to program to (seconds, KiB), and program to store sizes."""
    r = random.Random(seed)
    times, sizes = {operation: {} for operation in OPERATIONS}, {}
    work = Path(tempfile.mkdtemp(prefix="snap benchmark "))
    try:
        folder = work / "folder"
        folder.mkdir()
        here = [kind(work) for kind in peers]
        for peer in here:
            peer.prepare()
        done = []
        for version, step in versions(data, name):
            step(folder)
            for peer in r.sample(here, len(here)):
                if peer.name == "plain" and done:
                    continue
                seconds, kibibytes = peer.measure(peer.save(version), folder)
                before = times["next saves" if done else "first save"].setdefault(peer.name, (0.0, 0))
                times["next saves" if done else "first save"][peer.name] = (before[0] + seconds, max(before[1], kibibytes))
            done.append(version)
        for peer in here:
            sizes[peer.name] = [peer.byte_count()]
        working = [peer for peer in here if peer.name not in ("git", "plain")]
        if timed:
            for operation, command in [("unchanged save", lambda peer: peer.save("unchanged")), ("list", lambda peer: peer.list()),
                                       ("diff of two versions", lambda peer: peer.diff(*done[-2:]))]:
                for peer in r.sample(working, len(working)):
                    times[operation][peer.name] = peer.measure(command(peer), folder)
            for peer in r.sample([peer for peer in here if peer.name != "git"], len(here) - any(peer.name == "git" for peer in here)):
                target = work / f"restored by {peer.name}"
                version = folder if peer.name == "plain" else done[-1]
                # Nothing is deleted in between: ext4 passes over inodes that were freed in the last seconds, one by one, and
                # whoever creates files then pays for it.
                times["full restore"][peer.name] = peer.measure(peer.restore(version, target), folder)
        for peer in here:
            peer.finish()
            sizes[peer.name].append(peer.byte_count())
    finally:
        subprocess.run(["rm", "-rf", work])
    return times, sizes


def median_ratio(rounds, operation, name, part=0):
    ratios = [each[operation]["snap"][part] / each[operation][name][part] for each in rounds if name in each[operation] and "snap" in each[operation]]
    return statistics.median(ratios) if ratios else None


def tables(results, peers):
    lines = []
    for name, result in results.items():
        if not result["timed"]:
            continue
        columns = [peer for peer in peers if any(median_ratio(result["rounds"], operation, peer) for operation in OPERATIONS)]
        lines += [f"**{name}**: time of snap / time of the other (below 1: snap is faster), median of {len(result['rounds'])} interleaved rounds", "",
                  "| operation | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
        for operation in OPERATIONS:
            cells = [median_ratio(result["rounds"], operation, peer) for peer in columns]
            if any(cells):
                lines.append(f"| {operation} | " + " | ".join("" if cell is None else f"{cell:.2f}" for cell in cells) + " |")
        programs = ["snap"] + [peer for peer in columns if peer != "plain"]
        peaks = [max(each[operation][program][1] for each in result["rounds"] for operation in OPERATIONS if program in each[operation])
                 for program in programs]
        lines += ["", "Peak memory, any operation: " + ", ".join(f"{program} {peak / 1024:.0f} MiB" for program, peak in zip(programs, peaks)) + ".", ""]
    others = [peer for peer in peers if peer != "plain"]
    lines += ["Size of the whole store with all versions (snap: packs, manifests, index and records), snap / the other:", "",
              "| data | " + " | ".join(("git gc --aggressive" if peer == "git" else peer) for peer in others) + " | snap after gc / before |",
              "|---|" + "---|" * (len(others) + 1)]
    for name, result in results.items():
        sizes = result["sizes"]
        cells = [f"{sizes['snap'][0] / sizes[peer][-1 if peer == 'git' else 0]:.3f}" if peer in sizes else "" for peer in others]
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {sizes['snap'][1] / sizes['snap'][0]:.3f} |")
    return "\n".join(lines) + "\n"


def tool_versions(peers):
    commands = {"restic": ["restic", "version"], "borg": ["borg", "--version"], "git": ["git", "--version"]}
    found = [subprocess.run(commands[peer], stdout=subprocess.PIPE, text=True).stdout.split("\n")[0] for peer in peers if peer in commands]
    return ", ".join(re.sub(r" compiled.*", "", each) for each in found)


def main():
    parser = argparse.ArgumentParser(description="Measures snap beside other programs.")
    parser.add_argument("snap", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sets", nargs="+", default=["releases", "small"], help="timed, in all rounds")
    parser.add_argument("--size-sets", nargs="*", default=["exports-constant", "exports-stamped", "documents"], help="for the size only, once")
    parser.add_argument("--peers", nargs="+", default=["restic"], choices=list(PEERS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--raw", type=Path, help="where to put all figures, as JSON")
    options = parser.parse_args()
    Snap.program = str(options.snap.resolve())
    peers = [Snap] + [PEERS[name] for name in options.peers]
    results = {}
    for name in options.sets + options.size_sets:
        timed = name in options.sets
        rounds = []
        for number in range(options.rounds if timed else 1):
            # git gc --aggressive takes minutes and its result does not vary: once is enough
            here = [peer for peer in peers if (peer is not Git or number == 0) and (timed or peer is not Plain)]
            times, sizes = one_round(here, options.data, name, options.seed + number, timed)
            if number == 0:
                first_sizes = sizes
            rounds.append(times)
            print(f"{name}, round {number + 1}: " + ", ".join(
                f"{operation} {times[operation]['snap'][0] / times[operation][options.peers[0]][0]:.2f}" for operation in OPERATIONS
                if "snap" in times[operation] and options.peers[0] in times[operation]), file=sys.stderr, flush=True)
        results[name] = {"timed": timed, "rounds": rounds, "sizes": first_sizes}
        if options.raw:
            options.raw.write_text(json.dumps(results, indent=1))
    timed_results = {name: result for name, result in results.items()}
    text = f"Beside {tool_versions(options.peers)}; {os.cpu_count()} cores, Linux {platform.release().split('-')[0]}.\n\n" + tables(timed_results, options.peers)
    print(text)
    if options.write:
        page = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
        before, _, rest = page.read_text().partition(MARKS[0])
        page.write_text(before + MARKS[0] + "\n\n" + text + "\n" + MARKS[1] + rest.partition(MARKS[1])[2])


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Deletes, truncates and flips each file of a small repository in turn: the words that follow must be true.

    broken_files.py SNAP [--seed N] [--plain | --encrypt]

What is really lost an oracle finds by itself: each version is restored from a copy, file by file. Then, for each broken file:

- nothing that is restored is wrong: a file is equal, or it is not there and the command says so;
- `verify --read-data` ends with 0 only if everything comes back, and otherwise names each version that lost something, and its files, or says of
  which version it cannot tell them;
- every hint is a command that works: the ones it prints are typed, and after that everything is as promised: `verify --read-data` finds nothing and
  all versions come back, from the work tree or from a second repository, or the message says that it is lost.
"""
import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from snap_program import Failure, Snap, remove

WAYS = ("deleted", "truncated", "flipped")


class Case:
    """A repository that is put back as it was before each accident."""

    def __init__(self, program, work, seed, encrypt):
        self.work = Path(work)
        self.random = random.Random(seed)
        self.project = self.work / "the project"
        self.project.mkdir()
        key = self.work / "key" if encrypt else None
        self.snap = Snap(program, self.project, key_file=key)
        self.store = self.project / ".snap"
        self.trees = {}
        self.snap.init()
        if encrypt:
            self.snap.run("key", "export", self.work / "exported keys")
        for number in range(3):
            self.edit(number)
            self.snap.run("save", f"v{number}", "--no-ignore", "--no-guard")
            self.trees[f"v{number}"] = contents(self.project)
        self.snap.run("tag", "v1", "kept")
        self.snap.run("note", "v1", "a note")
        self.snap.run("forget", "v0")
        self.snap.run("undo")
        # The second copy, under keys of its own where there are any.
        self.second = self.work / "second"
        shutil.copytree(self.store, self.second)
        self.kept = self.work / "kept"
        shutil.copytree(self.store, self.kept / "store")
        for name in ("cache", "state"):
            if (self.work / name).exists():
                shutil.copytree(self.work / name, self.kept / name)

    def edit(self, number):
        for name in ("a.bin", "docs/b.txt", f"only{number}.txt"):
            path = self.project / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(self.random.randbytes(self.random.randrange(3_000, 30_000)))
        (self.project / "same.txt").write_text("the same in all\n")
        for old in range(number):
            (self.project / f"only{old}.txt").unlink(missing_ok=True)

    def back(self):
        remove(self.store)
        shutil.copytree(self.kept / "store", self.store)
        for name in ("cache", "state"):
            remove(self.work / name)
            if (self.kept / name).exists():
                shutil.copytree(self.kept / name, self.work / name)

    def files(self):
        return sorted(path.relative_to(self.store).as_posix() for path in self.store.rglob("*") if path.is_file())

    def shell(self, line):
        """Types a line as a person would, in the project, with the key file in the environment."""
        environment = dict(self.snap.environment, PATH=f"{Path(self.snap.program).parent}:{os.environ['PATH']}")
        if self.snap.key_file:
            environment["SNAP_KEY_FILE"] = str(self.snap.key_file)
        return subprocess.run(["sh", "-c", line], cwd=self.project, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")

    def restored(self, version):
        """The files that come back, and whether the command said that all is well."""
        target = Path(tempfile.mkdtemp(prefix="restored ", dir=self.work)) / "tree"
        try:
            done = self.shell(f"snap restore {version} --to '{target}'")
            return (contents(target) if target.exists() else {}), done.returncode == 0, done.stderr
        finally:
            remove(target.parent)


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in Path(folder).rglob("*")
            if path.is_file() and ".snap" not in path.relative_to(folder).parts}


def damage(path, way, r):
    os.chmod(path, 0o600)
    if way == "deleted":
        path.unlink()
    elif way == "truncated":
        os.truncate(path, path.stat().st_size // 2)
    else:
        data = bytearray(path.read_bytes())
        if not data:
            return False
        data[r.randrange(len(data))] ^= 1 << r.randrange(8)
        path.write_bytes(data)
    return True


def loss(case):
    """By version, the files that do not come back; everything that does must be right."""
    lost = {}
    for version, tree in case.trees.items():
        found, well, told = case.restored(version)
        wrong = [name for name, data in found.items() if tree.get(name) != data]
        if wrong:
            raise Failure(f"{version}: {wrong[0]} came back wrong")
        missing = sorted(set(tree) - set(found))
        if missing and well:
            raise Failure(f"{version}: {missing[0]} did not come back, and restore ended with 0")
        if not missing and not well:
            raise Failure(f"{version} came back whole, and restore failed: {told}")
        if missing:
            lost[version] = missing
    return lost


def check_words(case, lost, verified):
    """Whether verify names all that is lost."""
    told = verified.stdout + verified.stderr
    if lost and verified.returncode == 0:
        raise Failure(f"lost {lost}, and verify found nothing")
    for version, names in lost.items():
        if not re.search(rf"\b{version}\b", told) and verified.returncode == 13 and version in case.shell("snap list").stdout:
            raise Failure(f"{version} lost {names}, and verify does not name it:\n{told}")
        if f"manifest of {version}" in told or re.search(rf"manifests of [^;]*\b{version}\b", told) or "and " in told and " more" in told:
            continue
        for name in names:
            if f"'{name}' in {version}" not in told and version in case.shell("snap list").stdout:
                raise Failure(f"verify does not say that '{name}' in {version} is lost:\n{told}")


def hints(*texts):
    found = []
    for text in texts:
        for line in re.findall(r"^hint: (.*)$", text, re.M) + re.findall(r"and (snap repair) brings it back", text):
            for command in re.findall(r"snap (?:repair(?: config| packs)?(?: --from \.)?|gc|save [^,;]*--force|verify(?: --read-data)?)\b", line):
                found.append(command)
            if "key import FILE" in line:
                found.append("snap key import '../exported keys'")
            if "REPOSITORY" in line:
                found.append("snap repair --from '../second'")
    return list(dict.fromkeys(found))


def break_one(case, name, way):
    """The repository as it was, but for one file."""
    case.back()
    return damage(case.store / name, way, random.Random(f"{name} {way}"))


def run_case(case, name, way):
    if not break_one(case, name, way):
        return "nothing to damage"
    lost = loss(case)
    break_one(case, name, way)
    verified = case.shell("snap verify --read-data")
    if verified.returncode not in (0, 10, 13, 14, 15):
        raise Failure(f"verify ended with {verified.returncode}: {verified.stderr}")
    check_words(case, lost, verified)
    if not lost and verified.returncode == 0:
        return "harmless"
    # Type what was said, one after the other, until all is well.
    typed = []
    told = verified
    for _ in range(6):
        commands = [command for command in hints(told.stderr, told.stdout) if command not in typed]
        if not commands:
            break
        typed.append(commands[0])
        told = case.shell(commands[0])
        again = case.shell("snap verify --read-data")
        if again.returncode == 0:
            break
        told = again if not hints(told.stderr) else told
        if not [command for command in hints(told.stderr, told.stdout) if command not in typed]:
            told = again
    final = case.shell("snap verify --read-data")
    if final.returncode != 0:
        raise Failure(f"typed {typed or 'nothing, for there was no hint'}; still:\n{verified.stderr}---\n{final.stderr}")
    listed = case.shell("snap list").stdout
    for version in case.trees:
        if not re.search(rf"^{version}\t", listed, re.M):
            raise Failure(f"typed {typed}; verify is content, and {version} is not listed")
    left = loss(case)
    if left:
        raise Failure(f"typed {typed}; verify is content, and {left} is lost")
    return f"mended by {' + '.join(typed)}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Breaks each file of a repository; what is said about it must be true.")
    parser.add_argument("snap")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--encrypt", action="store_true", help="an encrypted repository only")
    parser.add_argument("--plain", action="store_true", help="a plain repository only")
    parser.add_argument("--verbose", action="store_true", help="what became of each file")
    options = parser.parse_args()
    failed, count, outcomes = 0, 0, {}
    for encrypt in [False] * (not options.encrypt) + [True] * (not options.plain):
        work = tempfile.mkdtemp(prefix="snap broken ")
        # The program is called as people call it.
        os.mkdir(os.path.join(work, "bin"))
        os.symlink(os.path.realpath(options.snap), os.path.join(work, "bin", "snap"))
        try:
            case = Case(options.snap, work, options.seed, encrypt)
            case.snap.program = os.path.join(work, "bin", "snap")
            for name in case.files():
                for way in WAYS:
                    count += 1
                    try:
                        outcome = run_case(case, name, way)
                        outcomes[outcome] = outcomes.get(outcome, 0) + 1
                        if options.verbose:
                            print(f"{'encrypted' if encrypt else 'plain'}: {name} {way}: {outcome}", flush=True)
                    except Failure as failure:
                        failed += 1
                        print(f"{'encrypted' if encrypt else 'plain'}: {name} {way}: {failure}", flush=True)
        finally:
            remove(work)
    for outcome, number in sorted(outcomes.items(), key=lambda item: -item[1]):
        print(f"{number:5} {outcome}")
    print(f"{count} accidents (seed {options.seed}), {failed} told or mended wrongly")
    sys.exit(1 if failed else 0)

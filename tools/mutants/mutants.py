#!/usr/bin/env python3
"""Switches off one check of the store at a time, and sees that a test notices.

    mutants.py [--only NAME ...] [--copy DIR]
                          builds a copy of the checkout, and runs the tests once for each entry of mutants.toml;
                          DIR is where the copy lies and stays, for a shorter build the next time
    mutants.py --check    only sees that each entry's text stands in its file exactly once

All mutants are compiled into one copy; SNAP_MUTANT says which is on. Nothing of it is in the checkout. Exit status 1 when
one survived, or when the tests fail without any.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("mutants.toml")
SWITCH = """import Glibc

private let mutantName: String? = unsafe getenv("SNAP_MUTANT").map { unsafe String(cString: $0) }

/// Whether the check of this name is off.
func isMutant(_ name: String) -> Bool { mutantName == name }
"""
# A mutant that makes a loop endless is as dead as one that fails.
SECONDS_MAX = 900


def mutants():
    return tomllib.loads(TABLE.read_text())["mutant"]


def patched(text, mutant):
    """The file's text with the check made to depend on the switch; OFF stands for the switch."""
    if text.count(mutant["from"]) != 1:
        raise ValueError(f"{mutant['name']}: {text.count(mutant['from'])} times in {mutant['file']}: {mutant['from']}")
    return text.replace(mutant["from"], mutant["to"].replace("OFF", f'isMutant("{mutant["name"]}")'))


def problems(table):
    """Entries whose text is not where they say."""
    for mutant in table:
        try:
            patched((ROOT / mutant["file"]).read_text(), mutant)
        except (OSError, ValueError) as error:
            yield str(error)


def make_copy(folder, table):
    """Files that are there already with the same bytes are left alone, so that a second build is short."""
    wanted = {}
    for place in ("Package.swift", "Sources", "Tests", "Benchmarks", "docs", "tools"):
        paths = [ROOT / place] if (ROOT / place).is_file() else sorted((ROOT / place).rglob("*"))
        wanted |= {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in paths if path.is_file()}
    for mutant in table:
        wanted[mutant["file"]] = patched(wanted[mutant["file"]].decode(), mutant).encode()
        wanted["/".join(mutant["file"].split("/")[:2]) + "/MutantSwitch.swift"] = SWITCH.encode()
    for name, content in wanted.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    # What the package manager would have to fetch again.
    for name in ("checkouts", "repositories", "workspace-state.json"):
        source, target = ROOT / ".build" / name, folder / ".build" / name
        if source.is_dir() and not target.exists():
            shutil.copytree(source, target, symlinks=True)
        elif source.is_file() and not target.exists():
            shutil.copy(source, target)


def run_tests(folder, suites, name=""):
    """Whether they pass."""
    command = ["swift", "test", "--skip-build", "--disable-xctest", "--parallel", "--filter", suites]
    try:
        done = subprocess.run(command, cwd=folder, env={**os.environ, "SNAP_MUTANT": name}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired:
        return False, "does not end"
    failed = re.findall(r'^✘ Test "?(.+?)"? (?:failed|recorded an issue)', done.stdout, re.M)
    crash = "" if failed or done.returncode == 0 else f"exit status {done.returncode}"
    return done.returncode == 0, failed[0] if failed else crash


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--check", action="store_true")
    arguments.add_argument("--only", nargs="+", metavar="NAME")
    arguments.add_argument("--copy", type=Path, metavar="DIR")
    options = arguments.parse_args()
    table = mutants()
    found = list(problems(table))
    if found or options.check:
        print("\n".join(found), end="\n" if found else "")
        return 1 if found else 0
    chosen = [m for m in table if not options.only or m["name"] in options.only]
    survivors = []
    with tempfile.TemporaryDirectory(prefix="snap-mutants-") as place:
        folder = options.copy or Path(place) / "snap"
        make_copy(folder, table)
        subprocess.run(["swift", "build", "--build-tests"], cwd=folder, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL)
        passes, failure = run_tests(folder, "|".join(sorted({m["tests"] for m in chosen})))
        if not passes:
            print(f"mutants: without any, the tests fail: {failure}", file=sys.stderr)
            return 1
        for mutant in chosen:
            survives, failure = run_tests(folder, mutant["tests"], mutant["name"])
            print(f"{'SURVIVED' if survives else 'killed  '}  {mutant['name']}{': ' + failure if failure else ''}", flush=True)
            if survives:
                survivors.append(mutant["name"])
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutants killed")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())

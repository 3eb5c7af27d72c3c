#!/usr/bin/env python3
"""Runs the short versions of the acceptance programs against a built snap; the last line counts them.

    run.py SNAP
"""
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
SNAP = sys.argv[1]
PROGRAMS = [
    ("the comparer sees every difference", [sys.executable, "-m", "unittest", "discover", "-q", "-s", str(HERE)]),
    ("generated histories come back", [sys.executable, str(HERE / "generated_history.py"), SNAP, "--seeds", "1-2", "--versions", "4"]),
    ("generated encrypted histories come back", [sys.executable, str(HERE / "generated_history.py"), SNAP, "--seeds", "3", "--versions", "3", "--encrypt"]),
    ("passwords are typed on a terminal", [sys.executable, str(HERE / "terminal_prompt.py"), SNAP]),
    ("an encrypted repository tells nothing to who has no key", [sys.executable, str(HERE / "observer.py"), SNAP]),
    ("an independent reader restores the same", [sys.executable, str(HERE / "independent_reader.py"), SNAP, "--files", "40"]),
    ("hostile repositories harm nobody", [sys.executable, str(HERE / "hostile_repositories.py"), SNAP, "--share", "4"]),
    ("a project's year comes back", [sys.executable, str(HERE / "year.py"), SNAP]),
]


def run(program):
    name, command = program
    began = time.monotonic()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode != 0:
        print(done.stdout)
    print(f"{'passed' if done.returncode == 0 else 'FAILED'}  {name} ({time.monotonic() - began:.0f} s)", flush=True)
    return done.returncode == 0


# The longest is the last to be named and the first to begin: each of them keeps one processor busy.
with ThreadPoolExecutor(os.cpu_count()) as pool:
    passed = sum(pool.map(run, reversed(PROGRAMS)))
print(f"{passed} passed, {len(PROGRAMS) - passed} failed")
sys.exit(0 if passed == len(PROGRAMS) else 1)

#!/usr/bin/env python3
"""Runs the short versions of the acceptance programs against a built snap; the last line counts them.

    run.py SNAP
"""
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
SNAP = sys.argv[1]
PROGRAMS = [
    ("the comparer sees every difference", [sys.executable, "-m", "unittest", "discover", "-q", "-s", str(HERE)]),
    ("generated histories come back", [sys.executable, str(HERE / "generated_history.py"), SNAP, "--seeds", "1-2", "--versions", "4"]),
    ("a project's year comes back", [sys.executable, str(HERE / "year.py"), SNAP]),
    ("generated encrypted histories come back", [sys.executable, str(HERE / "generated_history.py"), SNAP, "--seeds", "3", "--versions", "3", "--encrypt"]),
    ("passwords are typed on a terminal", [sys.executable, str(HERE / "terminal_prompt.py"), SNAP]),
    ("an encrypted repository tells nothing to who has no key", [sys.executable, str(HERE / "observer.py"), SNAP]),
    ("an independent reader restores the same", [sys.executable, str(HERE / "independent_reader.py"), SNAP, "--files", "40"]),
]

failed = 0
for name, command in PROGRAMS:
    began = time.monotonic()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode != 0:
        failed += 1
        print(done.stdout)
    print(f"{'passed' if done.returncode == 0 else 'FAILED'}  {name} ({time.monotonic() - began:.0f} s)", flush=True)
print(f"{len(PROGRAMS) - failed} passed, {failed} failed")
sys.exit(1 if failed else 0)

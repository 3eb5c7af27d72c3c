#!/usr/bin/env python3
"""Feeds every parser with inputs that reach new code, found by LLVM's libFuzzer with the address sanitizer.

    fuzz.py [--seconds N] [--corpus DIR]     N seconds, 60 if not given; what was found is kept in DIR for the next time

Prints how many inputs ran. Exit status 1 when one trapped, took over 25 s or over 2 GiB: it is then kept in DIR.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import corpus

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build" / "fuzz"
LIBRARIES = ["-lzstd", "-lcrypto", "-lsqlite3", "-lyaml", "-lz", "-ldl"]


def build():
    environment = {**os.environ, "SNAP_FUZZ": "1"}
    # Without a main program of its own: libFuzzer brings one, so the objects are linked here.
    subprocess.run(["swift", "build", "-c", "release", "--scratch-path", BUILD, "--target", "Parsers", "-Xswiftc", "-enable-testing",
                    "-Xswiftc", "-sanitize=fuzzer,address"],
                   cwd=ROOT, env=environment, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    objects = sorted(p for p in (BUILD / "release").glob("*.build/**/*.o"))
    program = BUILD / "parsers"
    subprocess.run(["swiftc", "-sanitize=fuzzer,address", "-o", program, *objects, *LIBRARIES], check=True)
    return program


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seconds", type=int, default=60)
    arguments.add_argument("--corpus", type=Path)
    options = arguments.parse_args()
    program = build()
    with tempfile.TemporaryDirectory(prefix="snap-fuzz-") as place:
        kept = (options.corpus or Path(place)).resolve()
        seeds = Path(place) / "seeds"
        count = corpus.write(seeds)
        kept.mkdir(parents=True, exist_ok=True)
        # A trap must end the process at once: Swift's own report of it can hang under the sanitizer.
        done = subprocess.run(
            [program, kept, seeds, f"-max_total_time={options.seconds}", "-timeout=25", "-rss_limit_mb=2048", "-max_len=65536",
             f"-artifact_prefix={kept}/", "-print_final_stats=1"],
            env={**os.environ, "SWIFT_BACKTRACE": "enable=no"}, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            errors="replace")
        runs = re.findall(r"number_of_executed_units:\s*(\d+)", done.stderr)
        covered = re.findall(r"cov: (\d+)", done.stderr)
        print(f"fuzz: {runs[-1] if runs else '?'} inputs from {count} seeds in {options.seconds} s, {covered[-1] if covered else '?'} edges")
        if done.returncode != 0:
            print(done.stderr[-4000:], file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Kills saves and collections at random moments, runs saves and collections at once, deletes the index; nothing that was saved may be lost.

    kill_sweep.py SNAP [--kills 50] [--files 1500] [--rounds 2] [--seed N] [--encrypt]

A kill is SIGKILL to the whole process group at a random share of the time that such a save takes. After each: the store is
verified, versions saved before come back equal, the killed version is either whole or absent, and the next save succeeds. A collection
that is killed encodes history anew (`gc --deep`).
"""
import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

import make_tree
from generated_history import delete_index
from snap_program import COLLECT_NOW, Failure, History, remove


def key_file(work, encrypt):
    return os.path.join(work, "key") if encrypt else None


def run_and_kill(snap, moment, *arguments):
    """Kills the command after so many seconds, unless it has ended by then; says whether it ended with 0."""
    process = snap.start(*arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return process.returncode == 0


def check_to_the_end(history):
    history.verify()
    history.check_all()
    delete_index(history)
    history.check_all()


def kills(program, count, files, seed, encrypt):
    r = random.Random(seed)
    work = tempfile.mkdtemp(prefix="snap kills ")
    history = History(program, work, key_file=key_file(work, encrypt))
    snap = history.snap
    survived = 0
    try:
        snap.init()
        make_tree.make(history.project, seed, files)
        history.save("v0")
        elapsed = 0.2 * history.save_seconds
        for number in range(count):
            make_tree.mutate(history.project, seed * 10_000 + number, changes=60)
            for extra in range(6):  # enough new content for several packs' worth of moments
                make_tree.write(os.fsencode(history.project) + b"/new%d.%d" % (extra, number), r.randbytes(r.randrange(1 << 20)))
            killed, moment = f"killed{number}", r.random() * 1.2 * elapsed
            # It may have been committed, and killed before it could say so.
            if run_and_kill(snap, moment, "save", killed, "--no-ignore", "--no-guard") or killed in snap.versions():
                history.records[killed] = history.record(history.project, [".snap"])
                survived += 1
            try:
                snap.run("verify", *(["--read-data"] if number % 10 == 9 else []))
                history.check(r.choice(list(history.records)))
                history.save(f"after{number}")
                elapsed = history.save_seconds  # the same content again, so about what the next one takes
                history.check(f"after{number}")
            except Failure as failure:
                raise Failure(f"kill {number} after {moment:.3f} s (seed {seed}): {failure}") from None
            if len(history.records) > 8:
                drop = [version for version in list(history.records)[1:] if r.random() < 0.5]
                if drop:
                    history.forget_and_collect(drop)
        check_to_the_end(history)
    finally:
        remove(work)
    print(f"{count} kills (seed {seed}; {survived} saves had committed before), all versions equal, index deleted and rebuilt")


def collection_kills(program, count, files, seed, encrypt):
    """Kills collections that encode everything anew; between them versions come and go."""
    r = random.Random(seed)
    work = tempfile.mkdtemp(prefix="snap gc kills ")
    history = History(program, work, key_file=key_file(work, encrypt))
    snap = history.snap
    whole = 0
    try:
        snap.init()
        make_tree.make(history.project, seed, files)
        for number in range(4):
            history.save(f"v{number}")
            make_tree.mutate(history.project, seed * 10_000 + number, changes=60)
        began = time.monotonic()
        history.encode_anew()
        elapsed = (time.monotonic() - began) / 2
        for number in range(count):
            make_tree.mutate(history.project, seed * 20_000 + number, changes=60)
            history.save(f"new{number}")
            if number % 2:
                snap.run("forget", f"new{number - 1}")
                del history.records[f"new{number - 1}"]
            moment = r.random() * 1.2 * elapsed
            whole += run_and_kill(snap, moment, *COLLECT_NOW, "--deep")
            try:
                snap.run("verify", *(["--read-data"] if number % 10 == 9 else []))
                history.check(r.choice(list(history.records)))
                if number % 10 == 9:
                    history.forget_and_collect(r.sample(list(history.records), 3))
            except Failure as failure:
                raise Failure(f"gc kill {number} after {moment:.3f} s (seed {seed}): {failure}") from None
        check_to_the_end(history)
    finally:
        remove(work)
    print(f"{count} kills of gc --deep (seed {seed}; {whole} had ended before), all versions equal, index deleted and rebuilt")


def together(program, rounds, files, seed, encrypt):
    """Two saves of different folders and a loop of forget and gc, all at once on one repository."""
    work = tempfile.mkdtemp(prefix="snap together ")
    store = os.path.join(work, "the store")
    key = key_file(work, encrypt)
    history, other = (History(program, place, store, key_file=key) for place in (work, os.path.join(work, "second")))
    try:
        history.snap.init()
        make_tree.make(history.project, seed, files)
        make_tree.make(other.project, seed + 1, files)
        for number in range(rounds):
            make_tree.mutate(history.project, seed * 100 + number)
            make_tree.mutate(other.project, seed * 200 + number)
            names = [f"one{number}", f"two{number}"]
            saves = [each.snap.start("save", name, "--no-ignore", "--no-guard", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                     for each, name in zip((history, other), names)]
            collections = 0
            while any(save.poll() is None for save in saves):
                history.snap.run(*COLLECT_NOW)
                collections += 1
            for save, name in zip(saves, names):
                told = save.communicate()[0].decode(errors="replace")
                if save.returncode != 0:
                    raise Failure(f"{name}: exit status {save.returncode} (seed {seed})\n{told[-2000:]}")
            history.records[names[0]] = history.record(history.project)
            history.records[names[1]] = history.record(other.project)
            history.verify()
            history.check_all()
            if number:
                history.forget_and_collect([f"one{number - 1}"])
            print(f"round {number}: two saves and {collections} collections at once, all versions equal", flush=True)
    finally:
        remove(work)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Kills saves and runs commands at once; nothing may be lost.")
    parser.add_argument("snap")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--files", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--encrypt", action="store_true", help="use encrypted repositories")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    try:
        kills(options.snap, options.kills, options.files, options.seed, options.encrypt)
        collection_kills(options.snap, options.kills, options.files // 3, options.seed, options.encrypt)
        together(options.snap, options.rounds, options.files, options.seed, options.encrypt)
    except Failure as failure:
        sys.exit(f"kill_sweep: {failure}")

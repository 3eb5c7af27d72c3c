#!/usr/bin/env python3
"""Saves generated histories of a tree that is hard to save, and checks that every version comes back bit for bit.

    generated_history.py SNAP [--seeds 1-3] [--versions 6] [--files 300] [--encrypt]

A seed gives one tree and its steps; a failing one is printed and repeats. Between saves the index is deleted now and then.
"""
import argparse
import os
import random
import sys
import tempfile

import make_tree
from compare_trees import differences
from snap_program import Failure, History, remove


def run(program, seed, count, files, encrypt):
    work = tempfile.mkdtemp(prefix=f"snap seed {seed} ")
    r = random.Random(seed)
    history = History(program, work, key_file=os.path.join(work, "key") if encrypt else None)
    try:
        history.snap.init()
        make_tree.make(history.project, seed, files)
        for number in range(count):
            if number:
                make_tree.mutate(history.project, seed * 1000 + number)
            history.save(f"v{number}")
            if r.random() < 0.3:
                delete_index(history)
            if r.random() < 0.3:
                history.encode_anew()
        history.save("unchanged")
        history.check_all()
        part(history, "v0", "src/part1")
        history.verify()
        history.forget_and_collect(list(history.records)[1::2])
        history.verify()
        history.check_all()
        make_tree.mutate(history.project, seed * 1000 + count)
        history.save("last")
        history.check("last")
    finally:
        remove(work)


def delete_index(history):
    """The index is derived: without it the next command says so, and nothing is lost."""
    for path in history.snap.index_files():
        path.unlink()
    told = history.snap.run("list").stderr.decode()
    if "index rebuilt" not in told:
        raise Failure(f"the index was deleted, and the next command did not say that it was rebuilt: {told!r}")
    history.snap.run("verify")


def part(history, version, folder):
    """A folder of a version restored alone is that folder."""
    target = history.work / "part"
    history.snap.run("restore", version, "--path", folder, "--to", target, *history.privileged)
    wanted = {path: node for path, node in history.records[version].items() if path.startswith(folder.encode() + b"/")}
    restored = {path: node for path, node in history.record(target).items() if path.startswith(folder.encode() + b"/")}
    lines = list(differences(wanted, restored, owner=history.owner))
    remove(target)
    if lines or not wanted:
        raise Failure(f"{folder} of {version} came back different\n    " + "\n    ".join(lines[:20]))


def span(text):
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Saves generated histories and checks every version.")
    parser.add_argument("snap")
    parser.add_argument("--seeds", type=span, default=range(1, 4))
    parser.add_argument("--versions", type=int, default=6)
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--encrypt", action="store_true", help="use an encrypted repository")
    options = parser.parse_args()
    failed = 0
    for seed in options.seeds:
        try:
            run(options.snap, seed, options.versions, options.files, options.encrypt)
            print(f"seed {seed}: {options.versions} versions, equal", flush=True)
        except Failure as failure:
            print(f"seed {seed}: {failure}", flush=True)
            failed += 1
    sys.exit(1 if failed else 0)

#!/usr/bin/env python3
"""Saves real histories version by version from one changing folder, and checks that every version comes back bit for bit.

    history.py SNAP DATA [SET ...] [--work DIR] [--keep] [--encrypt]       (sets: releases exports documents small big; default: those in DATA)

DATA/releases, DATA/exports and DATA/documents hold one folder a version; DATA/small is one tree (saved, changed a little, saved again);
DATA/big holds v1.tar, v2.tar and tree/, of which v2.tar replaces v1.tar. Each version is mirrored into the folder; what did not change keeps
its file and times. Then: all versions are restored and compared; the data are verified; a gc encodes history anew, and all that again; every second version is forgotten and
collected, and the store must shrink by exactly the bytes that were predicted; the rest is verified and compared again.
"""
import argparse
import filecmp
import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

import make_tree
from snap_program import Failure, History, byte_count, remove

SETS = ["releases", "exports", "documents", "small", "big"]


def natural(path):
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", Path(path).name)]


def mirror(source, target, keep=(".snap",)):
    """Makes `target` hold what `source` holds; equal files stay as they are, with their times."""
    source, target = os.fspath(source), os.fspath(target)
    os.makedirs(target, exist_ok=True)
    wanted = {entry.name: entry for entry in os.scandir(source)}
    for entry in list(os.scandir(target)):
        other = wanted.get(entry.name)
        if entry.name in keep:
            continue
        if other is None or other.is_dir(follow_symlinks=False) != entry.is_dir(follow_symlinks=False) or entry.is_symlink():
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)
    for name, entry in sorted(wanted.items()):
        path = os.path.join(target, name)
        if entry.is_dir(follow_symlinks=False):
            mirror(entry.path, path, keep=())
        elif not (os.path.lexists(path) and not entry.is_symlink() and filecmp.cmp(entry.path, path, shallow=False)):
            shutil.copy2(entry.path, path, follow_symlinks=False)


def versions(data, name):
    """(version, function that makes the folder that version) for each version of a set."""
    folder = data / name
    if name == "small":
        yield "small-1", lambda project: mirror(folder, project)
        yield "small-2", lambda project: make_tree.mutate(project, 1, changes=200)
        yield "small-3", lambda project: None
    elif name == "big":
        for number in (1, 2):
            def step(project, number=number):
                mirror(folder / "tree", project / "tree")
                if number == 1:
                    mirror_nothing_but(project, {"tree"})
                shutil.copy2(folder / f"v{number}.tar", project / "release.tar")
            yield f"big-{number}", step
    else:
        for version in sorted(folder.iterdir(), key=natural):
            yield f"{name}-{version.name}", lambda project, version=version: mirror(version, project)


def mirror_nothing_but(project, kept):
    for entry in list(os.scandir(project)):
        if entry.name not in kept and entry.name != ".snap":
            remove(entry.path)


def main():
    parser = argparse.ArgumentParser(description="Saves real histories and checks every version.")
    parser.add_argument("snap")
    parser.add_argument("data", type=Path)
    parser.add_argument("sets", nargs="*", default=[])
    parser.add_argument("--work", type=Path, help="an empty or new folder for the copies (default: a temporary one)")
    parser.add_argument("--keep", action="store_true", help="leave the folder for inspection")
    parser.add_argument("--encrypt", action="store_true", help="use an encrypted repository")
    options = parser.parse_args()
    sets = options.sets or [name for name in SETS if (options.data / name).is_dir()]
    work = options.work or Path(tempfile.mkdtemp(prefix="snap history "))
    history = History(options.snap, work, key_file=Path(work) / "key" if options.encrypt else None)
    started = time.monotonic()

    def say(text):
        print(f"{time.monotonic() - started:7.1f} s  {text}", flush=True)

    try:
        history.snap.init()
        for name in sets:
            for version, step in versions(options.data, name):
                step(history.project)
                history.save(version)
                say(f"saved {version}, store {byte_count(history.snap.repository) / 1e6:.1f} MB")
        history.check_all()
        say(f"all {len(history.records)} versions restored, equal")
        history.verify()
        say("verify --read-data: clean")
        history.snap.run("gc")
        say(f"encoded anew where due, store {byte_count(history.snap.repository) / 1e6:.1f} MB")
        history.verify()
        history.check_all()
        say(f"all {len(history.records)} versions restored, equal")
        freed = history.forget_and_collect(list(history.records)[1::2])
        say(f"every second version collected: {freed} bytes freed, as predicted")
        history.verify()
        history.check_all()
        say(f"the other {len(history.records)} versions restored, equal")
        history.save("after-gc")
        history.check("after-gc")
        say("saved once more after gc")
    except Failure as failure:
        print(f"history: {failure}", file=sys.stderr)
        return 1
    finally:
        if not options.keep:
            remove(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Makes a plain and an encrypted history, and restores every version with tools/reader too, which was written from docs/format alone.

    independent_reader.py SNAP [--files 120]

A third is saved by a machine that cannot read it. The encrypted one goes through a forget, a gc, another that encodes history anew, `key passwd` and `key rotate`, and is opened with a key
file, a password and a recovery code. The reader needs two packages from PyPI; they are installed once, into .build/reader.
"""
import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import make_tree
from snap_program import Failure, History, Snap, remove

TOOLS = Path(__file__).resolve().parent.parent
READER = TOOLS / "reader"
ENVIRONMENT = TOOLS.parent / ".build" / "reader"


def python():
    """The interpreter of an environment that has what the reader needs; made anew when the list of it changes."""
    wanted = READER / "requirements.txt"
    mark = ENVIRONMENT / hashlib.sha256(wanted.read_bytes() + sys.version.encode()).hexdigest()
    if not mark.exists():
        venv.create(ENVIRONMENT, clear=True, with_pip=True)
        pip = [ENVIRONMENT / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", wanted]
        done = subprocess.run(pip, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise Failure(f"cannot install what tools/reader needs:\n{done.stdout}")
        mark.touch()
    return ENVIRONMENT / "bin" / "python"


def read(history, *arguments, fails=False):
    done = subprocess.run([python(), READER / "snap_reader.py", history.snap.repository, *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if (done.returncode != 0) != fails:
        raise Failure(f"the reader with {' '.join(map(str, arguments))}: exit status {done.returncode}\n{done.stderr}")
    return done.stdout


def check(history, *secrets):
    """Every version, as the reader restores it, by one way of unlocking after the other."""
    for secret in secrets or [()]:
        listed = [line.split("\t")[0] for line in read(history, *secret, "list").splitlines()]
        if listed != list(history.records):
            raise Failure(f"the reader lists {listed}, saved were {list(history.records)}")
    for number, version in enumerate(history.records):
        secret = secrets[number % len(secrets)] if secrets else ()
        history.compare(version, lambda target: read(history, *secret, "restore", version, target))


def change_and_save(history, number):
    make_tree.mutate(history.project, 70 + number)
    history.save(f"v{number}")


def plain(program, work, files):
    history = History(program, work)
    history.snap.init()
    make_tree.make(history.project, 7, files)
    for number in range(3):
        change_and_save(history, number)
    history.check_all()
    check(history)


def encrypted(program, work, files):
    history = History(program, work, key_file=work / "key")
    snap, make = history.snap, lambda name, text: secret_file(work / name, text)
    first, second, other = make("first", "a password\n"), make("second", "Another, with ä\r\n"), make("other", "neither")
    code = recovery_code(snap.json("init", "--encrypt"))
    snap.run("key", "add", "--label", "person", "--new-password-file", first)
    make_tree.make(history.project, 8, files)
    for number in range(3):
        change_and_save(history, number)
    key_file, recovery = ("--key-file", work / "key"), ("--password-file", make("recovery", code.lower().replace("-", " ")))
    check(history, key_file, ("--password-file", first), recovery)

    history.forget_and_collect(["v1"])
    history.encode_anew()
    with_password(snap, first, "key", "passwd", "--new-password-file", second)
    read(history, "--password-file", first, "list", fails=True)
    change_and_save(history, 3)
    check(history, ("--password-file", second), recovery)

    snap.run("key", "rotate", "--drop-others")
    for gone in (("--password-file", second), recovery):
        read(history, *gone, "list", fails=True)
    snap.run("key", "add", "--label", "person", "--new-password-file", first)
    change_and_save(history, 4)
    code = recovery_code(snap.json("key", "add", "--recovery-code"))
    history.check_all()
    check(history, key_file, ("--password-file", first), ("--password-file", make("recovery", code)))
    read(history, "--password-file", other, "list", fails=True)
    read(history, "list", fails=True)
    damaged_header(history, key_file)


def written(program, work, files):
    """A machine that can only save does so; the reader, who has the keys, restores what it saved."""
    history = History(program, work, key_file=work / "key")
    snap = history.snap
    snap.init()
    make_tree.make(history.project, 9, files // 3)
    snap.run("key", "add", "--write-only", "server", "--new-key-file", work / "server")
    server = Snap(program, history.project, key_file=work / "server")
    for number in range(3):
        make_tree.mutate(history.project, 90 + number)
        server.run("save", f"v{number}", "--no-ignore")
        history.records[f"server/v{number}"] = history.record(history.project, [".snap"])
        if number == 1:
            change_and_save(history, 5)
            history.encode_anew()
    for arguments in (["list"], ["cat", "server/v0:x"], ["forget", "server/v0"], ["gc"], ["verify"]):
        server.run(*arguments, statuses=(12,))
    history.verify()
    history.check_all()
    check(history, ("--key-file", work / "key"))
    snap.run("key", "remove", "server")
    server.run("save", "v9", statuses=(12,))
    history.check_all()
    check(history, ("--key-file", work / "key"))


def damaged_header(history, secret):
    """A sealed object opens with the copy of its header; a block that does not open is damage, never content."""
    for pack in (history.snap.repository / "packs").glob("*/*"):
        with open(pack, "r+b") as file:
            file.write(bytes(104))
    history.compare("v4", lambda target: read(history, *secret, "restore", "v4", target))
    for pack in (history.snap.repository / "packs").glob("*/*"):
        with open(pack, "r+b") as file:
            file.seek(200)
            file.write(bytes(8))
    read(history, *secret, "restore", "v4", history.work / "damaged", fails=True)


def with_password(snap, file, *arguments):
    """A command that is unlocked with a password instead of the key file."""
    always, snap.always = snap.always, ["--password-file", str(file)]
    try:
        snap.run(*arguments)
    finally:
        snap.always = always


def recovery_code(values):
    return next(value["recovery_code"] for value in values if value.get("recovery_code"))


def secret_file(path, text):
    path.write_text(text, newline="")
    path.chmod(0o600)
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Restores every version of three histories with an independent reader, too.")
    parser.add_argument("snap")
    parser.add_argument("--files", type=int, default=120)
    options = parser.parse_args()
    for make in (plain, encrypted, written):
        work = Path(tempfile.mkdtemp(prefix=f"snap reader {make.__name__} "))
        try:
            make(options.snap, work, options.files)
            print(f"{make.__name__}: every version equal with both programs", flush=True)
        except Failure as failure:
            sys.exit(f"independent_reader: {make.__name__}: {failure}")
        finally:
            remove(work)

#!/usr/bin/env python3
"""Looks at an encrypted repository as somebody who has all its files and no key, and says what that tells.

    observer.py SNAP

Nothing of what was saved (contents, names, versions, messages, tags, the host, the user, the folder) stands in any file of the repository or
of the cache, in no common spelling. Two repositories of other contents and names of the same lengths differ in nothing but random bytes and
times. Sizes go by steps (Padmé) that hide some per cent. What does show: how many objects of which kind there are, their sizes in steps,
times, what operations are called, and key slots with their labels.
"""
import base64
import os
import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from snap_program import Failure, Snap, remove

HEADER, BLOCK, TAG = 104, 16384, 16
PLAIN = {"config", "FORMAT.md", ".gitignore", "reserve"}


def make(program, work, mark, length=15_000):
    """A repository with two saves that differ in one file; all that is secret holds `mark`, which has 12 letters.

    Files are shorter than the shortest chunk: where longer ones are cut depends on the repository's keys."""
    project = work / f"folder-{mark}"
    (project / f"names-{mark}").mkdir(parents=True)
    snap = Snap(program, project, key_file=work / f"key-{mark}")
    snap.cache = work / f"cache-{mark}"
    snap.environment["SNAP_CACHE_DIR"] = str(snap.cache)
    body = lambda number: (f"{mark} {number} " + mark[::-1]).encode() * (length // 30)
    (project / f"names-{mark}" / f"file-{mark}.txt").write_bytes(body(1))
    for name in ("other.bin", "third.bin"):
        (project / name).write_bytes(os.urandom(length))
    snap.init()
    snap.run("save", f"version-{mark}", "-m", f"message {mark}", "--tag", f"tag-{mark}", "-q")
    first = observed(snap.repository)
    (project / f"names-{mark}" / f"file-{mark}.txt").write_bytes(body(2))
    snap.run("save", f"second-{mark}", "-q")
    snap.run("note", f"second-{mark}", f"note {mark}", "-q")
    snap.run("hold", f"second-{mark}", "-q")
    snap.run("forget", f"version-{mark}", "-q")
    snap.run("verify", "--read-data")
    return snap, first


def observed(repository):
    """What shows of a repository: for each kind of object the sizes, ascending."""
    found = {}
    for path in sorted(repository.rglob("*")):
        if path.is_file():
            found.setdefault(path.relative_to(repository).parts[0], []).append(path.stat().st_size)
    return {kind: sorted(sizes) for kind, sizes in found.items()}


def step(length):
    e = max(length, 512).bit_length() - 1
    return 1 << (e - (e.bit_length() - 1) - 1)


def padded(length):
    return -(-max(length, 512) // step(length)) * step(length)


def alike(one, other):
    """Whether two repositories have as many objects of each kind, with sizes that are at most a step apart."""
    return one.keys() == other.keys() and all(
        len(sizes) == len(other[kind]) and all(abs(a - b) <= step(a) for a, b in zip(sizes, other[kind])) for kind, sizes in one.items())


def check_sizes(snap):
    """Every sealed object has a size of the steps, whatever its content."""
    for path in sealed(snap.repository):
        content = path.stat().st_size - 2 * HEADER
        blocks = -(-content // (BLOCK + TAG))
        if padded(content - TAG * blocks) != content - TAG * blocks:
            raise Failure(f"{path.name} has {path.stat().st_size} bytes, which is no step of Padmé's")


def sealed(repository):
    return [path for path in repository.rglob("*")
            if path.is_file() and path.name not in PLAIN and path.parent.name != "keys"]


def spellings(text):
    """How a text may stand in a file: as it is, in UTF-16, hexadecimal, and in base64 at each of the three places of a group."""
    plain = text.encode()
    yield plain
    yield plain.upper()
    yield plain[::-1]
    yield text.encode("utf-16-le")
    yield text.encode("utf-16-be")
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    for shift in range(3):
        coded = base64.b64encode(bytes(shift) + plain).rstrip(b"=")
        yield coded[(8 * shift + 5) // 6 : -1]  # without what depends on the neighbours


def check_no_plaintext(snap, secrets):
    files = [path for folder in (snap.repository, snap.cache) for path in folder.rglob("*") if path.is_file()]
    if len(files) < 10:
        raise Failure(f"only {len(files)} files to look at")
    needles = {spelled: text for text in secrets for spelled in spellings(text)}
    pattern = re.compile(b"|".join(map(re.escape, needles)))
    for path in files:
        # A label of a key slot says whose it is, and is not secret.
        found = pattern.search(path.read_bytes())
        if found:
            raise Failure(f"{path} holds {found.group()!r}, a spelling of {needles[found.group()]!r}")
        named = [text for text in secrets if text in path.name]
        if named:
            raise Failure(f"the name of {path} holds {named[0]!r}")


def check_uniform(snap):
    """The bytes of sealed objects, magic and zeros of the header apart, are as random ones: chi-square, 255 degrees of freedom."""
    counts = [0] * 256
    for path in sealed(snap.repository):
        data = path.read_bytes()
        if data[:8] != b"SnapSeal" or data[-HEADER:] != data[:HEADER]:
            raise Failure(f"{path} is not sealed, or its header has no copy")
        for byte in data[16:48] + data[80:-HEADER]:
            counts[byte] += 1
    mean = sum(counts) / 256
    chi = sum((count - mean) ** 2 for count in counts) / mean
    if mean < 100 or chi > 400:  # 400 is exceeded by one random sample in ten million
        raise Failure(f"chi-square of {sum(counts)} bytes is {chi:.0f}, expected about 255")


def main(program):
    work = Path(tempfile.mkdtemp(prefix="snap observer "))
    try:
        one, first = make(program, work, "quincefennel")
        other, _ = make(program, work, "sorreltomato")
        grown = observed(one.repository)
        new = {kind: len(sizes) - len(first.get(kind, [])) for kind, sizes in grown.items()}
        expected = {"packs": 1, "snapshots": 0, "trash": 1, "labels": 1, "operations": 3}
        if {kind: count for kind, count in new.items() if count} != {kind: count for kind, count in expected.items() if count}:
            raise Failure(f"the second save, a note, a hold and a forget added {new}, expected {expected}")
        if not alike(grown, observed(other.repository)):
            raise Failure(f"sizes tell contents apart that are alike but for their words:\n{grown}\n{observed(other.repository)}")
        user = subprocess.run(["id", "-un"], stdout=subprocess.PIPE, text=True).stdout.strip()
        for snap in (one, other):
            check_sizes(snap)
            check_uniform(snap)
            words = ["quincefennel", "sorreltomato", "lennefecniuq", "other.bin", str(snap.project), "version-", "message "]
            host = [name for name in (socket.gethostname(), user + "@" + socket.gethostname()) if len(name) >= 8]
            check_no_plaintext(snap, words + host)
    except Failure as failure:
        sys.exit(f"observer: {failure}")
    finally:
        remove(work)
    print("counts, stepped sizes and times show, nothing else")


if __name__ == "__main__":
    main(sys.argv[1])

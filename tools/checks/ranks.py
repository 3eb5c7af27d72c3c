#!/usr/bin/env python3
"""Refuses imports that do not point to a lower rank, as the comment at the top of Package.swift lists the ranks.

    ranks.py [ROOT]

A line `//   3  FileTrees   ...` gives a rank; names are separated by `·`. C modules (`CZstd`, ...) have rank 0. Targets of
one rank must not import each other, but C modules and `SnapshotModel`, which holds plain values, may be imported by all others.
Modules that are not of this package are free, except Foundation, which costs every start 10 ms and more.
"""
import re
import sys
from pathlib import Path

IMPORT = re.compile(r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:package |internal |private |fileprivate |public )?"
                    r"import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)")
RANK = re.compile(r"^//\s{2,}(\d)\s{2,}(\S+(?: · \S+)*)")
FOR_ALL = {"SnapshotModel"}
SLOW = {"Foundation", "FoundationNetworking", "Dispatch"}


def ranks(manifest, sources):
    """Target name to rank. Targets that the comment leaves out are missing here and reported by `problems`."""
    found = {}
    for line in manifest.splitlines():
        match = RANK.match(line)
        if match:
            for name in match.group(2).split(" · "):
                found[name] = int(match.group(1))
    for name in sources:
        if re.fullmatch(r"C[A-Z]\w*", name) and name not in found:
            found[name] = 0
    return found


def problems(root):
    folders = sorted(p.name for p in (root / "Sources").iterdir() if p.is_dir())
    rank = ranks((root / "Package.swift").read_text(), folders)
    c_modules = {name for name in folders if not list((root / "Sources" / name).rglob("*.swift"))}
    for name in folders:
        if name not in rank:
            yield f"Package.swift: the list of ranks at the top leaves out {name}"
            continue
        for path in sorted((root / "Sources" / name).rglob("*.swift")):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = IMPORT.match(line)
                if not match:
                    continue
                imported, place = match.group(1), f"{path.relative_to(root)}:{number}"
                if imported in SLOW:
                    yield f"{place}: {name} must not import {imported} (start-up time)"
                if imported not in rank or imported in c_modules or imported in FOR_ALL and name not in FOR_ALL:
                    continue
                if rank[imported] >= rank[name]:
                    yield f"{place}: {name} (rank {rank[name]}) must not import {imported} (rank {rank[imported]})"


if __name__ == "__main__":
    found = list(problems(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)

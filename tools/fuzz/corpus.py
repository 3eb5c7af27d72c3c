"""Writes the inputs that the fuzzer begins with: one or two of each parser, sound or nearly so.

The bytes come from the tables of docs/format, which the unit tests compare with what the code writes; nothing is stored twice.
"""
import re
from pathlib import Path

FORMAT = Path(__file__).resolve().parents[2] / "docs" / "format"
# In the order of `Parser` in Parsers.swift.
PARSERS = ("config keySlot snapshot labels tomb directory pack scan frame segment manifest chunkList announcement operation "
           "glob ignoreFile configuration").split()
RECORDS = {"keySlot", "snapshot", "labels", "tomb"}
BLOCK = re.compile(r"^```hex[^\n]*\n(.*?)^```", re.M | re.S)
TEXTS = {
    "config": [b"snap repository\nformat: 1\nid: 000102030405060708090a0b0c0d0e0f\nchunk-lengths: 4096 16384 65536"],
    "glob": [b"**/a[!b-d]*?.[[:alpha:]]\\x\0some/ax.yx", b"*a*a*a*b\0aaaaaaaaaaaaaaaaaaaaaaaa"],
    "ignoreFile": [b"# all\n*.log\n!keep.log\n/build/\n**/tmp\\ \n[a-z]/x\n"],
    "configuration": [b"sources: [src, &a /etc]\ndumps:\n  app:\n    command: pg_dump\n    timeout: 30min\nretention:\n  keep-last: 3\n"],
}


def documented():
    """The bytes of every block in the pages of the format."""
    for page in sorted(FORMAT.glob("*.md")):
        for block in BLOCK.findall(page.read_text()):
            lines = [re.match(r"^[0-9a-f]+  ((?:[0-9a-f]{2}(?: |$))+)", line) for line in block.splitlines()]
            yield b"".join(bytes.fromhex(line.group(1)) for line in lines if line)


def write(folder):
    """Every parser begins with all documented objects: one of another kind costs nothing.

    The checksum that a record ends with is left out; the target adds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    objects = [data for data in documented() if data]
    for number, parser in enumerate(PARSERS):
        inputs = TEXTS.get(parser, [data[:-32] if parser in RECORDS and len(data) > 32 else data for data in objects])
        for at, data in enumerate(inputs):
            # Of a directory two counts come first.
            (folder / f"{parser}-{at}").write_bytes(bytes([number]) + (b"\x02\x03" if parser == "directory" else b"") + data)
    return len(list(folder.iterdir()))

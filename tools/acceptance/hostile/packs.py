"""Packs whose directory, frames and records do not say the same."""
import hashlib
import os

from cases import Case, file, root_entry
from forge import Chunk, DELTA, Entry, envelope, FILE, varint, ZSTANDARD

ANY = dict(restore=(0, 13, 18, 21), verify=(0, 13))

# Something in the repository that snap has not made: it says so, and touches nothing.
STOPPED = dict(restore=(18,), verify=(13, 18), spares_others=False)


def told(**said):
    """The directory says something else of the frame with the file's chunk than the frame itself."""

    def forge(forgery):
        manifest_of = file(b"evil")(forgery)
        forgery.frames[0].told = said
        forgery.version(forgery.manifest([root_entry(), manifest_of]))

    return forge


def changed(**changes):
    """A pack with parts of it other than they should be."""

    def forge(forgery):
        manifest = forgery.manifest([root_entry(), file(b"evil")(forgery)])
        forgery.pack(change=lambda parts: parts.update({name: value(parts) if callable(value) else value for name, value in changes.items()}))
        forgery.version(manifest)

    return forge


def recorded(*fields, **named):
    return lambda forgery: forgery.version(forgery.manifest([root_entry(), file(b"evil")(forgery)]), fields=list(fields), **named)


def wrong_content(forgery):
    """A chunk under the name of one that the sound version has."""
    for content in (b"good\n", b"fine\n" * 1000):
        name = hashlib.sha256(content).digest()
        forgery.frame(b"E" * len(content), [len(content)], [name])
    chunk = Chunk(hashlib.sha256(b"good\n").digest(), 5)
    forgery.version(forgery.manifest([root_entry(), Entry(b"evil", FILE, chunks=[chunk])]))


def twice_in_one_pack(forgery):
    chunk = forgery.chunk(b"evil\n")
    forgery.frame(b"EVIL\n", [5], [chunk.id])
    forgery.version(forgery.manifest([root_entry(), Entry(b"evil", chunks=[chunk])]))


def of_one_prefix(forgery):
    """Two ids whose first half is the same, which a base is named by."""
    chunk = forgery.chunk(b"evil\n")
    forgery.frame(b"other", [5], [chunk.id[:16] + os.urandom(16)])
    forgery.version(forgery.manifest([root_entry(), Entry(b"evil", chunks=[chunk])]))


def two_packs_of_one_name(forgery):
    manifest = forgery.manifest([root_entry(), file(b"evil")(forgery)])
    name = forgery.pack()
    hexadecimal = name.hex()
    other = forgery.folder / "packs" / ("00" if hexadecimal[:2] != "00" else "01")
    other.mkdir(exist_ok=True)
    (other / hexadecimal).write_bytes(b"SnapPack")
    forgery.version(manifest)


def copy_of_a_record(forgery):
    """A record in a pack that speaks of a version that never was."""
    manifest = forgery.manifest([root_entry(), file(b"evil")(forgery)])
    forgery.frame(b"SNAPVERS\1 and no more", [], [], kind=1, raw=21)
    forgery.version(manifest)


def labelled(data):
    def forge(forgery):
        name = forgery.version(forgery.manifest([root_entry(), file(b"evil")(forgery)]))
        forgery.write(f"labels/{name.hex()}", data)

    return forge


def tomb_of_every_pack(forgery):
    recorded()(forgery)
    names = sorted(path.name for path in forgery.folder.glob("packs/*/*"))
    forgery.write("tombs/" + "ab" * 16, envelope(b"SNAPTOMB", [(1, bytes.fromhex("".join(names)))]))


CASES = [
    Case("a length that is not the frame's", told(raw=6, lengths=[6]), **ANY),
    Case("a stored length that is not the frame's", told(stored=4), **ANY),
    Case("more chunks than the frame has", told(count=2, lengths=[2, 3], ids=[b"1" * 32, b"2" * 32]), **ANY),
    Case("another chunk than the frame has", told(ids=[b"1" * 32]), **ANY),
    Case("another codec than the frame has", told(kind=ZSTANDARD), **ANY),
    Case("a delta that the frame is not", told(**{"kind": DELTA, "base count": 1, "bases": [b"3" * 16]}), **ANY),
    Case("a record that the frame is not", told(kind=1 << 4), **ANY),
    Case("an unknown kind", told(kind=15 << 4), **ANY),
    Case("an unknown codec", told(kind=7), **ANY),
    Case("a frame of no bytes", told(raw=0, stored=0, lengths=[0]), **ANY),
    Case("the wrong repository", changed(repository=b"X" * 16), **ANY),
    Case("the name of another pack", changed(pack=b"X" * 16), **ANY),
    Case("a newer format", changed(version=9), restore=(0, 13, 15), verify=(0, 13, 15)),
    Case("a directory that begins in the frames", changed(offset=70), **ANY),
    Case("a directory that begins in the header", changed(offset=3), **ANY),
    Case("a directory that begins behind the end", changed(offset=1 << 40), **ANY),
    Case("a directory at 2^64 - 1", changed(offset=(1 << 64) - 1), **ANY),
    Case("a directory of no bytes", changed(length=0), **ANY),
    Case("a directory longer than the file", changed(length=1 << 31), **ANY),
    Case("fewer frames than it has", changed(counts=lambda parts: (1, parts["counts"][1])), **ANY),
    Case("fewer chunks than it has", changed(counts=lambda parts: (parts["counts"][0], 1)), **ANY),
    Case("no frames", changed(counts=(0, 0)), **ANY),
    Case("bytes between the frames and the directory", changed(gap=b"x" * 100), **ANY),
    Case("columns cut short", changed(columns=lambda parts: parts["columns"][:-3]), **ANY),
    Case("columns with more in them", changed(columns=lambda parts: parts["columns"] + b"\1\2\3"), **ANY),
    Case("columns of an unknown codec", changed(codec=9), **ANY),
    Case("columns of another length", changed(raw=1), **ANY),
    Case("ids cut short", changed(ids=lambda parts: parts["ids"][:-40]), **ANY),
    Case("frames cut short", changed(body=lambda parts: parts["body"][:10]), **ANY),
    Case("frames of zeros", changed(body=lambda parts: bytes(len(parts["body"]))), **ANY),
    Case("no frames where the directory has some", changed(body=b""), **ANY),
    Case("another content under a sound chunk's name", wrong_content, **ANY),
    Case("two contents of one name", twice_in_one_pack, **ANY),
    Case("two names that begin alike", of_one_prefix, **ANY),
    Case("two packs of one name", two_packs_of_one_name, **ANY),
    Case("a copy of a record that is none", copy_of_a_record, **ANY),
    Case("a record under another's name", recorded(stored_as=b"Y" * 16), restore=(13, 18, 21), verify=(13,)),
    Case("a record without a manifest", recorded(without=(9,)), restore=(13, 18, 21), verify=(13,)),
    Case("a record without an id", recorded(without=(1,)), restore=(13, 18, 21), verify=(13,)),
    Case("a record without a time", recorded(without=(3,)), restore=(13, 18, 21), verify=(13,)),
    Case("a record of a newer format", recorded(version=9), restore=(13, 15), verify=(13, 15), spares_others=False),
    Case("a record that is its own parent", lambda f: f.version(f.manifest([root_entry()]), fields=[(10, b"Z" * 16), (1, b"Z" * 16)], stored_as=b"Z" * 16), **ANY),
    Case("a version's name with control characters", recorded((2, b"evil\x1b[2J")), restore=(13, 18, 21), verify=(0, 13)),
    Case("a version's name with a slash", recorded((2, b"../evil")), restore=(13, 18, 21), verify=(0, 13)),
    Case("a version's name that is not UTF-8", recorded((2, b"evil\xff")), restore=(13, 18, 21), verify=(0, 13)),
    Case("a source that leads out", recorded((8, b"../evil")), restore=(0, 13, 18, 21), verify=(0, 13)),
    Case("a root that is not absolute", recorded((7, b"../evil")), restore=(0, 13, 18, 21), verify=(0, 13)),
    Case("a message that clears the screen", recorded((13, b"\x1b[2J\x1b]0;x\x07"), (5, b"\x1b[31m"), (6, b"\xc2\x9b31m")), restore=(0,), verify=(0,)),
    Case("a dump whose path leads out", recorded((16, b"\4dump" + b"../../outside/file")), restore=(0, 13, 21), verify=(0, 13)),
    Case("uncommitted changes that are not there", recorded((18, varint(0) + varint(1) * 3 + b"5" * 32 + varint(100))), restore=(0, 13), verify=(0, 13)),
    Case("labels that are none", labelled(b"garbage"), restore=(0, 13), verify=(13,)),
    Case("labels of no bytes", labelled(b""), restore=(0, 13), verify=(13,)),
    Case("a tomb of every pack", tomb_of_every_pack, restore=(0, 13), verify=(0, 13)),
    Case("a tomb that is none", lambda f: (recorded()(f), f.write("tombs/" + "ab" * 16, b"garbage")), restore=(0, 13), verify=(0, 13), spares_others=False),
    Case("files that are no objects", lambda f: (recorded()(f), [f.write(name, b"x") for name in ("snapshots/evil", "packs/evil", "packs/ab/evil", "trash/..evil", "pending/\x1b[2J", "tombs/a b", "operations/x")]), restore=(0,), verify=(0, 13)),
    Case("a folder where a record should be", lambda f: (recorded()(f), (f.folder / "snapshots" / ("cd" * 16)).mkdir()), **STOPPED),
    Case("a symbolic link where a record should be", lambda f: (recorded()(f), os.symlink("/etc/passwd", f.folder / "snapshots" / ("cd" * 16))), **STOPPED),
    Case("a fifo where a record should be", lambda f: (recorded()(f), os.mkfifo(f.folder / "snapshots" / ("cd" * 16))), **STOPPED),
    Case("packs in a folder that is a link", lambda f: (recorded()(f), os.symlink("../../outside", f.folder / "packs" / "zz")), restore=(0, 13), verify=(0, 13)),
]


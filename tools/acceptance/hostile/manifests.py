"""Manifests that are not sorted, say things twice, contradict themselves, or go in circles; and deltas that do."""
import hashlib
import os

from cases import Case, file, folder, root_entry
from forge import Chunk, chunk_list, DELTA, Entry, FILE, root, segment

UNLAWFUL = dict(restore=(13, 18), verify=(0, 13))


def version_of(*segments):
    """Segments as they are, each a list of entries."""

    def forge(forgery):
        made = [[one(forgery) if callable(one) else one for one in entries] for entries in segments]
        forgery.version(forgery.manifest(*made))

    return forge


def rooted(make):
    """A root of rows (first path, entries' count, chunk), made of the chunk of a sound segment with a file `evil`."""

    def forge(forgery):
        entries = [root_entry(), file(b"evil")(forgery)]
        forgery.version(forgery.chunk(make(forgery, forgery.chunk(segment(entries)))))

    return forge


def columns(**changed):
    """One segment with some columns replaced."""

    def forge(forgery):
        entries = [root_entry(), file(b"evil")(forgery)]
        bytes_of = segment(entries, columns={int(name[1:]): data for name, data in changed.items()})
        forgery.version(forgery.manifest((b"", 2, forgery.chunk(bytes_of))))

    return forge


def deltas(*bases):
    """Frames that stand on each other as `bases` says: for each the numbers of those it stands on."""

    def forge(forgery):
        ids = [hashlib.sha256(b"%d" % number + os.urandom(8)).digest() for number in range(len(bases))]
        for name, below in zip(ids, bases):
            forgery.frame(b"no payload", [46], [name], codec=DELTA, bases=[ids[number][:16] for number in below])
        forgery.version(forgery.manifest([root_entry(), Entry(b"evil", FILE, chunks=[Chunk(ids[0], 46)])]))

    return forge


def long_chain(length):
    return deltas(*[[number + 1] for number in range(length - 1)], [0])


CASES = [
    Case("entries that do not ascend", version_of([root_entry(), file(b"evil"), file(b"a")])),
    Case("the same path twice", version_of([root_entry(), file(b"evil"), file(b"evil", b"other\n")])),
    Case("a folder behind what it holds", version_of([root_entry(), file(b"a/evil"), folder(b"a")])),
    Case("segments that do not ascend", version_of([file(b"evil")], [file(b"a")])),
    Case("segments that overlap", version_of([root_entry(), file(b"evil"), file(b"z")], [file(b"f"), file(b"zz")]), **UNLAWFUL),
    Case("the same segment twice", rooted(lambda f, s: root([(b"", 2, s), (b"", 2, s)]))),
    Case("a first path that is not the segment's", rooted(lambda f, s: root([(b"zzz", 2, s)])), **UNLAWFUL),
    Case("more entries than the segment has", rooted(lambda f, s: root([(b"", 3, s)])), **UNLAWFUL),
    Case("fewer entries than the segment has", rooted(lambda f, s: root([(b"", 1, s)])), **UNLAWFUL),
    Case("a segment that is not there", rooted(lambda f, s: root([(b"", 2, f.nobody())]))),
    Case("a segment of another length", rooted(lambda f, s: root([(b"", 2, Chunk(s.id, s.length + 1))])), **UNLAWFUL),
    Case("a root that is a segment", lambda f: f.version(f.chunk(segment([root_entry()])))),
    Case("a segment that is a root", rooted(lambda f, s: root([(b"", 2, f.chunk(root([(b"", 2, s)])))]))),
    Case("a segment that is a file", rooted(lambda f, s: root([(b"", 2, f.chunk(b"evil\n"))]))),
    Case("bytes behind the root", rooted(lambda f, s: root([(b"", 2, s)], tail=b"x"))),
    Case("fewer rows than the root says", rooted(lambda f, s: root([(b"", 2, s)], count=2))),
    Case("more rows than the root says", rooted(lambda f, s: root([(b"", 2, s), (b"z", 1, s)], count=1))),
    Case("an empty root", rooted(lambda f, s: root([])), restore=(0, 13), verify=(0, 13)),
    Case("a root of no bytes", lambda f: f.version(f.chunk(b"x"))),
    Case("a manifest that is in no pack", lambda f: f.version(f.nobody())),
    Case("a file's chunk that is in no pack", lambda f: version_of([root_entry(), Entry(b"evil", chunks=[f.nobody()])])(f), restore=(13,)),
    Case("a chunk of another length", lambda f: version_of([root_entry(), Entry(b"evil", chunks=[Chunk(f.chunk(b"evil\n").id, 4)])])(f), restore=(13,)),
    Case("a list that is no list", lambda f: version_of([root_entry(), Entry(b"evil", chunks=[f.chunk(b"evil\n")], lists=True, size=5)])(f), restore=(13,)),
    Case("a list of lists", lambda f: version_of([root_entry(), Entry(b"evil", lists=True, size=5, chunks=[f.chunk(chunk_list([f.chunk(chunk_list([f.chunk(b"evil\n")]))]))])])(f), restore=(13,)),
    Case("a list that names the manifest's own segment's length", lambda f: version_of([root_entry(), Entry(b"evil", lists=True, size=1 << 40, chunks=[f.chunk(chunk_list([Chunk(b"7" * 32, 8 << 20)]))])])(f), restore=(13,)),
    Case("an unknown kind", columns(c1=bytes([9, 0, 0xED, 1, 0, 0, 8, 0xA4, 1, 0]))),
    Case("unknown flags", columns(c1=bytes([1, 64, 0xED, 1, 0, 0, 8, 0xA4, 1, 0]))),
    Case("a class of no owner", columns(c1=bytes([1, 0, 0xED, 1, 9, 0, 8, 0xA4, 1, 0]))),
    Case("a class that is not there", columns(c2=bytes([0, 9]))),
    Case("mode bits that no file has", columns(c1=bytes([1, 0, 0xFF, 0xFF, 0, 0, 8, 0xA4, 1, 0]))),
    Case("nanoseconds above a second", columns(c5=bytes(8) + b"\xff" * 4 + bytes(12))),
    Case("a time beyond all calendars", columns(c5=b"\xff" * 7 + b"\x7f" + bytes(4) + bytes(12)), restore=(0, 3, 13), verify=(0, 13)),
    Case("a size too many", columns(c6=bytes([5, 5]))),
    Case("a size too few", columns(c6=b"")),
    Case("a path too many", columns(c4=b"\0evil\0more\0")),
    Case("a path that does not end", columns(c4=b"\0evil")),
    Case("shared bytes that are not there", columns(c3=bytes([0, 200]))),
    Case("a delta on itself", deltas([0]), restore=(13,)),
    Case("two deltas on each other", deltas([1], [0]), restore=(13,)),
    Case("three deltas in a circle", deltas([1], [2], [0]), restore=(13,)),
    Case("a delta on nothing", lambda f: (f.frame(b"x", [46], [b"8" * 32], codec=DELTA, bases=[b"9" * 16]), version_of([root_entry(), Entry(b"evil", chunks=[Chunk(b"8" * 32, 46)])])(f)), restore=(13,)),
    Case("a delta on the same base four thousand times", deltas([1] * 4000, [1]), restore=(13,)),
    Case("a circle of five thousand deltas", long_chain(5000), restore=(13,)),
    Case("a tree of deltas that doubles at each level", deltas(*[[number + 1] * 64 for number in range(60)], [0]), restore=(13,)),
]

"""Small things that would become large, and numbers that no one should believe."""
import hashlib
import os

from cases import Case, file, of_entries, root_entry
from forge import ATTRIBUTES, Chunk, chunk_list, CHUNKS, DELTA, Entry, FILE, HARD_LINK, root, segment, sha256, SPARSE, varint, zeros, ZSTANDARD

MANY = 1 << 40
TOP = (1 << 64) - 1
UNLAWFUL = dict(restore=(13, 18), verify=(0, 13))


def version_of(bytes_of_root):
    return lambda forgery: forgery.version(forgery.chunk(bytes_of_root))


def version_of_segment(*arguments, **named):
    def forge(forgery):
        chunk = forgery.chunk(segment(*arguments, **named))
        forgery.version(forgery.manifest((b"", 1, chunk)))

    return forge


def claimed(**named):
    """A file whose row says something that its chunks do not."""
    return of_entries(file(b"evil", **named))


def repeated_list(depth):
    """A list of lists of lists …, each naming the one below a hundred times."""

    def forge(forgery):
        chunk = forgery.chunk(b"x" * 1000)
        for _ in range(depth):
            chunk = forgery.chunk(chunk_list([chunk] * 100))
        forgery.version(forgery.manifest([root_entry(), Entry(b"evil", FILE, chunks=[chunk], lists=True, size=1000 * 100**depth)]))

    return forge


def frame_with(**named):
    def forge(forgery):
        frame = {"payload": b"x", **named}
        frame["ids"] = [hashlib.sha256(b"%d" % number).digest() for number in range(len(frame["lengths"]))]
        forgery.frame(**frame)
        forgery.version(forgery.manifest([root_entry(), Entry(b"evil", FILE, chunks=[Chunk(frame["ids"][0], frame["lengths"][0])])]))

    return forge


def decompression(count, length):
    """A file of so many bytes, each chunk of which is a few hundred bytes that decompress to eight MiB of zeros."""

    def forge(forgery):
        content = bytes(length)
        chunk = Chunk(hashlib.sha256(content).digest(), length)
        if length > 100:
            forgery.frame(zeros(length), [length], [chunk.id], codec=ZSTANDARD)
        else:
            forgery.frame(content, [length], [chunk.id])
        lists = [forgery.chunk(chunk_list([chunk] * min(count, 10_000)))] * max(1, count // 10_000)
        forgery.version(forgery.manifest([root_entry(), Entry(b"evil", FILE, chunks=lists, lists=True, size=count * length)]))

    return forge


def record_with(*fields, **named):
    return lambda forgery: forgery.version(forgery.manifest([root_entry()]), fields=list(fields), **named)


def packed(**changes):
    def forge(forgery):
        manifest = forgery.manifest([root_entry(), file(b"evil")(forgery)])

        def change(parts):
            parts.update({name: value(parts) if callable(value) else value for name, value in changes.items()})

        forgery.pack(change=change)
        forgery.version(manifest)

    return forge


def cut_record(forgery):
    name = os.urandom(16)
    data = b"SNAPVERS\1" + varint(1) + varint(16) + name + varint(13) + varint(MANY)
    forgery.write(f"snapshots/{name.hex()}", data + sha256(data))


CASES = [
    Case("root that says 2^40 segments", version_of(b"SNMR\1" + varint(MANY))),
    Case("root that says 2^64 - 1 segments", version_of(b"SNMR\1" + varint(TOP))),
    Case("root whose number does not end", version_of(b"SNMR\1" + b"\xff" * 12)),
    Case("root whose number is larger than 64 bits", version_of(b"SNMR\1" + b"\xff" * 9 + b"\x7f")),
    Case("segment that says 2^40 entries", version_of_segment([root_entry()], count=MANY)),
    Case("segment that says no entries", version_of_segment([], count=0)),
    Case("segment of 4,097 entries", version_of_segment([Entry(b"%05d" % number) for number in range(4097)]), **UNLAWFUL),
    Case("column that says 2^40 bytes", version_of(root([(b"", 1, Chunk(b"1" * 32, 1 << 40))]))),
    Case("paths that unfold to more than a segment may", version_of_segment([Entry(b"n" * 60000 + b"%04d" % number) for number in range(100)])),
    Case("a million owners", version_of_segment([root_entry()], columns={0: b"\0\0\0\0" * 1_000_000}), restore=(0, 13, 18), verify=(0, 13)),
    Case("an attribute of 3 MiB", of_entries(file(b"evil", attributes=[(b"user.x", b"x" * (3 << 20))])), restore=(0, 3, 13, 18), verify=(0, 13)),
    Case("ten thousand attributes", of_entries(file(b"evil", attributes=[(b"user.%06d" % number, b"x") for number in range(10_000)])), restore=(0, 3, 13, 18), verify=(0, 13)),
    Case("an attribute of 2^40 bytes", version_of_segment([Entry(b"evil", flags=ATTRIBUTES, attributes=[(b"user.x", b"x")])], columns={7: varint(1) + b"\6user.x" + varint(MANY)})),
    Case("a link to a mebibyte", version_of_segment([root_entry(), Entry(b"evil", 2, target=b"x" * (1 << 20))]), restore=(0, 3, 13, 18), verify=(0, 13)),
    Case("a file of 2^63 bytes without data", claimed(content=b"", size=1 << 63), **UNLAWFUL),
    Case("a file of 2^64 - 1 bytes with one chunk", claimed(size=TOP), **UNLAWFUL),
    Case("a sparse file of 2^62 bytes", of_entries(file(b"evil", size=1 << 62, extents=[(0, 5)])), restore=(0, 3, 13, 16, 17, 18), verify=(0, 13), is_endless=True),
    Case("a sparse file that ends beyond 2^63", of_entries(file(b"evil", size=TOP, extents=[(TOP - 5, 5)])), **UNLAWFUL),
    Case("files whose sizes no sum holds", of_entries(*[file(b"evil%d" % number, size=TOP) for number in range(3)]), **UNLAWFUL),
    Case("extents that overflow", of_entries(file(b"evil", size=100, extents=[(TOP, 5)])), **UNLAWFUL),
    Case("extents of 2^40", version_of_segment([Entry(b"evil", flags=SPARSE, size=5, extents=[(0, 5)])], columns={12: varint(MANY)})),
    Case("a hundred thousand extents", of_entries(file(b"evil", content=b"x" * 100_000, size=400_000, extents=[(1, 1)] * 100_000)), restore=(0, 13, 18), verify=(0, 13)),
    Case("a chunk of 2^40 bytes", of_entries(Entry(b"evil", chunks=[Chunk(b"1" * 32, MANY)]))),
    Case("a chunk of no bytes", of_entries(Entry(b"evil", chunks=[Chunk(b"1" * 32, 0), Chunk(b"2" * 32, 0)]))),
    Case("2^40 chunks", version_of_segment([Entry(b"evil", flags=CHUNKS, chunks=[Chunk(b"1" * 32, 5)])], columns={13: varint(MANY)})),
    Case("a list of 2^40 chunks", lambda f: of_entries(Entry(b"evil", chunks=[f.chunk(b"SNCL\1" + varint(MANY))], lists=True, size=100))(f)),
    Case("a list of no chunks", lambda f: of_entries(Entry(b"evil", chunks=[f.chunk(b"SNCL\1\0")], lists=True, size=0))(f), **UNLAWFUL),
    Case("lists three deep", repeated_list(3), **UNLAWFUL),
    Case("one chunk a million times", decompression(1_000_000, 1), restore=(0,), verify=(0,)),
    Case("a gigabyte of zeros in a few hundred bytes", decompression(128, 8 << 20), restore=(0,), verify=(0,)),
    Case("a frame that says 2^40 bytes", frame_with(lengths=[MANY], raw=MANY, codec=ZSTANDARD), spares_others=True),
    Case("a frame that says 16 MiB and holds one byte", frame_with(lengths=[8 << 20, 8 << 20], payload=zeros(1), codec=ZSTANDARD)),
    Case("a frame that holds more than it says", frame_with(lengths=[10], payload=zeros(8 << 20), codec=ZSTANDARD)),
    Case("a frame of 70,000 chunks", frame_with(lengths=[1] * 70_000, payload=bytes(70_000))),
    Case("a frame with 5,000 bases", frame_with(lengths=[10], codec=DELTA, bases=[b"0" * 16] * 5000)),
    Case("a directory that says 64 MiB and one byte", packed(codec=ZSTANDARD, raw=(64 << 20) + 1), restore=(0,)),
    Case("a directory that decompresses to 64 MiB of zeros", packed(codec=ZSTANDARD, raw=64 << 20, columns=zeros(64 << 20)), restore=(0,)),
    Case("a directory of 2^32 - 1 frames", packed(counts=((1 << 32) - 1, 1)), restore=(0,)),
    Case("a directory of 2^32 - 1 chunks", packed(counts=(1, (1 << 32) - 1)), restore=(0,)),
    Case("a record with 100,000 tags", record_with(*[(14, b"%d" % number) for number in range(100_000)]), restore=(0, 13, 18), verify=(0, 13)),
    Case("a record with a message of 16 MiB", record_with((13, b"x" * (16 << 20))), restore=(0, 13, 18), verify=(0, 13)),
    Case("a record with a field of 2^40 bytes", cut_record, restore=(21,), verify=(13,)),
    Case("a record with statistics of 2^64 - 1", record_with((12, varint(TOP) * 16)), restore=(0, 13), verify=(0, 13)),
    Case("a record of the year 292 billion", record_with((3, varint(TOP - 1) + varint(0))), restore=(0, 13), verify=(0, 13)),
    Case("a record from before the universe", record_with((3, varint(TOP) + varint(999_999_999))), restore=(0, 13), verify=(0, 13)),
]


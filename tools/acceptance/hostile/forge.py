"""Writes repositories by hand, as docs/format says, and wrong where a case wants them wrong: every checksum is right all the same."""
import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

FILE, FOLDER, SYMLINK, FIFO, CHARACTER_DEVICE, BLOCK_DEVICE, SOCKET = range(7)
ATTRIBUTES, HARD_LINK, SPARSE, ONE_CHUNK, CHUNKS, LISTS = 1, 2, 4, 8, 16, 32
RAW, ZSTANDARD, DELTA = 0, 1, 2
COLUMN_COUNT = 15


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value):
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def counted(data):
    return varint(len(data)) + data


def sha256(data):
    return hashlib.sha256(data).digest()


def envelope(magic, fields, version=1):
    """A record: fields are (tag, value)."""
    data = magic + bytes([version]) + b"".join(varint(tag) + counted(value) for tag, value in fields)
    return data + sha256(data)


@dataclass
class Chunk:
    """A reference to a chunk, be it there or not."""
    id: bytes
    length: int


@dataclass
class Entry:
    """One row of a manifest. `chunks` are references; what is left at `None` follows from the rest."""
    path: bytes
    kind: int = FILE
    mode: int = 0o644
    chunks: list = field(default_factory=list)
    lists: bool = False
    size: int = None
    target: bytes = b""
    same_as: bytes = None
    device: tuple = (1, 3)
    extents: list = None     # (gap, length)
    attributes: list = None  # (name, value)
    flags: int = None
    modified: tuple = (1_600_000_000, 0)
    owner: tuple = (0, 0, b"root", b"root")

    def right_flags(self):
        flags = (ATTRIBUTES if self.attributes else 0) | (HARD_LINK if self.same_as is not None else 0)
        flags |= SPARSE if self.extents is not None else 0
        if self.chunks:
            flags |= LISTS if self.lists else ONE_CHUNK if len(self.chunks) == 1 else CHUNKS
        return flags


def segment(entries, count=None, columns=None, tail=b""):
    """A segment's bytes. `columns` replaces whole columns by their numbers."""
    found = [bytearray() for _ in range(COLUMN_COUNT)]
    owners, classes, sets, ids, previous = [], [], [], bytearray(), b""

    def index(table, value):
        if value not in table:
            table.append(value)
        return table.index(value)

    for entry in entries:
        flags = entry.right_flags() if entry.flags is None else entry.flags
        found[2] += varint(index(classes, (entry.kind, flags, entry.mode, index(owners, entry.owner))))
        shared = len(os.path.commonprefix([previous, entry.path]))
        found[3] += varint(shared)
        found[4] += entry.path[shared:] + b"\0"
        previous = entry.path
        found[5] += (entry.modified[0] & (1 << 64) - 1).to_bytes(8, "little") + entry.modified[1].to_bytes(4, "little")
        if entry.kind == FILE:
            size = sum(chunk.length for chunk in entry.chunks) if entry.size is None else entry.size
            found[6] += varint(size)
        if flags & ATTRIBUTES:
            found[8] += varint(index(sets, tuple(entry.attributes)))
        if entry.kind == SYMLINK:
            found[9] += entry.target + b"\0"
        if flags & HARD_LINK:
            found[10] += entry.same_as + b"\0"
        if entry.kind in (CHARACTER_DEVICE, BLOCK_DEVICE):
            found[11] += varint(entry.device[0]) + varint(entry.device[1])
        if flags & SPARSE:
            found[12] += varint(len(entry.extents)) + b"".join(varint(gap) + varint(length) for gap, length in entry.extents)
        if flags & (CHUNKS | LISTS):
            found[13] += varint(len(entry.chunks))
            found[14] += b"".join(varint(chunk.length) for chunk in entry.chunks)
        for chunk in entry.chunks:
            ids += chunk.id
    found[0] = b"".join(varint(user) + varint(group) + counted(name) + counted(group_name) for user, group, name, group_name in owners)
    found[1] = b"".join(bytes([kind, flags]) + mode.to_bytes(2, "little") + varint(owner) for kind, flags, mode, owner in classes)
    found[7] = b"".join(varint(len(one)) + b"".join(counted(name) + counted(value) for name, value in one) for one in sets)
    for number, data in (columns or {}).items():
        found[number] = data
    return (b"SNMS\1" + varint(len(entries) if count is None else count) + b"".join(varint(len(one)) for one in found)
            + b"".join(map(bytes, found)) + bytes(ids) + tail)


def chunk_list(chunks, count=None):
    return (b"SNCL\1" + varint(len(chunks) if count is None else count) + b"".join(varint(chunk.length) for chunk in chunks)
            + b"".join(chunk.id for chunk in chunks))


def zeros(count):
    """A Zstandard payload, without its header, of so many zero bytes: blocks that repeat one byte."""
    blocks, left = bytearray(), count
    while left:
        size = min(left, 128 << 10)
        left -= size
        blocks += ((left == 0) | 1 << 1 | size << 3).to_bytes(3, "little") + b"\0"
    return bytes(blocks)


@dataclass
class Frame:
    """A frame as its header has it, and as the directory has it: a case may let them differ."""
    payload: bytes
    lengths: list
    ids: list
    kind: int = 0
    codec: int = RAW
    raw: int = None
    bases: list = field(default_factory=list)
    told: dict = field(default_factory=dict)  # what the directory says instead: raw, stored, count, kind, lengths, ids, bases

    def raw_length(self):
        return sum(self.lengths) if self.raw is None else self.raw

    def bytes(self):
        body = bytes([self.kind << 4 | self.codec]) + varint(self.raw_length()) + varint(len(self.payload)) + varint(len(self.lengths))
        body += b"".join(varint(length) for length in self.lengths[:-1])
        if self.codec == DELTA:
            body += varint(len(self.bases)) + b"".join(self.bases)
        return b"SnFr" + sha256(body)[:4] + body + self.payload

    def row(self, name, value):
        return self.told.get(name, value)


class Forgery:
    """A repository that `snap init` has made, to put objects into."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.id = bytes.fromhex((self.folder / "config").read_text().split("\nid: ")[1][:32])
        self.frames = []

    # Chunks

    def chunk(self, data):
        """Stores bytes under their name."""
        chunk = Chunk(sha256(data), len(data))
        self.frames.append(Frame(data, [len(data)], [chunk.id]))
        return chunk

    def frame(self, *arguments, **named):
        self.frames.append(Frame(*arguments, **named))
        return self.frames[-1]

    def nobody(self, length=100):
        """A chunk that is in no pack."""
        return Chunk(os.urandom(32), length)

    # Manifests

    def manifest(self, *segments):
        """A root over entries, or over (first path, entries' count, chunk) where a segment is stored already."""
        rows = []
        for one in segments:
            if not isinstance(one, tuple):
                one = (one[0].path, len(one), self.chunk(segment(one)))
            rows.append(one)
        return self.chunk(root(rows))

    # Packs

    def pack(self, frames=None, name=None, change=lambda parts: None):
        """Writes a pack of the frames so far. `change` may change its parts, from the header to the trailer, before checksums are made of them."""
        frames = self.frames if frames is None else frames
        self.frames = [] if frames is self.frames else self.frames
        name = name or os.urandom(16)
        parts = {"version": 1, "repository": self.id, "pack": name, "body": b"".join(frame.bytes() for frame in frames)}
        columns = bytes(frame.row("kind", frame.kind << 4 | frame.codec) for frame in frames)
        for value in (lambda f: f.row("raw", f.raw_length()), lambda f: f.row("stored", len(f.payload)),
                      lambda f: f.row("count", len(f.lengths)), lambda f: f.row("base count", len(f.bases))):
            columns += b"".join(varint(value(frame)) for frame in frames)
        for frame in frames:
            columns += b"".join(varint(length) for length in frame.row("lengths", frame.lengths)[:-1])
        parts["columns"], parts["codec"], parts["raw"] = columns, RAW, len(columns)
        parts["bases"] = b"".join(b"".join(frame.row("bases", frame.bases)) for frame in frames)
        parts["ids"] = b"".join(b"".join(frame.row("ids", frame.ids)) for frame in frames)
        parts["counts"] = (len(frames), sum(len(frame.ids) for frame in frames))
        parts["offset"], parts["gap"] = 64 + len(parts["body"]), b""
        change(parts)
        header = b"SnapPack" + parts["version"].to_bytes(4, "little") + bytes(4) + parts["repository"] + parts["pack"] + bytes(12)
        stored = (b"SnPd" + bytes([parts["codec"]]) + varint(parts["raw"]) + counted(parts["columns"]) + parts["bases"] + parts["ids"])
        trailer = parts["offset"].to_bytes(8, "little") + parts.get("length", len(stored)).to_bytes(4, "little")
        trailer += b"".join(count.to_bytes(4, "little") for count in parts["counts"])
        trailer += sha256(self.id + name + stored + trailer)[:8]
        whole = header + sha256(header)[:4] + parts["body"] + parts["gap"] + stored + trailer
        whole += sha256(whole) + b"SnPe"
        folder = self.folder / "packs" / name.hex()[:2]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name.hex()).write_bytes(whole)
        return name

    # Records

    def version(self, manifest, name="evil", fields=(), folder="snapshots", stored_as=None, without=(), version=1):
        """Writes what is stored so far and a record of it. `fields` replaces or adds (tag, value)."""
        if self.frames:
            self.pack()
        snapshot = os.urandom(16)
        usual = [(1, snapshot), (2, name.encode() if isinstance(name, str) else name), (3, signed(1_700_000_000) + varint(0)), (5, b"host"),
                 (6, b"user"), (7, b"/project"), (8, b""), (9, manifest.id + varint(manifest.length)), (15, b"1.0.0")]
        tags = {tag for tag, _ in fields}
        rows = sorted([row for row in usual if row[0] not in tags and row[0] not in without] + list(fields), key=lambda row: row[0])
        self.write(f"{folder}/{(stored_as or snapshot).hex()}", envelope(b"SNAPVERS", rows, version))
        return snapshot

    def write(self, path, data):
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def root(rows, count=None, tail=b""):
    """A manifest's root of (first path, entries, chunk)."""
    data, previous = b"SNMR\1" + varint(len(rows) if count is None else count), b""
    for path, _, _ in rows:
        shared = len(os.path.commonprefix([previous, path]))
        data += varint(shared) + path[shared:] + b"\0"
        previous = path
    data += b"".join(varint(entries) + varint(chunk.length) for _, entries, chunk in rows)
    return data + b"".join(chunk.id for _, _, chunk in rows) + tail

"""What a version holds (docs/format/manifest.md)."""
from dataclasses import dataclass, field

from primitives import Cursor, Damage

FILE, FOLDER, SYMLINK, FIFO, CHARACTER_DEVICE, BLOCK_DEVICE, SOCKET = range(7)
ATTRIBUTES, HARD_LINK, SPARSE, ONE_CHUNK, CHUNKS, LISTS = 1, 2, 4, 8, 16, 32


@dataclass
class Entry:
    path: bytes
    kind: int
    mode: int
    user: int
    group: int
    modified: int  # ns
    size: int = 0
    attributes: list = field(default_factory=list)
    target: bytes = b""      # of a symbolic link
    same_as: bytes = None    # the first path of a file with several
    device: tuple = ()
    extents: list = None     # (offset, length) of what a sparse file has
    chunks: list = field(default_factory=list)
    has_lists: bool = False


def entries(chunks, root):
    """Every entry of a version, in path order; `root` is the id of the manifest's root."""
    cursor = Cursor(chunks.get(root))
    expect(cursor, b"SNMR\1")
    segments = cursor.varint()
    for _ in range(segments):
        cursor.varint(), cursor.terminated()
    for _ in range(2 * segments):
        cursor.varint()
    for _ in range(segments):
        yield from segment(chunks.get(cursor.take(32)))


def segment(data):
    cursor = Cursor(data)
    expect(cursor, b"SNMS\1")
    count = cursor.varint()
    lengths = [cursor.varint() for _ in range(15)]
    column = [Cursor(cursor.take(length)) for length in lengths]
    owners = column[0].all(lambda c: (c.varint(), c.varint(), c.counted(), c.counted()))
    classes = column[1].all(lambda c: (c.number(1), c.number(1), c.number(2), c.varint()))
    attribute_sets = column[7].all(lambda c: [(c.counted(), c.counted()) for _ in range(c.varint())])
    path = b""
    for _ in range(count):
        kind, flags, mode, owner = classes[column[2].varint()]
        path = path[: column[3].varint()] + column[4].terminated()
        seconds = int.from_bytes(column[5].take(8), "little", signed=True)
        entry = Entry(path, kind, mode, *owners[owner][:2], seconds * 10**9 + column[5].number(4))
        if kind == FILE:
            entry.size = column[6].varint()
        if flags & ATTRIBUTES:
            entry.attributes = attribute_sets[column[8].varint()]
        if kind == SYMLINK:
            entry.target = column[9].terminated()
        if flags & HARD_LINK:
            entry.same_as = column[10].terminated()
        if kind in (CHARACTER_DEVICE, BLOCK_DEVICE):
            entry.device = (column[11].varint(), column[11].varint())
        if flags & SPARSE:
            entry.extents = extents(column[12])
        number = 1 if flags & ONE_CHUNK else column[13].varint() if flags & (CHUNKS | LISTS) else 0
        entry.chunks = [cursor.take(32) for _ in range(number)]
        entry.has_lists = bool(flags & LISTS)
        yield entry


def extents(column):
    found, at = [], 0
    for _ in range(column.varint()):
        at += column.varint()
        found.append((at, column.varint()))
        at += found[-1][1]
    return found


def data(chunks, entry):
    """The bytes of a file, chunk by chunk; of a sparse one, of its extents."""
    for name in entry.chunks:
        if not entry.has_lists:
            yield chunks.get(name)
            continue
        cursor = Cursor(chunks.get(name))
        expect(cursor, b"SNCL\1")
        lengths = [cursor.varint() for _ in range(cursor.varint())]
        for _ in lengths:
            yield chunks.get(cursor.take(32))


def expect(cursor, magic):
    if cursor.take(5) != magic:
        raise Damage(f"not {magic[:4].decode()}")

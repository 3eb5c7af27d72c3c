"""Finds chunks in packs and decodes them (docs/format/pack.md, docs/format/frame.md)."""
import hashlib
from dataclasses import dataclass, field

import zstandard

from primitives import Cursor, Damage, varint_length

RAW, ZSTANDARD, DELTA = 0, 1, 2
FRAMES_KEPT = 64


@dataclass
class Frame:
    pack: object
    codec: int
    raw: int
    stored: int
    lengths: list
    bases: list = field(default_factory=list)
    offset: int = 0  # of the payload

    def header_length(self, base_count):
        numbers = [self.raw, self.stored, len(self.lengths), *self.lengths[:-1]] + ([base_count] if self.codec == DELTA else [])
        return 9 + sum(map(varint_length, numbers)) + 16 * base_count


def decompressed(payload, raw, prefix=b""):
    """Zstandard without its frame header, which follows from the raw length."""
    dictionary = zstandard.ZstdCompressionDict(prefix, dict_type=zstandard.DICT_TYPE_RAWCONTENT) if prefix else None
    whole = bytes.fromhex("28B52FFDA0") + raw.to_bytes(4, "little") + payload
    return zstandard.ZstdDecompressor(dict_data=dictionary).decompress(whole, max_output_size=raw)


def directory(pack, repository, name):
    """(frames, chunk ids) of a pack, whose content is read from the end."""
    trailer = Cursor(pack.read(pack.length - 64, 64))
    offset, length, frame_count, chunk_count = (trailer.number(size) for size in (8, 4, 4, 4))
    stored = pack.read(offset, length)
    if hashlib.sha256(repository + name + stored + trailer.data[:20]).digest()[:8] != trailer.take(8):
        raise Damage(f"the directory of pack {name.hex()} is damaged")
    cursor = Cursor(stored)
    if cursor.take(4) != b"SnPd":
        raise Damage(f"pack {name.hex()} has no directory")
    codec, raw, columns = cursor.number(1), cursor.varint(), cursor.counted()
    columns = Cursor(decompressed(columns, raw) if codec == ZSTANDARD else columns)
    kinds = columns.take(frame_count)
    raws, stored, counts, bases = ([columns.varint() for _ in range(frame_count)] for _ in range(4))
    frames, at = [], 64
    for kind, raw, size, count, base_count in zip(kinds, raws, stored, counts, bases):
        lengths = [columns.varint() for _ in range(count - 1)]
        frame = Frame(pack, kind & 7, raw, size, lengths + [raw - sum(lengths)] if count else [])
        frame.bases = [cursor.take(16) for _ in range(base_count)]
        frame.offset = at + frame.header_length(base_count)
        at = frame.offset + size
        frames.append(frame)
    return frames, [cursor.take(32) for _ in range(chunk_count)]


class Chunks:
    """All chunks of a repository by their ids. `identifier` names a chunk: SHA-256, or the HMAC of an encrypted repository."""

    def __init__(self, identifier):
        self.identifier = identifier
        self.places = {}  # the first 16 bytes of an id: (id, frame, which of its chunks)
        self.frames = []
        self.decoded = {}  # the last few frames, by number

    def add(self, pack, repository, name):
        frames, ids = directory(pack, repository, name)
        remaining = iter(ids)
        for frame in frames:
            self.frames.append(frame)
            for place in range(len(frame.lengths)):
                chunk = next(remaining)
                self.places.setdefault(chunk[:16], []).append((chunk, len(self.frames) - 1, place))

    def get(self, name, above=()):
        """A chunk by its id, or by the 16 bytes that name a base. `above` are the frames that need it: none may stand on itself."""
        for chunk, number, place in self.places.get(name[:16], []):
            if number in above or not chunk.startswith(name):
                continue
            try:
                plain, frame = self.plain(number, above), self.frames[number]
            except (Damage, zstandard.ZstdError):
                continue
            begin = sum(frame.lengths[:place])
            found = plain[begin : begin + frame.lengths[place]]
            if self.identifier(found) == chunk:
                return found
        raise Damage(f"chunk {name.hex()} cannot be read")

    def plain(self, number, above):
        if number not in self.decoded:
            frame = self.frames[number]
            payload = frame.pack.read(frame.offset, frame.stored)
            if frame.codec != RAW:
                payload = decompressed(payload, frame.raw, b"".join(self.get(base, (*above, number)) for base in frame.bases))
            if len(self.decoded) >= FRAMES_KEPT:
                del self.decoded[next(iter(self.decoded))]
            self.decoded[number] = payload
        return self.decoded[number]

"""The primitive encodings (docs/format/README.md) and the envelope of records (docs/format/snapshot.md)."""
import hashlib


class Damage(Exception):
    """Stored bytes are not what the format says."""


class Cursor:
    """Takes one value after the other from bytes; too few are damage."""

    def __init__(self, data):
        self.data, self.at = bytes(data), 0

    def left(self):
        return len(self.data) - self.at

    def take(self, count):
        if count > self.left():
            raise Damage("cut short")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def varint(self):
        value = 0
        for shift in range(0, 70, 7):
            byte = self.number(1)
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise Damage("a number of more than ten bytes")

    def signed(self):
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def counted(self):
        return self.take(self.varint())

    def terminated(self):
        end = self.data.find(0, self.at)
        if end < 0:
            raise Damage("no end of a text")
        return self.take(end - self.at + 1)[:-1]

    def all(self, read):
        """Values to the end of the bytes."""
        found = []
        while self.left():
            found.append(read(self))
        return found


def varint_length(value):
    return max(1, -(-value.bit_length() // 7))


def envelope(data, magic):
    """(tag, value, offset of the field) of every field."""
    if data[:8] != magic:
        raise Damage(f"not {magic.decode()}")
    if data[8] != 1:
        raise Damage(f"{magic.decode()} of version {data[8]}")
    if hashlib.sha256(data[:-32]).digest() != data[-32:]:
        raise Damage("checksum")
    cursor, fields = Cursor(data[:-32]), []
    cursor.take(9)
    while cursor.left():
        offset = cursor.at
        fields.append((cursor.varint(), cursor.counted(), offset))
    return fields

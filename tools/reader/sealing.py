"""Contents of objects: plain ones as they are, sealed ones opened block by block (docs/format/sealing.md)."""
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import writers
from keys import hkdf
from primitives import Damage

HEADER, BLOCK, TAG = 104, 16384, 16
PACK, RECORD = 1, 2  # classes of objects
KEPT, WRITTEN = 0, 1  # how the key of an object is made


class PlainContent:
    is_written = False

    def __init__(self, path):
        self.file = open(path, "rb")
        self.length = os.fstat(self.file.fileno()).st_size

    def read(self, offset, count):
        return os.pread(self.file.fileno(), count, offset)


class SealedContent:
    """The header is opened at once, blocks when they are read."""

    def __init__(self, path, ring, object_class, name):
        self.path, self.file = path, open(path, "rb")
        self.size = os.fstat(self.file.fileno()).st_size
        context = bytes([object_class]) + ring.repository + bytes([len(name)]) + name
        for offset in (0, self.size - HEADER):
            if self.open_header(os.pread(self.file.fileno(), HEADER, max(0, offset)), ring, context):
                break
        else:
            raise Damage(f"{path} does not open")
        blocks = -(-padded(self.length) // BLOCK)
        if self.size != 2 * HEADER + padded(self.length) + TAG * blocks:
            raise Damage(f"{path} is not as long as it says")

    def open_header(self, header, ring, context):
        if len(header) < HEADER or header[:9] != b"SnapSeal\1":
            return False
        secret = ring.epochs.get(int.from_bytes(header[10:12], "little"))
        if secret is None:
            return False
        self.associated = header[:80] + context
        self.is_written = header[9] == WRITTEN
        if self.is_written and context[0] in (PACK, RECORD):
            secret, receiver = writers.origin(ring, secret, header[48:80])
            purpose = b"snap1 written object" + header[:80] + receiver + context
        elif header[9] == KEPT:
            purpose = b"snap1 object" + self.associated
        else:
            return False
        self.cipher = AESGCM(hkdf(secret, header[16:48], purpose, 32))
        try:
            self.length = int.from_bytes(self.cipher.decrypt(bytes(12), header[80:], self.associated), "little")
        except InvalidTag:
            return False
        return True

    def block(self, number):
        begin = HEADER + (BLOCK + TAG) * number
        stored = os.pread(self.file.fileno(), min(BLOCK + TAG, self.size - HEADER - begin), begin)
        nonce = (1).to_bytes(4, "little") + number.to_bytes(8, "little")
        try:
            return self.cipher.decrypt(nonce, stored, self.associated)
        except InvalidTag:
            raise Damage(f"block {number} of {self.path} does not open") from None

    def read(self, offset, count):
        end = min(offset + count, self.length)
        first = offset // BLOCK
        blocks = b"".join(self.block(number) for number in range(first, -(-end // BLOCK)))
        return blocks[offset - first * BLOCK : end - first * BLOCK]


def padded(length):
    """Padmé."""
    length = max(length, 512)
    e = length.bit_length() - 1
    step = 1 << (e - (e.bit_length() - 1) - 1)
    return -(-length // step) * step

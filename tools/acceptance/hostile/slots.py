"""Key slots and the configuration of encrypted repositories: refused before they cost memory, and without harm to the sound slot where there is one."""
import hashlib
import os

from cases import Case
from forge import envelope, signed, varint

TOP = (1 << 64) - 1


def slot(repository, name, kind=1, cost=(17, 8, 1), salt=b"s" * 32, epoch=0, commitment=b"c" * 32, ring=b"r" * 107, label=b"evil", extra=(), version=1, without=()):
    fields = [(1, repository), (2, name), (3, label), (4, signed(1_700_000_000) + varint(0)), (5, varint(kind)),
              (6, b"".join(varint(number) for number in cost)), (7, salt), (8, varint(epoch)), (9, commitment), (10, ring)]
    if kind != 1:
        fields = [field for field in fields if field[0] != 6]
    return envelope(b"SNAPSLOT", sorted([field for field in fields if field[0] not in without] + list(extra)), version)


def beside(stored_as=None, count=1, **values):
    """Slots beside the sound one."""

    def forge(forgery):
        for _ in range(count):
            name = os.urandom(16)
            forgery.write(f"keys/{(stored_as or name).hex()}", slot(forgery.id, name, **values))

    return forge


def alone(**values):
    """A slot in place of the only one."""

    def forge(forgery):
        (path,) = (forgery.folder / "keys").iterdir()
        path.write_bytes(slot(name=bytes.fromhex(path.name), **{"repository": forgery.id, **values}))

    return forge


def content(data):
    return lambda forgery: forgery.write("keys/" + os.urandom(16).hex(), data)


def config(old, new):
    """The configuration changed, with a checksum that is right."""

    def forge(forgery):
        path = forgery.folder / "config"
        text = path.read_text().replace(old, new)
        body = text[: text.index("checksum: ")]
        path.write_text(body + "checksum: " + hashlib.sha256(body.encode()).hexdigest() + "\n")

    return forge


# There is no version `evil` here: the sound one opens, and the other is not found.
SPARED = dict(restore=(21,), verify=(0, 13), is_encrypted=True)
CLOSED = dict(restore=(12, 13, 14, 15, 18), verify=(12, 13, 14, 15, 18), is_encrypted=True, spares_others=False)

CASES = [Case(f"a slot that asks for scrypt with {cost}", beside(cost=cost), **SPARED)
         for cost in [(63, 8, 1), (64, 8, 1), (40, 1, 1), (20, 1 << 30, 1), (17, 8, 1 << 30), (TOP, TOP, TOP), (0, 8, 1), (17, 0, 1), (17, 8, 0), (20, 16, 4), (17, 8)]]
CASES += [
    Case("the only slot asks for a terabyte", alone(cost=(30, 1 << 10, 1)), **CLOSED),
    Case("the only slot is of a kind that nobody knows", alone(kind=99), **CLOSED),
    Case("the only slot is of another repository", alone(repository=b"X" * 16), **CLOSED),
    Case("a salt of no bytes", beside(salt=b""), **SPARED),
    Case("a salt of a mebibyte", beside(salt=b"s" * (1 << 20)), **SPARED),
    Case("a ring of no bytes", beside(ring=b""), **SPARED),
    Case("a ring of 16 MiB", beside(ring=b"r" * (16 << 20)), **SPARED),
    Case("a commitment cut short", beside(commitment=b"c"), **SPARED),
    Case("a label with control characters", beside(label=b"\x1b[2J\x1b[31mevil\n"), **SPARED),
    Case("a label that is not UTF-8", beside(label=b"\xff\xfe"), **SPARED),
    Case("an epoch of 2^64 - 1", beside(epoch=TOP), restore=(12, 13, 14, 18, 21), verify=(0, 12, 13, 14, 18), is_encrypted=True, spares_others=False),
    Case("a newer format", beside(version=9), **SPARED),
    Case("a field twice", beside(extra=[(7, b"t" * 32)]), **SPARED),
    Case("no kind", beside(without=(5,)), **SPARED),
    Case("a slot under another's name", beside(stored_as=b"Y" * 16), **SPARED),
    Case("thirty-three slots", beside(count=32), **CLOSED),
    Case("garbage", content(b"garbage"), **SPARED),
    Case("no bytes", content(b""), **SPARED),
    Case("a slot of 64 MiB", content(bytes(64 << 20)), restore=(13, 18, 21), verify=(0, 13, 18), is_encrypted=True, spares_others=False),
    Case("a symbolic link", lambda f: os.symlink("/etc/passwd", f.folder / "keys" / os.urandom(16).hex()), restore=(13, 18, 21), verify=(0, 13, 18), is_encrypted=True, spares_others=False),
    Case("a configuration that says plain", config("features: sealed\n", ""), **CLOSED),
    Case("a configuration with a feature that nobody knows", config("features: sealed", "features: sealed zebra"), **CLOSED),
    Case("a configuration with chunks of another length", config("chunk-average: ", "chunk-average: 1"), **CLOSED),
    Case("a configuration of another repository", config("\nid: ", "\nid: 00"), **CLOSED),
]

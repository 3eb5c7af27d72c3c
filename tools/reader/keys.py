"""What opens an encrypted repository: passwords, key files, recovery codes, slots, and the key ring (docs/format/keys.md)."""
import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from primitives import Cursor, Damage, envelope

PASSWORD, KEY_FILE, RECOVERY_CODE = 1, 2, 3
BASE_32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class WrongKey(Exception):
    """No slot opens with what was given."""


def hkdf(secret, salt, info, length):
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def hmac_sha256(key, data):
    return hmac.digest(key, data, "sha256")


class KeyRing:
    def __init__(self, data):
        cursor = Cursor(data)
        if cursor.take(9) != b"SnapRing\1":
            raise Damage("not a key ring")
        self.repository, self.identity = cursor.take(16), cursor.take(32)
        self.epochs = {}
        for _ in range(cursor.number(2)):
            number = cursor.number(2)
            self.epochs[number] = cursor.take(32)

    def derived(self, purpose):
        return hkdf(self.identity, self.repository, b"snap1 " + purpose, 32)


class Slot:
    def __init__(self, name, data):
        fields = {tag: (value, offset) for tag, value, offset in envelope(data, b"SNAPSLOT")}
        if fields[2][0].hex() != name:
            raise Damage(f"slot {name} has another's name")
        self.repository, self.label = fields[1][0], fields[3][0].decode()
        self.kind, self.salt = Cursor(fields[5][0]).varint(), fields[7][0]
        self.cost = Cursor(fields[6][0]).all(Cursor.varint) if 6 in fields else []
        self.commitment, self.sealed = fields[9][0], fields[10][0]
        self.head = data[: fields[9][1]]

    def stretched(self, secret):
        """64 bytes of a secret; a password is made expensive to guess."""
        if self.kind != PASSWORD:
            return hkdf(secret, self.salt, b"snap1 slot", 64)
        log2n, r, p = self.cost
        if not (10 <= log2n <= 20 and 1 <= r <= 16 and 1 <= p <= 4 and 128 * r << log2n <= 1 << 30):
            raise Damage(f"slot '{self.label}' asks for too much")
        return hashlib.scrypt(secret, salt=self.salt, n=1 << log2n, r=r, p=p, maxmem=(128 * r << log2n) + (64 << 20), dklen=64)

    def open(self, secret):
        """The key ring, or nothing when the secret is not this slot's."""
        key = self.stretched(secret)
        if not hmac.compare_digest(hmac_sha256(key[32:], self.head), self.commitment):
            return None
        try:
            return KeyRing(AESGCM(key[:32]).decrypt(bytes(12), self.sealed, self.head + self.commitment))
        except InvalidTag:
            raise Damage(f"slot '{self.label}' is damaged") from None


def recovery_secret(text):
    """The 32 bytes of a recovery code, or nothing when the text is none."""
    digits = text.upper().replace("-", "").replace(" ", "").replace("O", "0").replace("I", "1").replace("L", "1")
    if len(digits) != 56 or any(digit not in BASE_32 for digit in digits):
        return None
    number = 0
    for digit in digits:
        number = number * 32 + BASE_32.index(digit)
    data = number.to_bytes(35, "big")
    return data[:32] if hashlib.sha256(b"snap recovery code" + data[:32]).digest()[:3] == data[32:] else None


def key_file_secret(data, repository):
    lines = data.decode().split("\n")
    values = dict(line.split(": ", 1) for line in lines[1:] if line)
    before = "".join(line + "\n" for line in lines if line and not line.startswith("checksum: "))
    if lines[0] != "snap key file" or hashlib.sha256(before.encode()).hexdigest() != values.get("checksum"):
        raise Damage("the key file is damaged")
    if values["repository"] != repository.hex():
        raise WrongKey(f"the key file is for repository {values['repository']}")
    return bytes.fromhex(values["key"])


def unlock(slots, repository, password=None, key_file=None):
    """Tries the secret at each slot that it may belong to."""
    secrets = []
    if key_file is not None:
        secrets.append((KEY_FILE, key_file_secret(key_file, repository)))
    if password is not None:
        code = recovery_secret(password.decode(errors="replace"))
        secrets += [(RECOVERY_CODE, code)] if code else []
        secrets.append((PASSWORD, password))
    for kind, secret in secrets:
        for slot in slots:
            ring = slot.open(secret) if slot.kind == kind and slot.repository == repository else None
            if ring:
                return ring
    raise WrongKey("no slot opens with this password or key")

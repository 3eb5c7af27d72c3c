"""Objects of machines that save and cannot read, and what makes their records believed (docs/format/writers.md)."""
import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keys import hkdf, hmac_sha256
from primitives import Damage, envelope

SIGNATURE = 16 + 64  # bytes behind a record: the writer's id, what he signed


def origin(ring, epoch_secret, ephemeral):
    """(the secret that an object's key is derived from, the public key that goes into the derivation)"""
    both = hkdf(epoch_secret, ring.repository, b"snap1 writers", 64)
    receiver = X25519PrivateKey.from_private_bytes(both[:32])
    agreed = receiver.exchange(X25519PublicKey.from_public_bytes(ephemeral))
    return agreed + both[32:], receiver.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


class Writers:
    """Those whom the keys vouch for."""

    def __init__(self, folder, ring):
        self.known = {}
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            data = path.read_bytes()
            fields = {tag: (value, offset) for tag, value, offset in envelope(data, b"SNAPWRIT")}
            code = hmac_sha256(ring.derived(b"writers"), data[: fields[9][1]])
            if hmac.compare_digest(code, fields[9][0]) and fields[2][0].hex() == path.name and fields[1][0] == ring.repository:
                self.known[fields[2][0]] = fields[3][0], Ed25519PublicKey.from_public_bytes(fields[5][0])

    def record(self, content, associated):
        """The record in an object of class 2."""
        record, end = content[:-SIGNATURE], content[-SIGNATURE:]
        if end[:16] not in self.known:
            raise Damage("it is signed by nobody whom the keys vouch for")
        name, key = self.known[end[:16]]
        try:
            key.verify(end[16:], b"snap1 written record" + associated + record)
        except InvalidSignature:
            raise Damage("its signature is not right") from None
        versions = [value for tag, value, _ in envelope(record, b"SNAPVERS") if tag == 2]
        if not versions or not versions[0].startswith(name + b"/"):
            raise Damage("it speaks of another's version")
        return record

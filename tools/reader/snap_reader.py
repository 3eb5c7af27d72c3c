#!/usr/bin/env python3
"""Lists and restores the versions of a repository. Written from docs/format alone; it shares nothing with snap.

    snap_reader.py REPOSITORY [--password-file FILE | --key-file FILE] list
    snap_reader.py REPOSITORY [--password-file FILE | --key-file FILE] restore VERSION FOLDER

FOLDER must not exist. The password, or the recovery code in its place, is what FILE holds. It needs what requirements.txt names.
"""
import argparse
import datetime
import hashlib
import hmac
import sys
from pathlib import Path

import packs
import restoring
from keys import Slot, WrongKey, hmac_sha256, unlock
from primitives import Cursor, Damage, envelope
from sealing import PACK, RECORD, PlainContent, SealedContent
from writers import Writers


class Repository:
    def __init__(self, folder, password=None, key_file=None):
        self.folder = Path(folder)
        config, lines = read_config(self.folder / "config")
        self.id = bytes.fromhex(config["id"])
        self.ring = None
        if "sealed" in config.get("features", ""):
            slots = [Slot(path.name, path.read_bytes()) for path in sorted((self.folder / "keys").iterdir())]
            self.ring = unlock(slots, self.id, password, key_file)
            if not hmac.compare_digest(hmac_sha256(self.ring.derived(b"config"), lines).hex(), config["seal"]):
                raise Damage("config was not written by who has the keys")
            self.writers = Writers(self.folder / "writers", self.ring)

    def content(self, path, object_class):
        if not self.ring:
            return PlainContent(path)
        return SealedContent(path, self.ring, object_class, bytes.fromhex(path.name))

    def versions(self):
        """Fields of all records by tag, oldest first."""
        found = []
        for path in ids(self.folder / "snapshots"):
            content = self.content(path, RECORD)
            record = content.read(0, content.length)
            if content.is_written:
                try:
                    record = self.writers.record(record, content.associated)
                except Damage as damage:
                    # anybody with a write-only key can put such a thing there
                    print(f"{path.name} passed over: {damage}", file=sys.stderr)
                    continue
            if not record.startswith(b"SNAPVOID"):
                found.append({tag: value for tag, value, _ in envelope(record, b"SNAPVERS")})
        return sorted(found, key=lambda record: created(record[3]))

    def chunks(self):
        if self.ring:
            key = self.ring.derived(b"chunk id")
            chunks = packs.Chunks(lambda data: hmac_sha256(key, data))
        else:
            chunks = packs.Chunks(lambda data: hashlib.sha256(data).digest())
        for folder in sorted((self.folder / "packs").iterdir()):
            for path in ids(folder):
                if path.name.startswith(folder.name):
                    chunks.add(self.content(path, PACK), self.id, bytes.fromhex(path.name))
        return chunks


def read_config(path):
    """(keys with their values, the bytes that its seal vouches for)"""
    lines = path.read_bytes().split(b"\n")[:-1]
    values = dict(line.decode().split(": ", 1) for line in lines[1:])
    before = lambda count: b"".join(line + b"\n" for line in lines[:-count])
    if lines[0] != b"snap repository" or hashlib.sha256(before(1)).hexdigest() != values["checksum"]:
        raise Damage("config is damaged")
    unknown = set(values.get("features", "").split()) - {"sealed"}
    if values["format"] != "1" or unknown:
        raise Damage(f"format {values['format']} {' '.join(unknown)}: this reader is too old")
    return values, before(2)


def created(field):
    """Seconds and nanoseconds: several saves may fall into one second."""
    cursor = Cursor(field)
    return cursor.signed(), cursor.varint()


def ids(folder):
    """Files whose names are ids; others are no objects."""
    return sorted(path for path in folder.iterdir() if len(path.name) == 32 and not set(path.name) - set("0123456789abcdef"))


def main():
    parser = argparse.ArgumentParser(description="Lists and restores the versions of a snap repository, without snap.")
    parser.add_argument("repository")
    parser.add_argument("--password-file", type=Path)
    parser.add_argument("--key-file", type=Path)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list")
    restore = commands.add_parser("restore")
    restore.add_argument("version")
    restore.add_argument("folder")
    options = parser.parse_args()
    password = options.password_file and without_line_end(options.password_file.read_bytes())
    try:
        repository = Repository(options.repository, password, options.key_file and options.key_file.read_bytes())
        versions = repository.versions()
        if options.command == "list":
            for record in versions:
                seconds = Cursor(record[3]).signed()
                print(record.get(2, b"").decode(), record[1].hex()[:8], datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat(), sep="\t")
            return
        record = next((each for each in reversed(versions) if each.get(2) == options.version.encode()), None)
        if record is None:
            raise WrongKey(f"no version '{options.version}'")
        restoring.restore(repository.chunks(), record[9][:32], options.folder)
    except (Damage, WrongKey, OSError) as error:
        sys.exit(f"snap_reader: {error}")


def without_line_end(data):
    return data[:-2] if data.endswith(b"\r\n") else data[:-1] if data.endswith(b"\n") else data


if __name__ == "__main__":
    main()

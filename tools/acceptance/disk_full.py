#!/usr/bin/env python3
"""Fills real file systems of 24 to 64 MiB to many levels, in the middle of a history, and asks for a save, a forget, a gc and a save.

    disk_full.py SNAP [--levels 100] [--seed N] [--systems ext4,xfs,btrfs,tmpfs]

At each level: a save that does not fit ends with 16, says so, and adds nothing; `forget` and `gc` then succeed, with what room there is, or, where the
store is too small to have a reserve, say what to do; once there is room the next save succeeds; and after each step every version that is there comes
back bit for bit. It needs root, for it mounts; systems whose tools
are not installed are named and left out.
"""
import argparse
import errno
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from snap_program import Failure, Snap, remove

NO_SPACE = 16
SIZES = {"ext4": 24, "tmpfs": 24, "btrfs": 128, "xfs": 304}  # MiB; the latter two refuse to be smaller
MAKE = {"ext4": ["mkfs.ext4", "-q", "-F"], "xfs": ["mkfs.xfs", "-q", "-f"], "btrfs": ["mkfs.btrfs", "-q", "-f"]}


class Unmountable(Exception):
    pass


class Disk:
    """A file system of its own in a file, or in memory."""

    def __init__(self, system, folder, work):
        self.folder = Path(folder)
        self.folder.mkdir()
        if system == "tmpfs":
            command = ["mount", "-t", "tmpfs", "-o", f"size={SIZES[system]}m", "tmpfs", folder]
        else:
            image = os.path.join(work, "image")
            with open(image, "wb") as file:
                file.truncate(SIZES[system] << 20)
            run([*MAKE[system], image])
            command = ["mount", "-o", "loop", image, folder]
        run(command)

    def free(self):
        status = os.statvfs(self.folder)
        return status.f_bavail * status.f_frsize

    def fill(self, leaving):
        """Takes all but about so many bytes."""
        rest = self.free() - leaving
        try:
            # Appended to what is there: btrfs may have no room left to truncate it.
            with open(self.folder / "filler", "ab", buffering=0) as file:
                while rest > 0:
                    rest -= file.write(b"\xaa" * min(rest, 1 << 20))
                os.fsync(file.fileno())
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise

    def empty(self):
        (self.folder / "filler").unlink(missing_ok=True)
        os.sync()

    def close(self):
        run(["umount", str(self.folder)])


def run(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise Unmountable(f"{' '.join(map(str, command))}: {done.stdout.strip()}")


class Level:
    def __init__(self, program, disk, work, r, leaving, history_bytes):
        self.disk, self.r, self.leaving = disk, r, leaving
        self.snap = Snap(program, Path(work) / "the project", disk.folder / "store")
        self.snap.project.mkdir(exist_ok=True)
        self.trees = {}
        self.file_bytes = history_bytes

    def write(self):
        for name in ("a", "b"):
            (self.snap.project / name).write_bytes(self.r.randbytes(self.file_bytes))
        for number in range(20):
            (self.snap.project / f"small{number}").write_bytes(self.r.randbytes(self.r.randrange(2_000)))

    def contents(self, folder):
        return {path.name: path.read_bytes() for path in Path(folder).iterdir() if path.is_file()}

    def check(self, when):
        listed = set(self.snap.versions())
        if listed != set(self.trees):
            raise Failure(f"{when}: listed are {sorted(listed)}, saved were {sorted(self.trees)}")
        for version, tree in self.trees.items():
            target = Path(tempfile.mkdtemp(prefix="restored "))
            try:
                self.snap.run("restore", version, "--to", target / "tree")
                if self.contents(target / "tree") != tree:
                    raise Failure(f"{when}: {version} came back different")
            finally:
                remove(target)

    def save(self, version, statuses=(0,)):
        done = self.snap.run("save", version, "--no-ignore", "--no-guard", statuses=statuses)
        # 3: saved, though the index could not be updated.
        if done.returncode in (0, 3):
            self.trees[version] = self.contents(self.snap.project)
        return done

    def run(self):
        """Returns whether the save failed, as it should where there is no room, and whether room had to be made for `forget` and `gc`."""
        self.snap.init()
        for number in range(3):
            self.write()
            self.save(f"v{number}")
        self.write()
        self.disk.fill(self.leaving)
        done = self.save("full", statuses=(0, 3, NO_SPACE))
        failed = done.returncode == NO_SPACE
        told = done.stderr.decode(errors="replace")
        if failed and not ("no space left on" in told and "nothing was added to history" in told and "hint: snap forget" in told):
            raise Failure(f"a save that did not fit said: {told}")
        self.check("after the save")
        self.disk.fill(0)  # and what was left by then is taken, too
        forgotten = ["v0", "v1"]
        stuck = not self.frees("forget", *forgotten)
        for version in forgotten:
            del self.trees[version]
        self.check("after forget")
        stuck = not self.frees("gc") or stuck
        self.check("after gc")
        self.disk.empty()
        self.save("after")
        self.check("after the next save")
        self.snap.run("verify", "--read-data")
        return failed, stuck

    def frees(self, *command):
        """Whether it succeeds; small stores keep nothing for a full disk, and say so, and succeed once there is room."""
        has_reserve = (self.snap.repository / "reserve").exists()
        done = self.snap.run(*command, statuses=(0,) if has_reserve else (0, NO_SPACE))
        if done.returncode == 0:
            return True
        told = done.stderr.decode(errors="replace")
        if not ("cannot free space: 0 bytes and no reserve" in told and "hint: make some room on the disk" in told):
            raise Failure(f"{command[0]} that did not fit said: {told}")
        self.check(f"after a {command[0]} that did not fit")
        self.disk.empty()
        self.snap.run(*command)
        self.disk.fill(0)
        return False


def levels(program, system, count, seed):
    r = random.Random(f"{seed} {system}")
    work = tempfile.mkdtemp(prefix=f"snap full {system} ")
    failed = stuck = 0
    disk = None
    try:
        disk = Disk(system, os.path.join(work, "disk"), work)
        for number in range(count):
            history = r.choice([40_000, 200_000, 900_000])
            # Most levels lie where the save ends somewhere in its middle.
            leaving = r.choice([0, r.randrange(100_000), r.randrange(3 * history)])
            shutil.rmtree(disk.folder / "store", ignore_errors=True)
            disk.empty()
            try:
                counts = Level(program, disk, work, r, leaving, history).run()
                failed, stuck = failed + counts[0], stuck + counts[1]
            except Failure as failure:
                raise Failure(f"{system}, level {number} (seed {seed}): {leaving} bytes free, files of {history}: {failure}") from None
    finally:
        if disk:
            disk.close()
        remove(work)
    print(
        f"{system}, {SIZES[system]} MiB: {count} levels, {failed} saves did not fit; forget, gc and the next save succeeded each time, "
        f"{stuck} times after room was made for a small store",
        flush=True,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Fills small file systems to many levels; nothing may be lost, and room can be made.")
    parser.add_argument("snap")
    parser.add_argument("--levels", type=int, default=100, help="of each file system")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--systems", default="ext4,xfs,btrfs,tmpfs")
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("left out: mounting a file system needs root")
        sys.exit(0)
    print(f"seed {options.seed}", flush=True)
    broken = 0
    for system in options.systems.split(","):
        tool = MAKE.get(system, ["mount"])[0]
        if shutil.which(tool) is None and not os.path.exists(f"/sbin/{tool}"):
            print(f"{system}: left out, {tool} is not installed")
            continue
        try:
            levels(options.snap, system, options.levels, options.seed)
        except Unmountable as reason:
            print(f"{system}: left out, {reason}")
        except Failure as failure:
            print(f"disk_full: {failure}")
            broken += 1
    sys.exit(1 if broken else 0)

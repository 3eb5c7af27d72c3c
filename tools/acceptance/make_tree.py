#!/usr/bin/env python3
"""Makes a tree that is hard to save, and changes it step by step; the same seed gives the same tree and the same steps.

    make_tree.py DIR [--seed N] [--files N] [--steps N]

It holds every kind of file, names of any bytes, paths past the system's limit, sparse and hard-linked files, extended attributes and
ACLs, odd modes, owners and times. Devices, foreign owners and some attributes need root and are left out otherwise.
"""
import argparse
import errno
import os
import random
import shutil
import socket
import stat
import struct
import subprocess
import sys
from pathlib import Path

ROOT = os.geteuid() == 0
WORDS = ["alpha", "beta", "gamma", "delta", "return", "import", "class", "value", "index", "{", "}", "if", "else", "0x1f", "==", "name"]
ODD_NAMES = [b"with space", b"new\nline", b"\xff\xfe\x80", b"-rf", b".hidden", b"trailing ", b"caf\xc3\xa9", b"cafe\xcc\x81", b"back\\slash",
             b"*", b"?[x]", b"a:b", b"quote'\"", b"n" * 255, b"\x01\x7f", b"~", b"#hash", b"!bang", b"semi;colon", b"$HOME", b"CON", b"tab\t"]
# Siblings whose order changes when "/" is compared as a byte.
ORDER_NAMES = [b"order", b"order-", b"order.txt", b"order0", b"order "]
DEEP_LEVELS = 60  # of 100 bytes each: past the limit of 4096
SIZES = [0, 1, 511, 4095, 4096, 4097, 16383, 16384, 16385, 65536, 262143, 262144, 262145, 1 << 20, (1 << 20) + 1]
TIMES = [0, 1, 999_999_999, -1, -1_500_000_001, 1_000_000_000_000_000_001, 2**31 * 10**9 + 7, 2**32 * 10**9, 1_700_000_000_123_456_789]


def text(r, lines):
    return "".join(" " * (4 * r.randrange(3)) + " ".join(r.choice(WORDS) for _ in range(r.randrange(1, 12))) + "\n"
                   for _ in range(lines)).encode()


def make(root, seed=1, files=300):
    r = random.Random(seed)
    root = os.fsencode(root)
    os.makedirs(root, exist_ok=True)
    at = lambda *names: b"/".join((root,) + names)

    for i in range(files):
        folder = at(b"src", b"part%d" % (i % 7), b"unit%d" % (i % 3))
        os.makedirs(folder, exist_ok=True)
        write(folder + b"/file%d.txt" % i, text(r, r.randrange(1, 200)))
    os.makedirs(at(b"sizes"))
    for size in SIZES:
        write(at(b"sizes", b"random%d" % size), r.randbytes(size))
        write(at(b"sizes", b"zeros%d" % size), bytes(size))
    write(at(b"rows.json"), rows(r, 12000))
    write(at(b"big.bin"), r.randbytes(3 << 20))
    shutil.copyfile(at(b"big.bin"), at(b"copy of big.bin"))
    os.makedirs(at(b"names"))
    for name in ODD_NAMES:
        write(at(b"names", name), b"named " + name)
    for name in ORDER_NAMES:
        write(at(b"names", name[:-1] + b"_" + name[-1:]), name)
        os.makedirs(at(b"names", name))
        write(at(b"names", name, b"inside"), name)
    os.makedirs(at(b"empty folder", b"in empty folder"))
    deep(root, DEEP_LEVELS, b"d" * 100)
    links(r, at)
    sparse(at)
    special(at)
    attributes(r, at)
    modes_and_owners(r, at)
    times(r, root)


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def rows(r, count):
    return b"[\n" + b",\n".join(b'{"id": %d, "score": %d, "name": "%s"}' % (i, r.randrange(10**6), r.choice(WORDS).encode())
                                for i in range(count)) + b"\n]\n"


def deep(root, levels, name):
    """A path of `levels` names, longer than the system's limit for one call, with a file at the bottom."""
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(levels):
        os.mkdir(name, dir_fd=folder)
        below = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=folder)
        os.close(folder)
        folder = below
    file = os.open(b"bottom", os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=folder)
    os.write(file, b"down here\n")
    os.close(file)
    os.close(folder)


def links(r, at):
    os.makedirs(at(b"links", b"sub"))
    write(at(b"links", b"one"), b"shared content\n")
    os.link(at(b"links", b"one"), at(b"links", b"two"))
    os.link(at(b"links", b"one"), at(b"links", b"sub", b"three"))
    write(at(b"links", b"outside"), r.randbytes(70000))
    os.link(at(b"links", b"outside"), at(b"outside too"))
    for name, target in [(b"relative", b"sub/three"), (b"absolute", b"/etc/hostname"), (b"dangling", b"no/such/thing"), (b"self", b"self"),
                         (b"folder", b".."), (b"bytes", b"\xff\xfe"), (b"long", b"x/" * 2000)]:
        os.symlink(target, at(b"links", name))
    os.link(at(b"links", b"dangling"), at(b"links", b"dangling too"), follow_symlinks=False)


def sparse(at):
    os.makedirs(at(b"sparse"))
    for name, size, pieces in [(b"begin", 1 << 20, [(1 << 20) - 100]), (b"end", 1 << 20, [0]), (b"middle", 3 << 20, [0, (3 << 20) - 4096]),
                               (b"comb", 2 << 20, range(0, 2 << 20, 1 << 17)), (b"all", 5 << 20, []), (b"huge", (1 << 32) + (1 << 20), [1 << 32])]:
        with open(at(b"sparse", name), "wb") as file:
            for offset in pieces:
                file.seek(offset)
                file.write(b"data at %d" % offset)
            file.truncate(size)


def special(at):
    os.makedirs(at(b"special"))
    os.mkfifo(at(b"special", b"fifo"))
    place = os.getcwd()
    os.chdir(at(b"special"))  # a socket's path is limited to 108 bytes
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("socket")
    finally:
        os.chdir(place)
    if ROOT:
        attempt(os.mknod, at(b"special", b"null"), stat.S_IFCHR | 0o666, os.makedev(1, 3))
        attempt(os.mknod, at(b"special", b"loop"), stat.S_IFBLK | 0o660, os.makedev(7, 300))


def attributes(r, at):
    folder = at(b"attributes")
    os.makedirs(folder + b"/folder")
    for name in (b"none", b"one", b"many", b"acl"):
        write(folder + b"/" + name, b"attributes " + name)
    attempt(os.setxattr, folder + b"/one", b"user.empty", b"")
    for i in range(8):
        attempt(os.setxattr, folder + b"/many", b"user.key%d" % i, r.randbytes(r.randrange(200)))
    attempt(os.setxattr, folder + b"/many", b"user.\xc3\xa9", b"\x00\xff")
    attempt(os.setxattr, folder + b"/folder", b"user.on.folder", b"yes")
    if ROOT:
        os.symlink(b"one", folder + b"/link")
        attempt(os.setxattr, folder + b"/link", b"trusted.link", b"own", follow_symlinks=False)
        # cap_net_bind_service, revision 2, as setcap writes it
        attempt(os.setxattr, folder + b"/none", b"security.capability", struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0))
    if shutil.which("setfacl"):
        for arguments in (["-m", "u:12345:r--,g:54321:rw-", folder + b"/acl"], ["-m", "d:u:12345:rwx", folder + b"/folder"]):
            subprocess.run(["setfacl"] + arguments, stderr=subprocess.DEVNULL)


def modes_and_owners(r, at):
    os.makedirs(at(b"modes"))
    for mode in [0o400, 0o444, 0o600, 0o640, 0o777, 0o4755, 0o2755, 0o6711] + ([0o000, 0o200, 0o111] if ROOT else []):
        path = at(b"modes", b"file%o" % mode)
        write(path, b"mode\n")
        if ROOT:
            os.chown(path, r.choice([0, 1, 1000, 65534, 1234567]), r.choice([0, 5, 1000, 65534, 4000000000]))
        os.chmod(path, mode)
    for mode in (0o700, 0o755, 0o2775, 0o1777) + ((0o500,) if ROOT else ()):
        os.makedirs(at(b"modes", b"folder%o" % mode))
        write(at(b"modes", b"folder%o" % mode, b"inside"), b"")
        os.chmod(at(b"modes", b"folder%o" % mode), mode)
    if ROOT:
        os.chown(at(b"links", b"relative"), 1000, 1000, follow_symlinks=False)


def times(r, root):
    """Odd times for some files and, deepest first, for all folders (whose times every change inside has moved)."""
    os.makedirs(root + b"/times")
    for i, time in enumerate(TIMES):
        write(root + b"/times/at%d" % i, b"time")
        os.utime(root + b"/times/at%d" % i, ns=(time, time))
    os.utime(root + b"/links/dangling", ns=(5, 5), follow_symlinks=False)
    for folder, _, files in os.walk(root, topdown=False):
        for name in files:
            if r.random() < 0.2:
                attempt(os.utime, folder + b"/" + name, ns=(0, r.randrange(2**31 * 10**9)), follow_symlinks=False)
        attempt(os.utime, folder, ns=(0, r.randrange(10**9, 2**31 * 10**9)))


def attempt(function, *arguments, **options):
    """Some file systems and users cannot; that part of the tree is left out then."""
    try:
        function(*arguments, **options)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EACCES, errno.EINVAL, errno.ENAMETOOLONG,
                               errno.EEXIST, errno.EISDIR, errno.ENOENT, errno.EMLINK):
            raise


def mutate(root, seed, changes=40):
    """Changes the tree at `changes` places. Never touches `.snap`."""
    r = random.Random(seed)
    root = os.fsencode(root)
    for number in range(changes):
        files, folders = everything(root)
        change = r.choice(CHANGES)
        attempt(change, r, root, r.choice(files), r.choice(folders), number)
    path = root + b"/rows.json"
    if os.path.isfile(path):
        scatter_edits(r, path)


def everything(root):
    files, folders = [], []
    for folder, names, leaves in os.walk(root):
        if folder == root:
            names[:] = [name for name in names if name != b".snap"]
        names.sort()
        files += [path for leaf in sorted(leaves) if (path := folder + b"/" + leaf) and os.path.isfile(path) and not os.path.islink(path)]
        folders += [folder + b"/" + name for name in names if not os.path.islink(folder + b"/" + name)]
    return files, folders


def scatter_edits(r, path):
    with open(path, "rb") as file:
        lines = file.read().split(b"\n")
    for _ in range(max(1, len(lines) // 100)):
        lines[r.randrange(len(lines))] = b'{"id": %d, "edited": %d},' % (r.randrange(10**6), r.randrange(10**6))
    write(path, b"\n".join(lines))


def edit(r, root, file, folder, number):
    if os.path.getsize(file) < 8 << 20:
        with open(file, "rb") as source:
            data = source.read()
        at = r.randrange(len(data) + 1)
        write(file, data[:at] + text(r, r.randrange(1, 4)) + data[at + r.randrange(50):])


def append(r, root, file, folder, number):
    with open(file, "ab") as target:
        target.write(r.randbytes(r.randrange(1, 100_000)))


def shorten(r, root, file, folder, number):
    if os.path.getsize(file) < 8 << 20:
        os.truncate(file, r.randrange(os.path.getsize(file) + 1))


def remove(r, root, file, folder, number):
    os.unlink(file)


def create(r, root, file, folder, number):
    write(folder + b"/new%d" % number, r.choice([text(r, 50), r.randbytes(30_000), b""]))


def rename(r, root, file, folder, number):
    os.rename(file, folder + b"/moved%d" % number)


def rename_folder(r, root, file, folder, number):
    os.rename(folder, folder[:folder.rindex(b"/")] + b"/folder%d.%d" % (number, r.randrange(1000)))


def file_to_folder(r, root, file, folder, number):
    os.unlink(file)
    os.mkdir(file)
    write(file + b"/inside", b"was a file\n")


def file_to_symlink(r, root, file, folder, number):
    os.unlink(file)
    os.symlink(b"somewhere/else", file)


def change_mode(r, root, file, folder, number):
    os.chmod(file, r.choice([0o600, 0o644, 0o755, 0o664]))


def change_time(r, root, file, folder, number):
    os.utime(file, ns=(0, r.randrange(2**31 * 10**9)))


def change_behind_the_time(r, root, file, folder, number):
    """New content of the same size under the old mtime: only ctime tells."""
    status = os.stat(file)
    if 0 < status.st_size < 8 << 20:
        with open(file, "r+b") as target:
            target.seek(r.randrange(status.st_size))
            target.write(b"!")
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def change_attribute(r, root, file, folder, number):
    attempt(os.setxattr, file, b"user.step", b"%d" % number)


def hard_link(r, root, file, folder, number):
    os.link(file, folder + b"/link%d" % number)


def break_link(r, root, file, folder, number):
    if os.path.getsize(file) < 8 << 20:
        shutil.copy2(file, file + b"~")
        os.replace(file + b"~", file)


CHANGES = [edit, edit, edit, edit, append, shorten, remove, create, create, rename, rename_folder, file_to_folder, file_to_symlink,
           change_mode, change_time, change_behind_the_time, change_attribute, hard_link, break_link]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Makes a tree that is hard to save.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--steps", type=int, default=0)
    options = parser.parse_args()
    make(options.folder, options.seed, options.files)
    for step in range(options.steps):
        mutate(options.folder, options.seed * 1000 + step)
    print(f"seed {options.seed}, {options.steps} steps", file=sys.stderr)

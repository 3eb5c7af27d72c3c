#!/usr/bin/env python3
"""Compares two trees bit for bit and prints the first 20 differences. Exit status 0: equal, 1: different, 2: cannot tell.

    compare_trees.py A B [--ignore PATH ...] [--no-owner] [--no-root] [--holes exact|any|off] [--block N]

Compared are the sets of paths and, of each: kind, mode, owner and group, mtime in ns, size and content, link target, device numbers,
extended attributes (ACLs are attributes too), which names are one file (hard links), and which blocks are holes.
Sockets are left out: a socket is not a thing to save. --holes any: a file with holes must have some. PATH is relative to A and B.

It shares no code with the program under test, and hashes with BLAKE2, not with the hash that the store itself trusts.
Files are reached folder by folder, so a path may be longer than the system's limit and may hold any bytes.
"""
import argparse
import hashlib
import os
import resource
import stat
import sys
from dataclasses import dataclass, fields

SHOWN_MAX = 20
READ_BYTES = 1 << 20


@dataclass
class Node:
    """What one path is. Fields that the kind does not have stay at their defaults."""
    kind: str
    mode: int = 0
    owner: tuple = ()
    mtime_ns: int = 0
    size: int = 0
    content: str = ""
    target: bytes = b""
    device: tuple = ()
    xattrs: tuple = ()
    holes: tuple = ()       # data extents in blocks, (first, past the last); () when there is no hole
    linked_with: tuple = ()  # all paths in the tree that are this file, when there are several


KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo",
         stat.S_IFCHR: "character device", stat.S_IFBLK: "block device", stat.S_IFSOCK: "socket"}


def record(root, ignore=(), block=4096, holes="exact"):
    """Path to Node for everything below `root`; the root itself is b""."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # one descriptor a level
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 20000))
    ignored = {os.fsencode(path).strip(b"/") for path in ignore}
    nodes, groups = {}, {}

    def visit(folder, name, path):
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        kind = KINDS[stat.S_IFMT(status.st_mode)]
        if kind == "socket":
            return
        node = Node(kind, stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid), status.st_mtime_ns)
        node.xattrs = attributes(b"/proc/self/fd/%d/%s" % (folder, name))
        if kind == "symlink":
            node.mode, node.target = 0, os.readlink(name, dir_fd=folder)
        elif kind.endswith("device"):
            node.device = (os.major(status.st_rdev), os.minor(status.st_rdev))
        nodes[path] = node
        if kind != "folder" and status.st_nlink > 1:
            group = groups.setdefault((status.st_dev, status.st_ino), [])
            group.append(path)
            if len(group) > 1:
                first = nodes[group[0]]
                node.size, node.content, node.holes = first.size, first.content, first.holes
                return
        if kind == "file":
            node.size = status.st_size
            descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
            try:
                if holes != "off":
                    node.holes = extents(descriptor, status.st_size, block)
                    if holes == "any" and node.holes:
                        node.holes = ("some",)
                node.content = digest(descriptor, status.st_size)
            finally:
                os.close(descriptor)
        elif kind == "folder":
            descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            try:
                for child in sorted(os.fsencode(each) for each in os.listdir(descriptor)):
                    below = path + b"/" + child if path else child
                    if below not in ignored:
                        visit(descriptor, child, below)
            finally:
                os.close(descriptor)

    top = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        visit(top, b".", b"")
    finally:
        os.close(top)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    for group in groups.values():
        if len(group) > 1:
            for path in group:
                nodes[path].linked_with = tuple(sorted(group))
    return nodes


def attributes(path):
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError:
        return ()
    return tuple(sorted((os.fsencode(name), os.getxattr(path, name, follow_symlinks=False)) for name in names))


def digest(descriptor, size):
    """Of all bytes, wherever the holes are: pieces of zeros count only by their place, so holes need no reading."""
    state, zeros, at = hashlib.blake2b(digest_size=32), bytes(READ_BYTES), 0
    while at < size:
        try:
            at = os.lseek(descriptor, at, os.SEEK_DATA) // READ_BYTES * READ_BYTES
        except OSError:  # ENXIO: only a hole is left
            break
        piece = os.pread(descriptor, READ_BYTES, at)
        while piece and len(piece) < min(READ_BYTES, size - at):
            more = os.pread(descriptor, READ_BYTES - len(piece), at + len(piece))
            piece, size = (piece + more, size) if more else (piece, at + len(piece))
        if piece != zeros[:len(piece)]:
            state.update(b"%d:" % at)
            state.update(piece)
        at += READ_BYTES
    return state.hexdigest()


def extents(descriptor, size, block):
    """Data extents, rounded out to whole blocks and merged; () when they cover the file."""
    found, at = [], 0
    while at < size:
        try:
            begin = os.lseek(descriptor, at, os.SEEK_DATA)
        except OSError:  # ENXIO: only a hole is left
            break
        at = os.lseek(descriptor, begin, os.SEEK_HOLE)
        first, last = begin // block, -(-at // block)
        if found and found[-1][1] >= first:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    whole = [(0, -(-size // block))] if size else []
    return () if found == whole else tuple(found) or ("all",)


def differences(old, new, owner=True, root=True):
    """Yields one line for each difference of two records, in path order."""
    for path in sorted(old.keys() | new.keys()):
        if path == b"" and not root:
            continue
        shown = repr(path)[2:-1] or "."
        if len(shown) > 160:
            shown = f"{shown[:60]}...{shown[-90:]}"
        if path not in new:
            yield f"{shown}: missing in B ({old[path].kind})"
        elif path not in old:
            yield f"{shown}: only in B ({new[path].kind})"
        elif old[path].kind != new[path].kind:
            yield f"{shown}: kind {old[path].kind} | {new[path].kind}"
        else:
            for field in fields(Node):
                a, b = getattr(old[path], field.name), getattr(new[path], field.name)
                if a != b and (owner or field.name != "owner"):
                    yield f"{shown}: {field.name} {spelled(field.name, a)} | {spelled(field.name, b)}"


def spelled(field, value):
    return oct(value) if field == "mode" else str(value)[:160]


def main():
    parser = argparse.ArgumentParser(description="Compares two trees bit for bit.")
    parser.add_argument("a")
    parser.add_argument("b")
    parser.add_argument("--ignore", action="append", default=[], metavar="PATH")
    parser.add_argument("--no-owner", action="store_true")
    parser.add_argument("--no-root", action="store_true")
    parser.add_argument("--holes", choices=["exact", "any", "off"], default="exact")
    parser.add_argument("--block", type=int, default=4096)
    options = parser.parse_args()
    try:
        old, new = (record(tree, options.ignore, options.block, options.holes) for tree in (options.a, options.b))
    except OSError as error:
        print(f"compare_trees: {error}", file=sys.stderr)
        return 2
    found = list(differences(old, new, not options.no_owner, not options.no_root))
    print("\n".join(found[:SHOWN_MAX]), end="\n" if found else "")
    if len(found) > SHOWN_MAX:
        print(f"... and {len(found) - SHOWN_MAX} more")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

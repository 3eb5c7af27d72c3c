"""Writes a version's entries to a folder: below it only, through no link, by folders that are open (a path may exceed the system's limit)."""
import os
import stat

import manifest
from primitives import Damage

ROOT = os.geteuid() == 0


def restore(chunks, root, target):
    os.mkdir(target)
    top, folders = os.open(target, os.O_RDONLY | os.O_DIRECTORY), []
    for entry in manifest.entries(chunks, root):
        names = entry.path.split(b"/") if entry.path else []
        if any(name in (b"", b".", b"..") for name in names):
            raise Damage(f"the path {entry.path!r} leads elsewhere")
        parent = opened(top, names[:-1])
        name = names[-1] if names else b"."
        if entry.kind == manifest.FOLDER:
            if names:
                os.mkdir(name, 0o700, dir_fd=parent)
            folders.append((names, entry))
        elif entry.same_as is not None:
            *others, first = entry.same_as.split(b"/")
            place = opened(top, others)
            os.link(first, name, src_dir_fd=place, dst_dir_fd=parent, follow_symlinks=False)
            os.close(place)
        elif entry.kind != manifest.SOCKET:
            create(chunks, entry, name, parent)
            finish(entry, name, parent)
        os.close(parent)
    for names, entry in reversed(folders):  # their times change while something is written in them
        parent = opened(top, names[:-1])
        finish(entry, names[-1] if names else b".", parent)
        os.close(parent)


def opened(top, names):
    folder = os.dup(top)
    for name in names:
        try:
            os.mkdir(name, 0o755, dir_fd=folder)  # a folder above what was saved is no entry
        except FileExistsError:
            pass
        below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
        os.close(folder)
        folder = below
    return folder


def create(chunks, entry, name, parent):
    if entry.kind == manifest.FILE:
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=parent)
        with open(descriptor, "wb") as file:
            write(file, chunks, entry)
    elif entry.kind == manifest.SYMLINK:
        os.symlink(entry.target, name, dir_fd=parent)
    elif entry.kind == manifest.FIFO:
        os.mkfifo(name, 0o600, dir_fd=parent)
    else:
        kind = stat.S_IFCHR if entry.kind == manifest.CHARACTER_DEVICE else stat.S_IFBLK
        os.mknod(name, kind | 0o600, os.makedev(*entry.device), dir_fd=parent)


def write(file, chunks, entry):
    """Puts the data where they belong; what lies between extents becomes a hole."""
    pieces, rest = manifest.data(chunks, entry), memoryview(b"")
    for offset, length in [(0, entry.size)] if entry.extents is None else entry.extents:
        file.seek(offset)
        while length:
            rest = rest or memoryview(next(pieces, b""))
            if not rest:
                raise Damage(f"{entry.path!r} has fewer bytes than it should")
            now, rest = rest[:length], rest[length:]
            file.write(now)
            length -= len(now)
    file.truncate(entry.size)


def finish(entry, name, parent):
    """Owner, attributes, mode and time, in this order: the first takes away some of the next, and all change the last."""
    link = entry.kind == manifest.SYMLINK
    if ROOT:
        os.chown(name, entry.user, entry.group, dir_fd=parent, follow_symlinks=False)
    for attribute, value in entry.attributes:
        os.setxattr(b"/proc/self/fd/%d/%s" % (parent, name), attribute, value, follow_symlinks=False)
    if not link:
        os.chmod(name, entry.mode, dir_fd=parent)
    os.utime(name, ns=(entry.modified, entry.modified), dir_fd=parent, follow_symlinks=False)

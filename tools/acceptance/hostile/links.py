"""Links that lead out of the target: what tar, rsync, git, unzip, npm and others have fallen for, by the number of their CVE."""
from cases import Case, file, folder, lawful, of_entries, symlink
from forge import BLOCK_DEVICE, CHARACTER_DEVICE, Entry, FIFO, SOCKET

UNLAWFUL = dict(restore=(13, 18), verify=(0, 13))


def hard_link(path, to, content=b"evil\n", **named):
    return file(path, content, same_as=to, **named)


TARGETS = [b"..", b"../..", b"/", b"/etc/passwd", b"../outside", b"../outside/file", b".", b"evil", b"/proc/self/root", b"/proc/self/cwd/../outside", b"/dev/stdin",
           b"a/../../outside", b"x" * 4095, b"\x1b[2J", b"\xff"]

CASES = [lawful(f"symbolic link to {target[:30]!r}", of_entries(symlink(b"evil", target))) for target in TARGETS]
CASES += [
    # A link, then something below it: CVE-2002-1216, CVE-2015-1197 (cpio), CVE-2011-5325 (busybox), CVE-2018-20990 (tar-rs), CVE-2021-32803 (npm).
    Case(f"file below a symbolic link to {target[:30]!r}", of_entries(symlink(b"a", target), file(b"a/evil")), **UNLAWFUL)
    for target in [b"../outside", b"..", b"/", b"../outside/.", b"./../outside", b"b", b"/proc/self/cwd/../outside", b"a"]
]
CASES += [
    Case("folder below a symbolic link", of_entries(symlink(b"a", b"../outside"), folder(b"a/evil")), **UNLAWFUL),
    Case("symbolic link below a symbolic link", of_entries(symlink(b"a", b"../outside"), symlink(b"a/evil", b"x")), **UNLAWFUL),
    Case("device below a symbolic link", of_entries(symlink(b"a", b"../outside"), Entry(b"a/evil", FIFO)), **UNLAWFUL),
    Case("two links after each other, then a file", of_entries(symlink(b"a", b"b"), symlink(b"b", b"../outside"), file(b"b/evil")), **UNLAWFUL),
    Case("a link two levels up, then a file", of_entries(folder(b"a"), symlink(b"a/b", b"../../outside"), file(b"a/b/evil")), **UNLAWFUL),
    # The same name twice: CVE-2021-32804, CVE-2021-37701 (npm), CVE-2016-6321, CVE-2018-11235 (git).
    Case("folder, then a link of its name, then a file", of_entries(folder(b"a"), symlink(b"a", b"../outside"), file(b"a/evil"))),
    Case("link, then a folder of its name, then a file", of_entries(symlink(b"a", b"../outside"), folder(b"a"), file(b"a/evil"))),
    Case("link, then a file of its name", of_entries(symlink(b"a", b"../outside/file"), file(b"a"))),
    Case("file, then a link of its name", of_entries(file(b"a"), symlink(b"a", b"../outside/file"))),
    # On a disk that ignores case: CVE-2014-9390, CVE-2021-21300, CVE-2024-32002 (git), CVE-2021-37712 (npm).
    lawful("link and a folder that differ in case", of_entries(symlink(b"A", b"../outside"), folder(b"a"), file(b"a/evil"))),
    lawful("link and a folder that differ in spelling", of_entries(symlink(b"e\xcc\x81", b"../outside"), folder(b"\xc3\xa9"), file(b"\xc3\xa9/evil"))),
    lawful("a link where git keeps its hooks", of_entries(symlink(b".git", b"../outside"))),
    # The root itself as something else.
    Case("the root is a symbolic link", lambda f: f.version(f.manifest([symlink(b"", b"../outside"), file(b"evil")(f)])), **UNLAWFUL),
    Case("the root is a file", lambda f: f.version(f.manifest([file(b"")(f)])), restore=(0, 13, 18), verify=(0, 13)),
]
CASES += [
    # Hard links: CVE-2016-5418 (libarchive), CVE-2021-37701, CVE-2020-12823, CVE-2007-4131.
    Case(f"hard link to {to[:30]!r}", of_entries(hard_link(b"evil", to)), restore=(13, 18), verify=(13, 0))
    for to in [b"../outside/file", b"/etc/passwd", b"a/../../outside/file", b"..", b".", b"evil", b"zzz", b"a//b", b"/"]
]
CASES += [
    lawful("hard link to what is not in the version", of_entries(hard_link(b"evil", b"a"))),
    lawful("hard link to a symbolic link that leads out", of_entries(symlink(b"a", b"../outside/file"), hard_link(b"evil", b"a"))),
    lawful("hard link to a folder", of_entries(folder(b"a"), hard_link(b"evil", b"a"))),
    lawful("hard link to a file of other content", of_entries(file(b"a", b"other\n"), hard_link(b"evil", b"a"))),
    Case("hard link through a symbolic link", of_entries(symlink(b"a", b"../outside"), hard_link(b"evil", b"a/file")), restore=(0, 13, 18), verify=(0, 13)),
    lawful("chain of hard links", of_entries(file(b"a"), hard_link(b"b", b"a"), hard_link(b"c", b"b"), hard_link(b"d", b"c"))),
    lawful("set-user-id program", of_entries(file(b"evil", mode=0o6755))),
    lawful("device of the kernel's memory", of_entries(Entry(b"evil", CHARACTER_DEVICE, 0o666, device=(1, 1)))),
    lawful("the first disk", of_entries(Entry(b"evil", BLOCK_DEVICE, 0o666, device=(8, 0)))),
    lawful("socket", of_entries(Entry(b"evil", SOCKET, 0o666))),
    lawful("fifo", of_entries(Entry(b"evil", FIFO, 0o666))),
    Case("device with the largest numbers", of_entries(Entry(b"evil", CHARACTER_DEVICE, 0o666, device=((1 << 32) - 1, (1 << 32) - 1))), restore=(0, 13), verify=(0, 13)),
    lawful("attributes that give rights", of_entries(file(b"evil", attributes=[(b"security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))]))),
    lawful("an owner of another name", of_entries(file(b"evil", owner=(0, 0, b"../root", b"\x1b[2J")))),
]

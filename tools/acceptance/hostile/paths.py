"""Names that lead out of the target, or that some program takes for something else."""
from cases import Case, file, folder, lawful, of_entries

OUTSIDE = [
    b"..", b"../evil", b"../../evil", b"a/..", b"a/../evil", b"a/../../evil", b"a/b/../../../evil", b"/evil", b"/tmp/evil", b"//evil",
    b"a//evil", b"a/", b"/", b".", b"./evil", b"a/.", b"a/./evil", b"./../evil", b".././evil", b"a/...../../../evil", b"../" * 40 + b"evil",
    b"/../evil", b"a/b/c/../../../../evil", b".//evil", b"..//evil", b"a/../", b"./", b"../", b"a/./../../evil", b"good/../../evil",
]

ODD = [
    b"...", b"....", b"..evil", b"evil..", b"a/..b", b" ", b"\n", b"\t", b"\r\n", b"\x1b[2J\x1b[31m", b"\x1b]0;title\x07", b"\x7f", b"\xff\xfe", b"\xc0\xaf", b"\xe2\x80\xaegnp.exe",
    b"-rf", b"--to=evil", b"~", b"~root", b"$(touch evil)", b"`touch evil`", b"; touch evil", b"| touch evil", b"*", b"?", b"[a-z]", b"\\", b"..\\..\\evil", b"C:\\evil",
    b"CON", b"nul.txt", b"a:b", b"evil.", b"evil ", b".git", b".GIT", b".snap", b"%2e%2e%2fevil", b"e\xcc\x81", b"n" * 255,
]

CASES = [Case(f"path {path[:40]!r}", of_entries(file(path)), restore=(13, 18)) for path in OUTSIDE]
CASES += [lawful(f"name {name[:20]!r}", of_entries(file(name))) for name in ODD]
CASES += [
    Case("name of 256 bytes", of_entries(file(b"n" * 256)), restore=(3,), verify=(0,)),
    Case("a thousand folders deep", of_entries(*[folder(b"/".join([b"d"] * depth)) for depth in range(1, 1001)]), restore=(0,), verify=(0,)),
    Case("path of 70,000 bytes", of_entries(file(b"/".join([b"n" * 200] * 350)))),
    Case("file below a file", of_entries(file(b"a"), file(b"a/evil")), restore=(13, 18), verify=(0, 13)),
    Case("file below a folder that is not there", of_entries(file(b"a/b/c/evil")), restore=(0,), verify=(0,)),
    lawful("two names that differ in case", of_entries(file(b"EVIL"), file(b"evil"))),
    lawful("two spellings of one letter", of_entries(file(b"e\xcc\x81"), file(b"\xc3\xa9"))),
    lawful("no write permission on the folder", of_entries(folder(b"a", 0o500), file(b"a/evil"))),
    lawful("nothing may be done with the folder", of_entries(folder(b"a", 0o000), file(b"a/evil"))),
]

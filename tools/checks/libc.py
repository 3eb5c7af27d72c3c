#!/usr/bin/env python3
"""Refuses calls of the C library, in the store's targets, that do not stand behind a seam.

    libc.py [ROOT]

What the store does to its folder passes `FileOperations`, where tests record it and make it fail, and the time, names and
processes come from `Machine`; only their one implementation each may call the kernel. `ALLOWED` lists everything else, file by file, with the reason. A file that does not
import the C library cannot call it; constants such as ENOSPC are free.
"""
import re
import sys
from pathlib import Path

STORE = ("SnapshotModel", "Chunking", "Sealing", "ObjectStores", "Packing", "Indexing", "Repositories")
LIBRARY = re.compile(r"^\s*(?:@\w+\s+)?(?:package |internal |private |fileprivate |public )?import (?:Glibc|Musl|CLinux)\b", re.M)
SEAMS = {"Sources/ObjectStores/SystemFileOperations.swift", "Sources/ObjectStores/SystemMachine.swift"}

# Functions that reach outside the process, by what for.
CALLS = {
    "files": """open openat creat close read write pread pwrite readv writev lseek fsync fdatasync sync syncfs ftruncate truncate
        fallocate posix_fallocate rename renameat renameat2 link linkat unlink unlinkat remove symlink symlinkat readlink readlinkat
        mkdir mkdirat rmdir opendir fdopendir readdir closedir stat lstat fstat fstatat statfs fstatfs statvfs access faccessat chmod
        fchmod chown fchown utimensat futimens mmap munmap msync flock fcntl ioctl dup dup2 mkstemp mkdtemp realpath getcwd chdir
        fopen fdopen fclose fread fwrite fgets fputs fflush fileno copy_file_range sendfile""",
    "processes": "fork vfork execve posix_spawn system popen pclose waitpid kill raise signal sigaction exit _exit abort",
    "the machine": """getpid getppid getuid geteuid getenv setenv unsetenv uname gethostname sysconf getrlimit setrlimit getpwuid_r
        getpwnam_r get_nprocs sched_getaffinity""",
    "time": "time clock_gettime gettimeofday localtime_r gmtime_r mktime nanosleep usleep sleep",
    "chance": "getrandom arc4random rand random srand",
}
NAMES = sorted({name for group in CALLS.values() for name in group.split()})
CALL = re.compile(r"(?:(?<![.\w])|(?<=Glibc\.))(" + "|".join(NAMES) + r")\(|\b(snap_\w+)\(")

# File: the calls, and why they need no seam.
ALLOWED = {
    "Sources/ObjectStores/LocalObjectStore+Errors.swift":
        ("getpwuid_r getrlimit stat", "words for messages: who owns a folder, how many files may be open"),
    "Sources/ObjectStores/OwnedDescriptor.swift": ("close", "nothing hangs on its result: syncs come before it"),
    "Sources/ObjectStores/PrivateFolders.swift": ("mkdir", "folders of the user's cache and state, outside every repository"),
    "Sources/Indexing/RepositoryIndex+Memory.swift": ("stat unlink", "the index is SQLite's, and derived"),
    "Sources/Indexing/RepositoryIndex+Opening.swift":
        ("access close lstat open rename stat usleep", "the index is SQLite's, and derived"),
    "Sources/Repositories/Checking/IndexRebuilder.swift": ("unlink", "the index is SQLite's, and derived"),
    "Sources/Repositories/Records/RepositoryStatistics.swift": ("stat", "the size of the index, for people"),
    "Sources/Repositories/Records/RevisionExpression+Moments.swift": ("localtime_r mktime", "times as people write them"),
    "Sources/Repositories/Repository+Opening.swift":
        ("access closedir getcwd opendir readdir", "finding the folder, before a store is opened"),
    "Sources/Repositories/Repository.swift": ("access", "whether the folder may be written to, for a message"),
}


def without_comments(text):
    """Strings stay: what they interpolate may be a call."""
    pattern = r'(/\*.*?\*/|//[^\n]*)|("""(?:\\.|(?!""").)*"""|"(?:\\.|[^"\\\n])*")'
    return re.sub(pattern, lambda match: match.group(2) or "", text, flags=re.S)


def calls(text):
    """The calls of the C library in a file, with the file's own functions of the same name left out."""
    if not LIBRARY.search(text):
        return set()
    code = without_comments(text)
    declared = set(re.findall(r"\bfunc (\w+)", code))
    found = {first or second for first, second in CALL.findall(re.sub(r"\bfunc \w+", "", code))}
    explicit = set(re.findall(r"\bGlibc\.(\w+)\(", code))
    return {name for name in found if name not in declared or name in explicit}


def problems(root):
    seen = {}
    for target in STORE:
        for path in sorted((root / "Sources" / target).rglob("*.swift")):
            name = path.relative_to(root).as_posix()
            if name not in SEAMS:
                seen[name] = calls(path.read_text())
    for name, found in seen.items():
        allowed = set(ALLOWED.get(name, ("", ""))[0].split())
        for call in sorted(found - allowed):
            yield f"{name}: {call}() is called outside the seams (tools/checks/libc.py lists the exceptions)"
    for name, (names, _) in ALLOWED.items():
        for call in sorted(set(names.split()) - seen.get(name, set())):
            yield f"tools/checks/libc.py: {name} does not call {call}() any more"


if __name__ == "__main__":
    found = list(problems(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)

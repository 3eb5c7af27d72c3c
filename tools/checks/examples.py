#!/usr/bin/env python3
"""Runs the examples of the documents and compares what they print.

    examples.py SNAP [FILE.md ...]       (default: README.md and all of docs/)

A fenced block ```console in which a line starts with `$ snap` is an example. The examples of one page are one session: they run in
order in one shell, in a fresh copy of a small project under git. Other blocks (```sh, or a console block without snap) are only shown.

    $ snap list            a command; `> ` continues it
    v1.0.0  ...            what it prints, stdout and stderr. A line `...` stands for any lines, `...` in a line for any text
    $ echo $?              a command that fails must be followed by this, or the example fails

Figures, ids, times and column gaps differ from run to run, so they are not compared: a number stands for any number.
A page may prepare things in a comment:  <!-- example-setup: mkdir logs; touch logs/a -->
The examples of a page that says so are left out, with a note, where a program is missing:  <!-- example-needs: restic -->
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BLOCK = re.compile(r"^```console[ \t]*\n(.*?)^```[ \t]*$|<!--\s*example-setup:(.*?)-->", re.M | re.S)
NEEDS = re.compile(r"<!--\s*example-needs:\s*(.*?)\s*-->")
SECONDS_MAX = 120
# One short id in a thousand has no digit. Among other words it may be one, so only where an id is expected it is taken for one.
LETTER_ID = re.compile(r"\bID\b")

PROJECT = r"""
mkdir -p src config notes
printf 'def main():\n    print("hello")\n' >src/app.py
printf 'from src import app\n\napp.main()\n' >run.py
printf '{"debug": false, "port": 8080}\n' >config/settings.json
printf '{"users": [1, 2, 3]}\n' >config/users.json
printf 'buy milk\n' >notes/list.txt
git init -q -b main . && git add -A && git commit -q -m "first" && git tag v1
"""


def normalized(line):
    """What two runs of one command have in common."""
    line = re.sub(r"\d{4}-\d{2}-\d{2}([T ]\d{2}[:-]\d{2}([:-]\d{2}([.,]\d+)?)?(Z| ?[+-]\d{2}:?\d{2})?)?", "TIME", line)
    line = re.sub(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,64}\b|\b[a-f]{8,64}\b", "ID", line)
    line = re.sub(r"\d+(?:[ .,]\d+)*", "N", line)
    line = re.sub(r"\b(?:B|bytes?|KiB|MiB|GiB)\b", "UNIT", line)
    line = re.sub(r"\bin N (?:ms|s)\b", "in N s", line)
    return re.sub(r"\s+", " ", line).strip()


def matches(expected, actual):
    """Both are lists of lines; `...` in `expected` is a wildcard."""
    pattern = "\n".join(line.rstrip() for line in expected)
    parts = []
    for line in pattern.split("\n") if pattern else []:
        if line.strip() == "...":
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            parts.append(".*?".join(LETTER_ID.sub(r"(?:ID|[a-f]{7})", re.escape(normalized(piece))) for piece in line.split("..."))
                         + r"[ ]?\n")
    text = "".join(normalized(line) + "\n" for line in actual)
    return re.fullmatch("".join(p.replace(".*?", r"[^\n]*?") if not p.startswith("(?:") else p for p in parts), text) is not None


def commands(block):
    """(command, expected lines) of one block."""
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.startswith("> ") and found and not found[-1][1]:
            found[-1] = (found[-1][0] + "\n" + line[2:], [])
        elif found:
            found[-1][1].append(line)
    return [(command, strip_blank(lines)) for command, lines in found]


def strip_blank(lines):
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    while lines and not lines[0].strip():
        lines = lines[1:]
    return lines


def steps(text):
    """What a page runs, in order: (line number, command, expected lines; None for set-up)."""
    found = []
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if match.group(2) is not None:
            found.append((line, match.group(2).strip(), None))
            continue
        block = commands(match.group(1))
        if any(re.match(r"(?:\w+=\S* )*snap\b", command) for command, _ in block):
            found += [(line, command, expected) for command, expected in block]
    return found if any(expected is not None for _, _, expected in found) else []


def missing(text):
    """The programs that a page needs and this machine does not have."""
    return [name for match in NEEDS.finditer(text) for name in match.group(1).split() if not shutil.which(name)]


def run_page(snap, page, todo):
    """Yields what is wrong with one page."""
    with tempfile.TemporaryDirectory(prefix="snap examples ") as folder:
        project = Path(folder) / "project"
        project.mkdir()
        (Path(folder) / "bin").mkdir()
        (Path(folder) / "bin" / "snap").symlink_to(snap)
        environment = {"PATH": f"{folder}/bin:{os.environ['PATH']}", "HOME": folder, "TZ": "UTC", "LC_ALL": "C.UTF-8", "NO_COLOR": "1",
                       "SNAP_CACHE_DIR": f"{folder}/cache", "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org",
                       "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org", "GIT_CONFIG_NOSYSTEM": "1",
                       "TMPDIR": f"{folder}", "COLUMNS": "100"}
        mark = "=-=-=snap-example=-=-="
        script = ["exec 2>&1", PROJECT, f"printf '%s\\n' {mark}"]
        for _, command, _ in todo:
            script.append(f"{command}\n__status=$?; printf '\\n%s %d\\n' {mark} $__status; (exit $__status)")
        try:
            done = subprocess.run(["bash", "-c", "\n".join(script)], cwd=project, env=environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, timeout=SECONDS_MAX)
        except subprocess.TimeoutExpired:
            yield f"{page}: its examples did not end within {SECONDS_MAX} s"
            return
        prepared, *outputs = re.split(rf"{mark}(?: (\d+))?\n", done.stdout.decode(errors="backslashreplace"))
        pairs = list(zip(outputs[1::2], outputs[2::2]))  # outputs[0] is the empty status of the first mark
        if len(pairs) < len(todo):
            yield f"{page}: the session ended after {len(pairs)} of {len(todo)} commands\n{done.stdout.decode(errors='replace')[-2000:]}"
            return
        for index, ((line, command, expected), (output, status)) in enumerate(zip(todo, pairs)):
            actual = strip_blank(output.split("\n"))
            asked = index + 1 < len(todo) and todo[index + 1][1].strip() == "echo $?"
            shown = "\n".join("    | " + text for text in actual)
            if status != "0" and not asked:
                yield f"{page}:{line}: $ {command}: exit status {status}\n{shown}"
            elif expected is not None and not matches(expected, actual):
                wanted = "\n".join("    - " + text for text in expected)
                yield f"{page}:{line}: $ {command}: the document shows\n{wanted}\n  and it printed\n{shown}"


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[2]
    snap = Path(sys.argv[1]).resolve()
    pages = [Path(p).resolve() for p in sys.argv[2:]] or [root / "README.md"] + sorted((root / "docs").rglob("*.md"))
    if not os.access(snap, os.X_OK):
        sys.exit(f"examples: no program at {snap}")
    failed = count = 0
    for path in pages:
        text = path.read_text()
        todo = steps(text)
        if todo and missing(text):
            print(f"note: {os.path.relpath(path, root)} is not run: no {', '.join(missing(text))} here")
            continue
        count += sum(1 for step in todo if step[2] is not None)
        for problem in run_page(snap, os.path.relpath(path, root), todo) if todo else ():
            print(problem)
            failed += 1
    print(f"{count} examples, {failed} wrong", file=sys.stderr)
    sys.exit(1 if failed else 0)

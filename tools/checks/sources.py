#!/usr/bin/env python3
"""Refuses long files and words that must not stand in Swift files.

    sources.py [ROOT]

Over 500 lines is an error; over 300 is listed, as a question. `try!`, `as!` and `fatalError` are looked for in code (not in
comments and strings); TODO, FIXME and XXX everywhere, tools included. `print` is for the command line only.
"""
import re
import sys
from pathlib import Path

LINES_MAX = 500
LINES_ASKED = 300
CODE = {"try!": re.compile(r"\btry!"), "as!": re.compile(r"\bas!"), "fatalError": re.compile(r"\bfatalError\b")}
PRINT = re.compile(r"(?<![.\w])(?:debugPrint|print)\(")
ANYWHERE = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")


def code_only(text):
    """The text with comments and string contents blanked, line numbers kept. Good enough for words, not a parser."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|#+".*?"#+|"""(?:\\.|(?!""").)*"""|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def problems(root):
    questions = []
    places = [p for top in ("Sources", "Tests", "Benchmarks") for p in sorted((root / top).rglob("*.swift"))]
    for path in places:
        text, name = path.read_text(), str(path.relative_to(root))
        count = text.count("\n")
        if count > LINES_MAX:
            yield f"{name}: {count} lines, {LINES_MAX} at most"
        elif count > LINES_ASKED:
            questions.append(f"{name} has {count} lines: one thing or two?")
        for number, line in enumerate(code_only(text).splitlines(), 1):
            for word, pattern in CODE.items():
                if pattern.search(line):
                    yield f"{name}:{number}: {word}"
            if name.startswith("Sources/") and not name.startswith("Sources/snap/") and PRINT.search(line):
                yield f"{name}:{number}: a library never prints"
    scripts = [p for top in ("tools", ".ci", "Benchmarks") for p in sorted((root / top).rglob("*"))
               if p.is_file() and p.suffix not in (".pyc", ".swift")]
    for path in places + scripts:
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if ANYWHERE.search(line) and path != Path(__file__).resolve():
                yield f"{path.relative_to(root)}:{number}: {ANYWHERE.search(line).group(0)}"
    for line in questions:
        print("note:", line)


if __name__ == "__main__":
    found = list(problems(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)

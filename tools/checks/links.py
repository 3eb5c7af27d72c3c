#!/usr/bin/env python3
"""Checks that relative links in the documents lead somewhere: the file exists, and so does the heading after a `#`.

    links.py [ROOT]

Links to other sites are not followed (no network). Links in fenced code are not links.
"""
import re
import sys
from pathlib import Path
from urllib.parse import unquote

LINK = re.compile(r"(?<!`)!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|^\[[^\]]+\]:\s*(\S+)|"
                  r"<(?:a|img)\b[^>]*\b(?:href|src)=\"([^\"]+)\"", re.M)
FENCE = re.compile(r"^(```+|~~~+).*?^\1[`~]*\s*$", re.M | re.S)


def documents(root):
    return sorted(list(root.glob("*.md")) + list((root / "docs").rglob("*.md")) + list((root / "Benchmarks").rglob("*.md")))


def anchors(text):
    """The ids that a forge makes of the headings, with `-1`, `-2` for repeated ones, and explicit `<a name>` ones."""
    seen, found = {}, set(re.findall(r"<a (?:name|id)=\"([^\"]+)\"", text))
    for heading in re.findall(r"^#{1,6}\s+(.*?)\s*#*\s*$", FENCE.sub("", text), re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        name = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        count = seen.get(name, 0)
        seen[name] = count + 1
        found.add(f"{name}-{count}" if count else name)
    return found


def problems(root):
    for path in documents(root):
        text = path.read_text()
        for match in LINK.finditer(FENCE.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)):
            link = next(group for group in match.groups() if group)
            if re.match(r"[a-z][a-z0-9+.-]*:", link, re.I):
                continue
            place = f"{path.relative_to(root)}:{text.count(chr(10), 0, match.start()) + 1}"
            file, _, anchor = link.partition("#")
            target = (path.parent / unquote(file)).resolve() if file else path
            if not target.exists():
                yield f"{place}: {link} does not exist"
            elif root not in target.parents and target != root:
                yield f"{place}: {link} leads out of the project"
            elif anchor and target.suffix == ".md" and anchor not in anchors(target.read_text()):
                yield f"{place}: {link}: no such heading"


if __name__ == "__main__":
    found = list(problems(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)

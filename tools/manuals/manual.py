"""Makes the manual pages out of what `snap help --json` says, and snap.yml(5) out of its guide.

    manual.py SNAP DIR
    manual.py SNAP --check
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import roff

ROOT = Path(__file__).resolve().parents[2]
EVERYWHERE = "Everywhere"


def ask(snap, *words):
    return json.loads(subprocess.run([snap, "help", *words, "--json"], check=True, stdout=subprocess.PIPE).stdout)


def date():
    return time.strftime("%Y-%m-%d", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))


def term(argument):
    """`-e, --exclude <pattern>` in roff."""
    value = f" \\fI{roff.code(argument['valueName'])}\\fR" if argument["kind"] == "option" else ""
    if argument["kind"] == "positional":
        return f"\\fI{roff.code(argument['valueName'])}\\fR"
    names = sorted(argument["names"], key=lambda name: name["kind"] == "long")
    shown = [("--" if name["kind"] == "long" else "-") + name["name"] for name in names]
    return ", ".join(f"\\fB{roff.code(name)}\\fR" for name in shown) + value


def options(arguments):
    """All groups of options, those of every command last."""
    shown = [a for a in arguments if a["shouldDisplay"]]
    titles = []
    for argument in shown:
        title = argument.get("sectionTitle")
        if title not in titles:
            titles.append(title)
    out = []
    for title in sorted(titles, key=lambda title: (title == EVERYWHERE, titles.index(title))):
        if title:
            out.append(f".SS {roff.escaped(title)}")
        for argument in shown:
            if argument.get("sectionTitle") == title:
                text = argument.get("abstract", "")
                if argument.get("defaultValue") and argument["kind"] == "option":
                    text += f" (default: {argument['defaultValue']})"
                out += roff.item(term(argument), roff.line(text) or "\\&")
    return out


def synopsis(usage):
    """One or several lines, each of which begins with the program's name."""
    out = []
    for number, text in enumerate(usage.split("\n")):
        out += ([".br"] if number else []) + [roff.code(text.strip())]
    return out


def paragraphs(text):
    return [part for paragraph in text.split("\n\n") if paragraph for part in (".PP", roff.line(" ".join(paragraph.split())))]


def command_page(help, version):
    name = f"snap-{help['command']}"
    summary = help["abstract"].rstrip(".")
    out = roff.head(name, 1, version, date())
    out += [".SH NAME", f"{roff.code(name)} \\- {roff.line(summary[:1].lower() + summary[1:])}"]
    out += [".SH SYNOPSIS", *synopsis(help["usage"])]
    out += [".SH DESCRIPTION", *(paragraphs(help["discussion"]) or [roff.line(help["abstract"])])]
    if help["aliases"]:
        out += [".PP", "Other names: " + ", ".join(f"\\fB{roff.code(alias)}\\fR" for alias in help["aliases"]) + "."]
    out += [".SH OPTIONS", *options(help["arguments"])]
    if help["examples"]:
        out += [".SH EXAMPLES"]
        for example in help["examples"]:
            out += roff.item(f"\\fB{roff.code(example['line'])}\\fR", roff.line(example["meaning"]))
    out += [".SH EXIT STATUS"]
    for status in help["statuses"]:
        out += roff.item(f"\\fB{status['code']}\\fR", roff.line(status["meaning"]))
    return name, out + [".SH SEE ALSO", "\\fBsnap\\fR(1), \\fBsnap.yml\\fR(5)"]


def program_page(help, version):
    summary = help["abstract"].rstrip(".")
    out = roff.head("snap", 1, version, date())
    out += [".SH NAME", f"snap \\- {roff.line(summary[:1].lower() + summary[1:])}"]
    out += [".SH SYNOPSIS", *synopsis(help["usage"]), ".SH DESCRIPTION", "Without a command it is", "\\fBsnap status\\fR."]
    for group in help["groups"]:
        out += [f".SS {roff.escaped(group['name'])}"]
        for command in group["commands"]:
            out += roff.item(f"\\fBsnap\\-{roff.code(command['name'])}\\fR(1)", roff.line(command["abstract"]))
    return "snap", out + [".SH OPTIONS", *options(help["arguments"]), ".SH SEE ALSO", "\\fBsnap.yml\\fR(5)"]


def configuration_page(version):
    guide = (ROOT / "docs/guides/configuration.md").read_text()
    body = guide.split("\n", 1)[1]
    out = roff.head("snap.yml", 5, version, date())
    out += [".SH NAME", "snap.yml \\- what a version of a project is", ".SH DESCRIPTION"]
    return "snap.yml", out + roff.markdown(body) + [".SH SEE ALSO", "\\fBsnap\\fR(1), \\fBsnap\\-config\\fR(1)"]


def pages(snap):
    """Section, name and lines of each page."""
    program = ask(snap)
    version = program["tool_version"]
    yield 1, *program_page(program, version)
    for group in program["groups"]:
        for command in group["commands"]:
            yield 1, *command_page(ask(snap, command["name"]), version)
    yield 5, *configuration_page(version)


def write(snap, folder):
    """The paths of the pages written."""
    found = []
    for section, name, lines in pages(snap):
        path = Path(folder) / f"man{section}" / f"{name}.{section}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
        found.append(path)
    return found


def faults(path):
    """What groff, and mandoc where there is one, have to say of a page."""
    runs = [["groff", "-ww", "-man", "-Tutf8", "-z", path]]
    if shutil.which("mandoc"):
        runs.append(["mandoc", "-Tlint", "-Wwarning", path])
    done = [subprocess.run(run, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for run in runs]
    return [line for run in done for line in run.stdout.splitlines()]


def problems(snap):
    with tempfile.TemporaryDirectory() as folder:
        written = write(snap, folder)
        names = {path.stem for path in written}
        text = subprocess.run([snap, "--help"], check=True, stdout=subprocess.PIPE, text=True).stdout
        for name in commands_of(text):
            if f"snap-{name}" not in names:
                yield f"snap {name} has no manual page"
        for path in written:
            if not path.read_text().startswith(".\\\""):
                yield f"{path.name} is empty"
            yield from faults(path)


def commands_of(text):
    """The commands that `snap --help` lists."""
    found, isInside = [], False
    for line in text.splitlines():
        isInside = line.endswith("SUBCOMMANDS:") or isInside and bool(line.strip())
        if isInside and line.startswith("  ") and line[2:3].strip():
            found.append(line.split()[0].rstrip(","))
    return found


if __name__ == "__main__":
    snap, target = sys.argv[1:]
    if target != "--check":
        print(f"wrote {len(write(snap, target))} pages to {target}")
        sys.exit(0)
    if not shutil.which("groff"):
        sys.exit("manual: no groff to check the pages with (apt install groff-base)")
    found = list(problems(snap))
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)

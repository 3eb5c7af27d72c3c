"""Writes text as roff, for the macros of man(7)."""
import re

ESCAPES = {"\\": r"\e", "-": r"\-", "~": r"\(ti", "^": r"\(ha", "`": r"\(ga", "'": r"\(aq"}
#: In prose a hyphen stays one, and so does an apostrophe.
PROSE = {"\\": r"\e", "~": r"\(ti", "^": r"\(ha", "`": r"\(ga"}
MARKUP = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\([^)]*\)")


def escaped(text, table=PROSE):
    """One line without control characters of roff, and in ASCII."""
    text = "".join(table.get(c, c if ord(c) < 128 else f"\\[u{ord(c):04X}]") for c in text)
    return "\\&" + text if text[:1] in (".", "'") else text


def code(text):
    """A word that is typed as it stands."""
    return escaped(text, ESCAPES)


def line(text):
    """One line of prose in which `code` and **words** are bold, and links are what they say."""
    out, at = "", 0
    for match in MARKUP.finditer(text):
        out += escaped(text[at:match.start()]) if at or match.start() else ""
        word, bold, link = match.groups()
        out += line(link) if link else r"\fB" + (code(word) if word else escaped(bold)) + r"\fR"
        at = match.end()
    out += escaped(text[at:])
    return "\\&" + out if out[:1] in (".", "'") else out


def example(lines):
    return [".PP", ".RS 4", ".EX", *(code(text) if text else "" for text in lines), ".EE", ".RE"]


def item(term, body):
    """A term, already roff, and what it is."""
    return [".TP", term, body]


def head(name, section, version, date):
    return [r'.\" Made by tools/manual.', f'.TH {code(name.upper())} {section} {date} "{version}" "Manual of snap"']


def blocks(text):
    """Lists of lines that belong together: a fenced block, or what stands between empty lines."""
    block, is_fenced = [], False
    for row in text.strip().split("\n") + [""]:
        if row.startswith("```"):
            is_fenced = not is_fenced
        if row.strip() or is_fenced:
            block.append(row)
        elif block:
            yield block
            block = []


def table(rows):
    """The first column is the term, the second what it is, the third is told with its title."""
    titles, _, *body = [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in rows]
    out = []
    for term, what, *rest in body:
        out += item(line(term), line(what) or "\\&")
        for title, cell in zip(titles[2:], rest):
            if cell:
                out += [".br", line(f"{title[:1].upper()}{title[1:]}: {cell}")]
    return out


def markdown(text):
    """What of Markdown our guides use: headings, paragraphs, tables, fenced blocks."""
    out = []
    for rows in blocks(text):
        if rows[0].startswith("```"):
            out += example(rows[1:-1])
        elif rows[0].startswith("#"):
            out.append(f".SH {escaped(rows[0].lstrip('# ')).upper()}")
        elif rows[0].startswith("|"):
            out += table(rows)
        elif not rows[0].startswith("<!--"):
            out += [".PP", *(line(row) for row in rows)]
    return out

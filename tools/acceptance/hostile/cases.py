"""What a case is, and what may come of it."""
from dataclasses import dataclass
from typing import Callable

from forge import Entry, FILE, FOLDER, Forgery, SYMLINK

# How a command may end that meets a hostile version: damage, or refused.
REFUSED = (13, 18)


@dataclass
class Case:
    """`forge` puts a version `evil` into a repository that has a version `good`; `restore` and `verify` are the statuses that may come."""
    name: str
    forge: Callable[[Forgery], None]
    restore: tuple = REFUSED
    verify: tuple = (13,)
    # Whether `good` must come back as it was: not where the case breaks what is common to all.
    spares_others: bool = True
    # Whether printing the file takes for ever, since it is as large as it says.
    is_endless: bool = False
    # Instead of the plain repository: one that is encrypted.
    is_encrypted: bool = False


def lawful(name, forge):
    """What looks strange and is allowed: it comes back, where it belongs."""
    return Case(name, forge, restore=(0,), verify=(0,))


def root_entry():
    return Entry(b"", FOLDER, 0o755)


def of_entries(*make):
    """Forges a version of these entries below the root; each may be a function of the forgery."""

    def forge(forgery):
        entries = [one(forgery) if callable(one) else one for one in make]
        forgery.version(forgery.manifest([root_entry(), *entries]))

    return forge


def file(path, content=b"evil\n", **named):
    return lambda forgery: Entry(path, FILE, chunks=[forgery.chunk(content)] if content else [], **named)


def folder(path, mode=0o755, **named):
    return Entry(path, FOLDER, mode, **named)


def symlink(path, target, **named):
    return Entry(path, SYMLINK, 0o777, target=target, **named)

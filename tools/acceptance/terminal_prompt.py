#!/usr/bin/env python3
"""Types passwords on a terminal, as a person does: what is asked, that nothing is shown, and what wrong and interrupted ones come to.

    terminal_prompt.py SNAP
"""
import os
import pty
import select
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from snap_program import Failure, Snap, remove

PATIENCE = 60  # seconds without a byte


def conversation(snap, arguments, *answers):
    """Runs a command on a terminal of its own; each answer is (what is waited for, what is typed). Returns (shown, status, echo)."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(snap.project)
        os.execve(snap.program, snap.command(*arguments), snap.environment)
    shown, waiting = b"", list(answers)
    while True:
        if not select.select([terminal], [], [], PATIENCE)[0]:
            raise Failure(f"snap {' '.join(arguments)} waits; it has shown {shown!r}")
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # EIO: the other end is closed
            break
        shown += piece
        if waiting and shown.endswith(waiting[0][0]) and not echo(terminal):
            os.write(terminal, waiting.pop(0)[1])
        if not piece:
            break
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    os.close(terminal)
    if waiting:
        raise Failure(f"snap {' '.join(arguments)} did not ask {waiting[0][0]!r}; it has shown {shown!r}")
    return shown.replace(b"\r\n", b"\n").decode(), status


def echo(terminal):
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


def expect(condition, what, shown):
    if not condition:
        raise Failure(f"{what}; shown was\n{shown}")


def run(program, work):
    project = work / "project"
    project.mkdir()
    snap = Snap(program, project)
    new, once, ask = b"new password: ", b"once more: ", f"password for {project}/.snap: ".encode()

    shown, status = conversation(snap, ["init", "--encrypt"], (new, b"first secret\n"), (once, b"first secrte\n"))
    expect(status == 12 and "the two passwords differ; nothing changed" in shown, "two that differ are refused with 12", shown)
    expect(not (project / ".snap").exists(), "nothing was made", shown)
    shown, status = conversation(snap, ["init", "--encrypt"], (new, b"\n"), (once, b"\n"))
    expect(status == 12 and "the password is empty" in shown, "an empty one is refused with 12", shown)
    shown, status = conversation(snap, ["init", "--encrypt"], (new, b"\x03"))
    expect(status == 130 and not (project / ".snap").exists(), "Ctrl-C ends with 130 and makes nothing", shown)

    shown, status = conversation(snap, ["init", "--encrypt"], (new, b"first secret\n"), (once, b"first secret\n"))
    expect(status == 0 and "first" not in shown.replace("first version", ""), "init asks twice and shows nothing of it", shown)
    code = shown.split("recovery code: ")[1].split("\n")[0]

    shown, status = conversation(snap, ["list"], (ask, b"wrong\n"), (ask, b"first secret\n"))
    expect(status == 0 and "wrong password, try again" in shown, "a second try is given", shown)
    shown, status = conversation(snap, ["list"], *[(ask, b"wrong\n")] * 3)
    expect(status == 12 and "(1 key slot tried)" in shown, "three wrong ones end with 12", shown)
    shown, status = conversation(snap, ["list"], (ask, b"half a secr\x03"))
    expect(status == 130 and "secr" not in shown, "Ctrl-C ends with 130", shown)
    shown, status = conversation(snap, ["list"], (ask, b"\x04"))
    expect(status == 130, "so does the end of input", shown)
    shown, status = conversation(snap, ["key", "passwd"], (ask, code.lower().encode() + b"\n"), (new, b"second\n"), (once, b"second\n"))
    expect(status == 0 and "key 'recovery' changed" in shown, "a recovery code is typed as a password is", shown)
    expect(code.lower() not in shown, "and is not shown", shown)
    shown, status = conversation(snap, ["save", "v1", "--json"], (ask, b"second\n"))
    expect(status == 0, "with --json, too, a terminal is asked", shown)

    shown, status = conversation(snap, ["completion", "bash", "--", " \t\n", "snap show v"])
    expect(status == 0 and "password" not in shown, "completing a word asks nothing", shown)

    piped = subprocess.run(snap.command("list"), cwd=project, env=snap.environment, stdin=subprocess.DEVNULL, capture_output=True)
    expect(piped.returncode == 12 and b"no password was given" in piped.stderr, "without a terminal nothing is asked", piped.stderr)


if __name__ == "__main__":
    work = Path(tempfile.mkdtemp(prefix="snap terminal "))
    try:
        run(sys.argv[1], work)
        print("passwords typed: right, wrong, empty, different, interrupted")
    except Failure as failure:
        sys.exit(f"terminal_prompt: {failure}")
    finally:
        remove(work)

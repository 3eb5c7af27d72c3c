#!/usr/bin/env python3
"""Four savers, a forgetter, collectors and restores on one repository for minutes, while something is killed (-9) every 0 to 2 seconds.

    soak.py SNAP [--seconds 600] [--files 40] [--seed N] [--encrypt]

At the end the set is checked, as one checks a database: every version whose save said that it was saved, and that nobody asked to forget, is
listed and comes back bit for bit; every other that is listed is whole, too; `verify --read-data` finds nothing. With --encrypt keys are
rotated all the time as well.
"""
import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

import compare_trees
import make_tree
from snap_program import COLLECT_NOW, Failure, Snap, remove

SAVERS = 4
VERSIONS_KEPT = 24
BUSY = 11  # what a save says when collectors were in its way five times


class Soak:
    def __init__(self, program, work, seed, files, encrypt):
        self.work, self.seed, self.files = work, seed, files
        self.store = os.path.join(work, "the store")
        key = os.path.join(work, "key") if encrypt else None
        self.clients = [Snap(program, os.path.join(work, f"machine {number}", "the project"), self.store, key) for number in range(SAVERS)]
        for client in self.clients:
            client.project.mkdir(parents=True)
        self.lock = threading.Lock()
        self.records = {}   # what was in the tree at each save, be it known to have committed or not
        self.acknowledged = set()
        self.forgetting = set()  # from the moment on at which somebody is asked to
        self.running = set()
        self.failures = []
        self.counts = dict.fromkeys(("saves", "kills", "restores", "collections", "forgotten", "rotations", "verifications"), 0)
        self.over = threading.Event()

    def count(self, name):
        with self.lock:
            self.counts[name] += 1

    def attempt(self, client, *arguments, allowed=(0,)):
        """Runs a command that may be killed: whether it ended with 0."""
        process = client.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        with self.lock:
            self.running.add(process)
        told = process.communicate()[0].decode(errors="replace")
        with self.lock:
            self.running.discard(process)
        # Who holds the keys from before a rotation is told to try again.
        if process.returncode == BUSY and client.key_file and "rotated" in told:
            return False
        if process.returncode not in (*allowed, -signal.SIGKILL):
            raise Failure(f"snap {' '.join(map(str, arguments))}: exit status {process.returncode}\n{told[-2000:]}")
        return process.returncode == 0

    # What runs at once, each on its own thread.

    def save(self, number):
        client, at = self.clients[number], 0
        make_tree.make(client.project, self.seed + number, self.files)
        while not self.over.is_set():
            version = f"s{number}.{at}"
            with self.lock:
                self.records[version] = compare_trees.record(os.fspath(client.project), [])
            if self.attempt(client, "save", version, "--no-ignore", "--no-guard", allowed=(0, BUSY)):
                with self.lock:
                    self.acknowledged.add(version)
                self.count("saves")
            at += 1
            make_tree.mutate(client.project, (self.seed + number) * 1_000_000 + at, changes=10)

    def forget(self, r):
        while not self.over.wait(0.2):
            with self.lock:
                known = sorted(self.acknowledged - self.forgetting)
            if len(known) <= VERSIONS_KEPT:
                continue
            chosen = r.sample(known, len(known) - VERSIONS_KEPT // 2)
            with self.lock:
                self.forgetting.update(chosen)
            if self.attempt(self.clients[0], "forget", *chosen):
                self.count("forgotten")

    def collect(self, r):
        while not self.over.wait(0.05):
            deep = ["--deep"] if r.random() < 0.15 else []
            if self.attempt(r.choice(self.clients), *COLLECT_NOW, *deep):
                self.count("collections")

    def restore(self, r):
        while not self.over.wait(0.05):
            with self.lock:
                known = sorted(self.acknowledged - self.forgetting)
            if not known:
                continue
            version = r.choice(known)
            target = tempfile.mkdtemp(prefix="restored ", dir=self.work)
            try:
                whole = self.attempt(r.choice(self.clients), "restore", version, "--to", os.path.join(target, "tree"), *privileged())
                if whole:
                    self.compare(version, os.path.join(target, "tree"))
                    self.count("restores")
            except Failure:
                # Forgotten while it was being restored: then it may be gone.
                with self.lock:
                    if version not in self.forgetting:
                        raise
            finally:
                remove(target)

    def rotate(self, r):
        while not self.over.wait(0.5):
            if self.attempt(r.choice(self.clients), "key", "rotate"):
                self.count("rotations")

    def verify(self, r):
        while not self.over.wait(0.5):
            if self.attempt(r.choice(self.clients), "verify", *(["--read-data"] if r.random() < 0.5 else [])):
                self.count("verifications")

    def kill(self, r):
        while not self.over.wait(r.random() * 2):
            with self.lock:
                victim = r.choice(list(self.running)) if self.running else None
            if victim is not None and victim.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(victim.pid, signal.SIGKILL)
                    self.count("kills")

    # The end.

    def compare(self, version, tree):
        found = list(compare_trees.differences(self.records[version], compare_trees.record(tree, []), owner=os.geteuid() == 0))
        if found:
            raise Failure(f"{version} came back different in {len(found)} places\n    " + "\n    ".join(found[:20]))

    def guarded(self, body, *arguments):
        try:
            body(*arguments)
        except Exception as failure:  # noqa: BLE001: told at the end, whatever it is
            with self.lock:
                self.failures.append(f"{body.__name__}: {failure}")
            self.over.set()

    def run(self, seconds, encrypt):
        self.clients[0].init()
        jobs = [(self.save, number) for number in range(SAVERS)]
        jobs += [(job, random.Random(f"{self.seed} {job.__name__}")) for job in
                 (self.forget, self.collect, self.collect, self.restore, self.verify, self.kill, *([self.rotate] if encrypt else []))]
        threads = [threading.Thread(target=self.guarded, args=job) for job in jobs]
        for thread in threads:
            thread.start()
        self.over.wait(seconds)
        self.over.set()
        for thread in threads:
            thread.join()
        if self.failures:
            raise Failure("\n".join(self.failures))
        return self.check()

    def check(self):
        client = self.clients[0]
        listed = set(client.versions())
        lost = self.acknowledged - self.forgetting - listed
        if lost:
            raise Failure(f"acknowledged and not listed: {', '.join(sorted(lost))}")
        strange = listed - set(self.records)
        if strange:
            raise Failure(f"listed, and nobody saved them: {', '.join(sorted(strange))}")
        client.run("verify", "--read-data")
        for version in sorted(listed):
            target = tempfile.mkdtemp(prefix="restored ", dir=self.work)
            try:
                client.run("restore", version, "--to", os.path.join(target, "tree"), *privileged())
                self.compare(version, os.path.join(target, "tree"))
            finally:
                remove(target)
        return len(listed)


def privileged():
    return ["--preserve-privileged"] if os.geteuid() == 0 else []


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Saves, forgets, collects, restores and kills for minutes; nothing may be lost.")
    parser.add_argument("snap")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--encrypt", action="store_true", help="use an encrypted repository, and rotate its keys")
    parser.add_argument("--keep", action="store_true", help="leave the folder behind when something went wrong")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    work = tempfile.mkdtemp(prefix="snap soak ")
    soak = Soak(options.snap, work, options.seed, options.files, options.encrypt)
    failed = None
    began = time.monotonic()
    try:
        whole = soak.run(options.seconds, options.encrypt)
        told = ", ".join(f"{count} {name}" for name, count in soak.counts.items())
        print(f"{time.monotonic() - began:.0f} s (seed {options.seed}): {told}; {whole} versions listed, all equal, nothing lost")
    except Failure as failure:
        failed = f"soak (seed {options.seed}): {failure}"
    finally:
        if failed and options.keep:
            print(f"left in {work}")
        else:
            remove(work)
    sys.exit(failed)

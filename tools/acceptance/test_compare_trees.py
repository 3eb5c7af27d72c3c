"""Tests of the comparer: it must see every kind of difference, or no acceptance test means anything."""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import compare_trees
import make_tree


class Comparison(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.a, self.b = Path(self.folder.name, "a"), Path(self.folder.name, "b")
        for tree in (self.a, self.b):
            (tree / "folder").mkdir(parents=True)
            (tree / "file").write_bytes(b"content")
            (tree / "other").write_bytes(b"content")
            (tree / "folder" / "large").write_bytes(bytes(range(256)) * 8192)
            os.symlink("file", tree / "symlink")
            self.settle(tree)

    def tearDown(self):
        self.folder.cleanup()

    def settle(self, tree):
        for path in [*tree.rglob("*"), tree]:
            os.utime(path, ns=(0, 1_000_000_000_000_000_001), follow_symlinks=False)

    def found(self, **options):
        return list(compare_trees.differences(compare_trees.record(self.a), compare_trees.record(self.b), **options))

    def assert_difference(self, *parts, settle=True):
        if settle:
            self.settle(self.b)
        found = self.found()
        self.assertEqual(len(found), 1, found)
        for part in parts:
            self.assertIn(part, found[0])

    def test_equal_trees_are_equal(self):
        self.assertEqual(self.found(), [])

    def test_one_byte(self):
        (self.b / "file").write_bytes(b"c0ntent")
        self.assert_difference("file: content")

    def test_the_last_byte_of_a_large_file(self):
        with open(self.b / "folder" / "large", "r+b") as file:
            file.seek(-1, 2)
            file.write(b"\0")
        self.assert_difference("folder/large: content")

    def test_zeros_moved_by_a_piece_are_not_equal(self):
        (self.a / "file").write_bytes(bytes(1 << 20) + b"x" * (1 << 20))
        (self.b / "file").write_bytes(b"x" * (1 << 20) + bytes(1 << 20))
        self.settle(self.a)
        self.assert_difference("file: content")

    def test_a_nanosecond(self):
        os.utime(self.b / "folder", ns=(0, 1_000_000_000_000_000_002))
        self.assert_difference("folder: mtime_ns", settle=False)

    def test_a_symlinks_time_and_target(self):
        os.utime(self.b / "symlink", ns=(0, 7), follow_symlinks=False)
        self.assert_difference("symlink: mtime_ns", settle=False)
        os.unlink(self.b / "symlink")
        os.symlink("file ", self.b / "symlink")
        self.assert_difference("symlink: target")

    def test_a_mode(self):
        os.chmod(self.b / "file", 0o4755)
        self.assert_difference("file: mode", "0o4755")

    def test_a_kind(self):
        os.unlink(self.b / "file")
        os.mkfifo(self.b / "file")
        self.assert_difference("file: kind file | fifo")

    def test_missing_and_extra(self):
        os.rename(self.b / "other", self.b / "another")
        self.settle(self.b)
        self.assertEqual(self.found(), ["another: only in B (file)", "other: missing in B (file)"])

    def test_hard_links(self):
        os.unlink(self.b / "other")
        os.link(self.b / "file", self.b / "other")
        self.settle(self.b)
        self.assertEqual([line.split(" ")[:2] for line in self.found()], [["file:", "linked_with"], ["other:", "linked_with"]])

    def test_an_attribute(self):
        try:
            os.setxattr(self.b / "file", "user.a", b"")
        except OSError:
            self.skipTest("no extended attributes here")
        self.assert_difference("file: xattrs")

    def test_holes(self):
        for tree in (self.a, self.b):
            with open(tree / "file", "wb") as file:
                file.truncate(1 << 20)
                file.seek(1 << 19)
                file.write(b"data")
            self.settle(tree)
        if not compare_trees.record(self.a)[b"file"].holes:
            self.skipTest("no holes here")
        self.assertEqual(self.found(), [])
        with open(self.b / "file", "r+b") as file:
            file.write(bytes(1 << 20)[: 1 << 19])
        self.assert_difference("file: holes")

    def test_owner_and_device(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        os.chown(self.b / "file", 1, 2)
        self.settle(self.b)
        self.assert_difference("file: owner (0, 0) | (1, 2)")
        self.assertEqual(self.found(owner=False), [])

    def test_the_program_prints_the_first_twenty(self):
        for number in range(30):
            (self.b / f"extra{number}").touch()
        self.settle(self.b)
        done = subprocess.run([sys.executable, compare_trees.__file__, self.a, self.b], stdout=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, len(done.stdout.splitlines()), done.stdout.splitlines()[-1]), (1, 21, "... and 10 more"))
        self.assertEqual(subprocess.run([sys.executable, compare_trees.__file__, self.a, self.a]).returncode, 0)

    def test_a_difficult_tree_equals_itself_and_its_steps_repeat(self):
        for tree in (self.a, self.b):
            make_tree.make(tree / "hard", seed=5, files=40)
            make_tree.mutate(tree / "hard", seed=6)
        first, second = compare_trees.record(self.a / "hard"), compare_trees.record(self.b / "hard")
        self.assertEqual(list(compare_trees.differences(first, first)), [])
        differing = [line for line in compare_trees.differences(first, second) if ": mtime_ns" not in line]
        self.assertEqual(differing, [])
        self.assertGreater(len(first), 200)


if __name__ == "__main__":
    unittest.main()

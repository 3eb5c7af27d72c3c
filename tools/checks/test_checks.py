"""Tests of the checks: each must refuse what it is there for."""
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import examples
import libc
import links
import ranks
import sources

sys.path.insert(0, str(Path(__file__).parents[1] / "manuals"))
import manual
import roff

MANIFEST = "//   2  Repositories    rules\n//   1  Packing · Indexing\n//   0  SnapshotModel · Chunking · C modules\n"


class Project(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name).resolve()
        self.write("Package.swift", MANIFEST)
        self.write("Sources/CZstd/shim.h", "")

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


class Ranks(Project):
    def test_a_lower_rank_may_be_imported(self):
        self.write("Sources/Packing/A.swift", "import Chunking\nimport CZstd\nimport Glibc\nimport SnapshotModel\n")
        self.write("Sources/Chunking/A.swift", "import SnapshotModel\n")
        self.assertEqual(list(ranks.problems(self.root)), [])

    def test_a_higher_rank_may_not(self):
        self.write("Sources/Packing/A.swift", "// why\npackage import Repositories\n")
        self.assertIn("Sources/Packing/A.swift:2", list(ranks.problems(self.root))[0])

    def test_a_neighbour_may_not(self):
        self.write("Sources/Packing/A.swift", "@preconcurrency import struct Indexing.Row\n")
        self.assertEqual(len(list(ranks.problems(self.root))), 1)

    def test_a_target_without_a_rank_is_named(self):
        self.write("Sources/Extras/A.swift", "")
        self.assertIn("Extras", list(ranks.problems(self.root))[0])

    def test_foundation_is_refused(self):
        self.write("Sources/Packing/A.swift", "import Foundation\n")
        self.assertEqual(len(list(ranks.problems(self.root))), 1)


class Libc(Project):
    def test_a_call_outside_the_seams_is_named(self):
        self.write("Sources/Packing/A.swift", "import Glibc\nlet file = unsafe open(path, O_RDONLY)  // close(2)\n")
        self.write("Sources/Packing/B.swift", 'import Glibc\nlet text = "\\(Glibc.getpid())"\n')
        found = [line for line in libc.problems(self.root) if "any more" not in line]
        self.assertEqual([line.split(" is ")[0] for line in found],
                         ["Sources/Packing/A.swift: open()", "Sources/Packing/B.swift: getpid()"])

    def test_constants_own_functions_and_methods_may_be_used(self):
        self.write("Sources/Packing/A.swift", "import Glibc\nfunc close() {}\nif errno == ENOSPC { close(); index.close() }\n")
        self.write("Sources/Packing/B.swift", "let bytes = read(3)\n")
        self.write("Sources/snap/A.swift", "import Glibc\nlet process = fork()\n")
        self.assertEqual([line for line in libc.problems(self.root) if "any more" not in line], [])

    def test_an_exception_that_nobody_needs_is_named(self):
        self.assertIn("any more", "\n".join(libc.problems(self.root)))


class Sources(Project):
    def found(self, text, name="Sources/Packing/A.swift"):
        self.write(name, text)
        return list(sources.problems(self.root))

    def test_forbidden_words_in_code(self):
        for text in ("let x = try! f()", "x as! Int", "fatalError()", "// TO" + "DO later", "print(1)"):
            self.assertEqual(len(self.found(text + "\n")), 1, text)

    def test_words_in_comments_and_strings_are_free(self):
        self.assertEqual(self.found('// never try! this\nlet a = "as! \\" fatalError"\n/* as!\n fatalError */\n'), [])

    def test_the_command_line_may_print(self):
        self.assertEqual(self.found("print(1)\n", "Sources/snap/A.swift"), [])

    def test_a_long_file_is_refused(self):
        self.assertEqual(len(self.found("//\n" * 501)), 1)


class Links(Project):
    def test_dead_files_and_headings_are_found(self):
        self.write("docs/other.md", "# A `code` heading, twice\n# A `code` heading, twice\n")
        self.write("README.md", "[a](docs/other.md#a-code-heading-twice-1) [b](docs/none.md)\n[c](docs/other.md#none)\n"
                                "```\n[d](nowhere)\n```\n[e](https://example.org/x) [f](#here)\n## Here\n")
        found = list(links.problems(self.root))
        self.assertEqual([line.split(": ")[0] for line in found], ["README.md:1", "README.md:2"])


class Examples(unittest.TestCase):
    def run_text(self, text):
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "snap"
            program.write_text('#!/bin/sh\n[ "$1" != fail ] || { echo "snap: no" >&2; exit 21; }\nshift\necho "$@"\n')
            program.chmod(0o755)
            return list(examples.run_page(program, "page.md", examples.steps(text)))

    def test_matching_output_passes(self):
        self.assertEqual(self.run_text("```console\n$ snap say saved v1.0.0 id 8c41d0e2 in 3.1 s\nsaved v2.0.1  id 11111111  in 7 s\n"
                                       "$ snap say one \\\n> two\none two\n$ ls src\napp.py\n```\n"), [])

    def test_other_output_fails(self):
        self.assertEqual(len(self.run_text("```console\n$ snap say saved\nsafed\n```\n")), 1)

    def test_an_unexpected_status_fails_and_an_asked_one_does_not(self):
        self.assertEqual(len(self.run_text("```console\n$ snap fail\nsnap: no\n```\n")), 1)
        self.assertEqual(self.run_text("```console\n$ snap fail\nsnap: no\n$ echo $?\n21\n```\n"), [])

    def test_dots_stand_for_anything(self):
        self.assertEqual(self.run_text("```console\n$ printf 'a\\nb b\\nc\\n'; snap say\na\n...\nc\n$ snap say long line\nlong ...\n```\n"), [])

    def test_set_up_and_blocks_without_snap(self):
        self.assertEqual(self.run_text("<!-- example-setup: touch here -->\n```console\n$ false\n```\n```console\n$ snap say; ls here\nhere\n```\n"), [])
        self.assertEqual(examples.steps("```console\n$ ls\n```\n"), [])

    def test_a_page_may_need_programs(self):
        self.assertEqual(examples.missing("<!-- example-needs: sh no-such-program -->\ntext\n"), ["no-such-program"])
        self.assertEqual(examples.missing("<!-- example-needs: sh -->\n"), [])

    def test_an_id_may_happen_to_be_letters_only(self):
        for id in ("acfdebf", "deadbeef", "1234567"):
            self.assertEqual(self.run_text(f"```console\n$ snap say commit {id}, clean\ncommit 8c41d0e, clean\n```\n"), [], id)

    def test_a_word_of_such_letters_is_no_id_where_none_is_expected(self):
        self.assertEqual(len(self.run_text("```console\n$ snap say defaced\nremoved\n```\n")), 1)
        self.assertEqual(len(self.run_text("```console\n$ snap say defaced\neffaced\n```\n")), 1)
        self.assertEqual(len(self.run_text("```console\n$ snap say commit decade\ncommit 8c41d0e\n```\n")), 1)

    def test_numbers_and_ids_are_not_compared(self):
        self.assertEqual(examples.normalized("saved  1 204 files, 3.4 MiB, deadbeef at 2026-11-21T09:34:00Z"),
                         examples.normalized("saved 7 files, 12 B, 0123456789ab at 2025-01-01 10:00"))


class Manuals(unittest.TestCase):
    def test_text_cannot_be_taken_for_roff(self):
        self.assertEqual(roff.line(".TH `a-b` \\n **x** [y](z) \u2026"), "\\&.TH \\fBa\\-b\\fR \\en \\fBx\\fR y \\[u2026]")

    def test_markdown(self):
        text = "# T\n\nOne\n`two`\n\n```\na\n\nb\n```\n\n| k | v | d |\n|---|---|---|\n| x | y | z |\n\n<!-- no -->\n"
        self.assertEqual(roff.markdown(text), [
            ".SH T", ".PP", "One", "\\fBtwo\\fR", ".PP", ".RS 4", ".EX", "a", "", "b", ".EE", ".RE", ".TP", "x", "y", ".br", "D: z"])

    def test_a_command_without_a_page_and_bad_roff_are_found(self):
        help = {"command": "snap", "tool_version": "snap 1", "abstract": "A.", "usage": "snap", "arguments": [], "groups": []}
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "snap"
            program.write_text(f"#!/bin/sh\n[ $1 = help ] && echo '{json.dumps(help)}' || printf 'X SUBCOMMANDS:\\n  save, backup   Save.\\n'\n")
            program.chmod(0o755)
            self.assertEqual(list(manual.problems(program)), ["snap save has no manual page"])
            page = Path(folder) / "x.1"
            page.write_text(".TH X 1\n.nosuchmacro\n")
            self.assertTrue(manual.faults(page))


if __name__ == "__main__":
    unittest.main()

"""Tests of the bench itself: python3 -m unittest examples/real/test_bench.py. Starts nothing and sends nothing."""

import sqlite3
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from bench import app, judge, pairs, rows, scan  # noqa: E402


def finding(check: str, operation: str, confidence: str = "confirmed", also: tuple[str, ...] = ()) -> dict:
    """A finding as a report has it."""
    refs = [dict(zip(("method", "path"), one.split(" "))) for one in (operation, *also)]
    return {"check": check, "confidence": confidence, "severity": "high", "operation": refs[0], "also": refs[1:], "title": "t", "site": ""}


def outcome(*findings: dict) -> scan.Outcome:
    """A scan with these findings."""
    return scan.Outcome("x-active", 0, 1.0, {"findings": list(findings), "coverage": [], "scan": {"status": "complete"}})


class Judging(unittest.TestCase):
    """A finding is as true as the worst operation that it names."""

    known = [judge.Judgement("a/b", ["GET /x/{}"], True, "is so"), judge.Judgement("a/b", ["GET /admin/*"], False, "is not")]

    def test_names_of_parameters_do_not_matter(self):
        self.assertEqual(judge.verdict(self.known, finding("a/b", "GET /x/{user_id}"))[0], "true")

    def test_another_check_or_operation_is_unjudged(self):
        for one in (finding("a/c", "GET /x/{id}"), finding("a/b", "PUT /x/{id}")):
            self.assertEqual(judge.verdict(self.known, one)[0], "unjudged")

    def test_the_worst_operation_decides(self):
        self.assertEqual(judge.verdict(self.known, finding("a/b", "GET /x/{id}", also=("GET /admin/y",)))[0], "false")
        self.assertEqual(judge.verdict(self.known, finding("a/b", "GET /x/{id}", also=("GET /z",)))[0], "unjudged")

    def test_every_file_can_be_read(self):
        for name in app.names(HERE):
            for one in judge.read(HERE / name / "judged.toml"):
                self.assertTrue(one.reason and one.operations, name)


class Comparing(unittest.TestCase):
    """Rows before and after a scan."""

    def test_changed_gone_and_added_rows(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "db"
            with sqlite3.connect(file) as db:
                db.execute("create table note (id integer primary key, text text, seen text)")
                db.executemany("insert into note values (?, ?, '')", [(1, "a"), (2, "b"), (3, "c")])
            before = rows.picture(rows.sqlite(file, volatile=["note.seen"]))
            with sqlite3.connect(file) as db:
                db.execute("update note set text = 'x' where id = 1")
                db.execute("update note set seen = 'now' where id = 2")
                db.execute("delete from note where id = 3")
                db.execute("insert into note values (4, 'd', '')")
            after = rows.picture(rows.sqlite(file, volatile=["note.seen"]))
        self.assertEqual([line.split(":")[0] for line in rows.harm(before, after)], ["note [1]", "note [3]"])
        self.assertEqual(len(rows.left(before, after)), 1)

    def test_what_is_born_with_something_else_is_not_left_behind(self):
        after = rows.picture([("+wallet", 1, {"id": 1}), ("note", 1, {"id": 1})])
        self.assertEqual(len(rows.left({}, after)), 1)


class Pairs(unittest.TestCase):
    """Figures of a weak and a repaired version."""

    truth = {"weak": [{"m": "GET", "p": "/x/{id}", "any": ["a/b"]}, {"m": "PUT", "p": "/x/{id}", "any": ["a/b"]}], "never": [{"m": "GET", "p": "/y"}]}

    def test_found_suspected_and_false(self):
        weak = outcome(finding("a/b", "GET /x/{n}"), finding("a/b", "PUT /x/{n}", "suspected"), finding("a/b", "GET /y"))
        lines, figures = pairs.compare(self.truth, weak, outcome(finding("a/b", "GET /x/{n}")))
        self.assertEqual(figures, ["1/2", 1, 1, 1])
        self.assertTrue(any("false on the repaired version" in line for line in lines))

    def test_a_sound_repaired_version(self):
        self.assertEqual(pairs.compare(self.truth, outcome(), outcome())[1], ["0/2", 0, 0, 0])

    def test_every_truth_file_names_its_checks(self):
        for name in app.names(HERE):
            if (HERE / name / "truth.json").exists():
                self.assertTrue(all(checks for _, checks, _ in pairs.keyed(app.truth(HERE / name)["weak"])), name)


if __name__ == "__main__":
    unittest.main()

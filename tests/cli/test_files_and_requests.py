"""Files of cases and the register of requests at the terminal."""

import csv

from tests.seeded import seeded  # noqa: F401  # a fixture

ANYSHIRE = ("--partnership", "ANYSHIRE")
CASE = "RR-2026-04"


def test_a_file_of_a_case_is_added_listed_and_given_back(terminal, tmp_path):
    report, out = tmp_path / "report.txt", tmp_path / "back.txt"
    report.write_text("What the council did, day by day.")
    terminal.json("cases", "files", "add", CASE, report, *ANYSHIRE, "--title", "Chronology")
    [line] = terminal.json("cases", "files", "list", CASE, *ANYSHIRE)
    assert (line["number"], line["title"], line["damaged"]) == (1, "Chronology", False)
    assert terminal.run("cases", "files", "get", CASE, "1", *ANYSHIRE, "--out", out).code == 0
    assert out.read_text() == report.read_text()
    assert all(report.read_bytes() not in path.read_bytes() for path in (terminal.home / "files").iterdir())
    assert terminal.json("files", "verify") == {"ok": True, "missing": [], "orphans": [], "changed": [], "plain": 0}


def test_a_damaged_file_is_not_given_back_and_that_is_on_record(terminal, tmp_path):
    report, out = tmp_path / "report.txt", tmp_path / "back.txt"
    report.write_text("What the council did, day by day.")
    terminal.json("cases", "files", "add", CASE, report, *ANYSHIRE, "--title", "Chronology")
    for path in (terminal.home / "files").iterdir():
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert "not what was uploaded" in terminal.refused("cases", "files", "get", CASE, "1", *ANYSHIRE, "--out", out)
    assert not out.exists()
    seen = terminal.json("audit", "who-saw", CASE, *ANYSHIRE, "--only", "refusals")
    assert [(row["outcome"], row["through"], row["route"]) for row in seen] == [
        ("damaged", "terminal", "cases files get")
    ]


def test_a_request_is_entered_listed_exported_and_answered(terminal, tmp_path):
    asked = ("--kind", "freedom-of-information", "--council-reference", "FOI-881", "--received", "2026-11-20")
    reference = terminal.json("requests", "add", *ANYSHIRE, *asked, "--case", CASE)["reference"]
    [line] = terminal.json("requests", "list", *ANYSHIRE)
    assert (line["reference"], line["due"]) == (reference, "2026-12-21"), "30 November is a holiday in Scotland"
    out = tmp_path / "requests.csv"
    assert (
        "1 row of requests"
        in terminal.run("registers", "export", "requests", *ANYSHIRE, "--format", "csv", "--out", out).out
    )
    [row] = csv.DictReader(out.read_text(encoding="utf-8-sig").splitlines())
    assert (row["Reference"], row["Council's reference"], row["Cases"]) == (reference, "FOI-881", CASE)

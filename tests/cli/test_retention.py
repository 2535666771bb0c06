"""Retention at the terminal: the schedule, the review as JSON, holds, disposal, and its certificate."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from reviews.audit.write_entry import NewEntry, write_entry
from reviews.models import AuditKind, Case, Event, EventKind, Partnership, Person, Through
from tests.builders import a_unit
from tests.cli.terminal import Terminal
from tests.reviews.retention.dispositions import CLOSED, LONG_AGO
from tests.seeded import seeded  # noqa: F401  # a fixture

ANYSHIRE = ("--partnership", "ANYSHIRE")
WHY = ("--reason", "As the council's schedule says.")
CASE = "RR-2026-15"


@pytest.fixture
def due(seeded, terminal) -> Terminal:  # noqa: F811  # the fixture
    """Have a closed case of the demonstration closed long ago."""
    with seeded.begin() as session:
        days = {"opened_on": LONG_AGO, "closed_on": CLOSED}
        session.execute(sa.update(Case).where(Case.reference == CASE).values(days))
    return terminal


def test_the_schedule_is_shipped_empty_and_set_with_a_reason(terminal):
    assert {line["years"] for line in terminal.json("retention", "show", *ANYSHIRE)} == {None}
    assert terminal.json("retention", "review")["cases"] == []
    assert terminal.json("retention", "set", "lcspr", "--years", "25", *ANYSHIRE, *WHY)["years"] == 25
    (line,) = [each for each in terminal.json("retention", "show", *ANYSHIRE) if each["years"]]
    assert (line["workflow"], line["years"], line["counted_from"]) == ("lcspr", 25, "closed")
    assert "from 1 to 100" in terminal.refused("retention", "set", "lcspr", "--years", "101", *ANYSHIRE, *WHY)
    assert "already" in terminal.refused("retention", "set", "lcspr", "--years", "25", *ANYSHIRE, *WHY)
    assert "no kind of case" in terminal.refused(
        "retention", "set", "information_request", "--years", "2", *ANYSHIRE, *WHY
    )
    assert terminal.json("retention", "set", "lcspr", "--never", *ANYSHIRE, *WHY)["years"] is None


def test_a_case_from_review_to_certificate(due, seeded):  # noqa: F811  # the fixture
    due.json("retention", "set", "rapid_review", "--years", "10", *ANYSHIRE, *WHY)
    (line,) = [each for each in due.json("retention", "review", *ANYSHIRE)["cases"] if each["reference"] == CASE]
    assert (line["kind"], line["closed_on"], line["due_since"]) == ("rapid_review", "2016-04-01", "2026-04-01")
    assert (line["state"], line["schedule"]["years"], line["holds"]) == ("due for review", 10, [])

    due.json("retention", "hold", CASE, "--kind", "inquiry", *WHY)
    assert "a hold runs" in due.refused("retention", "propose", CASE, *WHY)
    assert due.json("retention", "release", CASE, *WHY)["holds"] == []
    assert due.json("retention", "propose", CASE, *WHY)["state"] == "disposal proposed"
    for who in ((), ("--as", "privacy@anyshire.example")):
        assert "one person" in due.refused("retention", "approve", CASE, *who)
    answer = due.run("retention", "dispose", CASE)
    assert (answer.code, answer.err) == (1, f"The disposal of {CASE} is not approved. It is disposal proposed.\n")

    _approve_on_the_page(seeded)
    made = due.json("retention", "dispose", "--all-approved")["certificates"]
    assert [(each["number"], each["reference"]) for each in made] == [("DC-2026-01", CASE)]
    found = due.json("retention", "certificate", "DC-2026-01", "--as", "privacy@anyshire.example")
    assert (found["run_by"].startswith("operator ("), found["files"]) == (True, 0)
    assert found["not_covered"]
    assert "There is no case" in due.refused("cases", "show", CASE)
    assert "There is no certificate" in due.refused(
        "retention", "certificate", "DC-2026-01", "--as", "manager@midmarch.example"
    )


def _approve_on_the_page(database) -> None:
    from reviews.people.queries import actor_by_email
    from reviews.retention.decisions_on_cases import approve_disposal
    from reviews.retention.review_list import find_retained
    from tests.builders import TODAY

    with database.begin() as session:
        unit = a_unit(session, actor_by_email(session, "privacy@anyshire.example", today=TODAY))
        approve_disposal(unit, find_retained(unit, reference=CASE))


def _approve_log_on_the_page(database) -> None:
    from reviews.people.queries import actor_by_email
    from reviews.retention.log_disposals import approve_log_disposal
    from tests.builders import TODAY

    with database.begin() as session:
        unit = a_unit(session, actor_by_email(session, "privacy@anyshire.example", today=TODAY))
        approve_log_disposal(unit, unit.partnership("ANYSHIRE"))


def test_it_is_on_record(due, seeded):  # noqa: F811  # the fixture
    due.json("retention", "set", "rapid_review", "--years", "10", *ANYSHIRE, *WHY)
    due.json("retention", "hold", CASE, "--kind", "litigation", *WHY)
    due.json("retention", "release", CASE, *WHY)
    due.json("retention", "keep", CASE, "--until", "2027-06-01", *WHY)
    with seeded() as session:
        kinds = session.scalars(sa.select(Event.kind).order_by(Event.id.desc()).limit(4)).all()
        assert session.scalar(sa.select(sa.func.count()).select_from(Person))
    assert kinds == [
        EventKind.RETENTION_DECIDED,
        EventKind.RETENTION_HOLD_RELEASED,
        EventKind.RETENTION_HOLD_PLACED,
        EventKind.RETENTION_RULE_SET,
    ]
    (line,) = [each for each in due.json("retention", "review")["cases"] if each["reference"] == CASE]
    assert (line["state"], line["decision"]["until"]) == ("to be kept until a day", "2027-06-01")


def test_months_of_the_audit_log_from_schedule_to_certificate(terminal, seeded):  # noqa: F811  # the fixture
    assert terminal.run("retention", "log", "show", *ANYSHIRE).out == "Nothing of it is ever due.\n"
    terminal.json("retention", "set", "audit_log", "--years", "6", *ANYSHIRE, *WHY)
    entry = NewEntry(at=datetime(2019, 3, 2, tzinfo=UTC), kind=AuditKind.SEEN, through=Through.PAGE, route="cases.case")
    with seeded() as session:
        anyshire = session.scalars(sa.select(Partnership.id).where(Partnership.code == "ANYSHIRE")).one()
    write_entry(seeded, replace(entry, partnership_id=anyshire))
    assert terminal.json("retention", "log", "propose", *ANYSHIRE, *WHY)["answer"] is None
    assert "second person" in terminal.refused("retention", "log", "approve", *ANYSHIRE)
    _approve_log_on_the_page(seeded)
    done = terminal.json("retention", "dispose", "--all-approved")["audit_log"]
    assert [(each["number"], each["rows"], each["held"]) for each in done] == [("AL-2026-01", 1, 0)]
    assert terminal.json("retention", "log", "show", *ANYSHIRE)["past"][0]["finished_at"]
    assert terminal.json("retention", "dispose", "--all-approved")["audit_log"] == []

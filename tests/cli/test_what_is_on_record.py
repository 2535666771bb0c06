"""What the terminal shows is in the audit log before it is printed, with the operating system's user."""

import sqlalchemy as sa

from reviews.core.db import engine_of, open_database
from reviews.models import AuditEntry, AuditKind, Through
from web.cli.runtime import operator


def entries(url):
    database = open_database(url)
    with database.audit() as session:
        found = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
    engine_of(database.audit).dispose()
    engine_of(database).dispose()
    return found


def test_d20_a_case_a_list_and_an_export_are_on_record(terminal, seeded_url, tmp_path):
    [case] = terminal.json("cases", "list", "--partnership", "ANYSHIRE", "--workflow", "rapid_review")[:1]
    reference = case["reference"]
    terminal.json("cases", "show", reference, "--partnership", "ANYSHIRE", "--as", "manager@anyshire.example")
    out = tmp_path / "plan.csv"
    plan = ("--plan", reference, "--partnership", "ANYSHIRE", "--format", "csv", "--out", out)
    assert terminal.run("actions", "export", *plan).code == 0
    terminal.json("summary", "--partnership", "ANYSHIRE")
    terminal.json("workflows", "list")

    listed, seen, exported, summed = entries(seeded_url)

    assert (listed.kind, listed.route, listed.person) == (AuditKind.LISTED, "cases list", operator())
    assert listed.number
    assert (seen.kind, seen.reference, seen.role) == (AuditKind.SEEN, reference, "business_manager")
    assert seen.person.startswith(f"{operator()} for ")
    assert seen.person_id is not None
    assert (exported.kind, exported.outcome, exported.reference) == (AuditKind.EXPORTED, "csv", reference)
    assert (summed.kind, summed.route, summed.person_id) == (AuditKind.LISTED, "summary", None)
    assert {each.through for each in (listed, seen, exported, summed)} == {Through.TERMINAL}


def test_a_refusal_at_the_terminal_is_on_record(terminal, seeded_url):
    terminal.refused("cases", "show", "RR-1999-77", "--as", "owner@anyshire.example")
    [row] = entries(seeded_url)
    assert (row.kind, row.outcome, row.route) == (AuditKind.REFUSED, "authz.denied", "cases show")
    assert row.person_id is not None


def test_r14_what_cannot_be_put_on_record_is_not_printed(terminal, seeded_url, tmp_path):
    database = open_database(seeded_url)
    with engine_of(database.audit).begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit_entries RENAME TO taken_away")
    engine_of(database.audit).dispose()
    engine_of(database).dispose()
    said = terminal.refused("summary", "--partnership", "ANYSHIRE")
    assert said.startswith("This is not shown, because the audit log cannot be written.")
    out = tmp_path / "cases.csv"
    terminal.refused("cases", "export", "--partnership", "ANYSHIRE", "--workflow", "rapid_review", "--out", out)
    assert not out.exists()

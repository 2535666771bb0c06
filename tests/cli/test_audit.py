"""The audit log at the terminal: who saw a case, what a person saw, and that this is itself on record."""

import json

import sqlalchemy as sa

from reviews.core.db import engine_of, open_database
from reviews.models import AuditEntry, AuditKind, Case, Membership, Partnership, Person, Through
from tests.builders import NOW
from tests.reviews.audit.entries import an_entry

MANAGER, PRIVACY = "manager@anyshire.example", "privacy@anyshire.example"


def opened(terminal):
    return open_database(terminal.database_url or f"sqlite:///{terminal.home}/followthrough.db")


def looked(terminal, reference="", email=MANAGER, **more):
    """Somebody looked at a case; gives its reference."""
    database = opened(terminal)
    with database() as session:
        person = session.scalars(sa.select(Person).where(Person.email == email)).one()
        query = sa.select(Case).join(Partnership, Partnership.id == Case.partnership_id)
        query = query.where(Partnership.code == "ANYSHIRE").order_by(Case.id)
        case = session.scalars(query.where(Case.reference == reference) if reference else query).first()
    an_entry(database, person, case=case, at=NOW, **more)
    engine_of(database.audit).dispose()
    engine_of(database).dispose()
    return case.reference


def read_by(terminal, route):
    database = opened(terminal)
    with database.audit() as log:
        rows = log.scalars(sa.select(AuditEntry).where(AuditEntry.route == route)).all()
    engine_of(database.audit).dispose()
    engine_of(database).dispose()
    return rows


def test_who_saw_a_case_as_json_and_as_a_table(terminal):
    reference = looked(terminal)
    looked(terminal, reference, kind=AuditKind.REFUSED, outcome="403 authz.denied")
    found = terminal.json("audit", "who-saw", reference, "--partnership", "ANYSHIRE")
    assert [(each["kind"], each["reference"]) for each in found] == [("refused", reference), ("seen", reference)]
    assert found[1]["at"] == "2026-11-20T08:00:00+00:00"
    assert (found[1]["who"], found[1]["role"], found[1]["through"]) != ("", "", "")
    answer = terminal.run("audit", "who-saw", reference.lower(), "--partnership", "anyshire", "--only", "refusals")
    assert answer.code == 0
    assert "Was refused" in answer.out
    assert "their role may not do this" in " ".join(answer.out.split())
    assert "Looked at RR" not in answer.out


def test_each_reading_is_on_record_with_who_read(terminal):
    reference = looked(terminal)
    terminal.json("audit", "who-saw", reference, "--partnership", "ANYSHIRE")
    [row] = read_by(terminal, "audit who-saw")
    assert (row.kind, row.through, row.reference, row.number) == (AuditKind.LISTED, Through.TERMINAL, reference, 1)
    assert row.person.startswith("operator (")
    assert terminal.json("audit", "who-saw", reference, "--partnership", "ANYSHIRE")[0]["route"] == "audit who-saw"
    terminal.json("audit", "seen-by", MANAGER, "--as", PRIVACY)
    [row] = read_by(terminal, "audit seen-by")
    assert " for " in row.person
    assert (row.role, row.outcome.partition(" ")[0]) == ("privacy_officer", "person")


def test_what_a_person_saw_within_days(terminal):
    reference = looked(terminal)
    found = terminal.json("audit", "seen-by", MANAGER.upper(), "--from", "2026-11-20", "--to", "2026-11-20")
    assert [each["reference"] for each in found] == [reference]
    assert terminal.json("audit", "seen-by", MANAGER, "--from", "2026-11-21") == []
    assert "nothing is on record" in terminal.run("audit", "seen-by", MANAGER, "--to", "2026-11-19").out


def test_what_is_unknown_and_who_may_not_ask_is_refused_in_a_sentence(terminal):
    reference = looked(terminal)
    assert "Neither the cases nor the audit log have RR-1999-77" in terminal.refused("audit", "who-saw", "RR-1999-77")
    assert "Nobody with the address" in terminal.refused("audit", "seen-by", "nobody@anyshire.example")
    days = ("--from", "2026-11-20", "--to", "2026-11-19")
    assert "must not be before the first" in terminal.refused("audit", "who-saw", reference, *days)
    for command in (("who-saw", reference), ("seen-by", MANAGER), ("who-saw", "RR-1999-77")):
        assert "can be done by: privacy officer" in terminal.refused("audit", *command, "--as", MANAGER)
    where = ("--partnership", "MIDMARCH", "--as", PRIVACY)
    assert "can be done by: privacy officer" in terminal.refused("audit", "who-saw", reference, *where)
    assert "Nobody with the address" in terminal.refused(
        "audit", "seen-by", "manager@midmarch.example", "--as", PRIVACY
    )


def test_the_same_reference_in_two_partnerships_needs_the_code(terminal):
    reference = looked(terminal)
    database = opened(terminal)
    with database() as session:
        query = sa.select(Membership.partnership_id).join(Partnership, Partnership.id == Membership.partnership_id)
        other = session.scalars(query.where(Partnership.code != "ANYSHIRE")).first()
    with database.begin() as session:
        case = session.scalars(sa.select(Case).where(Case.partnership_id == other)).first()
        case.reference = reference
    engine_of(database).dispose()
    assert "--partnership CODE" in terminal.refused("audit", "who-saw", reference)
    assert terminal.json("audit", "who-saw", reference, "--partnership", "ANYSHIRE") != []
    assert json.loads(terminal.run("audit", "who-saw", reference, "--as", PRIVACY, "--json").out) != []

"""Who saw a case, and what a person saw: whose rows, of which days, page by page, by an index."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed, system
from reviews.audit.queries import (
    CaseSubject,
    LogPeriod,
    LogRow,
    PersonSubject,
    case_subject,
    log_rows,
    partnerships_of_reference,
    people_of,
    person_by_email,
    person_subject,
)
from reviews.core.db import Database, engine_of, is_sqlite
from reviews.models import AuditKind, Case, Membership
from reviews.transactions.unit_of_work import NotFound
from tests.builders import NOW, TODAY, World, a_case, a_world, actor_of, an_action
from tests.reviews.audit.entries import an_entry
from workflows.core.vocabulary import Role

ANYBODY = system("test")


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def case(database: Database, world: World) -> Case:
    with database.begin() as session:
        return a_case(session, world.anyshire.partnership)


def saw(database: Database, world: World, case: Case, **more: Any) -> list[LogRow]:
    with database() as session:
        subject = case_subject(session, database, ANYBODY, world.anyshire.partnership.id, case.reference)
        return log_rows(session, database, subject, **more)


def seen(database: Database, world: World, role: Role, **more: Any) -> list[LogRow]:
    with database() as session:
        place = world.anyshire
        subject = person_subject(session, ANYBODY, place.partnership.id, place.people[role].id)
        return log_rows(session, database, subject, **more)


def test_who_saw_a_case_the_newest_first(database: Database, world: World, case: Case) -> None:
    manager, chair = world.anyshire.people[Role.BUSINESS_MANAGER], world.anyshire.people[Role.SUBGROUP_CHAIR]
    an_entry(database, manager, case=case)
    an_entry(database, chair, case=case, at=NOW + timedelta(minutes=1), action_id=3, reference=f"{case.reference}/A1")
    an_entry(database, chair, at=NOW, partnership_id=case.partnership_id)
    rows = saw(database, world, case)
    assert [(row.person, row.reference) for row in rows] == [
        (chair.name, f"{case.reference}/A1"),
        (manager.name, case.reference),
    ]


def test_who_was_refused_the_case_or_one_of_its_actions_is_among_them(
    database: Database, world: World, case: Case
) -> None:
    owner, here = world.anyshire.people[Role.ACTION_OWNER], world.anyshire.partnership.id
    with database.begin() as session:
        action = an_action(session, session.get_one(Case, case.id))
    for reference in (case.reference, action.reference, action.address, "RR-2031-99"):
        an_entry(database, owner, kind=AuditKind.REFUSED, partnership_id=here, reference=reference)
    assert {row.reference for row in saw(database, world, case)} == {case.reference, action.reference, action.address}


def test_another_partnerships_rows_are_never_given(database: Database, world: World, case: Case) -> None:
    """Also where somebody of another partnership tried the reference of this case, or works in both."""
    stranger, there = world.midmarch.people[Role.BUSINESS_MANAGER], world.midmarch.partnership.id
    manager, here = world.anyshire.people[Role.BUSINESS_MANAGER], world.anyshire.partnership.id
    an_entry(database, stranger, kind=AuditKind.REFUSED, partnership_id=there, reference=case.reference)
    an_entry(database, stranger, kind=AuditKind.REFUSED, reference=case.reference)
    an_entry(database, kind=AuditKind.REFUSED, reference=case.reference)
    assert saw(database, world, case) == []
    an_entry(database, manager, partnership_id=there)
    an_entry(database, manager, partnership_id=here)
    an_entry(database, manager, kind=AuditKind.SIGN_IN_FAILED)
    assert [row.partnership_id for row in seen(database, world, Role.BUSINESS_MANAGER)] == [None, here]
    with database() as session, pytest.raises(NotFound):
        person_subject(session, ANYBODY, here, stranger.id)


def test_a_case_is_found_by_the_reference_of_an_action_in_small_letters(
    database: Database, world: World, case: Case
) -> None:
    with database() as session:
        found = case_subject(
            session, database, ANYBODY, world.anyshire.partnership.id, f" {case.reference.lower()}/R1/A2 "
        )
    assert (found.reference, found.numbers, found.is_there) == (case.reference, (case.id,), True)


def test_a_case_that_is_disposed_of_is_found_by_its_reference_in_the_log(database: Database, world: World) -> None:
    here, manager = world.anyshire.partnership.id, world.anyshire.people[Role.BUSINESS_MANAGER]
    for number, place in ((77, here), (78, here), (77, here), (91, world.midmarch.partnership.id)):
        an_entry(database, manager, case_id=number, reference="RR-2019-03", partnership_id=place)
    an_entry(database, manager, kind=AuditKind.REFUSED, reference="RR-2019-03", partnership_id=here)
    with database() as session:
        found = case_subject(session, database, ANYBODY, here, "RR-2019-03")
        assert (found.numbers, found.is_there) == ((77, 78), False)
        assert len(log_rows(session, database, found)) == 4
        partnerships = sorted([here, world.midmarch.partnership.id])
        assert partnerships_of_reference(session, database, "RR-2019-03") == partnerships
        for unknown in ("RR-2019-04", ""):
            with pytest.raises(NotFound):
                case_subject(session, database, ANYBODY, here, unknown)


def test_days_are_those_of_london_and_both_are_included(database: Database, world: World, case: Case) -> None:
    manager = world.anyshire.people[Role.BUSINESS_MANAGER]
    for hours in (-9, -8, 0, 15.9, 16):  # 23:00 the day before, midnight, 08:00, 23:54, midnight
        an_entry(database, manager, case=case, at=NOW + timedelta(hours=hours))
    found = saw(database, world, case, period=LogPeriod(TODAY, TODAY))
    assert [(row.at - NOW) / timedelta(hours=1) for row in found] == [15.9, 0, -8]
    assert len(saw(database, world, case, period=LogPeriod(from_on=date(2026, 11, 21)))) == 1
    assert len(saw(database, world, case, period=LogPeriod(to_on=date(2026, 11, 19)))) == 1


def test_only_the_kinds_that_are_asked_for(database: Database, world: World) -> None:
    manager = world.anyshire.people[Role.BUSINESS_MANAGER]
    for kind in AuditKind:
        an_entry(database, manager, kind=kind, partnership_id=world.anyshire.partnership.id)
    asked = frozenset({AuditKind.EXPORTED, AuditKind.REFUSED})
    assert {row.kind for row in seen(database, world, Role.BUSINESS_MANAGER, period=LogPeriod(kinds=asked))} == asked


def test_page_after_page_gives_every_row_one_time_also_where_many_are_of_one_moment(
    database: Database, world: World, case: Case
) -> None:
    manager = world.anyshire.people[Role.BUSINESS_MANAGER]
    for n in range(23):
        about = {"case": case} if n % 3 else {"reference": case.reference, "partnership_id": case.partnership_id}
        an_entry(database, manager, at=NOW + timedelta(seconds=n // 10), **about)  # type: ignore[arg-type]
    everything = saw(database, world, case)
    pages, before = [], None
    while page := saw(database, world, case, before=before, limit=5):
        pages, before = [*pages, *page], page[-1].id
    assert (pages, len(pages)) == (everything, 23)
    assert [row.at for row in pages] == sorted((row.at for row in pages), reverse=True)


def test_people_are_those_who_hold_or_held_a_role(database: Database, world: World) -> None:
    place = world.anyshire
    with database.begin() as session:
        ended = sa.update(Membership).where(Membership.person_id == place.people[Role.AGENCY_LEAD].id)
        session.execute(ended.values(ended_on=TODAY))
    with database() as session:
        found = {each.person_id for each in people_of(session, ANYBODY, place.partnership.id)}
        by_email = person_by_email(session, ANYBODY, " Agency-Lead@anyshire.example ")
    assert found == {person.id for person in place.people.values()}
    assert by_email.partnership_ids == (place.partnership.id,)


def test_only_the_privacy_officer_may_ask_and_only_at_home(database: Database, world: World, case: Case) -> None:
    here = world.anyshire.partnership.id
    with database() as session:
        for role, person in world.anyshire.people.items():
            actor = actor_of(session, person)
            if role is Role.PRIVACY_OFFICER:
                assert case_subject(session, database, actor, here, case.reference).is_there
                assert person_by_email(session, actor, "manager@anyshire.example")
                with pytest.raises(NotFound):
                    person_by_email(session, actor, "manager@midmarch.example")
                with pytest.raises(NotAllowed):
                    people_of(session, actor, world.midmarch.partnership.id)
                continue
            with pytest.raises(NotAllowed):
                case_subject(session, database, actor, here, case.reference)
            with pytest.raises(NotAllowed):
                people_of(session, actor, here)
            with pytest.raises(NotFound):
                person_by_email(session, actor, "manager@anyshire.example")


@pytest.mark.parametrize("before", [None, 2])
def test_the_indexes_are_used_and_no_row_of_another_case_is_read(
    database: Database, world: World, case: Case, before: int | None
) -> None:
    """As on the real log: the plan names an index of the case, the person or the reference, and never a scan."""
    here, manager = world.anyshire.partnership.id, world.anyshire.people[Role.BUSINESS_MANAGER]
    people = list(world.anyshire.people.values())
    for n in range(300):
        at, seen = NOW - timedelta(minutes=n), f"RR-2020-{n}"
        an_entry(database, people[n % len(people)], partnership_id=here, case_id=n, reference=seen, at=at)
    subjects = (
        CaseSubject(here, case.reference, (case.id,), ("A", "B"), is_there=True),
        PersonSubject(manager.id, "", "", (here,)),
    )
    period = LogPeriod(TODAY - timedelta(days=9), TODAY, frozenset({AuditKind.SEEN}))
    for subject in subjects:
        for asked in (LogPeriod(), period):
            for plan in plans(database, subject, period=asked, before=before, limit=201):
                assert re.search(r"ix_audit_entries_(case|person|reference)_at", plan), plan
                assert not re.search(r"Seq Scan|SCAN audit_entries(?! USING INDEX ix)|SCAN audit_entries$", plan), plan


def plans(database: Database, subject: CaseSubject | PersonSubject, **more: Any) -> list[str]:
    """Give the plan of each statement that reads several entries of the log."""
    asked: list[tuple[str, Any]] = []
    engine = engine_of(database.audit)

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if "FROM audit_entries" in statement and "ORDER BY" in statement:
            asked.append((statement, values))

    sa.event.listen(engine, "before_cursor_execute", note)
    with database() as session:
        log_rows(session, database, subject, **more)
    sa.event.remove(engine, "before_cursor_execute", note)
    with database.audit() as session:
        on_sqlite = is_sqlite(session)
        if not on_sqlite:
            session.connection().exec_driver_sql("ANALYZE audit_entries")
            session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN" if on_sqlite else "EXPLAIN"
        found = [session.connection().exec_driver_sql(f"{explain} {text}", values).all() for text, values in asked]
    assert found
    return ["\n".join(str(row[-1]) for row in plan) for plan in found]

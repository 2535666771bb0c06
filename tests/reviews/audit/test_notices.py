"""The job that reads the audit log and raises notices; who is told, and what is noted."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed, system
from reviews.audit import notices
from reviews.audit.notices import find_notice, note_notice, open_notices, raise_notices
from reviews.core.clock import StoppedClock
from reviews.core.db import Database
from reviews.models import (
    AccountMail,
    AccountMailKind,
    AuditKind,
    AuditNotice,
    AuditWatch,
    Event,
    EventKind,
    Membership,
    NoticeFinding,
    Person,
)
from reviews.transactions.unit_of_work import NotFound, Unit, unit_of_work
from tests.builders import NOW, TODAY, Place, World, a_person, a_world, actor_of
from tests.reviews.audit.entries import a_burst, an_entry
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def place(world: World) -> Place:
    return world.anyshire


def raised(database: Database) -> list[AuditNotice]:
    with database() as session:
        return list(session.scalars(sa.select(AuditNotice).order_by(AuditNotice.id)))


def mailed(database: Database) -> list[str]:
    query = sa.select(Person.email).join(AccountMail, AccountMail.person_id == Person.id)
    with database() as session:
        return list(session.scalars(query.where(AccountMail.kind == AccountMailKind.AUDIT_NOTICE).order_by(Person.id)))


def end_roles(database: Database, *roles: Role) -> None:
    with database.begin() as session:
        session.execute(sa.update(Membership).where(Membership.role.in_(roles)).values(ended_on=TODAY))


def test_120_cases_in_11_seconds_are_noticed_and_the_privacy_officer_is_mailed(
    database: Database, clock: StoppedClock, place: Place
) -> None:
    manager = place.people[Role.BUSINESS_MANAGER]
    a_burst(database, manager, 120, partnership_id=place.partnership.id, seconds=11 / 119)
    assert raise_notices(database, clock) == 1
    [notice] = raised(database)
    assert (notice.threshold, notice.count, notice.person_id) == ("cases", 120, manager.id)
    assert (notice.from_at, notice.recipient_role) == (NOW, Role.PRIVACY_OFFICER)
    assert mailed(database) == ["privacy@anyshire.example"]


def test_a_second_look_raises_nothing_and_what_goes_on_is_the_same_notice_with_a_higher_count(
    database: Database, clock: StoppedClock, place: Place
) -> None:
    manager, here = place.people[Role.BUSINESS_MANAGER], place.partnership.id
    a_burst(database, manager, 70, partnership_id=here)
    assert [raise_notices(database, clock), raise_notices(database, clock)] == [1, 0]
    a_burst(database, manager, 50, partnership_id=here, at=NOW + timedelta(seconds=70), case_id=None)
    a_burst(database, manager, 30, partnership_id=here, at=NOW + timedelta(seconds=120))
    for n in range(9):
        an_entry(database, manager, at=NOW + timedelta(minutes=4, seconds=n), partnership_id=here, case_id=5_000 + n)
    assert raise_notices(database, clock) == 0
    assert [(each.threshold, each.count) for each in raised(database)] == [("cases", 79)]
    assert len(mailed(database)) == 1


def test_a_window_that_is_cut_by_the_time_of_the_job_is_not_told_twice(
    database: Database, clock: StoppedClock, place: Place
) -> None:
    """Entries of a full window must not begin another when the next look starts in its middle."""
    manager, here = place.people[Role.BUSINESS_MANAGER], place.partnership.id
    a_burst(database, manager, 590, partnership_id=here)
    assert raise_notices(database, clock) == 2  # many cases, and many pages
    a_burst(database, manager, 40, partnership_id=here, at=NOW + timedelta(minutes=15))
    assert raise_notices(database, clock) == 0
    assert sorted((each.threshold, each.count) for each in raised(database)) == [("cases", 590), ("views", 590)]


def test_while_a_notice_waits_a_further_one_is_raised_and_not_mailed(
    database: Database, clock: StoppedClock, place: Place
) -> None:
    manager, here = place.people[Role.BUSINESS_MANAGER], place.partnership.id
    a_burst(database, manager, 60, partnership_id=here)
    raise_notices(database, clock)
    a_burst(database, manager, 60, partnership_id=here, at=NOW + timedelta(hours=1))
    assert (raise_notices(database, clock), len(mailed(database))) == (1, 1)
    for notice in raised(database):
        note(database, clock, place, notice.id)
    a_burst(database, manager, 60, partnership_id=here, at=NOW + timedelta(hours=2))
    assert (raise_notices(database, clock), len(mailed(database))) == (1, 2)


def note(database: Database, clock: StoppedClock, place: Place, number: int, who: Role = Role.PRIVACY_OFFICER) -> None:
    with database() as session:
        actor = actor_of(session, place.people[who])
    with unit_of_work(database, actor, clock) as unit:
        note_notice(unit, number, finding=NoticeFinding.EXPLAINED, note="They were preparing the board.")


@pytest.mark.parametrize(
    ("kind", "number", "name"),
    [
        (AuditKind.EXPORTED, 10, "exports"),
        (AuditKind.REFUSED, 20, "refusals"),
        (AuditKind.IDENTITY_OPENED, 10, "identities"),
        (AuditKind.SIGN_IN_FAILED, 10, "failed_sign_ins"),
    ],
)
def test_each_kind_has_its_threshold(
    database: Database, clock: StoppedClock, place: Place, kind: AuditKind, number: int, name: str
) -> None:
    manager = place.people[Role.BUSINESS_MANAGER]
    where = None if kind is AuditKind.SIGN_IN_FAILED else place.partnership.id
    for n in range(number - 1):
        an_entry(database, manager, at=NOW + timedelta(seconds=n), kind=kind, partnership_id=where)
    assert raise_notices(database, clock) == 0
    an_entry(database, manager, at=NOW + timedelta(seconds=number), kind=kind, partnership_id=where)
    assert raise_notices(database, clock) == 1
    assert [(each.threshold, each.partnership_id) for each in raised(database)] == [(name, place.partnership.id)]


def test_what_one_person_did_in_two_partnerships_is_not_added_up_for_either(
    database: Database, clock: StoppedClock, world: World
) -> None:
    manager = world.anyshire.people[Role.BUSINESS_MANAGER]
    a_burst(database, manager, 40, partnership_id=world.anyshire.partnership.id)
    a_burst(database, manager, 40, partnership_id=world.midmarch.partnership.id, at=NOW + timedelta(minutes=1))
    assert raise_notices(database, clock) == 0


def test_the_person_themself_is_never_the_only_one_who_is_told(
    database: Database, clock: StoppedClock, place: Place
) -> None:
    officer = place.people[Role.PRIVACY_OFFICER]
    a_burst(database, officer, 20, partnership_id=place.partnership.id, kind=AuditKind.REFUSED)
    raise_notices(database, clock)
    [notice] = raised(database)
    assert notice.recipient_role is Role.INDEPENDENT_CHAIR
    assert mailed(database) == ["independent-chair@anyshire.example"]
    with pytest.raises(NotAllowed, match="about you"):
        note(database, clock, place, notice.id)
    note(database, clock, place, notice.id, Role.INDEPENDENT_CHAIR)


def test_without_a_privacy_officer_the_chair_is_told_and_without_one_the_partners(
    database: Database, clock: StoppedClock, place: Place
) -> None:
    manager = place.people[Role.BUSINESS_MANAGER]
    end_roles(database, Role.PRIVACY_OFFICER)
    a_burst(database, manager, 60, partnership_id=place.partnership.id)
    raise_notices(database, clock)
    end_roles(database, Role.INDEPENDENT_CHAIR)
    a_burst(database, manager, 10, partnership_id=place.partnership.id, kind=AuditKind.EXPORTED)
    raise_notices(database, clock)
    end_roles(database, Role.SAFEGUARDING_PARTNER)
    a_burst(database, manager, 20, partnership_id=place.partnership.id, kind=AuditKind.REFUSED)
    raise_notices(database, clock)
    roles = [each.recipient_role for each in raised(database)]
    assert roles == [Role.INDEPENDENT_CHAIR, Role.SAFEGUARDING_PARTNER, None]
    assert mailed(database) == ["independent-chair@anyshire.example", "partner@anyshire.example"]


def test_a_chair_sees_the_notices_that_are_for_chairs_and_no_others(
    database: Database, clock: StoppedClock, place: Place
) -> None:
    here = place.partnership.id
    a_burst(database, place.people[Role.BUSINESS_MANAGER], 60, partnership_id=here)
    a_burst(database, place.people[Role.PRIVACY_OFFICER], 20, partnership_id=here, kind=AuditKind.REFUSED)
    raise_notices(database, clock)
    with database() as session:
        chair = actor_of(session, place.people[Role.INDEPENDENT_CHAIR])
        officer = actor_of(session, place.people[Role.PRIVACY_OFFICER])
        manager = actor_of(session, place.people[Role.BUSINESS_MANAGER])
        seen = open_notices(session, chair, here)
        assert [each.what for each in seen] == ["was refused 20 times in 19 seconds"]
        assert len(open_notices(session, officer, here)) == 2
        with pytest.raises(NotAllowed):
            open_notices(session, manager, here)
        for_the_officer = next(each.id for each in raised(database) if each.threshold == "cases")
        with pytest.raises(NotFound):
            find_notice(session, chair, for_the_officer)


def test_another_partnerships_notice_does_not_exist(database: Database, clock: StoppedClock, world: World) -> None:
    a_burst(database, world.anyshire.people[Role.BUSINESS_MANAGER], 60, partnership_id=world.anyshire.partnership.id)
    raise_notices(database, clock)
    [notice] = raised(database)
    with pytest.raises(NotFound):
        note(database, clock, world.midmarch, notice.id)


def test_what_was_found_is_noted_once_with_its_history_row(
    database: Database, clock: StoppedClock, place: Place
) -> None:
    a_burst(database, place.people[Role.BUSINESS_MANAGER], 60, partnership_id=place.partnership.id)
    raise_notices(database, clock)
    [notice] = raised(database)
    note(database, clock, place, notice.id)
    with pytest.raises(Refused, match="stays as it is"):
        note(database, clock, place, notice.id)
    with database() as session:
        [event] = session.scalars(sa.select(Event).where(Event.kind == EventKind.AUDIT_NOTICE_NOTED))
        [line] = notices.all_notices(session, system("test"), place.partnership.id).rows
    assert event.details == {"notice": notice.id, "person": notice.person_id, "finding": "explained"}
    assert (line.finding, line.note, line.may_note) == (
        NoticeFinding.EXPLAINED,
        "They were preparing the board.",
        False,
    )


def test_a_note_needs_words(database: Database, clock: StoppedClock, place: Place) -> None:
    a_burst(database, place.people[Role.BUSINESS_MANAGER], 60, partnership_id=place.partnership.id)
    raise_notices(database, clock)
    [notice] = raised(database)
    with database() as session:
        unit = Unit(session, actor_of(session, place.people[Role.PRIVACY_OFFICER]), NOW)
        for text in ("  ", "x" * 2_001):
            with pytest.raises(Refused):
                note_notice(unit, notice.id, finding=NoticeFinding.PASSED_ON, note=text)


def test_the_first_look_and_a_log_put_back_from_a_backup_begin_with_the_newest_entries(
    database: Database, clock: StoppedClock, place: Place
) -> None:
    with database.begin() as session:
        session.add(AuditWatch(id=1, last_entry_id=9_000_000))
    a_burst(database, place.people[Role.BUSINESS_MANAGER], 60, partnership_id=place.partnership.id)
    assert raise_notices(database, clock) == 1
    with database() as session, database.audit() as log:
        assert session.scalars(sa.select(AuditWatch.last_entry_id)).one() == log.scalar(notices.NEWEST)


def test_nothing_new_costs_no_write(database: Database, clock: StoppedClock, place: Place) -> None:
    an_entry(database, place.people[Role.BUSINESS_MANAGER], partnership_id=place.partnership.id)
    raise_notices(database, clock)
    with database() as writer:
        writer.connection(execution_options={"writes": True})
        writer.execute(sa.text("DELETE FROM sent_forms"))
        assert raise_notices(database, clock) == 0


def test_more_than_a_batch_is_looked_through_in_several_steps(
    database: Database, clock: StoppedClock, place: Place
) -> None:
    an_entry(database, place.people[Role.ACTION_OWNER], partnership_id=place.partnership.id)
    raise_notices(database, clock)
    a_burst(database, place.people[Role.BUSINESS_MANAGER], 120, partnership_id=place.partnership.id)
    raise_notices(database, clock, batch=25)
    assert [(each.threshold, each.count) for each in raised(database)] == [("cases", 120)]


def test_somebody_new_is_told_where_others_hold_the_role_with_them(
    database: Database, clock: StoppedClock, place: Place
) -> None:
    with database.begin() as session:
        a_person(session, place.partnership, Role.PRIVACY_OFFICER, email="second@anyshire.example")
    a_burst(
        database, place.people[Role.PRIVACY_OFFICER], 20, partnership_id=place.partnership.id, kind=AuditKind.REFUSED
    )
    raise_notices(database, clock)
    assert mailed(database) == ["second@anyshire.example"]

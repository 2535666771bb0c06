"""Nobody is told of a case that is hidden from them by name, and the manager is told of what has lost its owner."""

from datetime import date, timedelta

import pytest

from notifications.models import LetterState
from notifications.process.worker import Delivered
from notifications.summaries.summary_choice import choose_summary
from reviews.cases.case_access import confine, exclude, grant
from reviews.core.clock import StoppedClock, read_moment
from reviews.models import RightKind
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, a_case, a_clock, an_action
from tests.notifications.mornings import (
    Pigeonhole,
    a_morning,
    a_quiet_case,
    a_request,
    an_owned_action,
    deliver_to,
    hush,
    is_away,
    letters_of,
    owner_of,
    reasons,
    said,
    states,
)
from workflows.core.vocabulary import Role

FRIDAY = date(2026, 12, 4)
OWNER, MANAGER, ADMIN = "owner@anyshire.example", "manager@anyshire.example", "admin@anyshire.example"
CHAIR, LEAD, CDOP = "chair@anyshire.example", "agency-lead@anyshire.example", "cdop@anyshire.example"
PANEL = "cdop-member@anyshire.example"


@pytest.fixture
def clock():
    return StoppedClock(read_moment("2026-12-04T08:00"))


def do(database, clock, case, command, **values):
    with unit_of_work(database, BUILDER, clock) as unit:
        command(unit, unit.case(case.reference), reason="They know the family.", **values)


def after_lunch(clock):
    clock.at += timedelta(hours=5)
    return clock


def delivered(database, clock):
    transport = Pigeonhole()
    return deliver_to(transport, database, clock), {letter.to: letter for letter in transport.letters}


def test_a9_mail_that_was_queued_before_an_exclusion_does_not_leave(database, anyshire, case, clock):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    a_morning(database, "2026-12-04T08:00")
    do(database, after_lunch(clock), case, exclude, email=OWNER)
    result, letters = delivered(database, clock)
    assert (result, letters) == (Delivered(suppressed=1), {})
    assert states(database) == [LetterState.SUPPRESSED]


def test_a9_what_else_stood_in_the_mail_leaves_without_the_case(database, anyshire, case, clock):
    with database.begin() as session:
        other = a_quiet_case(session, anyshire.partnership, reference="RR-2025-04")
    hidden = an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    shown = an_owned_action(database, other, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    a_morning(database, "2026-12-04T08:00")
    do(database, after_lunch(clock), case, exclude, email=OWNER)
    _, letters = delivered(database, clock)
    letter = letters[OWNER]
    assert shown.reference in letter.body
    assert hidden.reference not in letter.body + letter.html + letter.subject


def test_a9_an_exclusion_that_ended_before_the_mail_leaves_changes_nothing(database, anyshire, case, clock):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    do(database, a_clock("2026-12-01T09:00"), case, exclude, email=OWNER, until=date(2026, 12, 3))
    a_morning(database, "2026-12-04T08:00")
    _, letters = delivered(database, clock)
    assert list(letters) == [OWNER]


def test_a9_a_summary_that_was_written_before_an_exclusion_does_not_leave(database, anyshire, case):
    an_owned_action(database, case, anyshire, None, date(2026, 10, 1))
    hush(database)
    with unit_of_work(database, BUILDER, a_clock("2026-11-20T09:00")) as unit:
        for email in (CHAIR, MANAGER):
            choose_summary(unit, unit.partnership("ANYSHIRE"), email=email, rhythm="weekly")
    a_morning(database, "2026-11-23T08:00")
    clock = StoppedClock(read_moment("2026-11-23T12:00"))
    do(database, clock, case, exclude, email=CHAIR)
    _, letters = delivered(database, clock)
    assert {to for to, letter in letters.items() if letter.subject.startswith("Summary")} == {MANAGER}


def test_a9_of_a_case_confined_since_only_who_is_named_gets_the_mail(database, anyshire, case, clock):
    """Its owner has their action, the manager what they are told of, the lead of the agency nothing."""
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), date(2026, 10, 9))
    hush(database)
    before = {mail.to for mail in a_morning(database, "2026-12-04T08:00").mails}
    assert {OWNER, MANAGER, LEAD} <= before
    do(database, after_lunch(clock), case, confine)
    _, letters = delivered(database, clock)
    assert set(letters) == {OWNER, MANAGER}
    assert all(action.reference in letter.body for letter in letters.values())


def test_the_manager_is_told_that_an_action_needs_another_owner(database, anyshire, case, clock):
    """The news comes on the next morning, and the reminders of the owner go to the manager; nobody says why."""
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), date(2027, 3, 1))
    hush(database)
    do(database, a_clock("2026-12-01T09:00"), case, exclude, email=OWNER)
    assert said(a_morning(database, "2026-12-02T08:00")) == {MANAGER: [(action.reference, "owner-excluded")]}
    due = a_morning(database, "2027-03-01T08:00")
    assert said(due) == {MANAGER: [(action.reference, "due")]}
    assert reasons(due, database)[MANAGER] == "its owner may not work on this case, and it needs another owner"
    assert all("know the family" not in letter.body for letter in letters_of(database))


def test_nobody_who_is_excluded_is_told_of_an_action_in_any_role(database, anyshire, case, clock):
    an_owned_action(database, case, anyshire, owner_of(anyshire), date(2026, 10, 9))
    hush(database)
    assert {MANAGER, LEAD} <= {mail.to for mail in a_morning(database, "2026-12-04T08:00").mails}
    for email in (MANAGER, LEAD, OWNER):
        do(database, a_clock("2026-12-04T09:00"), case, exclude, email=email)
    hush(database)
    told = {mail.to for day in range(7, 12) for mail in a_morning(database, f"2026-12-{day:02}T08:00").mails}
    assert told.isdisjoint({MANAGER, LEAD, OWNER})
    assert ADMIN in told


def test_a_deputy_who_is_excluded_does_not_stand_in(database, anyshire, case):
    action = an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    reviewer = anyshire.people[Role.LEAD_REVIEWER]
    is_away(database, anyshire, owner_of(anyshire), reviewer, "2026-12-01", "2026-12-11")
    do(database, a_clock("2026-12-01T09:00"), case, exclude, email=reviewer.email)
    assert said(a_morning(database, "2026-12-04T08:00")) == {LEAD: [(action.reference, "due")]}


def test_of_clocks_nobody_is_told_who_is_excluded(database, anyshire):
    with database.begin() as session:
        case = a_case(session, anyshire.partnership)
    request = a_request(database, case, anyshire.agencies["Council"], FRIDAY)
    hush(database)
    told = {mail.to for mail in a_morning(database, "2026-12-04T08:00").mails}
    assert {MANAGER, LEAD} <= told
    for email in told:
        do(database, a_clock("2026-12-04T09:00"), request, exclude, email=email)
    later = {mail.to for day in range(7, 12) for mail in a_morning(database, f"2026-12-{day:02}T08:00").mails}
    assert later.isdisjoint(told)
    assert ADMIN in later


def test_of_a_child_death_nobody_is_told_who_is_excluded(database, anyshire):
    with database.begin() as session:
        death = a_quiet_case(session, anyshire.partnership, "cdop_case", reference="CD-2026-03")
        an_action(session, death, due_on=FRIDAY, owner=anyshire.people[Role.CDOP_PANEL_MEMBER])
    hush(database)
    do(database, a_clock("2026-12-01T09:00"), death, exclude, email=PANEL)
    assert set(said(a_morning(database, "2026-12-04T08:00"))) == {CDOP}


def test_a_grant_brings_no_mail(database, anyshire, case):
    an_owned_action(database, case, anyshire, owner_of(anyshire), FRIDAY)
    hush(database)
    do(
        database,
        a_clock("2026-12-01T09:00"),
        case,
        grant,
        email="scrutiny@anyshire.example",
        right=RightKind.WORK,
        until=date(2026, 12, 31),
    )
    assert set(said(a_morning(database, "2026-12-04T08:00"))) == {OWNER}

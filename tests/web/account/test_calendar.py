"""A calendar program reads what is due for one person: the right things, and nothing once it may not any more."""

from datetime import date, timedelta
from re import search

import pytest
import sqlalchemy as sa
from icalendar import Calendar

from reviews.actions.parts import add_action_part
from reviews.models import Action, CalendarFeed, CaseClock, Event, EventKind, Membership
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, TODAY, a_case, a_unit, an_action
from tests.web.visitor import rows, statements
from workflows.core.vocabulary import Role
from workflows.definitions.action import ActionStage

OWNER, MANAGER = "owner@anyshire.example", "manager@anyshire.example"


def made(visitor, name="My phone"):
    """Make a calendar and give the path that a program reads."""
    assert visitor.open("/calendar") == 200
    assert visitor.send("/calendar", form_id=visitor.hidden("form_id"), name=name) == 200
    address = search(r'value="([^"]*/calendar/[^"]*\.ics)"', visitor.html)[1]
    return address.removeprefix("http://127.0.0.1:8000")


def read(doors, path):
    """Read as a program does, without a session; give what falls due, by its words."""
    answer = doors.app.test_client().get(path)
    assert answer.status_code == 200, answer.status_code
    return {str(entry["summary"]): entry for entry in Calendar.from_ical(answer.data).walk("VEVENT")}


@pytest.fixture
def actions(database, world):
    """An action of the owner, one of the council that nobody owns, and one of Midmarch's owner."""
    here, there = world.anyshire, world.midmarch
    with database.begin() as session:
        case = a_case(session, here.partnership, reference="RR-2026-01", title="A title of a case")
        own = an_action(session, case, due_on=TODAY + timedelta(days=10), owner=here.people[Role.ACTION_OWNER])
        free = an_action(session, case, due_on=TODAY, agency=here.agencies["Council"], title="Ring Child K's mother")
        elsewhere = a_case(session, there.partnership, reference="RR-2026-77")
        an_action(session, elsewhere, due_on=TODAY, owner=there.people[Role.ACTION_OWNER])
    return own, free


def test_an_owner_reads_their_own_dates_and_nobody_elses(doors, actions):
    path = made(doors.visitor(OWNER))

    found = read(doors, path)

    assert list(found) == ["Action RR-2026-01/A1 is due"]
    entry = found["Action RR-2026-01/A1 is due"]
    assert entry.decoded("dtstart") == TODAY + timedelta(days=10)
    assert type(entry.decoded("dtstart")) is date
    assert str(entry["url"]) == "http://127.0.0.1:8000/actions/RR-2026-01.A1?partnership=ANYSHIRE"


def test_a_manager_reads_the_clocks_of_the_cases_and_of_no_other_partnership(doors, actions):
    path = made(doors.visitor(MANAGER))

    found = read(doors, path)

    assert "Case RR-2026-01: Serious incident notification is due" in found
    assert [words for words in found if "Action" in words or "77" in words] == []


def test_no_title_stands_in_it_unless_it_is_safe_to_mail_and_nothing_of_a_child(doors, world, database, actions):
    paths = [made(doors.visitor(OWNER)), made(doors.visitor(MANAGER))]
    before = [doors.app.test_client().get(path).get_data(as_text=True) for path in paths]
    with database.begin() as session:
        session.execute(sa.update(Action).values(title_safe_to_mail=True, title="Brief staff; all,\nof them"))

    assert not any("A title" in text or "Child K" in text or "mother" in text for text in before)
    entry = read(doors, paths[0])["Action RR-2026-01/A1 is due"]
    assert str(entry["description"]).splitlines()[0] == "Brief staff; all, of them"


def test_the_number_of_an_entry_stays_and_it_says_when_it_changed(doors, clock, database, actions):
    path = made(doors.visitor(OWNER))
    first = read(doors, path)["Action RR-2026-01/A1 is due"]
    clock.at += timedelta(days=1)
    with unit_of_work(database, BUILDER, clock) as unit:
        action = unit.action("RR-2026-01/A1", partnership="ANYSHIRE")
        action.due_on = TODAY + timedelta(days=40)
        unit.record(
            EventKind.ACTION_EXTENDED,
            partnership_id=action.partnership_id,
            case_id=action.case_id,
            action_id=action.id,
        )

    second = read(doors, path)["Action RR-2026-01/A1 is due"]

    assert second["uid"] == first["uid"]
    assert second.decoded("dtstart") == TODAY + timedelta(days=40)
    assert second["sequence"] == first["sequence"] + 1
    assert second.decoded("last-modified") == clock.now()
    assert first.decoded("last-modified") < clock.now()


@pytest.mark.parametrize("stage", [ActionStage.SUBMITTED, ActionStage.AWAITING_IMPACT, ActionStage.COMPLETE])
def test_what_waits_for_somebody_else_or_is_done_is_left_out(doors, database, actions, stage):
    path = made(doors.visitor(OWNER))
    ended = TODAY if stage is ActionStage.COMPLETE else None
    with database.begin() as session:
        session.execute(sa.update(Action).values(stage=stage.value, ended_on=ended))

    assert read(doors, path) == {}


def test_what_is_long_past_or_far_off_is_left_out(doors, world, database):
    owner, case_of = world.anyshire.people[Role.ACTION_OWNER], world.anyshire.partnership
    with database.begin() as session:
        case = a_case(session, case_of, reference="RR-2026-01")
        for days in (-91, -90, 730, 731):
            an_action(session, case, due_on=TODAY + timedelta(days=days), owner=owner)

    assert list(read(doors, made(doors.visitor(OWNER)))) == [f"Action RR-2026-01/A{n} is due" for n in (2, 3)]


def test_a_lead_reads_the_parts_of_their_agency(doors, world, database, actions):
    path = made(doors.visitor("agency-lead@anyshire.example"))
    before = read(doors, path)
    with database.begin() as session:
        own = session.get_one(Action, actions[0].id)
        for name, day in (("Council", 5), ("Police", 6)):
            add_action_part(
                a_unit(session), own, agency_id=world.anyshire.agencies[name].id, due_on=TODAY + timedelta(days=day)
            )

    words = "Your agency's part of action RR-2026-01/A1 is due"
    assert words not in before
    assert read(doors, path)[words].decoded("dtstart") == TODAY + timedelta(days=5)


def test_a_clock_that_was_met_is_gone(doors, database, actions):
    path = made(doors.visitor(MANAGER))
    with database.begin() as session:
        session.execute(sa.update(CaseClock).values(met_on=TODAY))

    assert read(doors, path) == {}


def test_who_lost_their_role_or_account_reads_nothing_under_it_and_so_does_who_revoked(doors, world, database, actions):
    visitor = doors.visitor(OWNER)
    revoked, of_leaver = made(visitor, "One"), made(visitor, "Two")
    of_disabled = made(doors.visitor(MANAGER))
    assert visitor.open("/calendar/1/revoke") == 200
    assert visitor.send("/calendar/1/revoke", form_id=visitor.hidden("form_id")) == 303
    assert visitor.follow() == 200
    assert "Your calendars: 1" in visitor.said
    with database.begin() as session:
        person = world.anyshire.people[Role.ACTION_OWNER]
        session.execute(sa.update(Membership).where(Membership.person_id == person.id).values(ended_on=TODAY))
        manager = session.merge(world.anyshire.people[Role.BUSINESS_MANAGER])
        manager.disabled_at = doors.clock.now()

    paths = [revoked, of_leaver, of_disabled, "/calendar/never-made.ics"]
    pages = [doors.app.test_client().get(path) for path in paths]
    assert [page.status_code for page in pages] == [404] * 4
    assert (
        len(
            {page.get_data(as_text=True).partition("Number of this request")[0].partition("<main")[2] for page in pages}
        )
        == 1
    )


def test_the_address_is_shown_once_and_only_its_hash_is_kept(doors, database, actions):
    visitor = doors.visitor(OWNER)
    token = made(visitor).removeprefix("/calendar/").removesuffix(".ics")
    visitor.open("/calendar")

    assert token not in visitor.html
    assert "My phone" in visitor.said
    with database() as session:
        feed = session.scalars(sa.select(CalendarFeed)).one()
        event = session.scalars(sa.select(Event).where(Event.kind == EventKind.CALENDAR_MADE)).one()
    assert token not in (feed.token_hash, feed.name)
    assert event.details == {"person": feed.person_id, "calendar": feed.id}


def test_one_press_makes_one_calendar(doors, database):
    visitor = doors.visitor(OWNER)
    visitor.open("/calendar")
    typed = {"form_id": visitor.hidden("form_id"), "name": "My phone"}

    assert [visitor.send("/calendar", **typed) for _ in range(2)] == [200, 303]
    assert rows(database, CalendarFeed) == 1


def test_a_calendar_without_a_name_or_one_too_many_is_refused(doors, database):
    visitor = doors.visitor(OWNER)
    visitor.open("/calendar")
    assert visitor.send("/calendar", form_id=visitor.hidden("form_id"), name=" ") == 422
    for number in range(10):
        made(visitor, f"Number {number}")
    visitor.open("/calendar")
    assert visitor.send("/calendar", form_id=visitor.hidden("form_id"), name="One more") == 422
    assert "You already have 10 calendars" in visitor.said
    assert rows(database, CalendarFeed) == 10


def test_nobody_revokes_what_is_somebody_elses(doors, database):
    made(doors.visitor(OWNER))
    other = doors.visitor(MANAGER)

    assert other.open("/calendar/1/revoke") == 404
    assert other.send("/calendar/1/revoke") == 404
    assert rows(database, CalendarFeed, CalendarFeed.revoked_at.is_(None)) == 1


def test_the_file_is_for_one_person_alone_and_keeps_when_it_was_read(doors, clock, database, actions):
    path = made(doors.visitor(OWNER))
    client, moments = doors.app.test_client(), []
    for minutes in (0, 59, 1):
        clock.at += timedelta(minutes=minutes)
        answer = client.get(path)
        with database() as session:
            moments.append(session.scalar(sa.select(CalendarFeed.read_at)))

    head = client.head(path)
    assert moments == [clock.now() - timedelta(hours=1)] * 2 + [clock.now()]
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "Set-Cookie" not in answer.headers
    assert (head.status_code, head.data) == (200, b"")


def test_many_dates_are_read_in_as_few_questions_as_one(doors, world, database, actions):
    path = made(doors.visitor(OWNER))
    read(doors, path)
    with statements(database) as for_one:
        read(doors, path)
    with database.begin() as session:
        case = a_case(session, world.anyshire.partnership, reference="RR-2026-02")
        for n in range(40):
            an_action(session, case, due_on=TODAY + timedelta(days=n), owner=world.anyshire.people[Role.ACTION_OWNER])
    with statements(database) as for_many:
        assert len(read(doors, path)) == 41
    assert len(for_many) == len(for_one)

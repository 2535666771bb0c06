"""The link of a late action: it is never on track; it is not done yet, or more time is asked for."""

from datetime import date

import pytest
import sqlalchemy as sa

from notifications.letters.links import Letterhead, Link, Sealer
from notifications.process.plan_round import plan_round
from reviews.actions.step_handlers import record_step
from reviews.core.clock import read_moment
from reviews.models import Action, Delay, Event, EventKind, ExtensionRequest, ProgressUpdate
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, an_action
from tests.changes import nothing_changes
from tests.notifications.mornings import a_quiet_case, hush, letters_of, said
from tests.web.visitor import rows
from workflows.core.vocabulary import Role
from workflows.definitions.action import ActionStage

DUE, MORNING, EXPECTED = date(2026, 11, 20), date(2026, 11, 23), date(2026, 12, 15)


@pytest.fixture
def letterhead(doors):
    return Letterhead("https://followthrough.example", doors.app.config["SECRET_KEY"])


@pytest.fixture
def action(doors, world):
    with doors.database.begin() as session:
        place = world.anyshire
        owner, council = place.people[Role.ACTION_OWNER], place.agencies["Council"]
        made = an_action(
            session,
            a_quiet_case(session, place.partnership, reference="RR-2026-01"),
            due_on=DUE,
            owner=owner,
            agency=council,
        )
        made.stage, made.title, made.title_safe_to_mail = ActionStage.IN_PROGRESS, "Train every ward", True
    hush(doors.database)
    return made


@pytest.fixture
def link(doors, world, action, letterhead):
    a_morning(doors, letterhead, MORNING)
    person = world.anyshire.people[Role.ACTION_OWNER]
    return f"/l/{Sealer(letterhead).token(Link(action.partnership_id, person.id, action.id, MORNING))}"


def a_morning(doors, letterhead, day):
    doors.clock.at = read_moment(f"{day}T08:00")
    return plan_round(doors.database, doors.clock.now(), letterhead=letterhead)


def expected(doors, action):
    with doors.database() as session:
        return session.get_one(Action, action.id).expected_on


def test_the_mail_offers_what_can_honestly_be_said(doors, link):
    letter = next(each for each in letters_of(doors.database) if "/l/" in each.body)
    assert f"Seen, not done yet, done, more time, not mine: https://followthrough.example{link}\n" in letter.body


def test_the_page_shows_what_the_mail_showed(doors, link, action):
    doors.clock.at = read_moment("2026-11-25T09:00")
    visitor = doors.visitor()
    visitor.open(f"{link}?answer=on-track")  # of a mail that was sent before it was late
    assert f"Action {action.reference}" in visitor.said
    assert "What it is about Train every ward" in visitor.said
    assert "In your mail of 23 November 2026 Was due on 20 November 2026, 3 days late" in visitor.said
    assert "Due 20 November 2026 5 days late" in visitor.said
    assert 'value="not-yet" checked' in " ".join(visitor.html.split())
    assert "It is on track" not in visitor.said


def test_the_page_names_the_action_as_its_mails_do(doors, link, action):
    with doors.database.begin() as session:
        session.get_one(Action, action.id).reference_name = "Bruising protocol: training"
    visitor = doors.visitor()
    visitor.open(link)
    assert "What it is about Bruising protocol: training" in visitor.said


def test_not_done_yet_is_recorded_as_such_and_never_as_progress(doors, link, action):
    answer = {"answer": "not-yet", "expected_on": "2026-12-15", "text": "Two wards wait for cover."}
    assert doors.visitor().send(link, **answer) == 303

    assert (rows(doors.database, ProgressUpdate), rows(doors.database, Delay)) == (0, 1)
    with doors.database() as session:
        found = session.get_one(Action, action.id)
        assert (found.stage, found.due_on, found.last_progress_on) == ("in_progress", DUE, None)
        event = session.scalars(sa.select(Event).where(Event.kind == EventKind.DELAY_EXPLAINED)).one()
        assert event.details == {"expected_on": "2026-12-15", "delay_reason": "Two wards wait for cover."}
    assert expected(doors, action) == EXPECTED
    manager = doors.visitor("manager@anyshire.example")
    manager.open(f"/actions/{action.address}")
    assert "Not done yet Expected on 15 December 2026" in manager.said
    assert "Two wards wait for cover." in manager.said
    assert "Nothing has been reported yet." in manager.said


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"answer": "not-yet", "text": "Why"}, "#expected_on-day", "Enter the day you expect it to be done"),
        ({"answer": "not-yet", "expected_on": "2026-12-15"}, "#text", "Say why it is not done yet"),
        (
            {"answer": "not-yet", "expected_on": "2026-11-23", "text": "Why"},
            "#expected_on-day",
            "The day you expect it must be in the future.",
        ),
        ({"answer": "more-time", "text": "Why"}, "#wanted_due_on-day", "Enter the new date"),
        ({"answer": "more-time", "wanted_due_on": "2026-12-15"}, "#text", "Say why more time is needed"),
        ({"answer": "done"}, "#text", "There is no evidence yet that it was done"),
        ({"answer": "on-track", "text": "Fine"}, "#answer", "“Your answer”: choose one of “I have seen it”"),
    ],
)
def test_what_is_missing_is_said_at_its_field(doors, link, typed, field, sentence):
    visitor = doors.visitor()
    with nothing_changes(doors.database):
        assert visitor.send(link, **typed) == 422
    assert sentence in visitor.said
    assert f'href="{field}"' in visitor.html


def test_more_time_is_asked_for_after_the_date_and_it_stays_late(doors, link, action):
    answer = {"answer": "more-time", "wanted_due_on": "2027-01-15", "text": "Illness"}
    assert doors.visitor().send(link, **answer) == 303
    with doors.database() as session:
        assert session.scalars(sa.select(ExtensionRequest.wanted_due_on)).all() == [date(2027, 1, 15)]
        found = session.get_one(Action, action.id)
        assert (found.due_on, found.original_due_on) == (DUE, DUE)


def test_an_answer_is_undone_and_the_one_before_it_holds_again(doors, link, action):
    with unit_of_work(doors.database, BUILDER, doors.clock) as unit:
        earlier = {"expected_on": date(2026, 12, 1), "delay_reason": "As before."}
        record_step(unit, unit.action(action.reference), "explain_delay", earlier)
    visitor = doors.visitor()
    visitor.send(link, answer="not-yet", expected_on="2026-12-15", text="Two wards wait.")
    assert expected(doors, action) == EXPECTED
    assert visitor.send(f"{link}/answer") == 303
    assert expected(doors, action) == date(2026, 12, 1)


def test_the_owner_hears_again_once_the_day_they_said_is_over(doors, link, action, letterhead):
    doors.visitor().send(link, answer="not-yet", expected_on="2026-12-15", text="Two wards wait.")
    others = {"agency-lead@anyshire.example", "manager@anyshire.example"}
    found = a_morning(doors, letterhead, "2026-12-04")  # 14 days after the date
    assert said(found).keys() == others
    assert [each.why for each in found.held_back] == ["Its owner expects it on 15 December 2026."]
    body = letters_of(doors.database)[-1].body
    assert "was due on 20 November 2026, 14 days late; now expected on 15 December 2026" in body
    assert said(a_morning(doors, letterhead, "2026-12-15")) == {}
    assert said(a_morning(doors, letterhead, "2026-12-16")) == {
        "owner@anyshire.example": [(action.reference, "due+14")]
    }

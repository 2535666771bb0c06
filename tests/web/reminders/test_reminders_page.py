"""The page of sent reminders, and the status of the process that sends them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from notifications.models import Letter, Reminder
from notifications.process.heartbeat import write_heartbeat
from tests.builders import NOW, TODAY, a_case, an_action
from tests.web.reminders.letters import a_letter
from tests.web.visitor import statements
from workflows.core.vocabulary import Role

MANAGER = "manager@anyshire.example"


def letters(doors, world, count=1, workflow="rapid_review", **more):
    """Write letters to the owner, each about one action on two rungs."""
    place = world.anyshire
    with doors.database.begin() as session:
        action = an_action(session, a_case(session, place.partnership, workflow))
        for n in range(count):
            known = {"letter_key": f"{workflow} {count} {n}", "morning": TODAY - timedelta(days=n), "tries": 1}
            a_letter(session, place, action, rungs=("due-7", "assigned"), **{"answer": "250 Ok"} | known | more)
        return action.address


def test_a_letter_says_to_whom_about_what_and_what_became_of_it(doors, world):
    address = letters(doors, world)
    visitor = doors.visitor(MANAGER)
    assert visitor.open("/reminders") == 200
    reference = address.replace(".", "/")
    assert f"{reference} (new to them), {reference} (7 days before)" in visitor.said
    assert "owner@anyshire.example 2 actions" in visitor.said
    assert "Handed over 20 November 2026 at 8:00am, 1 try 250 Ok" in visitor.said
    assert "Words of the mail" not in visitor.said
    assert visitor.open(next(link for link in visitor.links if link.startswith("/actions/RR"))) == 200


def test_a_clock_is_named_with_its_case_and_leads_to_its_clocks(doors, world):
    letters(doors, world)
    with doors.database.begin() as session:
        review = a_case(session, world.anyshire.partnership, reference="RR-2026-77")
        letter = session.scalars(sa.select(Letter)).one()
        session.flush()
        clock = review.clocks[0]
        said = Reminder(clock_id=clock.id, person_id=letter.person_id, rung="due-3", about="x", letter_id=letter.id)
        session.add(said)
    visitor = doors.visitor(MANAGER)
    visitor.open("/reminders?to=owner")
    assert "1 clock and 2 actions: RR-2026-77, Serious incident notification (3 days before), " in visitor.said
    assert "/cases/RR-2026-77/clocks" in visitor.links
    assert visitor.open("/cases/RR-2026-77/clocks") == 200


def test_a_failed_letter_gives_the_answer_of_the_server(doors, world):
    letters(doors, world, state="failed", sent_at=None, answer="550 No such user", tries=3)
    visitor = doors.visitor(MANAGER)
    visitor.open("/reminders?state=failed")
    assert "Failed, 3 tries 550 No such user" in visitor.said


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("state=sent", True),
        ("state=queued", False),
        ("to=OWNER@any", True),
        ("to=nobody", False),
        ("state=x&sort=x&page=x&partnership=x", True),
        ("sort=-to&page=9", True),
        ("state=bounced", False),
        ("kind=morning", True),
        ("kind=summary", False),
        ("about=rr-2026-01", True),
        ("about=RR-2026-01.A1", True),
        ("about=RR-2026-99", False),
        ("since=2026-11-20&until=2026-11-20", True),
        ("since=2026-11-21", False),
        ("until=2026-11-19", False),
        ("since=yesterday&until=9999-12-31", True),
    ],
)
def test_the_address_narrows_the_ledger(doors, world, words, shown):
    letters(doors, world)
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"/reminders?{words}") == 200
    assert ("owner@anyshire.example" in visitor.said) is shown


def test_the_page_says_when_the_process_was_last_seen(doors):
    visitor = doors.visitor(MANAGER)
    visitor.open("/reminders")
    assert "The reminder process has never run. No mail is sent until it runs." in visitor.said
    assert "No mail has been written yet." in visitor.said
    for minutes, stopped in ((1, False), (30, True)):
        with doors.database.begin() as session:
            write_heartbeat(session, "reminders", NOW - timedelta(minutes=minutes))
        visitor.open("/reminders")
        assert ("it may have stopped" in visitor.said) is stopped


def test_letters_about_child_deaths_alone_are_not_for_the_business_manager(doors, world):
    letters(doors, world, workflow="cdop_case")
    visitor = doors.visitor(MANAGER)
    visitor.open("/reminders")
    assert "No mail has been written yet." in visitor.said


@pytest.mark.parametrize(
    ("state", "said"),
    [("delivered", "Delivered"), ("bounced", "Came back"), ("uncertain", "Uncertain"), ("suppressed", "Stopped")],
)
def test_every_state_is_said_and_can_be_asked_for(doors, world, state, said):
    letters(doors, world, state=state, reported_at=NOW)
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/reminders?state={state}")
    assert f"{said} 20 November 2026 at 8:00am" in visitor.said


def test_what_may_not_be_seen_is_not_searched_either(doors, world):
    letters(doors, world)
    with doors.database.begin() as session:
        hidden = an_action(session, a_case(session, world.anyshire.partnership, "cdop_case"))
        letter = session.scalars(sa.select(Letter)).one()
        more = {"person_id": letter.person_id, "rung": "due", "about": "x", "letter_id": letter.id}
        session.add(Reminder(action_id=hidden.id, **more))
        address = hidden.address
    visitor = doors.visitor(MANAGER)
    for words in ("", f"?about={address}"):
        visitor.open(f"/reminders{words}")
        assert address.replace(".", "/") not in visitor.said
    assert "No mails match these filters." in visitor.said


def test_a_summary_is_shown_unless_it_may_speak_of_child_deaths(doors, world):
    with doors.database.begin() as session:
        for role in (Role.SUBGROUP_CHAIR, Role.CDOP_MANAGER):
            a_letter(session, world.anyshire, to=role, letter_key=role.value, kind="summary")
    visitor = doors.visitor(MANAGER)
    visitor.open("/reminders?kind=summary")
    assert "chair@anyshire.example The summary" in visitor.said
    assert "cdop@anyshire.example" not in visitor.said


def test_a_copy_is_named_as_one_with_what_the_first_spoke_of(doors, world):
    letters(doors, world)
    with doors.database.begin() as session:
        first = session.scalars(sa.select(Letter)).one()
        a_letter(session, world.anyshire, letter_key="copy", again_of_id=first.id)
    visitor = doors.visitor(MANAGER)
    visitor.open("/reminders")
    assert visitor.said.count("2 actions: RR-") == 2
    assert visitor.said.count("A copy, sent again.") == 1


def test_the_ledger_asks_the_database_no_more_for_many_rows(doors, world):
    letters(doors, world)
    visitor = doors.visitor(MANAGER)
    with statements(doors.database) as for_one:
        visitor.open("/reminders")
    letters(doors, world, count=60)
    with statements(doors.database) as for_many:
        visitor.open("/reminders")
    assert "Showing 1 to 50 of 61" in visitor.said
    assert len(for_many) == len(for_one)


@pytest.mark.parametrize("word", ["owner", "partner", "cdop", "scrutiny"])
def test_the_ledger_is_not_for_everybody(doors, word):
    assert doors.visitor(f"{word}@anyshire.example").open("/reminders") == 403

"""When the summary comes by mail: chosen on a page, by whoever may see it."""

import pytest
import sqlalchemy as sa

from notifications.models import SummaryRhythm
from tests.builders import a_person
from tests.web.visitor import rows
from workflows.core.vocabulary import Role

CHAIR = "chair@anyshire.example"
WEEKLY = {"rhythm": "weekly", "weekday": "wednesday"}


def choose(visitor, address="/summary/mail", **typed):
    assert visitor.open(address) == 200
    return visitor.send(address, **{"form_id": visitor.hidden("form_id"), "weekday": "monday"} | typed)


def test_the_summary_leads_to_it_and_it_says_when_the_next_one_comes(doors):
    chair = doors.visitor(CHAIR)
    chair.open("/summary")
    assert "/summary/mail" in chair.links
    chair.open("/summary/mail")
    assert "Comes Never" in chair.said

    assert choose(chair, **WEEKLY) == 303
    assert chair.follow() == 200

    assert "Comes Every Wednesday Next 25 November 2026 Last Not yet" in chair.said
    assert 'value="wednesday" selected' in chair.html


def test_before_a_meeting_and_never_again(doors, database):
    chair = doors.visitor(CHAIR)
    assert choose(chair, rhythm="meeting", weekday="monday", meeting_on="2026-12-03") == 303
    chair.follow()
    assert "2 working days before the meeting on 3 December 2026 Next 1 December 2026" in chair.said
    assert choose(chair, rhythm="never") == 303
    chair.follow()
    assert "Comes Never" in chair.said
    assert rows(database, SummaryRhythm) == 0


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "Choose when it comes"),
        ({"rhythm": "meeting", "meeting_on": ""}, "Give the day of the meeting."),
        ({"rhythm": "meeting", "meeting_on": "2026-11-20"}, "The meeting must be after today."),
        ({"rhythm": "hourly"}, "”: choose one of “"),
    ],
)
def test_what_makes_no_sense_comes_back(doors, database, typed, said):
    chair = doors.visitor(CHAIR)

    assert choose(chair, **typed) == 422
    assert said in chair.said
    assert rows(database, SummaryRhythm) == 0


def test_one_press_is_one_choice(doors, database):
    chair = doors.visitor(CHAIR)
    chair.open("/summary/mail")
    typed = WEEKLY | {"form_id": chair.hidden("form_id")}

    assert [chair.send("/summary/mail", **typed) for _ in range(2)] == [303, 303]
    assert rows(database, SummaryRhythm) == 1


def test_each_partnership_is_chosen_for_by_itself(doors, world, database):
    with doors.database.begin() as session:
        for place in (world.anyshire.partnership, world.midmarch.partnership):
            a_person(session, place, Role.INDEPENDENT_CHAIR, email="scrutineer@both.example")
    both = doors.visitor("scrutineer@both.example")

    assert choose(both, "/summary/mail?partnership=MIDMARCH", **WEEKLY) == 303
    assert both.location == "/summary/mail?partnership=MIDMARCH"

    with database() as session:
        assert session.scalars(sa.select(SummaryRhythm.partnership_id)).all() == [world.midmarch.partnership.id]
    both.open("/summary/mail?partnership=ANYSHIRE")
    assert "Comes Never" in both.said


@pytest.mark.parametrize("word", ["owner", "agency-lead", "scrutiny"])
def test_it_is_for_those_who_may_see_the_summary(doors, word):
    visitor = doors.visitor(f"{word}@anyshire.example")
    assert visitor.open("/summary/mail") == 403
    assert visitor.send("/summary/mail", **WEEKLY) == 403

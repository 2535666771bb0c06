"""Snoozing one action, and what its page says about it."""

import pytest

from tests.builders import a_case, an_action
from workflows.core.vocabulary import Role

PAGE = "/actions/RR-2026-01.A1"
GIVEN = {"days": "7", "reason": "The board meets on Tuesday."}


@pytest.fixture(autouse=True)
def action(database, world):
    place = world.anyshire
    with database.begin() as session:
        case = a_case(session, place.partnership, reference="RR-2026-01")
        an_action(session, case, owner=place.people[Role.ACTION_OWNER], agency=place.agencies["Council"])


def ask(visitor, **changed):
    visitor.open(f"{PAGE}/snooze")
    keep = {"form_id": visitor.hidden("form_id"), "version": visitor.hidden("version")}
    return visitor.send(f"{PAGE}/snooze", **keep, **(GIVEN | changed))


def test_the_owner_lets_it_rest_and_all_who_see_it_see_that(doors):
    owner, chair = doors.visitor("owner@anyshire.example"), doors.visitor("chair@anyshire.example")
    owner.open(PAGE)
    assert "Remind me later This does not move its date." in owner.said

    assert ask(owner) == 303
    assert owner.follow() == 200
    assert "You will not be reminded until 27 November 2026. The due date has not moved." in owner.said
    chair.open(PAGE)
    assert "until 27 November 2026: The board meets on Tuesday." in chair.said
    assert "Reminders snoozed. The date stays" in chair.said
    assert "Remind me later This does not" not in chair.said


def test_what_goes_too_far_comes_back_with_what_was_typed(doors):
    owner = doors.visitor("owner@anyshire.example")

    assert ask(owner, days="15") == 422
    assert "You can snooze an action for 1 to 14 days at a time." in owner.said
    assert "The board meets on Tuesday." in owner.said
    assert ask(owner, days="soon") == 422
    assert ask(owner, reason="") == 422


def test_it_is_nobody_elses_to_ask(doors):
    manager = doors.visitor("manager@anyshire.example")

    assert manager.open(f"{PAGE}/snooze") == 403
    assert doors.visitor("manager@midmarch.example").open(f"{PAGE}/snooze") == 404


def test_who_did_not_see_the_latest_change_is_told(doors):
    owner = doors.visitor("owner@anyshire.example")
    owner.open(f"{PAGE}/snooze")
    old = {"form_id": "first", "version": owner.hidden("version")}
    assert owner.send(f"{PAGE}/snooze", **old, **GIVEN) == 303

    assert owner.send(f"{PAGE}/snooze", **(old | {"form_id": "second"}), **(GIVEN | {"days": "9"})) == 409

"""The lists of people and agencies, with the number of their actions."""

import pytest

from reviews.people.offboarding import disable_person
from tests.builders import TODAY, a_case, a_person, a_unit, an_action
from tests.web.visitor import statements
from workflows.core.vocabulary import Role

MANAGER = "manager@anyshire.example"


def work(doors, world):
    """Two outstanding actions of the owner, one of them overdue, one done, and one of child death review."""
    place = world.anyshire
    owned = {"owner": place.people[Role.ACTION_OWNER], "agency": place.agencies["Council"]}
    with doors.database.begin() as session:
        case, death = a_case(session, place.partnership), a_case(session, place.partnership, "cdop_case")
        an_action(session, case, **owned)
        an_action(session, case, due_on=TODAY.replace(day=1), **owned)
        an_action(session, case, stage="closed_complete", **owned)
        an_action(session, death, **owned)


def test_people_stand_with_role_title_agency_and_what_is_on_their_desk(doors, world):
    work(doors, world)
    visitor = doors.visitor(MANAGER)
    assert visitor.open("/people?role=action_owner") == 200
    assert "owner@anyshire.example Action owner Action owner Anyshire Council Not invited yet Invite" in visitor.said
    desk = next(link for link in visitor.links if link.startswith("/actions?"))
    visitor.open(desk)
    assert f"Outstanding actions owned by {world.anyshire.people[Role.ACTION_OWNER].name}: 2" in visitor.said


def test_an_account_that_was_shut_says_so(doors, world):
    with doors.database.begin() as session:
        disable_person(a_unit(session), email="owner@anyshire.example")
    visitor = doors.visitor(MANAGER)
    visitor.open("/people?standing=disabled")
    assert "Disabled since 20 November 2026 at 8:00am" in visitor.said
    assert "Showing 1 to 1 of 1" in visitor.said


@pytest.mark.parametrize(
    ("words", "total"),
    [("", 14), ("q=AGENCY-lead", 1), ("q=%25", 0), ("role=nonsense", 14), ("standing=disabled", 0), ("page=9", 14)],
)
def test_the_address_narrows_the_people(doors, words, total):
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"/people?{words}") == 200
    assert (f"of {total}" in visitor.said) if total else ("Nobody matches these filters." in visitor.said)


def test_people_of_another_partnership_are_not_listed(doors):
    visitor = doors.visitor(MANAGER)
    for address in ("/people", "/agencies", "/people?partnership=MIDMARCH"):
        visitor.open(address)
        assert "midmarch" not in visitor.said.lower()


def test_agencies_stand_with_their_people_and_actions(doors, world):
    work(doors, world)
    visitor = doors.visitor(MANAGER)
    assert visitor.open("/agencies") == 200
    assert "Anyshire Council Local authority 14 2 1" in visitor.said
    lists = [link for link in visitor.links if link.startswith("/actions?")]
    visitor.open(lists[0])
    assert "Outstanding actions of Anyshire Council: 2" in visitor.said
    visitor.open(lists[1])
    assert "Overdue actions of Anyshire Council: 1" in visitor.said


@pytest.mark.parametrize("address", ["/people", "/agencies"])
def test_the_lists_ask_the_database_no_more_for_many_rows(doors, world, address):
    visitor = doors.visitor(MANAGER)
    with statements(doors.database) as for_few:
        visitor.open(address)
    with doors.database.begin() as session:
        for _ in range(60):
            a_person(session, world.anyshire.partnership)
    with statements(doors.database) as for_many:
        visitor.open(address)
    assert "Showing 1 to 50 of" in visitor.said
    assert len(for_many) == len(for_few)


@pytest.mark.parametrize("word", ["chair", "owner", "cdop", "scrutiny"])
def test_the_lists_are_not_for_everybody(doors, word):
    visitor = doors.visitor(f"{word}@anyshire.example")
    assert [visitor.open(address) for address in ("/people", "/agencies")] == [403, 403]

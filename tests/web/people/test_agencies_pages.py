"""The pages on which agencies change and people leave."""

from datetime import date

import pytest
import sqlalchemy as sa

from reviews.models import Action, Agency, Membership, Person
from reviews.people.agencies import Successor, merge_or_split_agency
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import a_case, a_person, an_action
from tests.changes import nothing_changes
from tests.web.visitor import rows, statements
from workflows.core.vocabulary import Role

MANAGER = "manager@anyshire.example"
CHANGE = "/agencies/change"


def some_work(doors, world, word="Hospitals"):
    """Give an open action of an agency with one person in it, and the person."""
    place = world.anyshire
    with doors.database.begin() as session:
        case = a_case(session, place.partnership)
        nurse = a_person(session, place.partnership, agency=place.agencies[word])
        return an_action(session, case, owner=nurse, agency=place.agencies[word]), nurse


def said(world, *words, **more):
    return {"old": [str(world.anyshire.agencies[word].id) for word in words], "on": "2026-07-01", **more}


def lead(doors, action):
    with doors.database() as session:
        query = sa.select(Agency.name).join(Action, Action.lead_agency_id == Agency.id)
        return session.scalar(query.where(Action.id == action.id))


def test_a_rename_is_looked_at_before_it_is_made_and_made_once(doors, world):
    action, nurse = some_work(doors, world)
    visitor = doors.visitor(MANAGER)
    assert visitor.open(CHANGE) == 200
    typed = said(world, "Hospitals", into="Anyshire Group", form_id=visitor.hidden("form_id"))
    with nothing_changes(doors.database):
        assert visitor.send(CHANGE, **typed) == 200
    assert f"{action.reference}: {action.title}" in visitor.said
    assert nurse.email in visitor.said
    again = {**typed, "form_id": visitor.hidden("form_id"), "looked_at": visitor.hidden("looked_at")}
    assert [visitor.send(CHANGE, **again) for _ in range(2)] == [303, 303]
    visitor.follow()
    assert "Moved: open actions 1, requests 0, people 1." in visitor.html
    assert "Anyshire Hospitals until 1 July 2026, now Anyshire Group" in visitor.said
    assert lead(doors, action) == "Anyshire Group"
    assert rows(doors.database, Agency, Agency.name == "Anyshire Group") == 1


def test_a_split_asks_of_each_thing_where_it_goes(doors, world):
    action, nurse = some_work(doors, world)
    visitor = doors.visitor(MANAGER)
    visitor.open(CHANGE)
    typed = said(world, "Hospitals", into="North Trust\nSouth Trust")
    assert visitor.send(CHANGE, **typed) == 200
    looked_at = typed | {"looked_at": " | ".join([*typed["old"], "", "North Trust", "South Trust"])}
    with nothing_changes(doors.database):
        assert visitor.send(CHANGE, **looked_at) == 422
    assert f"{action.reference}: {action.title}" in visitor.said
    for what in (action.reference, nurse.email, "everything else"):
        assert f"Choose the agency for {what}" in visitor.said
    chosen = {f"goes_action_{action.id}": "South Trust", f"goes_person_{nurse.id}": "North Trust"}
    assert visitor.send(CHANGE, **looked_at, **chosen, others="North Trust") == 303
    assert lead(doors, action) == "South Trust"


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"into": ""}, "Enter the name of the agency that replaces it"),
        ({"into": "Group", "on": "2027-01-01"}, "The day must not be in the future"),
        ({"into": "Group", "old": []}, "Choose the agency that changes"),
        ({"into": "Group", "old": ["999999999"]}, "”: choose one or more of “"),
    ],
)
def test_a_change_that_cannot_be_shows_what_was_typed(doors, world, more, sentence):
    visitor = doors.visitor(MANAGER)
    visitor.open(CHANGE)
    typed = said(world, "Hospitals") | more
    typed["looked_at"] = " | ".join([*typed["old"], "", *([typed["into"]] if typed["into"] else [])])
    with nothing_changes(doors.database):
        assert visitor.send(CHANGE, **typed) == 422
    assert sentence in visitor.html
    assert typed["into"] in visitor.html


def test_an_agency_of_another_partnership_is_no_choice(doors, world):
    visitor = doors.visitor(MANAGER)
    with nothing_changes(doors.database):
        theirs = [str(world.midmarch.agencies["Police"].id)]
        assert visitor.send(CHANGE, old=theirs, into="Group", on="2026-07-01") == 422
    assert "midmarch" not in visitor.html.lower()


def test_an_agency_is_added_once_and_no_name_twice(doors):
    visitor = doors.visitor(MANAGER)
    visitor.open("/agencies/new")
    assert visitor.send("/agencies/new", name="Ambulance Trust", kind="other") == 303
    assert visitor.send("/agencies/new", name="ambulance trust", kind="other") == 422
    assert "already has an agency of that name" in visitor.html


def test_a_leavers_actions_are_handed_on_before_the_account_is_shut(doors, world):
    place = world.anyshire
    first, nurse = some_work(doors, world, "Council")
    with doors.database.begin() as session:
        second = an_action(session, a_case(session, place.partnership), owner=nurse, agency=place.agencies["Council"])
        unseen = an_action(session, a_case(session, place.partnership, "cdop_case"), owner=nurse)
    visitor, page = doors.visitor(MANAGER), f"/people/{nurse.id}/disable"
    assert visitor.open(page) == 200
    assert "Open actions that need a new owner: 2" in visitor.said
    assert unseen.reference not in visitor.html
    assert f"Park it with {place.people[Role.AGENCY_LEAD].name}, lead of Anyshire Council" in visitor.said
    typed = {f"goes_{first.id}": MANAGER, f"goes_{second.id}": "", "form_id": visitor.hidden("form_id")}
    assert [visitor.send(page, **typed) for _ in range(2)] == [303, 303]
    visitor.follow()
    assert "Open actions given to a new owner: 1, parked: 1, without an owner: 0." in visitor.html
    with doors.database() as session:
        owners = {each.id: each.owner_id for each in session.scalars(sa.select(Action))}
        assert session.get_one(Person, nurse.id).disabled_at is not None
    assert owners == {
        first.id: place.people[Role.BUSINESS_MANAGER].id,
        second.id: place.people[Role.AGENCY_LEAD].id,
        unseen.id: place.people[Role.CDOP_MANAGER].id,
    }
    visitor.open("/actions")
    assert f"(No owner of its own yet. Previously: {nurse.name})" in visitor.said
    visitor.open(f"/actions/{second.address}")
    assert "until it has an owner of its own" in visitor.said


def test_a_role_is_ended_and_the_account_stays(doors, world):
    action, nurse = some_work(doors, world)
    visitor, page = doors.visitor(MANAGER), f"/people/{nurse.id}/roles/action_owner/end"
    assert visitor.open(page) == 200
    assert "Park it with Business manager" in visitor.said
    typed = {f"goes_{action.id}": "", "form_id": visitor.hidden("form_id")}
    assert [visitor.send(page, **typed) for _ in range(2)] == [303, 303]
    with doors.database() as session:
        assert session.get_one(Person, nurse.id).disabled_at is None
        assert session.scalars(sa.select(Membership.ended_on).where(Membership.person_id == nurse.id)).one()
    assert visitor.open(page) == 404


def test_somebody_of_another_partnership_is_not_there_and_of_two_not_theirs(doors, world):
    theirs = world.midmarch.people[Role.ACTION_OWNER]
    visitor = doors.visitor(MANAGER)
    pages = [f"/people/{theirs.id}/disable", f"/people/{theirs.id}/roles/action_owner/end"]
    assert [visitor.open(page) for page in pages] == [404, 404]
    with doors.database.begin() as session:
        a_person(session, world.anyshire.partnership, email=theirs.email)
    assert [visitor.open(page) for page in pages] == [403, 200]


@pytest.mark.parametrize("word", ["admin", "chair", "owner", "cdop"])
def test_the_pages_are_the_business_managers(doors, world, word):
    visitor = doors.visitor(f"{word}@anyshire.example")
    person = world.anyshire.people[Role.ACTION_OWNER].id
    for page in (CHANGE, "/agencies/new", f"/people/{person}/disable", f"/people/{person}/roles/action_owner/end"):
        assert (visitor.open(page), visitor.send(page)) == (403, 403)


def test_the_page_of_a_leaver_asks_the_database_no_more_for_many_actions(doors, world):
    _, nurse = some_work(doors, world)
    visitor, page = doors.visitor(MANAGER), f"/people/{nurse.id}/disable"
    visitor.open(page)
    with statements(doors.database) as for_few:
        visitor.open(page)
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership)
        for _ in range(30):
            an_action(session, case, owner=nurse)
    with statements(doors.database) as for_many:
        visitor.open(page)
    assert "Open actions that need a new owner: 31" in visitor.said
    assert len(for_many) == len(for_few)


def test_the_histories_of_case_and_action_tell_of_the_change(doors, world, clock):
    place = world.anyshire
    with doors.database.begin() as session:
        case = a_case(session, place.partnership, agencies=(place.agencies["Hospitals"],))
        action = an_action(session, case, agency=place.agencies["Hospitals"])
    with unit_of_work(doors.database, place.actors[Role.BUSINESS_MANAGER], clock) as unit:
        merge_or_split_agency(
            unit, place.partnership, old=[place.agencies["Hospitals"]], new=[Successor("Group")], on=date(2026, 7, 1)
        )
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/cases/{case.reference}/history")
    assert "Group in place of Anyshire Hospitals from 1 July 2026" in visitor.said
    visitor.open(f"/actions/{action.address}")
    assert "Moved with an agency that was renamed, merged or split" in visitor.said
    assert "Before: Anyshire Hospitals Now: Group" in visitor.said

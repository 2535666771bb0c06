"""Changing the details and ratings of an action on its pages, and who may do so."""

from datetime import date
from io import BytesIO

import pytest
import sqlalchemy as sa

from reviews.actions.details import edit_details
from reviews.actions.parts import add_action_part
from reviews.models import Action, Event, Evidence
from tests.builders import a_case, a_person, a_unit, an_action
from tests.reviews.files.real_files import a_pdf
from tests.web.visitor import rows
from workflows.core.vocabulary import Role

MANAGER, OWNER, CHAIR = "manager@anyshire.example", "owner@anyshire.example", "chair@anyshire.example"
COLLEAGUE, LEAD = "colleague@anyshire.example", "police-lead@anyshire.example"


def an_address(doors, world, workflow="rapid_review", **more) -> str:
    """An action of the owner of Anyshire; beside them work a colleague and the lead of the police."""
    place = world.anyshire
    known = {"owner": place.people[Role.ACTION_OWNER], "agency": place.agencies["Council"]}
    with doors.database.begin() as session:
        a_person(session, place.partnership, Role.ACTION_OWNER, place.agencies["Police"], COLLEAGUE)
        a_person(session, place.partnership, Role.AGENCY_LEAD, place.agencies["Police"], LEAD)
        return an_action(session, a_case(session, place.partnership, workflow), **known | more).address


def found(doors, address) -> Action:
    with doors.database() as session:
        return session.scalars(sa.select(Action).where(Action.address == address)).one()


def change(doors, address, command, *args, **given) -> None:
    """Do something to the action outside the pages."""
    with doors.database.begin() as session:
        action = session.scalars(sa.select(Action).where(Action.address == address)).one()
        command(a_unit(session), action, *args, **given)


def kept(doors, address, **sent) -> dict[str, object]:
    """Fill in the form of the particulars as the manager finds it, with some of it changed."""
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"/actions/{address}/arrange") == 200
    return {"version": visitor.hidden("version"), "form_id": visitor.hidden("form_id"), **sent}


def test_the_manager_keeps_deputy_kind_and_days_and_the_page_and_history_say_so(doors, world):
    address = an_address(doors, world)
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/actions/{address}")
    assert f"/actions/{address}/arrange" in visitor.links
    days = {"start_on": "2026-11-23", "review_on": "2027-01-08"}
    name = kept(doors, address, reference_name="Bruising protocol")
    assert visitor.send(f"/actions/{address}/arrange", **name) == 422
    assert "Say that nobody can be recognised by it." in visitor.said
    days |= {"reference_name": "Bruising protocol", "name_is_safe": "y"}
    sent = kept(doors, address, deputy=COLLEAGUE, kind="training", order="2", **days)
    assert visitor.send(f"/actions/{address}/arrange", **sent) == 303
    assert visitor.follow() == 200
    for words in (
        "The details of the action are changed.",
        "Deputy Action owner",
        "Kind Training",
        "Reference name Bruising protocol",
        "Order 2",
        "Begins on 23 November 2026",
        "Looked at again on 8 January 2027",
        "Details changed",
        "(before: nobody)",
        "Kind: Training (before: not said)",
        "Begins on: 23 November 2026 (before: not set)",
    ):
        assert words in visitor.said
    assert visitor.send(f"/actions/{address}/arrange", **sent) == 303
    assert rows(doors.database, Event, Event.kind == "action_changed") == 1


def test_the_owner_is_not_asked_for_a_deputy_and_sends_none(doors, world):
    address = an_address(doors, world)
    visitor = doors.visitor(OWNER)
    assert visitor.open(f"/actions/{address}/arrange") == 200
    assert 'name="deputy"' not in visitor.html
    assert visitor.send(f"/actions/{address}/arrange", kind="audit", deputy=COLLEAGUE) == 303
    assert (found(doors, address).kind, found(doors, address).deputy_id) == ("audit", None)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"kind": "gossip"}, "“Kind”: choose one of “Practice”"),
        ({"order": "0"}, "Enter a whole number from 1 to 9,999"),
        ({"deputy": OWNER}, "“Deputy of the owner”: choose one from the list"),
        ({"start_on": "2027-02-31"}, "must be a real date"),
        ({"start_on": "2027-02-01", "kind": "audit"}, "must be the same as or before the due date"),
        ({}, "You have not changed anything"),
    ],
)
def test_what_cannot_be_kept_is_said_and_what_was_typed_stays(doors, world, typed, sentence):
    address = an_address(doors, world)
    visitor = doors.visitor(MANAGER)
    assert visitor.send(f"/actions/{address}/arrange", **typed) == 422
    assert sentence in visitor.said
    if typed.get("kind") == "audit":
        assert '<option value="audit" selected>' in visitor.html


def test_whoever_was_overtaken_reads_what_it_says_now(doors, world):
    address = an_address(doors, world)
    sent = kept(doors, address, kind="audit")
    change(doors, address, edit_details, {"kind": "policy", "review_on": date(2027, 1, 8)})
    visitor = doors.visitor(MANAGER)
    assert visitor.send(f"/actions/{address}/arrange", **sent) == 409
    assert "It says now Deputy Nobody Kind Policy Begins on Not set Looked at again on 8 January 2027" in visitor.said
    again = {"version": visitor.hidden("version"), "form_id": visitor.hidden("form_id"), "kind": "audit"}
    assert visitor.send(f"/actions/{address}/arrange", **again) == 303
    assert found(doors, address).kind == "audit"


@pytest.mark.parametrize("page", ["arrange", "assessment", "rating"])
def test_an_action_that_is_not_theirs_has_no_such_page(doors, world, page):
    address = an_address(doors, world)
    assert doors.visitor("manager@midmarch.example").open(f"/actions/{address}/{page}") == 404
    assert doors.visitor("owner@midmarch.example").send(f"/actions/{address}/{page}", rating="Green") == 404


@pytest.mark.parametrize(("who", "page"), [(CHAIR, "arrange"), (CHAIR, "assessment"), (OWNER, "rating")])
def test_what_is_not_theirs_to_change_is_refused_before_anything_is_typed(doors, world, who, page):
    address = an_address(doors, world)
    visitor = doors.visitor(who)
    assert visitor.open(f"/actions/{address}/{page}") == 403
    assert visitor.send(f"/actions/{address}/{page}", rating="Green", reason="x", kind="audit") == 403
    visitor.open(f"/actions/{address}")
    assert f"/actions/{address}/{page}" not in visitor.links


def test_the_owners_view_and_the_chairs_stand_beside_the_rating(doors, world):
    address = an_address(doors, world)
    owner, chair = doors.visitor(OWNER), doors.visitor(CHAIR)
    assert owner.open(f"/actions/{address}/assessment") == 200
    assert owner.send(f"/actions/{address}/assessment", rating="Red") == 303
    assert chair.open(f"/actions/{address}/rating") == 200
    assert chair.send(f"/actions/{address}/rating", rating="Green") == 422
    assert "Say why you rate it differently" in chair.said
    assert chair.send(f"/actions/{address}/rating", rating="Green", reason="The venue is booked") == 303
    assert chair.follow() == 200
    assert "Amber: due within 14 days (chair: Green, because The venue is booked ) Subgroup chair" in chair.said
    assert "Assessed by those who do it as Red" in chair.said
    assert "Rated Green by the chair" in chair.said
    assert "Assessed as Red" in chair.said
    chair.open("/actions?rating=Amber")
    assert "Amber (chair: Green, because The venue is booked)" in chair.said
    chair.open("/summary")
    assert "The chair gave 1 of them another rating." in chair.said
    assert chair.send(f"/actions/{address}/rating", rating="none") == 303
    chair.follow()
    assert "Your rating is removed. The rating is as it is worked out." in chair.said
    assert "(chair: Green" not in chair.said


def test_my_actions_hold_those_i_stand_in_for_and_say_so(doors, world):
    address = an_address(doors, world)
    change(doors, address, edit_details, {"deputy": COLLEAGUE})
    deputy = doors.visitor(COLLEAGUE)
    assert deputy.open("/actions/mine") == 200
    assert f"/actions/{address}" in deputy.links
    assert "Deputy You stand in for Action owner" in deputy.said
    assert deputy.send(f"/actions/{address}/progress", update="Half of it.", happened_on="2026-11-20") == 303
    owner = doors.visitor(OWNER)
    owner.open("/actions/mine")
    assert f"/actions/{address}" in owner.links
    assert "You stand in" not in owner.said


def test_a_blocked_action_asks_for_its_plan(doors, world):
    address = an_address(doors, world, stage="blocked")
    visitor = doors.visitor(OWNER)
    visitor.open(f"/actions/{address}")
    assert "Red: blocked, and nothing is planned about it" in visitor.said
    assert "What is done about it Not said yet" in visitor.said
    assert visitor.open(f"/actions/{address}/plan_unblocking") == 200
    typed = {"blocked_plan": "Jo asks the board", "happened_on": "2026-11-20"}
    assert visitor.send(f"/actions/{address}/plan_unblocking", **typed) == 303
    visitor.follow()
    assert "What is done about it Jo asks the board" in visitor.said
    assert "blocked, with a plan" in visitor.said
    visitor.open(f"/actions/{address}/plan_unblocking")
    assert "Jo asks the board</textarea>" in visitor.html


def test_evidence_is_withdrawn_with_its_reason_and_its_file_is_for_the_manager(doors, world):
    address = an_address(doors, world)
    owner, manager = doors.visitor(OWNER), doors.visitor(MANAGER)
    file = (BytesIO(a_pdf()), "minutes.pdf")
    assert owner.send(f"/actions/{address}/evidence/new", evidence="The audit", file=file) == 303
    with doors.database() as session:
        piece = session.scalars(sa.select(Evidence.id)).one()
    download, withdraw = f"/actions/{address}/evidence/{piece}", f"/actions/{address}/evidence/{piece}/withdraw"
    owner.open(f"/actions/{address}")
    assert withdraw in owner.links
    assert owner.open(withdraw) == 200
    assert owner.send(withdraw, reason=" ") == 422
    assert owner.send(withdraw, reason="It named a family") == 303
    owner.follow()
    assert "Withdrawn on 20 November 2026 by Action owner" in owner.said
    assert "It named a family" in owner.said
    assert "Evidence withdrawn" in owner.said
    assert "<s>The audit" in owner.html
    assert download not in owner.links
    assert owner.open(download) == 404
    assert owner.open(withdraw) == 403
    manager.open(f"/actions/{address}")
    assert download in manager.links
    assert manager.client.get(download).data == a_pdf()
    assert owner.send(f"/actions/{address}/submit", happened_on="2026-11-20") == 422
    assert "Say what shows that it is done" in owner.said


def test_a_piece_that_is_not_there_cannot_be_withdrawn(doors, world):
    address = an_address(doors, world)
    assert doors.visitor(MANAGER).open(f"/actions/{address}/evidence/999/withdraw") == 404


def test_the_lead_of_a_part_adds_evidence_and_says_how_it_comes_on(doors, world):
    address = an_address(doors, world)
    change(doors, address, add_action_part, agency_id=world.anyshire.agencies["Police"].id)
    lead = doors.visitor(LEAD)
    lead.open(f"/actions/{address}")
    assert f"/actions/{address}/evidence/new" in lead.links
    assert lead.open(f"/actions/{address}/evidence/new") == 200
    assert lead.send(f"/actions/{address}/evidence/new", evidence="Our lists") == 303
    lead.follow()
    assert "For the part of: Anyshire Police" in lead.said
    part = next(link for link in lead.links if "/strands/" in link)
    assert lead.send(part, state="open", note="") == 422
    assert "Say how this part is going" in lead.said
    assert lead.send(part, state="open", note="Half of the stations") == 303
    lead.follow()
    assert "Anyshire Police reported on its part" in lead.said
    assert "Anyshire Police Open" in lead.said


def test_a_reader_of_what_is_published_reads_no_deputy_no_ratings_and_no_plan(doors, world):
    address = an_address(doors, world, "lcspr", stage="blocked")
    change(doors, address, edit_details, {"deputy": COLLEAGUE, "kind": "audit"})
    with doors.database.begin() as session:
        said = {"chair_rating": "Green", "chair_rating_reason": "What we fear", "blocked_plan": "Jo asks"}
        session.execute(sa.update(Action).values(owner_rating="Blue", **said))
        session.execute(sa.text("UPDATE case_tracks SET stage = 'published' WHERE name = 'publication'"))
    reader = doors.visitor("scrutiny@anyshire.example")
    assert reader.open(f"/actions/{address}") == 200
    assert "Kind Audit" in reader.said
    for words in ("Deputy", "chair: Green", "What we fear", "as Blue", "Jo asks", "Change its details"):
        assert words not in reader.said
    for page in ("arrange", "assessment", "rating", "evidence/1/withdraw"):
        assert reader.open(f"/actions/{address}/{page}") == 404

"""Recording the steps of an action on its pages, by the right role, without losing what was typed."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from reviews.actions.steps import extend_action, record_progress
from reviews.models import Action, Evidence, Extension, ProgressUpdate
from tests.builders import NOW, TODAY, a_case, a_unit, an_action
from workflows.core.vocabulary import Role

MANAGER, OWNER, CHAIR = "manager@anyshire.example", "owner@anyshire.example", "chair@anyshire.example"
PARTNER = "partner@anyshire.example"
DUE = TODAY + timedelta(days=14)


def an_address(doors, world, **more):
    """An action of the owner of Anyshire, of whose stage and facts the test has a say."""
    place = world.anyshire
    known = {"owner": place.people[Role.ACTION_OWNER], "agency": place.agencies["Council"], "due_on": DUE}
    with doors.database.begin() as session:
        case = a_case(session, place.partnership)
        return an_action(session, case, **{**known, **more}).address


def found(doors, address):
    with doors.database() as session:
        return session.scalars(sa.select(Action).where(Action.address == address)).one()


def rows(doors, table):
    with doors.database() as session:
        return session.scalars(sa.select(table).order_by(table.id)).all()


def test_progress_is_reported_for_a_day_in_the_past(doors, world):
    address = an_address(doors, world)
    visitor = doors.visitor(OWNER)
    assert visitor.open(f"/actions/{address}/progress") == 200
    assert [visitor.hidden(f"happened_on-{part}") for part in ("day", "month", "year")] == ["20", "11", "2026"]
    assert visitor.send(f"/actions/{address}/progress", update="Half of it.", happened_on="2026-11-11") == 303
    assert visitor.follow() == 200
    assert "What has been done is recorded." in visitor.said
    assert "11 November 2026 Recorded 20 November 2026 at 8:00am by Action owner" in visitor.said
    assert found(doors, address).stage == "in_progress"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"update": "", "happened_on": "2026-11-11"}, "Answer “What has happened”"),
        ({"update": "   ", "happened_on": "2026-11-11"}, "Answer “What has happened”"),
        ({"update": "Kept", "happened_on": "2026-11-21"}, "this day lies in the future"),
        ({"update": "Kept", "happened_on": "2026-02-31"}, "Day it happened must be a real date"),
        ({"update": "Kept", "happened_on": ""}, "Enter the day it happened"),
        ({"update": "Kept" + "x" * 10_000, "happened_on": "2026-11-11"}, "10000 characters"),
    ],
)
def test_what_cannot_be_recorded_is_said_and_what_was_typed_stays(doors, world, typed, sentence):
    address = an_address(doors, world)
    visitor = doors.visitor(OWNER)
    assert visitor.send(f"/actions/{address}/progress", **typed) == 422
    assert sentence in visitor.said
    assert typed["update"].strip() in visitor.html
    assert rows(doors, ProgressUpdate) == []


def test_a_megabyte_is_too_much(doors, world):
    address = an_address(doors, world)
    visitor = doors.visitor(OWNER)
    assert visitor.send(f"/actions/{address}/progress", update="x" * 1_100_000) == 413
    assert rows(doors, ProgressUpdate) == []


def test_one_press_has_one_effect(doors, world):
    address = an_address(doors, world)
    visitor = doors.visitor(OWNER)
    visitor.open(f"/actions/{address}/progress")
    typed = {"update": "Half of it.", "happened_on": "2026-11-11", "form_id": visitor.hidden("form_id")}
    assert [visitor.send(f"/actions/{address}/progress", **typed) for _ in range(2)] == [303, 303]
    assert visitor.location == f"/actions/{address}"
    assert len(rows(doors, ProgressUpdate)) == 1


def test_who_is_overtaken_sees_both_and_may_press_again(doors, world):
    address = an_address(doors, world)
    visitor = doors.visitor(OWNER)
    visitor.open(f"/actions/{address}/progress")
    typed = {"update": "Typed by me", "happened_on": "2026-11-19", "form_id": visitor.hidden("form_id")}
    seen = visitor.hidden("version")
    with doors.database.begin() as session:
        unit = a_unit(session, world.anyshire.actors[Role.BUSINESS_MANAGER])
        record_progress(unit, unit.action(address), text="Said by another", happened_on=TODAY)
    assert visitor.send(f"/actions/{address}/progress", version=seen, **typed) == 409
    assert "Somebody else changed this while you had it open." in visitor.said
    assert "What it says now" in visitor.said
    assert "Said by another" in visitor.said
    assert "Typed by me" in visitor.html
    assert visitor.send(f"/actions/{address}/progress", version=visitor.hidden("version"), **typed) == 303
    assert [row.text for row in rows(doors, ProgressUpdate)] == ["Said by another", "Typed by me"]


def test_the_owner_asks_to_close_with_what_shows_it(doors, world):
    address = an_address(doors, world)
    visitor = doors.visitor(OWNER)
    assert visitor.send(f"/actions/{address}/submit", happened_on="2026-11-20") == 422
    assert "Say what shows that it is done" in visitor.said
    assert visitor.send(f"/actions/{address}/submit", evidence="Minutes of May", happened_on="2026-11-20") == 303
    visitor.follow()
    assert "Submitted as done. It now waits to be accepted." in visitor.said
    assert [row.text for row in rows(doors, Evidence)] == ["Minutes of May"]


def test_evidence_given_before_is_enough(doors, world):
    address = an_address(doors, world, evidence="Minutes of April")
    visitor = doors.visitor(OWNER)
    assert visitor.send(f"/actions/{address}/submit", happened_on="2026-11-20") == 303
    assert found(doors, address).stage == "submitted"


@pytest.mark.parametrize(
    ("measure", "step", "stage"),
    [("", "accept", "closed_complete"), ("Safer babies", "accept_awaiting_impact", "complete_awaiting_impact")],
)
def test_the_chair_accepts_by_the_one_way_that_fits(doors, world, measure, step, stage):
    address = an_address(doors, world, stage="submitted", evidence="Minutes", success_measure=measure)
    visitor = doors.visitor(CHAIR)
    visitor.open(f"/actions/{address}")
    assert [link for link in visitor.links if "/accept" in link] == [f"/actions/{address}/{step}"]
    typed = {"closure_meeting": "Subgroup of 18 November", "happened_on": "2026-11-18"}
    assert visitor.send(f"/actions/{address}/{step}", **typed) == 303
    assert found(doors, address).stage == stage


def test_what_is_returned_says_what_is_still_wanted(doors, world):
    address = an_address(doors, world, stage="submitted", evidence="Minutes")
    visitor = doors.visitor(CHAIR)
    assert visitor.send(f"/actions/{address}/return", happened_on="2026-11-20") == 422
    typed = {"return_reason": "The audit is still wanted.", "happened_on": "2026-11-20"}
    assert visitor.send(f"/actions/{address}/return", **typed) == 303
    owner = doors.visitor(OWNER)
    owner.open(f"/actions/{address}")
    assert "What is still wanted: The audit is still wanted." in owner.said


def test_more_time_is_asked_for_and_given(doors, world):
    address = an_address(doors, world)
    owner, chair = doors.visitor(OWNER), doors.visitor(CHAIR)
    wish = {"wanted_due_on": "2027-01-15", "extension_reason": "The ward moves.", "happened_on": "2026-11-20"}
    assert owner.send(f"/actions/{address}/ask_extension", **wish) == 303
    assert found(doors, address).due_on == DUE
    chair.open(f"/actions/{address}/extend")
    assert "New date asked for: 15 January 2027" in chair.said
    given = {"new_due_on": "2027-01-15", "extension_reason": "The ward moves.", "happened_on": "2026-11-20"}
    assert chair.send(f"/actions/{address}/extend", **given) == 303
    moved = found(doors, address)
    assert (moved.due_on.isoformat(), moved.original_due_on, moved.times_extended) == ("2027-01-15", DUE, 1)


def test_a_second_extension_is_for_a_partner(doors, world):
    address = an_address(doors, world)
    with doors.database.begin() as session:
        unit = a_unit(session)
        moved = DUE + timedelta(days=9)
        extend_action(unit, unit.action(address), new_due_on=moved, reason="Once", happened_on=TODAY)
    chair, partner = doors.visitor(CHAIR), doors.visitor(PARTNER)
    given = {"new_due_on": "2027-02-01", "extension_reason": "Again", "happened_on": "2026-11-20"}
    assert chair.open(f"/actions/{address}/extend") == 409
    assert "Only a safeguarding partner can grant a second extension." in chair.said
    assert chair.send(f"/actions/{address}/extend", **given) == 409
    assert "Again" in chair.html
    assert partner.send(f"/actions/{address}/extend", **given) == 303
    assert [row.reason for row in rows(doors, Extension)] == ["Once", "Again"]


def test_a_new_date_before_the_old_one_is_refused(doors, world):
    address = an_address(doors, world)
    visitor = doors.visitor(CHAIR)
    given = {"new_due_on": "2026-11-30", "extension_reason": "Sooner", "happened_on": "2026-11-20"}
    assert visitor.send(f"/actions/{address}/extend", **given) == 422
    assert "The new date must be after the present due date and after today." in visitor.said
    assert rows(doors, Extension) == []


def test_an_action_without_a_date_gets_its_first(doors, world):
    address = an_address(doors, world, due_on=None)
    visitor = doors.visitor(MANAGER)
    assert visitor.send(f"/actions/{address}/set_date", new_due_on="2027-01-15", happened_on="2026-11-20") == 303
    dated = found(doors, address)
    day = date(2027, 1, 15)
    assert (dated.stage, dated.due_on, dated.original_due_on) == ("not_started", day, day)


def test_an_action_is_given_to_another_owner_with_their_agency(doors, world):
    address = an_address(doors, world)
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"/actions/{address}/assign") == 200
    assert "Agency lead, Anyshire Council" in visitor.said
    assert "midmarch.example" not in visitor.html
    assert visitor.send(f"/actions/{address}/assign", owner_email="owner@midmarch.example") == 422
    assert visitor.send(f"/actions/{address}/assign", owner_email="") == 422
    assert visitor.send(f"/actions/{address}/assign", owner_email="agency-lead@anyshire.example") == 303
    visitor.follow()
    assert "Given to Agency lead" in visitor.said
    assert found(doors, address).owner_id == world.anyshire.people[Role.AGENCY_LEAD].id


@pytest.mark.parametrize(
    ("who", "before", "step", "typed", "after"),
    [
        (OWNER, "", "start", {}, "in_progress"),
        (OWNER, "in_progress", "block", {"blocked_reason": "No trainer"}, "blocked"),
        (OWNER, "blocked", "unblock", {}, "in_progress"),
        (OWNER, "blocked", "note", {"update": "Still no trainer"}, "blocked"),
        (CHAIR, "in_progress", "withdraw", {"dropped_reason": "Law changed"}, "no_longer_needed"),
        (CHAIR, "in_progress", "supersede", {"dropped_reason": "Better one"}, "superseded"),
        (CHAIR, "closed_complete", "reopen", {"reopened_reason": "It slipped back"}, "in_progress"),
        (CHAIR, "complete_awaiting_impact", "confirm_impact", {"impact_statement": "Fewer falls"}, "embedded"),
        (MANAGER, "proposed", "agree", {}, "not_started"),
    ],
)
def test_every_other_step_asks_for_its_own_facts(doors, world, who, before, step, typed, after):
    address = an_address(doors, world, stage=before)
    visitor = doors.visitor(who)
    assert visitor.open(f"/actions/{address}/{step}") == 200
    assert visitor.send(f"/actions/{address}/{step}", happened_on="2026-11-20", **typed) == 303
    visitor.follow()
    assert [words for words in typed.values() if words not in visitor.said] == []
    assert found(doors, address).stage == after


@pytest.mark.parametrize(
    ("who", "stage", "step", "code"),
    [
        (OWNER, "submitted", "accept", 403),
        (OWNER, "in_progress", "extend", 403),
        (PARTNER, "in_progress", "progress", 403),
        (CHAIR, "in_progress", "accept", 409),
        (OWNER, "in_progress", "fly", 404),
        (OWNER, "in_progress", "propose", 404),
        ("owner@midmarch.example", "in_progress", "progress", 404),
    ],
)
def test_b2_a_step_that_is_not_open_is_refused_both_ways(doors, world, who, stage, step, code):
    address = an_address(doors, world, stage=stage, evidence="Minutes")
    visitor = doors.visitor(who)
    assert visitor.open(f"/actions/{address}/{step}") == code
    typed = {"extension_reason": "x", "new_due_on": "2027-03-01", "update": "x", "happened_on": "2026-11-20"}
    assert visitor.send(f"/actions/{address}/{step}", **typed) == code
    assert found(doors, address).stage == stage


def test_a_form_without_a_version_is_still_recorded_by_the_row_as_it_is(doors, world):
    address = an_address(doors, world)
    visitor = doors.visitor(OWNER)
    for version in ("nonsense", "-1", "9" * 30):
        typed = {"update": "Done", "happened_on": "2026-11-20", "version": version}
        assert visitor.send(f"/actions/{address}/progress", **typed) == 303


@pytest.mark.parametrize("step", ["accept", "return"])
def test_the_evidence_stands_where_the_decision_is_made(doors, world, step):
    address = an_address(doors, world, stage="submitted", evidence="Minutes of April")
    with doors.database.begin() as session:
        action = session.scalars(sa.select(Action).where(Action.address == address)).one()
        action.evidence.append(Evidence(text="The wrong one", offered_by="x", offered_at=NOW, withdrawn_on=TODAY))
        report = {"text": "Every ward is trained.", "reported_by": "Robin Ash <x@y.example>", "reported_at": NOW}
        action.progress.append(ProgressUpdate(happened_on=TODAY, **report))
    chair = doors.visitor(CHAIR)
    assert chair.open(f"/actions/{address}/{step}") == 200
    assert "Evidence Evidence" in chair.said
    assert "Minutes of April" in chair.said
    assert "The wrong one" not in chair.said
    assert "Last progress 20 November 2026" in chair.said
    assert "Every ward is trained." in chair.said


def test_what_was_asked_for_stands_where_it_is_answered(doors, world):
    address = an_address(doors, world)
    wish = {"wanted_due_on": "2027-01-15", "extension_reason": "The ward moves.", "happened_on": "2026-11-20"}
    doors.visitor(OWNER).send(f"/actions/{address}/ask_extension", **wish)
    chair = doors.visitor(CHAIR)
    chair.open(f"/actions/{address}/refuse_extension")
    assert "Until 15 January 2027" in chair.said
    assert "Why: The ward moves." in chair.said


def test_no_hidden_field_is_drawn_a_second_time(doors, world):
    address = an_address(doors, world)
    for role, step in ((OWNER, "progress"), (CHAIR, "extend"), (OWNER, "submit"), (MANAGER, "assign")):
        visitor = doors.visitor(role)
        assert visitor.open(f"/actions/{address}/{step}") == 200
        assert visitor.html.count('name="edition"') == 1
        assert "Edition" not in visitor.said


def test_a_late_action_is_not_done_yet_by_its_page(doors, world):
    address = an_address(doors, world)
    visitor = doors.visitor(OWNER)
    visitor.open(f"/actions/{address}")
    assert "Say that it is not done yet" not in visitor.said
    with doors.database.begin() as session:
        session.execute(sa.update(Action).values(due_on=TODAY - timedelta(days=3)))
    visitor.open(f"/actions/{address}")
    assert f"/actions/{address}/explain_delay" in visitor.links
    assert f"/actions/{address}/ask_extension" in visitor.links
    typed = {"expected_on": "2026-12-15", "delay_reason": "Two wards wait."}
    assert visitor.send(f"/actions/{address}/explain_delay", **typed) == 303
    visitor.follow()
    assert "Not done yet Expected on 15 December 2026" in visitor.said
    assert (found(doors, address).expected_on.isoformat(), rows(doors, ProgressUpdate)) == ("2026-12-15", [])


def test_the_time_that_was_given_is_taken_back_on_its_page(doors, world):
    address = an_address(doors, world)
    chair = doors.visitor(CHAIR)
    given = {"new_due_on": "2027-01-15", "extension_reason": "The ward moves.", "happened_on": "2026-11-20"}
    chair.send(f"/actions/{address}/extend", **given)
    chair.follow()
    assert f"/actions/{address}/undo_extension" in chair.links
    typed = {"undone_reason": "It was meant for another.", "happened_on": "2026-11-20"}
    assert chair.send(f"/actions/{address}/undo_extension", **typed) == 303
    chair.follow()
    assert "Taken back on 20 November 2026" in chair.said
    assert found(doors, address).due_on == DUE

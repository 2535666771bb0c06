"""Withdrawing evidence that was added in error, unless the action was accepted with it."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, NotAllowed
from reviews.actions.evidence import add_evidence, withdraw_evidence
from reviews.actions.page_queries import stored_evidence
from reviews.actions.parts import add_action_part, note_part
from reviews.actions.steps import accept_action, submit_action
from reviews.actions.thread import thread_actions
from reviews.core.db import Database
from reviews.models import Action, Event, EventKind, Evidence
from reviews.transactions.unit_of_work import NotFound
from tests.builders import NOW, TODAY, World, a_case, a_person, a_unit, a_world, actor_of, an_action
from workflows.core.engine import NotReady, Refused, WrongRole
from workflows.core.vocabulary import Role

WHY = "It named a family"


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def session(database: Database, world: World) -> Session:
    with database() as opened:
        yield opened


def an_owned(session: Session, world: World, kind: str = "rapid_review", **more: Any) -> Action:
    place = world.anyshire
    known = {"owner": place.people[Role.ACTION_OWNER], "agency": place.agencies["Council"], "stage": "in_progress"}
    return an_action(session, a_case(session, place.partnership, kind), **known | more)


def offered(session: Session, world: World, action: Action, **more: Any) -> Evidence:
    unit = a_unit(session, world.anyshire.actors[Role.ACTION_OWNER])
    row = add_evidence(unit, action, text="Minutes of May")
    for name, value in more.items():
        setattr(row, name, value)
    session.flush()
    return row


def a_lead(session: Session, world: World, agency: str) -> Actor:
    place = world.anyshire
    return actor_of(session, a_person(session, place.partnership, Role.AGENCY_LEAD, place.agencies[agency]))


@pytest.mark.parametrize(
    ("role", "kind"),
    [
        (Role.ACTION_OWNER, "rapid_review"),
        (Role.BUSINESS_MANAGER, "rapid_review"),
        (Role.ACTION_OWNER, "cdop_case"),
        (Role.CDOP_MANAGER, "cdop_case"),
    ],
)
def test_whoever_offered_it_and_the_managers_withdraw_it_and_it_stays_listed(session, world, role, kind) -> None:
    action = an_owned(session, world, kind)
    row, seen = offered(session, world, action), action.version
    actor = world.anyshire.actors[role]
    withdraw_evidence(a_unit(session, actor), action, row.id, reason=f" {WHY} ")
    session.flush()
    assert (row.withdrawn_on, row.withdrawn_by, row.withdrawn_reason) == (TODAY, actor.signature, WHY)
    assert action.version == seen + 1
    [event] = session.scalars(sa.select(Event).where(Event.kind == EventKind.EVIDENCE_WITHDRAWN))
    assert event.details == {"evidence": row.id, "evidence_kind": "text", "withdrawn_reason": WHY}
    assert session.scalars(sa.select(Evidence)).all() == [row]


def test_who_changed_their_name_still_withdraws_what_they_offered(session, world) -> None:
    action = an_owned(session, world)
    row = offered(session, world, action)
    renamed = replace(world.anyshire.actors[Role.ACTION_OWNER], name="Somebody New")
    withdraw_evidence(a_unit(session, renamed), action, row.id, reason=WHY)
    assert row.withdrawn_by.startswith("Somebody New <")


@pytest.mark.parametrize("role", [Role.AGENCY_LEAD, Role.BUSINESS_UNIT_ADMIN, Role.SUBGROUP_CHAIR])
def test_nobody_else_withdraws_it(session, world, role) -> None:
    action = an_owned(session, world)
    row = offered(session, world, action)
    with pytest.raises(NotAllowed):
        withdraw_evidence(a_unit(session, world.anyshire.actors[role]), action, row.id, reason=WHY)


def test_b4_what_is_withdrawn_is_not_evidence_any_more(session, world) -> None:
    action = an_owned(session, world)
    row = offered(session, world, action)
    owner = a_unit(session, world.anyshire.actors[Role.ACTION_OWNER])
    submit_action(owner, action, evidence="", happened_on=TODAY)
    withdraw_evidence(owner, action, row.id, reason=WHY)
    session.flush()
    chair = a_unit(session, world.anyshire.actors[Role.SUBGROUP_CHAIR])
    with pytest.raises(NotReady, match="The action needs at least one piece of evidence"):
        accept_action(chair, action, happened_on=TODAY)
    [line] = thread_actions(session, chair.actor, action.case, today=TODAY)
    assert line.evidence == 0


@pytest.mark.parametrize("stage", ["complete_awaiting_impact", "closed_complete", "embedded", "no_longer_needed"])
def test_b4_what_an_action_was_accepted_with_stands(session, world, stage) -> None:
    action = an_owned(session, world)
    row = offered(session, world, action)
    action.stage = stage
    with pytest.raises(Refused, match="once the action is accepted"):
        withdraw_evidence(a_unit(session), action, row.id, reason=WHY)


@pytest.mark.parametrize(("reason", "sentence"), [(" ", "Say why"), ("x" * 10_001, "10,000 characters")])
def test_it_is_withdrawn_with_a_reason_and_once(session, world, reason, sentence) -> None:
    action = an_owned(session, world)
    row = offered(session, world, action)
    unit = a_unit(session, world.anyshire.actors[Role.ACTION_OWNER])
    with pytest.raises(Refused, match=sentence):
        withdraw_evidence(unit, action, row.id, reason=reason)
    withdraw_evidence(unit, action, row.id, reason=WHY)
    with pytest.raises(Refused, match="already"):
        withdraw_evidence(unit, action, row.id, reason=WHY)


def test_a_piece_of_another_action_is_not_there(session, world) -> None:
    row = offered(session, world, an_owned(session, world))
    with pytest.raises(NotFound):
        withdraw_evidence(a_unit(session), an_owned(session, world), row.id, reason=WHY)


def test_a_withdrawn_file_is_read_by_the_managers_alone(session, world) -> None:
    action, file = an_owned(session, world), {"kind": "file", "file_name": "a.pdf", "stored_as": "f" * 64}
    row = offered(session, world, action, **file)
    owner, manager = (world.anyshire.actors[role] for role in (Role.ACTION_OWNER, Role.BUSINESS_MANAGER))
    assert stored_evidence(session, owner, action, row.id) is row
    withdraw_evidence(a_unit(session, owner), action, row.id, reason=WHY)
    session.flush()
    assert stored_evidence(session, manager, action, row.id) is row
    with pytest.raises(NotFound):
        stored_evidence(session, owner, action, row.id)


def test_the_lead_of_an_agency_that_shares_it_adds_evidence_and_notes_on_their_part(session, world) -> None:
    action, police = an_owned(session, world), a_lead(session, world, "Police")
    with pytest.raises(WrongRole):
        add_evidence(a_unit(session, police), action, text="Our lists")
    part = add_action_part(a_unit(session), action, agency_id=world.anyshire.agencies["Police"].id)
    add_evidence(a_unit(session, police), action, text="Our lists")
    note_part(a_unit(session, police), action, part, note="Half of the stations")
    note_part(a_unit(session, police), action, part, note="All stations")
    session.flush()
    assert (part.state, part.note) == ("open", "All stations")
    added = sa.select(Event).where(Event.kind == EventKind.EVIDENCE_ADDED)
    assert [event.details["part"] for event in session.scalars(added)] == ["Anyshire Police"]
    noted = sa.select(Event).where(Event.kind == EventKind.PART_NOTED).order_by(Event.id)
    notes = [(event.details["strand"], event.details["strand_note"]) for event in session.scalars(noted)]
    assert notes == [("Anyshire Police", "Half of the stations"), ("Anyshire Police", "All stations")]
    with pytest.raises(NotAllowed):
        note_part(a_unit(session, a_lead(session, world, "Hospitals")), action, part, note="Ours too")
    with pytest.raises(Refused, match="how this part is going"):
        note_part(a_unit(session, police), action, part, note=" ")


@pytest.mark.parametrize("stage", ["proposed", "closed_complete"])
def test_a_part_gives_no_evidence_to_what_is_not_agreed_or_finished(session, world, stage) -> None:
    action = an_owned(session, world)
    add_action_part(a_unit(session), action, agency_id=world.anyshire.agencies["Police"].id)
    action.stage = stage
    with pytest.raises(Refused):
        add_evidence(a_unit(session, a_lead(session, world, "Police")), action, text="Our lists")


def test_no_lead_adds_evidence_to_an_action_of_child_death_review(session, world) -> None:
    action = an_owned(session, world, "cdop_case")
    add_action_part(a_unit(session), action, agency_id=world.anyshire.agencies["Police"].id)
    with pytest.raises(WrongRole):
        add_evidence(a_unit(session, a_lead(session, world, "Police")), action, text="Our lists")


def test_a_piece_that_was_withdrawn_long_ago_counts_for_no_new_wish_to_close(session, world) -> None:
    action = an_owned(session, world)
    row = offered(session, world, action, withdrawn_on=NOW.date())
    assert row.withdrawn_on == TODAY
    with pytest.raises(NotReady, match="at least one piece of evidence"):
        submit_action(a_unit(session, world.anyshire.actors[Role.ACTION_OWNER]), action, evidence="", happened_on=TODAY)

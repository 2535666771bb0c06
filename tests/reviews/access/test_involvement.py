"""Nobody decides on what is their own, through whatever role, deputy, link or command: derived from the definitions."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy.orm import Session

from notifications import link_answers
from notifications.letters.links import Answer
from reviews.access.permissions import Actor, NotAllowed
from reviews.actions.details import assign_action
from reviews.actions.evidence import record_assurance
from reviews.actions.extensions import ask_extension
from reviews.actions.ratings import set_chair_rating
from reviews.actions.steps import extend_action, submit_action
from reviews.actions.take_step import require_step, take_action_step
from reviews.cases.corrections import correct_step
from reviews.cases.involvement import involvement_in
from reviews.cases.steps import take_case_step
from reviews.core.db import Database
from reviews.models import Action, Case, Event, EventKind
from reviews.people.address_changes import change_email
from tests.builders import (
    TODAY,
    Place,
    a_case,
    a_unit,
    a_world,
    actor_of,
    an_action,
    facts_for,
    give_review,
    rewriting_history,
    small_cases,
    take,
)
from workflows.core.bars import barred_from
from workflows.core.engine import ConflictOfInterest, Refused
from workflows.core.involvement import NOBODY, Involvement
from workflows.core.vocabulary import REVIEWER, REVIEWER_UNTIL, Role, Step
from workflows.definitions import CASE_WORKFLOWS
from workflows.definitions.action import ACTION

LATER = date(2027, 3, 1)
BARRED = [step for step in ACTION.steps if step.barred]
OWNER, SUBMITTER, ASKER = Involvement.OWNER, Involvement.SUBMITTER, Involvement.ASKER


@pytest.fixture
def place(database: Database) -> Place:
    return a_world(database).anyshire


@pytest.fixture
def session(database: Database, place: Place) -> Iterator[Session]:
    with database() as opened:
        yield opened


def with_every_role(place: Place, role: Role) -> Actor:
    """One person who holds every role of the partnership, beside the one they are known by."""
    held = tuple(assignment for actor in place.actors.values() for assignment in actor.roles_held)
    return replace(place.actors[role], roles_held=held)


def an_owned_action(session: Session, place: Place, owner: Role, **more: object) -> Action:
    owned = {"owner": place.people[owner], "agency": place.agencies["Hospitals"], "evidence": "The minutes."}
    return an_action(session, a_case(session, place.partnership), **owned | more)


Way = Callable[[Session, Place], tuple[Action, Actor]]


def as_owner(session: Session, place: Place) -> tuple[Action, Actor]:
    return an_owned_action(session, place, Role.SUBGROUP_CHAIR), with_every_role(place, Role.SUBGROUP_CHAIR)


def as_deputy(session: Session, place: Place) -> tuple[Action, Actor]:
    me = with_every_role(place, Role.SUBGROUP_CHAIR)
    return an_owned_action(session, place, Role.ACTION_OWNER, deputy_id=me.person_id), me


def as_deputy_of_who_is_away(session: Session, place: Place) -> tuple[Action, Actor]:
    action, me = as_colleague(session, place)
    assert action.owner_id is not None
    return action, replace(me, deputises_for=((action.partnership_id, action.owner_id),))


def as_colleague(session: Session, place: Place) -> tuple[Action, Actor]:
    return an_owned_action(session, place, Role.ACTION_OWNER), with_every_role(place, Role.SUBGROUP_CHAIR)


def hand_over(session: Session, place: Place, action: Action) -> None:
    manager = place.actors[Role.BUSINESS_MANAGER]
    assign_action(a_unit(session, manager), action, owner_email=place.actors[Role.ACTION_OWNER].email)
    session.flush()


def after_submitting(session: Session, place: Place) -> tuple[Action, Actor]:
    action, me = as_owner(session, place)
    action.stage = "in_progress"
    submit_action(a_unit(session, me), action, evidence="Done.", happened_on=TODAY)
    hand_over(session, place, action)
    return action, me


def after_the_deputy_submitted(session: Session, place: Place) -> tuple[Action, Actor]:
    action, me = as_owner(session, place)
    action.stage, action.deputy_id = "in_progress", place.people[Role.AGENCY_LEAD].id
    deputy = place.actors[Role.AGENCY_LEAD]
    submit_action(a_unit(session, deputy), action, evidence="Done.", happened_on=TODAY)
    action.deputy_id = None
    hand_over(session, place, action)
    return action, me


def ask(session: Session, action: Action, actor: Actor) -> None:
    action.stage = "in_progress"
    ask_extension(a_unit(session, actor), action, wanted_due_on=LATER, reason="A leaver.", happened_on=TODAY)
    session.flush()


def after_asking(session: Session, place: Place) -> tuple[Action, Actor]:
    action, me = as_owner(session, place)
    ask(session, action, me)
    hand_over(session, place, action)
    return action, me


def after_asking_by_link(session: Session, place: Place) -> tuple[Action, Actor]:
    action, me = as_owner(session, place)
    ask(session, action, replace(me, name=f"link sent to {me.name}"))
    hand_over(session, place, action)
    return action, me


def after_asking_for_a_colleague(session: Session, place: Place) -> tuple[Action, Actor]:
    action, me = as_colleague(session, place)
    ask(session, action, me)
    return action, me


def after_another_name_and_address(session: Session, place: Place) -> tuple[Action, Actor]:
    action, me = after_asking(session, place)
    person = change_email(a_unit(session), email=me.email, to="somebody.else@anyshire.example")
    person.name = "Somebody Else"
    return action, replace(me, name=person.name, email=person.email)


def after_giving_it_away(session: Session, place: Place) -> tuple[Action, Actor]:
    action, me = as_owner(session, place)
    hand_over(session, place, action)
    return action, me


def at_the_terminal(session: Session, place: Place) -> tuple[Action, Actor]:
    action, me = as_owner(session, place)
    return action, replace(me, operator="operator (root)")


WAYS = [
    (as_owner, OWNER),
    (as_deputy, OWNER),
    (as_deputy_of_who_is_away, OWNER),
    (at_the_terminal, OWNER),
    (after_submitting, SUBMITTER),
    (after_the_deputy_submitted, SUBMITTER),
    (after_asking, ASKER),
    (after_asking_by_link, ASKER),
    (after_asking_for_a_colleague, ASKER),
    (after_another_name_and_address, ASKER),
    (after_giving_it_away, ASKER),
]


def judge(session: Session, action: Action, actor: Actor, step: Step) -> None:
    action.stage = str(step.source[0])
    take_action_step(a_unit(session, actor), action, step.name, happened_on=TODAY, answers=facts_for(step))


@pytest.mark.parametrize(("way", "involvement"), WAYS, ids=[way.__name__ for way, _ in WAYS])
def test_b3_no_way_leads_to_a_decision_on_what_is_ones_own(
    session: Session, place: Place, way: Way, involvement: Involvement
) -> None:
    action, me = way(session, place)
    steps = [step for step in BARRED if involvement in (step.barred or ())]
    assert steps
    for step in steps:
        with pytest.raises(ConflictOfInterest, match="is for somebody else to record"):
            judge(session, action, me, step)
        with pytest.raises(ConflictOfInterest):
            require_step(a_unit(session, me), action, step.name)
        assert action.stage == str(step.source[0])


def test_b3_somebody_else_may_decide_on_it(session: Session, place: Place) -> None:
    action, _ = after_asking(session, place)
    other = with_every_role(place, Role.SAFEGUARDING_PARTNER)
    extend_action(a_unit(session, other), action, new_due_on=LATER, reason="Agreed.", happened_on=TODAY)
    assert action.due_on == LATER


def test_b3_who_gave_it_away_may_answer_what_the_new_owner_asks(session: Session, place: Place) -> None:
    action, me = after_giving_it_away(session, place)
    ask(session, action, place.actors[Role.ACTION_OWNER])
    extend_action(a_unit(session, me), action, new_due_on=LATER, reason="Agreed.", happened_on=TODAY)
    assert action.due_on == LATER


@pytest.mark.parametrize("way", [as_owner, as_deputy, after_submitting, after_the_deputy_submitted])
def test_b3_nor_rates_or_assures_ones_own(session: Session, place: Place, way: Way) -> None:
    action, me = way(session, place)
    with pytest.raises(NotAllowed, match="cannot if they are its owner or deputy, or submitted it"):
        set_chair_rating(a_unit(session, me), action, rating="Green", reason="All is well.")
    with pytest.raises(NotAllowed, match="whoever submitted the action"):
        record_assurance(a_unit(session, me), action, kind="dip_sample", seen_on=TODAY, is_assured=True, text="Seen.")


LINK_STEPS = {
    Answer.SEEN: (),
    Answer.ON_TRACK: ("progress", "note"),
    Answer.NOT_YET: ("explain_delay",),
    Answer.DONE: ("submit",),
    Answer.MORE_TIME: ("ask_extension",),
    Answer.NOT_MINE: (),
}


def test_b3_links_and_bulk_take_no_step_that_is_barred_to_anybody() -> None:
    assert link_answers._RECORDING.keys() == LINK_STEPS.keys()
    taken = {name for names in LINK_STEPS.values() for name in names} | {"assign", "ask_extension"}
    assert {step.name for step in ACTION.steps if step.name in taken and step.barred == NOBODY} == taken


CASE_STEPS = [(track, step) for each in CASE_WORKFLOWS.values() for track in each.tracks for step in track.steps]


def test_b3_the_lead_reviewer_has_no_part_in_any_step_of_cases_that_bars_them(session: Session, place: Place) -> None:
    case = a_case(session, place.partnership, "lcspr")
    me = replace(with_every_role(place, Role.LEAD_REVIEWER), reviewing=(case.id,))
    other = with_every_role(place, Role.SUBGROUP_CHAIR)
    for track, step in CASE_STEPS:
        found = involvement_in(session, me, case, track, step)
        assert found == barred_from(track, step) & {Involvement.LEAD_REVIEWER}
        assert involvement_in(session, other, case, track, step) == NOBODY


def test_b3_the_lead_reviewer_does_not_assure_or_end_their_own_review(session: Session, place: Place) -> None:
    case = a_case(session, place.partnership, "lcspr")
    take(session, case, "commission", "begin_scoping", "agree_tor", "submit_draft")
    give_review(session, case, place.people[Role.LEAD_REVIEWER])
    me = replace(with_every_role(place, Role.LEAD_REVIEWER), reviewing=(case.id,))
    for name in ("quality_assure", "discontinue", "pause"):
        with pytest.raises(ConflictOfInterest, match="not open to: the lead reviewer of the case"):
            take(session, case, name, actor=me)


def test_b3_nobody_gives_a_case_to_themself(session: Session, place: Place) -> None:
    case = a_case(session, place.partnership, "lcspr")
    partner = with_every_role(place, Role.LEAD_REVIEWER)
    named = {REVIEWER: place.actors[Role.LEAD_REVIEWER].email, REVIEWER_UNTIL: LATER}
    with pytest.raises(ConflictOfInterest, match="not open to: the lead reviewer of the case"):
        take_case_step(a_unit(session, partner), case, "name_reviewer", happened_on=TODAY, answers=named)


def test_b3_whoever_drafted_a_plan_does_not_adopt_it_with_another_role(session: Session, place: Place) -> None:
    case = a_case(session, place.partnership, "scrutiny_recommendation")
    recorded_by(session, case, place.people[Role.BUSINESS_MANAGER].id)
    me = with_every_role(place, Role.BUSINESS_MANAGER)
    for name in ("accept", "reject"):
        with pytest.raises(ConflictOfInterest, match="not open to: whoever submitted it"):
            take(session, case, name, actor=me)
    take(session, case, "accept", actor=place.actors[Role.SAFEGUARDING_PARTNER])
    assert case.tracks[0].stage == "accepted"


def recorded_by(session: Session, case: Case, person_id: int) -> None:
    with rewriting_history(session):
        for event in session.query(Event).where(Event.case_id == case.id):
            event.recorded_by_id = person_id


def a_request(session: Session, place: Place) -> Case:
    case = a_case(session, place.partnership, "rapid_review")
    take(session, case, "convene_discussion", "decide_notify", "submit_sin")
    take(session, case, "open_gathering", agencies_asked=("Anyshire Council",))
    (request,) = small_cases(session, case)
    return request


def test_b3_no_agency_gives_its_own_request_more_time_or_ends_it(session: Session, place: Place) -> None:
    request = a_request(session, place)
    lead = with_every_role(place, Role.AGENCY_LEAD)
    standing_in = replace(
        place.actors[Role.BUSINESS_MANAGER], deputises_for=((place.partnership.id, place.people[Role.AGENCY_LEAD].id),)
    )
    for me in (lead, standing_in):
        for name in ("give_more_time", "call_off"):
            with pytest.raises(ConflictOfInterest, match="not open to: the lead of the agency that was asked"):
                take(session, request, name, actor=me)
    sent = session.query(Event).where(Event.case_id == request.id, Event.kind == EventKind.STEP_TAKEN).one()
    with pytest.raises(Refused, match="for somebody else to correct"):
        correct_step(
            a_unit(session, lead),
            request,
            sent.id,
            happened_on=TODAY,
            answers={"returns_due_on": LATER},
            reason="Misread.",
        )
    take(session, request, "give_more_time", actor=actor_of(session, place.people[Role.BUSINESS_MANAGER]))

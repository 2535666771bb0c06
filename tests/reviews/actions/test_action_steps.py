"""The steps of an action, from its first progress report to its closure."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from reviews.access.permissions import Actor
from reviews.actions.step_handlers import record_plain_step
from reviews.actions.steps import (
    accept_action,
    extend_action,
    record_progress,
    return_action,
    set_due_date,
    submit_action,
)
from reviews.core.clock import StoppedClock
from reviews.core.db import Database
from reviews.models import Action, Event, Evidence, Extension, ImpactCheck, ProgressUpdate
from reviews.transactions.unit_of_work import NotFound, Unit, reading, unit_of_work
from tests.builders import TODAY, World, a_case, a_world, an_action
from tests.changes import Changes, changes_of, nothing_changes
from workflows.core.engine import NotReady, Refused, WrongRole, WrongStage
from workflows.core.vocabulary import Role
from workflows.definitions.action import FINISHED

FIRST, SECOND, THIRD = date(2026, 12, 4), date(2027, 1, 15), date(2027, 3, 1)


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def make(database: Database, world: World) -> Callable[..., Action]:
    """Make an action of the council's, owned by the owner of Anyshire."""

    def make_one(**answers: Any) -> Action:
        place = world.anyshire
        with database.begin() as session:
            case = a_case(session, place.partnership)
            owner, council = place.people[Role.ACTION_OWNER], place.agencies["Council"]
            return an_action(session, case, **({"owner": owner, "agency": council} | answers))

    return make_one


@pytest.fixture
def act(database: Database, clock: StoppedClock) -> Callable[..., Changes]:
    """Do something to an action as somebody, and give what changed."""

    def act_once(command: Callable[..., Action], actor: Actor, action: Action, *args: Any, **answers: Any) -> Changes:
        with changes_of(database) as changes, unit_of_work(database, actor, clock) as unit:
            command(unit, unit.action(action.reference), *args, **({"happened_on": TODAY} | answers))
        return changes

    return act_once


@pytest.fixture
def refused(database: Database, clock: StoppedClock) -> Callable[..., Refused]:
    """Do something that is refused, see that nothing changed, and give the refusal."""

    def refuse(command: Callable[..., Action], actor: Actor, action: Action, *args: Any, **answers: Any) -> Refused:
        with nothing_changes(database), pytest.raises(Refused) as refusal, unit_of_work(database, actor, clock) as unit:
            command(unit, unit.action(action.reference), *args, **({"happened_on": TODAY} | answers))
        return refusal.value

    return refuse


def as_kept(database: Database, action: Action) -> Action:
    with reading(database) as session:
        return session.get_one(Action, action.id)


def history(database: Database, action: Action) -> Event:
    with reading(database) as session:
        return session.scalars(sa.select(Event).where(Event.action_id == action.id).order_by(Event.id.desc())).first()


def test_progress_is_kept_beside_what_was_said_before(database: Database, world: World, make, act) -> None:
    action, owner = make(), world.anyshire.actors[Role.ACTION_OWNER]
    act(record_progress, owner, action, text="A date is found.", happened_on=date(2026, 11, 2))
    changes = act(record_progress, owner, action, text="Half are trained.")
    assert changes.added == {"progress_updates": 1, "events": 1}
    assert changes.changed == {"actions": {"last_progress_on", "version"}}
    with reading(database) as session:
        said = session.scalars(sa.select(ProgressUpdate).order_by(ProgressUpdate.id)).all()
    assert [update.text for update in said] == ["A date is found.", "Half are trained."]
    assert [update.happened_on for update in said] == [date(2026, 11, 2), TODAY]
    assert as_kept(database, action).stage == "in_progress"


def test_progress_recorded_late_does_not_make_the_last_report_older(
    database: Database, world: World, make, act
) -> None:
    action, owner = make(), world.anyshire.actors[Role.ACTION_OWNER]
    act(record_progress, owner, action, text="Half are trained.")
    act(record_progress, owner, action, text="A date was found.", happened_on=date(2026, 11, 2))
    assert as_kept(database, action).last_progress_on == TODAY


def test_a_note_on_a_blocked_action_leaves_it_blocked(database: Database, world: World, make, act) -> None:
    action = make(stage="blocked")
    act(record_progress, world.anyshire.actors[Role.ACTION_OWNER], action, text="Still no room.")
    assert as_kept(database, action).stage == "blocked"


def test_an_empty_report_is_refused_with_what_is_missing(world: World, make, refused) -> None:
    refusal = refused(record_progress, world.anyshire.actors[Role.ACTION_OWNER], make(), text=" \n")
    assert refusal.missing == ("What has happened",)


def test_progress_is_not_reported_for_tomorrow(world: World, make, refused) -> None:
    owner = world.anyshire.actors[Role.ACTION_OWNER]
    refusal = refused(record_progress, owner, make(), text="Done soon.", happened_on=date(2026, 11, 21))
    assert "lies in the future" in refusal.sentence


def test_an_action_without_evidence_is_not_submitted(world: World, make, refused) -> None:
    refusal = refused(submit_action, world.anyshire.actors[Role.ACTION_OWNER], make(), evidence="")
    assert isinstance(refusal, NotReady)
    assert refusal.missing == ("at least one piece of evidence",)


def test_submitting_keeps_the_evidence_and_who_submitted(database: Database, world: World, make, act) -> None:
    action, owner = make(), world.anyshire.actors[Role.ACTION_OWNER]
    changes = act(submit_action, owner, action, evidence="The attendance lists.")
    assert changes.added == {"evidence": 1, "events": 1}
    assert changes.changed == {"actions": {"done_on", "stage", "submitted_by_id", "submitted_for_id", "version"}}
    with reading(database) as session:
        kept = session.scalars(sa.select(Evidence)).one()
    assert (kept.text, kept.offered_by) == ("The attendance lists.", owner.signature)
    assert history(database, action).kind == "action_submitted"
    assert as_kept(database, action).ended_on is None


def test_evidence_offered_before_is_enough(database: Database, world: World, make, act) -> None:
    action = make(evidence="The attendance lists.")
    act(submit_action, world.anyshire.actors[Role.ACTION_OWNER], action, evidence=" ")
    assert as_kept(database, action).stage == "submitted"


def test_an_overlong_piece_of_evidence_is_refused(world: World, make, refused) -> None:
    refusal = refused(submit_action, world.anyshire.actors[Role.ACTION_OWNER], make(), evidence="x" * 10_001)
    assert "10,000 characters or fewer; this has 10,001" in refusal.sentence


def test_the_chair_closes_and_the_day_is_kept(database: Database, world: World, make, act) -> None:
    action = make(stage="submitted", evidence="Lists.")
    changes = act(accept_action, world.anyshire.actors[Role.SUBGROUP_CHAIR], action, meeting="Subgroup, November")
    assert changes.added == {"events": 1}
    assert changes.changed == {"actions": {"stage", "ended_on", "version"}}
    kept, event = as_kept(database, action), history(database, action)
    assert (kept.stage, kept.ended_on) == ("closed_complete", TODAY)
    assert (event.from_stage, event.to_stage) == ("submitted", "closed_complete")
    assert event.details == {"closure_meeting": "Subgroup, November"}


def test_done_and_made_a_difference_are_two_facts(database: Database, world: World, make, act) -> None:
    action, chair = make(stage="submitted", evidence="Lists.", success_measure="Fewer"), Role.SUBGROUP_CHAIR
    act(accept_action, world.anyshire.actors[chair], action)
    assert (as_kept(database, action).stage, as_kept(database, action).ended_on) == ("complete_awaiting_impact", None)
    with database() as session:
        asked = sa.select(ImpactCheck.months).where(ImpactCheck.action_id == action.id).order_by(ImpactCheck.due_on)
        assert session.scalars(asked).all() == [3, 9]


def test_neither_owner_nor_manager_nor_admin_closes(world: World, make, refused) -> None:
    for role in (Role.ACTION_OWNER, Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN, Role.AGENCY_LEAD):
        action = make(stage="submitted", evidence="Lists.")
        refusal = refused(accept_action, world.anyshire.actors[role], action)
        assert isinstance(refusal, WrongRole), role
        assert refusal.sentence.lower().endswith("it can be recorded by: cdop manager, subgroup chair.")


def test_a_chair_does_not_close_an_action_of_their_own(world: World, make, refused) -> None:
    chair = world.anyshire.people[Role.SUBGROUP_CHAIR]
    action = make(owner=chair, stage="submitted", evidence="Lists.")
    refusal = refused(accept_action, world.anyshire.actors[Role.SUBGROUP_CHAIR], action)
    assert "not open to: the owner and their deputy" in refusal.sentence


def test_a_chair_does_not_close_what_they_submitted(database: Database, world: World, make, refused) -> None:
    action = make(stage="submitted", evidence="Lists.")
    with database.begin() as session:
        submitted = sa.update(Action).where(Action.id == action.id)
        session.execute(submitted.values(submitted_by_id=world.anyshire.people[Role.SUBGROUP_CHAIR].id))
    refusal = refused(accept_action, world.anyshire.actors[Role.SUBGROUP_CHAIR], action)
    assert "whoever submitted it" in refusal.sentence


def test_a_returned_action_goes_back_with_what_is_still_wanted(database: Database, world: World, make, act) -> None:
    action = make(stage="submitted", evidence="Lists.")
    act(return_action, world.anyshire.actors[Role.BUSINESS_MANAGER], action, reason="Who was absent?")
    kept, event = as_kept(database, action), history(database, action)
    assert (kept.stage, kept.submitted_by_id) == ("in_progress", None)
    assert (event.kind, event.details) == ("action_returned", {"return_reason": "Who was absent?"})


def test_an_action_is_not_returned_without_saying_why(world: World, make, refused) -> None:
    action = make(stage="submitted", evidence="Lists.")
    refusal = refused(return_action, world.anyshire.actors[Role.BUSINESS_MANAGER], action, reason=" ")
    assert refusal.missing == ("What is still wanted",)


def test_an_extension_moves_the_date_and_keeps_the_first_one(database: Database, world: World, make, act) -> None:
    action, chair = make(due_on=FIRST), world.anyshire.actors[Role.SUBGROUP_CHAIR]
    changes = act(extend_action, chair, action, new_due_on=SECOND, reason="The trainer is ill.", meanwhile="Online.")
    assert changes.added == {"extensions": 1, "events": 1}
    assert changes.changed == {"actions": {"due_on", "times_extended", "version"}}
    kept = as_kept(database, action)
    assert (kept.due_on, kept.original_due_on, kept.times_extended) == (SECOND, FIRST, 1)
    with reading(database) as session:
        granted = session.scalars(sa.select(Extension)).one()
    assert (granted.previous_due_on, granted.new_due_on) == (FIRST, SECOND)
    assert (granted.reason, granted.granted_by) == ("The trainer is ill.", chair.signature)
    assert history(database, action).details == {
        "previous": "2026-12-04",
        "new_due_on": "2027-01-15",
        "extension_reason": "The trainer is ill.",
        "meanwhile": "Online.",
    }


def test_a_second_extension_is_the_partners_to_grant(database: Database, world: World, make, act, refused) -> None:
    action, actors = make(due_on=FIRST), world.anyshire.actors
    act(extend_action, actors[Role.SUBGROUP_CHAIR], action, new_due_on=SECOND, reason="Ill.")
    refusal = refused(extend_action, actors[Role.SUBGROUP_CHAIR], action, new_due_on=THIRD, reason="Still ill.")
    assert refusal.sentence == "Only a safeguarding partner can grant a second extension."
    act(extend_action, actors[Role.SAFEGUARDING_PARTNER], action, new_due_on=THIRD, reason="Still ill.")
    kept = as_kept(database, action)
    assert (kept.due_on, kept.original_due_on, kept.times_extended) == (THIRD, FIRST, 2)


def test_in_child_death_review_its_manager_stands_for_chair_and_partners(database: Database, world: World, act) -> None:
    place = world.anyshire
    with database.begin() as session:
        action = an_action(session, a_case(session, place.partnership, "cdop_case"), due_on=FIRST)
    for new_due_on in (SECOND, THIRD):
        act(extend_action, place.actors[Role.CDOP_MANAGER], action, new_due_on=new_due_on, reason="Inquest.")
    assert as_kept(database, action).times_extended == 2


def test_neither_owner_nor_manager_gives_more_time(world: World, make, refused) -> None:
    action = make(due_on=FIRST)
    for role in (Role.ACTION_OWNER, Role.BUSINESS_MANAGER, Role.INDEPENDENT_CHAIR, Role.REVIEW_SUBGROUP_MEMBER):
        refusal = refused(extend_action, world.anyshire.actors[role], action, new_due_on=SECOND, reason="Ill.")
        assert isinstance(refusal, WrongRole), role


@pytest.mark.parametrize(
    ("new_due_on", "reason", "sentence"),
    [
        (FIRST, "Ill.", "after the present due date"),
        (date(2026, 12, 3), "Ill.", "after the present due date"),
        (date(2029, 12, 1), "Ill.", "within three years"),
        (SECOND, " ", "needs more before it can be recorded"),
    ],
    ids=["the same day", "an earlier day", "a day far off", "no reason"],
)
def test_an_extension_that_makes_no_sense_is_refused(
    world: World, make, refused, new_due_on: date, reason: str, sentence: str
) -> None:
    chair = world.anyshire.actors[Role.SUBGROUP_CHAIR]
    assert sentence in refused(extend_action, chair, make(due_on=FIRST), new_due_on=new_due_on, reason=reason).sentence


def test_a_late_action_is_extended_to_a_day_that_lies_ahead(world: World, make, refused) -> None:
    chair, late = world.anyshire.actors[Role.SUBGROUP_CHAIR], make(due_on=date(2026, 10, 1))
    refusal = refused(extend_action, chair, late, new_due_on=date(2026, 11, 2), reason="Ill.")
    assert "after today" in refusal.sentence


def test_an_action_without_a_date_gets_its_first_one_and_no_extension(
    database: Database, world: World, make, act, refused
) -> None:
    action, actors = make(due_on=None, due_text="to be set"), world.anyshire.actors
    refusal = refused(extend_action, actors[Role.SUBGROUP_CHAIR], action, new_due_on=SECOND, reason="Ill.")
    assert "has no date yet" in refusal.sentence
    assert (
        "must be in the future" in refused(set_due_date, actors[Role.BUSINESS_MANAGER], action, due_on=TODAY).sentence
    )
    act(set_due_date, actors[Role.BUSINESS_MANAGER], action, due_on=FIRST)
    kept = as_kept(database, action)
    assert (kept.due_on, kept.original_due_on, kept.due_text, kept.stage) == (FIRST, FIRST, "", "not_started")
    assert isinstance(refused(set_due_date, actors[Role.BUSINESS_MANAGER], action, due_on=SECOND), WrongStage)


def test_a_withdrawn_action_has_ended_with_its_reason(database: Database, world: World, make, act, refused) -> None:
    action, chair = make(), world.anyshire.actors[Role.SUBGROUP_CHAIR]
    assert refused(record_plain_step, chair, action, "withdraw", answers={}).missing == ("Why",)
    act(record_plain_step, chair, action, "withdraw", answers={"dropped_reason": "The unit has closed."})
    kept = as_kept(database, action)
    assert (kept.stage, kept.ended_on) == ("no_longer_needed", TODAY)
    assert history(database, action).details == {"dropped_reason": "The unit has closed."}


def test_an_action_opened_again_has_not_ended(database: Database, world: World, make, act) -> None:
    action = make(stage="closed_complete")
    assert as_kept(database, action).ended_on == TODAY
    chair = world.anyshire.actors[Role.SUBGROUP_CHAIR]
    act(record_plain_step, chair, action, "reopen", answers={"reopened_reason": "It did not last."})
    assert (as_kept(database, action).stage, as_kept(database, action).ended_on) == ("in_progress", None)


@pytest.mark.parametrize("stage", sorted(FINISHED))
def test_nothing_is_reported_on_an_action_that_has_ended(world: World, make, refused, stage: str) -> None:
    owner = world.anyshire.actors[Role.ACTION_OWNER]
    assert isinstance(refused(record_progress, owner, make(stage=stage), text="More."), WrongStage)


@pytest.mark.parametrize("step", ["extend", "accept", "submit", "assign", "propose", "fly"])
def test_a_step_that_writes_more_than_the_stage_has_no_back_door(
    database: Database, clock: StoppedClock, world: World, make, step: str
) -> None:
    action, chair = make(stage="submitted", evidence="Lists."), world.anyshire.actors[Role.SUBGROUP_CHAIR]
    with nothing_changes(database), pytest.raises(NotFound), unit_of_work(database, chair, clock) as unit:
        move(unit, action, step)


def move(unit: Unit, action: Action, step: str) -> None:
    record_plain_step(unit, unit.action(action.reference), step, answers={}, happened_on=TODAY)


def test_somebody_elses_action_does_not_exist_for_an_owner(
    database: Database, clock: StoppedClock, world: World, make
) -> None:
    action = make(owner=world.anyshire.people[Role.BUSINESS_MANAGER])
    owner = world.anyshire.actors[Role.ACTION_OWNER]
    with pytest.raises(NotFound), unit_of_work(database, owner, clock) as unit:
        unit.action(action.reference)

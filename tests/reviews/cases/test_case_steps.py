"""Recording steps of a case, and what holds a step back."""

from datetime import date

import pytest
import sqlalchemy as sa

from reviews.cases.steps import take_case_step
from reviews.core.clock import StoppedClock
from reviews.core.db import Database
from reviews.models import Case, CaseAgency, CaseLink, CaseTrack, Child, Event
from reviews.recommendations.commands import answer_recommendation
from reviews.transactions.unit_of_work import NotFound, reading, unit_of_work
from tests.builders import (
    TO_THE_PANEL,
    TODAY,
    World,
    a_case,
    a_recommendation,
    a_unit,
    a_world,
    actor_of,
    an_action,
    facts_for,
    give_review,
    small_cases,
    take,
)
from tests.changes import changes_of, nothing_changes
from workflows.core.engine import NotReady, Refused, WrongRole, WrongStage
from workflows.core.questions import Value
from workflows.core.vocabulary import Realm, Role
from workflows.definitions import CASE_WORKFLOWS

MARCH = date(2026, 3, 2)
DEFINITION = CASE_WORKFLOWS["rapid_review"]


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def case(database: Database, world: World) -> Case:
    with database.begin() as session:
        return a_case(
            session, world.anyshire.partnership, opened_on=MARCH, agencies=(world.anyshire.agencies["Police"],)
        )


def facts_of_step(name: str, **answers: Value) -> dict[str, Value]:
    step = DEFINITION.step(name)
    assert step is not None
    return facts_for(step, **answers)


def test_a_step_moves_one_track_and_writes_its_facts_and_history_together(
    database: Database, clock: StoppedClock, world: World, case: Case
) -> None:
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    answers = facts_of_step("convene_discussion")
    with changes_of(database) as changes, unit_of_work(database, manager, clock) as unit:
        step = take_case_step(unit, unit.case(case.reference), "convene_discussion", happened_on=TODAY, answers=answers)
        assert step is None
    assert changes.added == {"case_facts": len(answers), "events": 1}
    assert changes.changed == {"case_tracks": {"stage", "since_on"}, "cases": {"version"}}


def test_the_history_row_names_the_move_and_who_recorded_it(
    database: Database, clock: StoppedClock, world: World, case: Case
) -> None:
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with unit_of_work(database, manager, clock) as unit:
        answers = facts_of_step("convene_discussion")
        take_case_step(
            unit, unit.case(case.reference), "convene_discussion", happened_on=date(2026, 3, 4), answers=answers
        )
    with reading(database) as session:
        event = session.scalars(sa.select(Event).where(Event.step == "convene_discussion")).one()
    assert (event.track, event.from_stage, event.to_stage) == ("rapid_review", "referred", "threshold_discussion")
    assert (event.happened_on, event.recorded_by) == (date(2026, 3, 4), manager.signature)


def test_a_step_that_keeps_the_stage_still_counts_as_a_change(database: Database, world: World, case: Case) -> None:
    with database.begin() as session:
        kept = session.get_one(Case, case.id)
        take(session, kept, *TO_THE_PANEL[:4], on=MARCH)
        before, since = kept.version, kept.tracks[0].since_on
        take(session, kept, "ask_more_agencies")
        assert (kept.version, kept.tracks[0].stage, kept.tracks[0].since_on) == (before + 1, "gathering", since)


def test_an_impossible_step_is_refused_with_the_stage_it_leads_on_from(
    database: Database, clock: StoppedClock, world: World, case: Case
) -> None:
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with (
        nothing_changes(database),
        pytest.raises(WrongStage) as refusal,
        unit_of_work(database, manager, clock) as unit,
    ):
        answers = facts_of_step("submit_sin")
        take_case_step(unit, unit.case(case.reference), "submit_sin", happened_on=TODAY, answers=answers)
    assert "is a step from notification due; the rapid review is at referred." in refusal.value.sentence


def test_a_step_of_somebody_elses_is_refused_with_whose_it_is(
    database: Database, clock: StoppedClock, world: World, case: Case
) -> None:
    chair = world.anyshire.actors[Role.SUBGROUP_CHAIR]
    with nothing_changes(database), pytest.raises(WrongRole) as refusal, unit_of_work(database, chair, clock) as unit:
        answers = facts_of_step("convene_discussion")
        take_case_step(unit, unit.case(case.reference), "convene_discussion", happened_on=TODAY, answers=answers)
    assert refusal.value.sentence.endswith("It can be recorded by: business manager.")


def test_a_guard_that_holds_lists_what_is_missing(
    database: Database, clock: StoppedClock, world: World, case: Case
) -> None:
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    answers = facts_of_step("convene_discussion", partners_invited=("Anyshire Council",))
    with nothing_changes(database), pytest.raises(NotReady) as refusal, unit_of_work(database, manager, clock) as unit:
        take_case_step(unit, unit.case(case.reference), "convene_discussion", happened_on=TODAY, answers=answers)
    assert refusal.value.missing == (
        "an invitation to Anyshire Integrated Care Board",
        "an invitation to Anyshire Police",
    )
    assert refusal.value.sentence == "Every statutory safeguarding partner must be invited."


def test_required_facts_that_are_not_given_are_listed(
    database: Database, clock: StoppedClock, world: World, case: Case
) -> None:
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with nothing_changes(database), pytest.raises(NotReady) as refusal, unit_of_work(database, manager, clock) as unit:
        take_case_step(unit, unit.case(case.reference), "convene_discussion", happened_on=TODAY, answers={})
    assert "Agencies that took part" in refusal.value.missing
    assert len(refusal.value.missing) == 2


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        (date(2026, 11, 21), "lies in the future"),
        (date(2026, 3, 1), "must be 2 March 2026 or later, when the present"),
    ],
    ids=["tomorrow", "before the stage"],
)
def test_a_day_on_which_it_cannot_have_happened_is_refused(
    database: Database, clock: StoppedClock, case: Case, day: date, sentence: str
) -> None:
    with database() as session, pytest.raises(Refused, match=sentence):
        take(session, session.get_one(Case, case.id), "convene_discussion", on=day)


def test_a_step_that_is_not_of_the_workflow_does_not_exist(database: Database, clock: StoppedClock, case: Case) -> None:
    with database() as session:
        for name in ("decide_lcspr", "receive_referral", "fly"):
            with pytest.raises(NotFound):
                take_case_step(a_unit(session), session.get_one(Case, case.id), name, happened_on=TODAY, answers={})


def test_returns_hold_the_meeting_back_until_they_are_in_or_the_gap_is_noted(
    database: Database, world: World, case: Case
) -> None:
    asked = ("Anyshire Police", "Anyshire Hospitals")
    with database() as session:
        kept = session.get_one(Case, case.id)
        take(session, kept, *TO_THE_PANEL[:3], on=MARCH)
        take(session, kept, "open_gathering", agencies_asked=asked, on=MARCH)
        police, hospitals = small_cases(session, kept)
        take(session, police, "receive", on=MARCH)
        with pytest.raises(NotReady) as refusal:
            take(session, kept, "hold_meeting", on=MARCH)
        assert refusal.value.missing == ("the return of Anyshire Hospitals",)
        take(session, kept, "hold_meeting", gaps_noted="The hospital is closed.", on=MARCH)
        assert (kept.tracks[0].stage, hospitals.tracks[0].stage) == ("meeting_held", "sent")


def test_an_agency_that_is_asked_is_involved_in_the_case_from_then_on(
    database: Database, world: World, case: Case
) -> None:
    with database.begin() as session:
        kept = session.get_one(Case, case.id)
        take(session, kept, *TO_THE_PANEL[:3], on=MARCH)
        asked = ("Anyshire Council", "Anyshire Police")
        take(session, kept, "open_gathering", agencies_asked=asked, on=MARCH)
    with reading(database) as session:
        involved = session.scalars(sa.select(CaseAgency.agency_id).where(CaseAgency.case_id == case.id)).all()
    assert set(involved) == {world.anyshire.agencies[word].id for word in ("Council", "Police")}


def test_a_rapid_review_that_ends_in_a_practice_review_opens_it_and_links_the_two(
    database: Database, world: World, case: Case
) -> None:
    with database.begin() as session:
        kept = session.get_one(Case, case.id)
        take(session, kept, *TO_THE_PANEL, "panel_response", on=date(2026, 3, 20))
        opened = take(
            session, kept, "confirm_lcspr", on=date(2026, 4, 1), review_rationale="Two agencies did not speak."
        )
        assert opened is not None
    with reading(database) as session:
        review = session.get_one(Case, opened.id)
        link = session.scalars(sa.select(CaseLink)).one()
        assert (review.workflow, review.reference, review.opened_on) == ("lcspr", "LCSPR-2026-01", date(2026, 4, 1))
        assert (link.from_case_id, link.to_case_id, link.kind) == (case.id, review.id, "led_to")
        assert (review.title, review.partnership_id) == (kept.title, kept.partnership_id)
        assert {fact.name: fact.value for fact in review.facts}["review_rationale"] == "Two agencies did not speak."
        assert [track.stage for track in review.tracks] == ["decided", "not_ready", "none"]
        assert session.scalars(sa.select(Child.pseudonym).where(Child.case_id == review.id)).all() == ["Child K"]
        assert {clock.name: clock.due_on for clock in review.clocks}["publication"] == date(2026, 10, 1)
    assert (kept.tracks[0].stage, kept.closed_on) == ("closed_lcspr", date(2026, 4, 1))


def test_a_referral_from_a_child_death_passes_on_the_referral_and_nothing_else(
    database: Database, world: World
) -> None:
    """What is known for child death review stays there: across go a link and the statutory referral (s16N CA 2004)."""
    with database.begin() as session:
        place = world.anyshire
        death = a_case(session, place.partnership, "cdop_case", agencies=(place.agencies["Police"],))
        opened = take(session, death, "refer_abuse", summary="A fall that was not seen.")
        assert opened is not None
        facts = {fact.name: fact.value for fact in opened.facts}
        children = sa.select(sa.func.count()).where(Child.case_id == opened.id)
        agencies = sa.select(sa.func.count()).where(CaseAgency.case_id == opened.id)
        assert (opened.workflow, opened.realm, opened.title) == ("rapid_review", Realm.REVIEWS, "")
        assert facts["summary"] == "A fall that was not seen."
        assert facts.keys() <= {asked.name for asked in CASE_WORKFLOWS["rapid_review"].opening.questions}
        assert session.scalar(children) == session.scalar(agencies) == 0


def test_the_practice_review_is_closed_on_the_day_the_last_of_its_three_tracks_ended(
    database: Database, world: World
) -> None:
    with database.begin() as session:
        review = a_case(session, world.anyshire.partnership, "lcspr", opened_on=MARCH)
        take(session, review, "discontinue", on=date(2026, 5, 1))
        assert review.closed_on is None
        take(session, review, "no_plan_needed", on=date(2026, 7, 1))
        take(session, review, "nothing_to_publish", on=date(2026, 6, 1))
        assert {track.name: track.ended_on for track in review.tracks} == {
            "review": date(2026, 5, 1),
            "publication": date(2026, 6, 1),
            "action_plan": date(2026, 7, 1),
        }
        assert review.closed_on == date(2026, 7, 1)


def test_something_recorded_after_the_end_does_not_move_the_end(database: Database, world: World) -> None:
    with database.begin() as session:
        death = a_case(session, world.anyshire.partnership, "cdop_case", opened_on=MARCH)
        ended = session.scalars(sa.select(CaseTrack).where(CaseTrack.case_id == death.id)).one()
        ended.stage, ended.since_on, ended.ended_on, death.closed_on = "closed", MARCH, MARCH, MARCH
        take(session, death, "tell_ncmd", on=date(2026, 5, 1))
        assert (ended.ended_on, death.closed_on) == (MARCH, MARCH)
        take(session, death, "reopen", on=date(2026, 6, 1))
        assert (ended.stage, ended.ended_on, death.closed_on) == ("listed", None, None)


def test_a_plan_closes_only_when_its_actions_are_finished(database: Database, world: World) -> None:
    with database.begin() as session:
        plan = a_case(session, world.anyshire.partnership, "strategy_plan")
        with pytest.raises(NotReady, match="at least one action"):
            take(session, plan, "adopt")
        action = an_action(session, plan)
        take(session, plan, "adopt", "monitor", "refresh")
        with pytest.raises(NotReady) as refusal:
            take(session, plan, "close")
        assert refusal.value.missing == (f"the end of {action.reference}",)
        action.stage, action.ended_on = "closed_complete", TODAY
        session.flush()
        take(session, plan, "close")
        assert plan.closed_on == TODAY


def test_each_recommendation_is_signed_off_by_the_inspectorate_once(database: Database, world: World) -> None:
    with database.begin() as session:
        plan = a_case(session, world.anyshire.partnership, "inspection_plan", opened_on=MARCH)
        for _ in range(2):
            made = a_recommendation(session, plan)
            answer_recommendation(a_unit(session), plan, made, response="accepted", reason="", by="Executive group")
        an_action(session, plan)
        take(session, plan, "begin_fieldwork", "file_report", "begin_plan", "submit_plan", "monitor_plan", on=MARCH)
        take(session, plan, "sign_off_recommendation", recommendation_signed_off="R1", on=MARCH)
        for name in ("R1", "R7"):
            with pytest.raises(NotReady, match="has not signed off yet"):
                take(session, plan, "sign_off_recommendation", recommendation_signed_off=name)
        with pytest.raises(NotReady) as refusal:
            take(session, plan, "all_signed_off")
        assert refusal.value.missing == ("the inspectorate's sign-off of R2",)
        take(session, plan, "sign_off_recommendation", recommendation_signed_off="R2")
        take(session, plan, "all_signed_off")
        assert plan.tracks[0].stage == "signed_off"


def test_a_learning_review_that_escalates_opens_a_rapid_review(database: Database, world: World) -> None:
    with database.begin() as session:
        review = a_case(session, world.anyshire.partnership, "learning_review", opened_on=MARCH)
        opened = take(session, review, "escalate_to_notification", la_aware_at=date(2026, 3, 4), on=date(2026, 3, 5))
        assert opened is not None
        assert (opened.workflow, opened.opened_on) == ("rapid_review", date(2026, 3, 5))
        assert {clock.name: clock.due_on for clock in opened.clocks} == {"sin": date(2026, 3, 11)}
        assert (review.tracks[0].stage, review.closed_on) == ("escalated", date(2026, 3, 5))


def test_a_lead_reviewer_records_steps_of_the_review_under_contract_only(
    database: Database, clock: StoppedClock, world: World
) -> None:
    place = world.anyshire
    definition = CASE_WORKFLOWS["lcspr"].step("family_contact")
    assert definition is not None
    with database.begin() as session:
        mine, other = (a_case(session, place.partnership, "lcspr") for _ in range(2))
        for case in (mine, other):
            take(session, case, "commission", "begin_scoping", "agree_tor")
        give_review(session, mine, place.people[Role.LEAD_REVIEWER])
        reviewer = actor_of(session, place.people[Role.LEAD_REVIEWER])
    with unit_of_work(database, reviewer, clock) as unit:
        case = unit.case(mine.reference)
        take_case_step(unit, case, "family_contact", happened_on=TODAY, answers=facts_for(definition))
    with pytest.raises(NotFound), unit_of_work(database, reviewer, clock) as unit:
        unit.case(other.reference)

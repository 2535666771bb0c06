"""A track is put on hold, reviewed and released, while the clocks and the other tracks go on."""

from datetime import date

import pytest
import sqlalchemy as sa

from reviews.cases.page_queries import case_file, holds_of
from reviews.definitions.installed import definition_of
from reviews.models import CaseHold
from reviews.transactions.unit_of_work import NotFound, Stale, unit_of_work
from tests.builders import BUILDER, a_case, a_world, take
from workflows.core.days import PartialDay
from workflows.core.engine import NotReady, WrongRole, WrongStage
from workflows.core.vocabulary import Role

DECIDED = date(2026, 6, 1)
PLACED, LOOKED_AT, LIFTED = date(2026, 8, 3), date(2026, 9, 1), date(2026, 10, 5)
HOLD = {
    "pause_reason": "inquest",
    "pause_told": "The coroner's officer",
    "pause_told_on": PLACED,
    "pause_review_on": date(2026, 9, 2),
    "pause_expected_end_on": date(2026, 12, 1),
}


@pytest.fixture
def world(database):
    return a_world(database)


@pytest.fixture
def review(database, world):
    """A practice review whose terms are being agreed."""
    with database.begin() as session:
        case = a_case(session, world.anyshire.partnership, "lcspr", opened_on=DECIDED, reference="LCSPR-1")
        take(session, case, "commission", "begin_scoping", on=date(2026, 7, 1))


@pytest.fixture
def step(database, clock):
    def act(*names, on=PLACED, actor=BUILDER, partnership="ANYSHIRE", **answers):
        with unit_of_work(database, actor, clock) as unit:
            take(unit.session, unit.case("LCSPR-1", partnership=partnership), *names, on=on, actor=actor, **answers)

    return act


def track(database, name="review"):
    with database() as session:
        file = case_file(session, BUILDER, "LCSPR-1", today=LIFTED)
        return next(track for track in file.case.tracks if track.name == name)


def holds(database):
    with database() as session:
        return session.scalars(sa.select(CaseHold).order_by(CaseHold.id)).all()


def test_a_hold_keeps_the_stage_and_lifting_it_leads_back(database, review, step):
    step("pause", **HOLD)
    held = track(database)
    assert (held.stage, held.held_at, held.since_on) == ("on_hold", "scoping", PLACED)

    step("resume", on=LIFTED)
    let_go = track(database)
    assert (let_go.stage, let_go.held_at, let_go.since_on) == ("scoping", None, LIFTED)


def test_a_hold_has_a_row_of_its_own_for_the_figures(database, review, step):
    step("pause", **HOLD)
    step("review_pause", on=LOOKED_AT, pause_review_on=date(2026, 11, 2), pause_expected_end_on=date(2027, 1, 4))
    step("resume", on=LIFTED)

    (hold,) = holds(database)
    assert (hold.track, hold.held_at, hold.reason) == ("review", "scoping", "inquest")
    assert (hold.placed_on, hold.lifted_on) == (PLACED, LIFTED)
    assert (hold.review_on, hold.expected_end_on) == (date(2026, 11, 2), date(2027, 1, 4))


def test_what_is_on_hold_is_said_with_who_was_told_and_where_it_goes_back_to(database, review, step):
    step("pause", **HOLD)
    with database() as session:
        file = case_file(session, BUILDER, "LCSPR-1", today=LIFTED)
        (hold,) = holds_of(session, file.case, file.workflow, file.history)

    assert (hold.track, hold.since, hold.reason, hold.reason_words) == (
        "review",
        PartialDay.of(PLACED),
        "inquest",
        "Inquest",
    )
    assert (hold.informed, hold.informed_on, hold.evidence) == ("The coroner's officer", PLACED, "some words")
    assert (hold.review_on, hold.expected_end_on) == (date(2026, 9, 2), date(2026, 12, 1))
    assert hold.returns_to == "scoping"


def test_both_tracks_may_be_held_each_for_its_own_reason(database, review, step):
    step("pause", **HOLD)
    step("place_hold", hold_reason="pre_election")
    with database() as session:
        file = case_file(session, BUILDER, "LCSPR-1", today=LIFTED)
        found = {hold.track: hold.reason for hold in holds_of(session, file.case, file.workflow, file.history)}
    assert found == {"review": "inquest", "publication": "pre_election"}
    assert {"draft_plan"} <= {answer.step.name for answer in file.steps if answer.is_open}


def test_a_held_track_refuses_its_other_steps_with_the_day_it_is_looked_at_again(review, step):
    step("pause", **HOLD)
    step("review_pause", on=LOOKED_AT, pause_review_on=date(2026, 11, 2))
    with pytest.raises(WrongStage) as refusal:
        step("agree_tor", on=LOOKED_AT)
    assert refusal.value.sentence == (
        "“Agree the terms” waits: the review is on hold. The hold is looked at again on 2 November 2026."
    )


def test_no_clock_stops_and_the_day_of_looking_again_is_a_clock_that_reminds(database, review, step):
    step("pause", **HOLD)
    with database() as session:
        clocks = {clock.name: clock for clock in case_file(session, BUILDER, "LCSPR-1", today=LIFTED).clocks}
    assert clocks["draft"].is_running
    assert clocks["publication"].is_running
    assert clocks["pause_review"].due_on == date(2026, 9, 2)
    assert clocks["pause_review"].deadline.ladder is not None


def test_a_review_given_up_while_on_hold_is_no_longer_held(database, review, step):
    step("pause", **HOLD)
    step("discontinue", on=LIFTED)
    assert (track(database).stage, track(database).held_at) == ("discontinued", None)
    assert [hold.lifted_on for hold in holds(database)] == [LIFTED]


def test_a_hold_may_be_placed_again(database, review, step):
    step("pause", **HOLD)
    step("resume", on=LOOKED_AT)
    step("pause", on=LIFTED, **HOLD)
    assert [(hold.placed_on, hold.lifted_on) for hold in holds(database)] == [(PLACED, LOOKED_AT), (LIFTED, None)]


def test_a_thematic_review_is_held_by_itself(database, world):
    with database.begin() as session:
        case = a_case(session, world.anyshire.partnership, "thematic_review", opened_on=DECIDED)
        take(session, case, "pause", on=PLACED, **HOLD)
        assert (case.tracks[0].held_at, case.tracks[1].stage) == ("scoped", "not_ready")


@pytest.mark.parametrize(
    "missing", ["pause_reason", "pause_evidence", "pause_told", "pause_told_on", "pause_review_on"]
)
def test_a_hold_without_all_it_needs_is_not_placed(database, review, step, missing):
    with pytest.raises(NotReady):
        step("pause", **{**HOLD, missing: ""})
    assert holds(database) == []


def test_whoever_runs_the_review_may_look_at_a_hold_but_not_place_it(world, review, step):
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with pytest.raises(WrongRole):
        step("pause", actor=manager, **HOLD)
    step("pause", actor=world.anyshire.actors[Role.SAFEGUARDING_PARTNER], **HOLD)
    step("review_pause", on=LOOKED_AT, actor=manager)


def test_another_partnerships_hold_does_not_exist(world, review, step):
    for place, partnership in ((world.midmarch, "MIDMARCH"), (world.midmarch, "ANYSHIRE")):
        with pytest.raises(NotFound):
            step("pause", actor=place.actors[Role.SAFEGUARDING_PARTNER], partnership=partnership, **HOLD)


def test_of_two_who_place_it_at_once_the_second_is_told(database, clock, review, step):
    with unit_of_work(database, BUILDER, clock) as unit:
        seen = unit.case("LCSPR-1").version
    step("pause", **HOLD)
    with pytest.raises(Stale), unit_of_work(database, BUILDER, clock) as unit:
        unit.case("LCSPR-1", version=seen)


def test_a_rapid_review_has_no_lawful_pause(database, world):
    with database.begin() as session:
        case = a_case(session, world.anyshire.partnership)
        assert [step.name for step in definition_of(session, case).steps if step.hold] == []

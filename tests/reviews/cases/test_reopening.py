"""A case that has ended can be reopened, with a reason: it stands again where it was."""

from datetime import timedelta

import pytest

from reviews.cases.steps import take_case_step
from tests.builders import TODAY, a_case, a_small_case, a_unit, a_world, small_cases, take
from workflows.core.engine import Refused, WrongRole
from workflows.core.vocabulary import Role
from workflows.definitions import CASE_WORKFLOWS

BEGUN = TODAY - timedelta(days=10)


@pytest.fixture
def world(database):
    return a_world(database)


@pytest.fixture
def session(database, world):
    with database() as opened:
        yield opened


def stands(case):
    return (case.tracks[0].stage, case.tracks[0].ended_on, case.closed_on)


def test_every_kind_of_case_can_be_reopened_after_its_last_stage():
    never = {"rapid_review": "look_again", "cdop_case": "reopen"}
    assert {name: {step.name for step in kind.steps} & {never.get(name)} for name, kind in CASE_WORKFLOWS.items()} == {
        name: {never[name]} if name in never else set() for name in CASE_WORKFLOWS
    }
    kinds = [kind for name, kind in CASE_WORKFLOWS.items() if name not in never]
    assert len(kinds) == 17
    for kind in kinds:
        (reopen,) = (step for step in kind.tracks[0].steps if step.reopens)
        assert any(question.name == "reopened_reason" and question.required for question in reopen.questions)


@pytest.mark.parametrize(
    ("workflow", "steps", "was_at"),
    [
        ("strategy_plan", ("abandon",), "draft"),
        ("learning_review", ("decline",), "proposed"),
        ("learning_review", ("agree", "pause", "give_up"), "agreed"),
        ("risk_entry", ("review_risk", "close"), "reviewed"),
        ("restraint_review", ("view", "give_up"), "viewed"),
        ("scrutiny_recommendation", ("reject",), "made"),
        ("inspection_plan", ("begin_fieldwork", "no_plan_needed"), "fieldwork"),
        ("challenge_entry", ("respond", "record_outcome", "close"), "outcome_recorded"),
    ],
)
def test_it_stands_where_it_was_before_it_ended(session, world, workflow, steps, was_at):
    case = a_case(session, world.anyshire.partnership, workflow, opened_on=BEGUN)
    take(session, case, *steps, on=BEGUN)
    assert case.closed_on == BEGUN
    take(session, case, "reopen")
    assert stands(case) == (was_at, None, None)


def test_a_case_that_was_reopened_is_closed_again_and_reopened_again(session, world):
    case = a_case(session, world.anyshire.partnership, "risk_entry", opened_on=BEGUN)
    take(session, case, "close", "reopen", "review_risk", "close", on=BEGUN)
    assert stands(case) == ("closed", BEGUN, BEGUN)
    take(session, case, "reopen")
    assert stands(case) == ("reviewed", None, None)


def test_a_reason_and_the_right_role_are_asked_for(session, world):
    case = a_case(session, world.anyshire.partnership, "risk_entry", opened_on=BEGUN)
    take(session, case, "close", on=BEGUN)
    with pytest.raises(Refused):
        take_case_step(a_unit(session), case, "reopen", happened_on=TODAY, answers={})
    with pytest.raises(WrongRole):
        take(session, case, "reopen", actor=world.anyshire.actors[Role.BUSINESS_UNIT_ADMIN])
    assert case.closed_on == BEGUN


def test_one_track_of_several_is_reopened(session, world):
    case = a_case(session, world.anyshire.partnership, "lcspr", opened_on=BEGUN)
    take(session, case, "discontinue", "nothing_to_publish", "no_plan_needed", on=BEGUN)
    assert case.closed_on == BEGUN
    take(session, case, "reopen_plan")
    assert {track.name: track.stage for track in case.tracks} == {
        "review": "discontinued",
        "publication": "nothing_published",
        "action_plan": "none",
    }
    assert case.closed_on is None


def test_a_return_is_asked_for_again_while_the_case_around_it_is_open(session, world):
    request = a_small_case(session, world.anyshire.partnership, "information_request", opened_on=BEGUN)
    take(session, request, "receive", on=BEGUN)
    take(session, request, "reopen")
    assert stands(request) == ("sent", None, None)
    (same,) = small_cases(session, request.parent)
    assert same is request


def test_what_is_inside_a_closed_case_waits_until_that_is_reopened(session, world):
    request = a_small_case(session, world.anyshire.partnership, "information_request", opened_on=BEGUN)
    take(session, request, "receive", on=BEGUN)
    request.parent.closed_on = BEGUN
    with pytest.raises(Refused, match=f"{request.parent.reference} is closed. Reopen it first."):
        take(session, request, "reopen")

"""The workflow of an action, from proposal to closure, and who may accept or extend it."""

from datetime import date

import pytest

from tests.workflows.walking import answers_to, the_step
from workflows.core.engine import NotReady, WrongRole, WrongStage, take_step
from workflows.core.questions import Facts, Value
from workflows.core.vocabulary import UNOPENED, Role
from workflows.definitions.action import (
    ACTION,
    AWAITING_SIGN_OFF,
    DATED,
    FINISHED,
    OPEN,
    OUTSTANDING,
    SILENT,
    UNDATED,
    ActionStage,
)

TRACK = ACTION.tracks[0]
TODAY = date(2025, 6, 18)
READY: dict[str, Value] = {
    "owner": "Jo Smith",
    "due_on": date(2025, 9, 30),
    "evidence": 1,
    "times_extended": 0,
    "impact_test": "",
    "accepted_by_own_agency": False,
    "granted_by_partner": False,
}
OWNER, CHAIR = frozenset({Role.ACTION_OWNER}), frozenset({Role.SUBGROUP_CHAIR})
MANAGER, PARTNER = frozenset({Role.BUSINESS_MANAGER}), frozenset({Role.SAFEGUARDING_PARTNER})
CDOP = frozenset({Role.CDOP_MANAGER})


def taken(name: str, stage: str, roles: frozenset[Role] | None = None, **facts: Value) -> str:
    step = the_step(ACTION, name)
    known = READY | answers_to(step, TODAY) | facts
    return take_step(TRACK, step, stage=stage, facts=Facts(known, {}, {}, TODAY), roles=roles)


def test_the_usual_path_leads_from_proposal_to_closing() -> None:
    stage, path = UNOPENED, []
    for step in ("propose", "agree", "start", "progress", "submit", "return", "progress", "submit", "accept"):
        stage = taken(step, stage)
        path.append(stage)
    assert path == [
        *("proposed", "not_started", "in_progress", "in_progress", "submitted", "in_progress", "in_progress"),
        *("submitted", "closed_complete"),
    ]


def test_an_action_whose_impact_is_tested_ends_when_the_impact_is_seen() -> None:
    test = {"impact_test": "Fewer repeat referrals"}
    assert taken("accept_awaiting_impact", "submitted", **test) == "complete_awaiting_impact"
    assert taken("impact_not_seen", "complete_awaiting_impact", **test) == "in_progress"
    assert taken("confirm_impact", "complete_awaiting_impact", **test) == "embedded"


def test_done_and_made_a_difference_are_not_mixed_up() -> None:
    with pytest.raises(NotReady, match="impact will be tested"):
        taken("accept", "submitted", impact_test="Fewer repeat referrals")
    with pytest.raises(NotReady, match="no test of its impact"):
        taken("accept_awaiting_impact", "submitted")


def test_an_action_may_be_agreed_before_it_has_a_date() -> None:
    assert taken("agree_without_date", "proposed") == "agreed_no_date"
    assert taken("set_date", "agreed_no_date") == "not_started"


def test_an_action_without_a_date_is_not_agreed_as_if_it_had_one() -> None:
    known = {name: value for name, value in READY.items() if name != "due_on"}
    with pytest.raises(NotReady) as refusal:
        take_step(TRACK, the_step(ACTION, "agree"), stage="proposed", facts=Facts(known), roles=CHAIR)
    assert refusal.value.missing == ("a due date",)


@pytest.mark.parametrize("step", ["agree", "agree_without_date"])
def test_an_action_of_nobody_is_not_agreed(step: str) -> None:
    with pytest.raises(NotReady, match="owner or a lead agency"):
        taken(step, "proposed", owner="", lead_agency="")
    assert taken(step, "proposed", owner="", lead_agency="Anyshire Council") in OPEN


def test_an_action_is_submitted_only_with_evidence() -> None:
    with pytest.raises(NotReady, match="at least one piece of evidence"):
        taken("submit", "in_progress", OWNER, evidence=0)


@pytest.mark.parametrize("step", ["accept", "extend", "withdraw", "supersede", "transfer", "reopen", "reject"])
def test_owner_and_business_manager_do_not_decide(step: str) -> None:
    stage = the_step(ACTION, step).source[0]
    for roles in (OWNER, MANAGER):
        with pytest.raises(WrongRole):
            taken(step, stage, roles)


@pytest.mark.parametrize("step", ["accept", "return", "assign", "extend", "withdraw", "agree"])
def test_the_cdop_manager_has_both_parts(step: str) -> None:
    assert taken(step, the_step(ACTION, step).source[0], CDOP) in {stage.value for stage in ActionStage}


def test_the_chair_extends_once_and_a_partner_again() -> None:
    assert taken("extend", "in_progress", CHAIR) == "in_progress"
    with pytest.raises(NotReady, match="second extension"):
        taken("extend", "in_progress", CHAIR, times_extended=1)
    assert taken("extend", "in_progress", PARTNER, times_extended=1, granted_by_partner=True) == "in_progress"


def test_more_time_is_asked_for_before_the_due_date_and_after_it() -> None:
    assert taken("ask_extension", "in_progress", OWNER, due_on=TODAY) == "in_progress"
    with pytest.raises(NotReady, match="already been asked for"):
        taken("ask_extension", "in_progress", OWNER, due_on=TODAY, extension_waiting=True)
    assert taken("refuse_extension", "in_progress", CHAIR, extension_waiting=True) == "in_progress"
    with pytest.raises(NotReady, match="Nobody is waiting"):
        taken("refuse_extension", "in_progress", CHAIR)
    assert taken("ask_extension", "in_progress", OWNER, due_on=date(2025, 6, 17)) == "in_progress"


def test_only_a_late_action_is_not_done_yet_and_it_stays_where_it_is() -> None:
    assert taken("explain_delay", "blocked", OWNER, due_on=date(2025, 6, 17)) == "blocked"
    with pytest.raises(NotReady, match="not late"):
        taken("explain_delay", "in_progress", OWNER, due_on=TODAY)


def test_time_that_was_given_is_taken_back_by_those_who_may_give_it() -> None:
    assert taken("undo_extension", "in_progress", CHAIR, times_extended=1) == "in_progress"
    with pytest.raises(NotReady, match="No more time was given"):
        taken("undo_extension", "in_progress", CHAIR, times_extended=0)
    with pytest.raises(NotReady, match="Only a safeguarding partner"):
        taken("undo_extension", "in_progress", CHAIR, times_extended=2)
    with pytest.raises(WrongRole):
        taken("undo_extension", "in_progress", OWNER, times_extended=1)


def test_an_action_without_a_date_has_none_to_extend() -> None:
    with pytest.raises(WrongStage):
        taken("extend", "agreed_no_date", CHAIR)


def test_a_blocked_action_goes_on_where_it_was() -> None:
    assert taken("block", "in_progress", OWNER) == "blocked"
    assert taken("note", "blocked", OWNER) == "blocked"
    assert taken("unblock", "blocked", OWNER) == "in_progress"


@pytest.mark.parametrize("stage", sorted(stage.value for stage in ActionStage if stage not in FINISHED))
def test_an_unfinished_action_may_change_hands_at_every_stage(stage: str) -> None:
    assert taken("assign", stage, MANAGER) == stage


@pytest.mark.parametrize(
    "stage", sorted(stage.value for stage in ActionStage if stage not in FINISHED and stage != ActionStage.PROPOSED)
)
@pytest.mark.parametrize(
    ("step", "end"), [("supersede", "superseded"), ("transfer", "transferred"), ("withdraw", "no_longer_needed")]
)
def test_an_agreed_action_may_be_dropped_with_a_reason(stage: str, step: str, end: str) -> None:
    assert taken(step, stage, CHAIR) == end
    assert any(asked.name == "dropped_reason" and asked.required for asked in the_step(ACTION, step).questions)


@pytest.mark.parametrize("stage", ["embedded", "closed_complete"])
def test_the_subgroup_opens_a_closed_action_again(stage: str) -> None:
    assert taken("reopen", stage, CHAIR) == "in_progress"


@pytest.mark.parametrize("stage", ["rejected", "superseded", "transferred", "no_longer_needed"])
def test_a_dropped_action_stays_dropped(stage: str) -> None:
    assert not [step.name for step in TRACK.steps if stage in step.source]


def test_the_sets_of_stages_say_what_queries_and_reminders_count() -> None:
    assert {"agreed_no_date", "not_started", "in_progress", "blocked"} == OPEN
    assert OPEN | {"submitted"} == OUTSTANDING
    assert {"not_started", "in_progress", "blocked"} == DATED
    assert {"agreed_no_date"} == UNDATED
    assert {"submitted"} == AWAITING_SIGN_OFF
    assert TRACK.finished == FINISHED
    assert frozenset(ActionStage) == SILENT | DATED | UNDATED

"""Taking one step of the action workflow, with its history row."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from reviews.access.policies import roles_on_action
from reviews.actions.facts import TRACK, facts_of_action
from reviews.cases.validation import check_answers, check_day
from reviews.models import Action, EventKind
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import take_step, why_not
from workflows.core.questions import Value
from workflows.definitions.action import ACTION, OPEN, ActionStage

NOTHING: Mapping[str, Any] = MappingProxyType({})
PLAN = "blocked_plan"


def take_action_step(
    unit: Unit,
    action: Action,
    step_name: str,
    *,
    happened_on: date,
    answers: Mapping[str, Value | None] = NOTHING,
    kind: EventKind | None = EventKind.ACTION_STEP_TAKEN,
    details: Mapping[str, Any] = NOTHING,
) -> None:
    """Take a step and write its history row with the facts given (no row where `kind` is None).

    Raises NotFound for an unknown step, Refused with what is missing.
    """
    step = ACTION.step(step_name)
    if step is None or step is ACTION.opening:
        raise NotFound
    check_day(happened_on, unit.today)
    filled = check_answers(step, answers, on=happened_on)
    before = action.stage
    facts = facts_of_action(unit.session, unit.actor, action, step, on=happened_on, answers=filled)
    action.stage = take_step(TRACK, step, stage=before, facts=facts, roles=roles_on_action(unit.actor, action))
    action.ended_on = happened_on if action.stage in TRACK.finished else None
    if step.to:  # whoever takes it on says by that how far it is
        action.awaiting_status = False
    if action.stage in OPEN:  # a submission that was returned, or an action opened again, is not done
        action.done_on = None
    elif action.stage == ActionStage.SUBMITTED and before != action.stage:
        action.done_on = happened_on
    if any(question.name == PLAN for question in step.questions):
        action.blocked_plan = str(filled.get(PLAN, ""))
    elif action.stage != ActionStage.BLOCKED:  # the plan belongs to the block
        action.blocked_plan = ""
    if kind is not None:
        unit.record(
            kind,
            partnership_id=action.partnership_id,
            case_id=action.case_id,
            action_id=action.id,
            happened_on=happened_on,
            details={**{name: _as_json(value) for name, value in filled.items()}, **details},
            track=TRACK.name,
            step=step.name,
            from_stage=before,
            to_stage=action.stage,
        )


def require_step(unit: Unit, action: Action, step_name: str) -> None:
    """Raise WrongStage, WrongRole or NotReady unless the actor may take the step now."""
    step = ACTION.step(step_name)
    if step is None:
        raise NotFound
    facts = facts_of_action(unit.session, unit.actor, action, step, on=unit.today)
    roles = roles_on_action(unit.actor, action)
    refusal = why_not(TRACK, step, stage=action.stage, facts=facts, roles=roles)
    if refusal is not None:
        raise refusal


def _as_json(value: Value) -> Any:
    """Give a fact as JSON holds it: days and moments in ISO 8601."""
    return value.isoformat() if isinstance(value, date) else value

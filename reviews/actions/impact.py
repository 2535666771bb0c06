"""Impact checks: some months after an action was accepted, whether anything is different for children."""

from datetime import date, timedelta

import sqlalchemy as sa

from reviews.actions.take_step import take_action_step
from reviews.models import (
    Action,
    ActionAnswer,
    EventKind,
    ImpactCheck,
    ImpactResult,
    PlanRules,
    Recommendation,
)
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused
from workflows.core.working_days import Period, due_on
from workflows.core.working_days import Unit as Of
from workflows.definitions.action import FINISHED

FIRST_MONTHS, SECOND_MONTHS = 3, 9
"""Calendar months after acceptance, unless the plan has its own rule; ours, as no guidance sets them."""
EARLIEST = timedelta(days=31)


def plan_checks(unit: Unit, action: Action, accepted_on: date) -> None:
    """Set the days on which the impact of an action is asked about, by the rules of its plan."""
    for months, _ in check_days(unit.session.get(PlanRules, action.case_id), accepted_on):
        _add_check(action, accepted_on, months)


def check_days(rules: PlanRules | None, accepted_on: date) -> list[tuple[int, date]]:
    """Give months and day of each check by the rules of a plan, the first one first."""
    first = (rules and rules.first_impact_months) or FIRST_MONTHS
    second = (rules and rules.second_impact_months) or SECOND_MONTHS
    return [(months, due_on(accepted_on, Period(months, Of.MONTHS))) for months in sorted({first, second})]


def answer_check(unit: Unit, action: Action, *, result: ImpactResult, text: str, happened_on: date) -> Action:
    """Answer the check that waits longest. Raises Refused, also more than a month before its day.

    Embedded at the last check ends the action; at an earlier one it waits for the next. Seen in part, the next check
    is waited for, and after the last one it is asked once more. Not seen, the action and what it answers open again.
    """
    check = waiting_check(action)
    if result is ImpactResult.NOT_SEEN:
        return _not_seen(unit, action, text, happened_on)
    if check is None:
        return _embedded(unit, action, text, happened_on)
    if happened_on < check.due_on - EARLIEST:
        raise Refused(f"This check is due on {check.due_on:%-d %B %Y}. You can answer it from a month before.")
    is_last = _waiting(action)[-1] is check
    if result is ImpactResult.EMBEDDED and is_last:
        return _embedded(unit, action, text, happened_on)
    answers = {"impact_result": result.value, "impact_statement": text.strip()}
    take_action_step(unit, action, "check_impact", happened_on=happened_on, answers=answers)
    _answer(unit, check, result, text, happened_on)
    if is_last:
        _add_check(action, happened_on, FIRST_MONTHS)
    return action


def waiting_check(action: Action) -> ImpactCheck | None:
    """Give the check that is to be answered next."""
    return next(iter(_waiting(action)), None)


def _waiting(action: Action) -> list[ImpactCheck]:
    return [each for each in action.impact_checks if each.answered_on is None]


def _embedded(unit: Unit, action: Action, text: str, on: date) -> Action:
    answers = {"impact_statement": text.strip()}
    take_action_step(unit, action, "confirm_impact", happened_on=on, answers=answers)
    if (check := waiting_check(action)) is not None:
        _answer(unit, check, ImpactResult.EMBEDDED, text, on)
    for each in _answered_by(unit, action):
        if each.reopened_on is not None and not _has_other_without_impact(unit, each, action):
            each.reopened_on = None
    return action


def _not_seen(unit: Unit, action: Action, text: str, on: date) -> Action:
    """Return the action to its owner, who is told. Later checks are dropped: a new acceptance sets new ones."""
    answers = {"impact_missing": text.strip()}
    kind = EventKind.ACTION_RETURNED
    take_action_step(unit, action, "impact_not_seen", happened_on=on, answers=answers, kind=kind)
    action.submitted_by_id = action.submitted_for_id = None
    if (check := waiting_check(action)) is not None:
        _answer(unit, check, ImpactResult.NOT_SEEN, text, on)
    action.impact_checks = [each for each in action.impact_checks if each.answered_on is not None]
    for each in _answered_by(unit, action):
        each.reopened_on = on
        details = {"recommendation": each.reference, "action": action.reference}
        unit.record(
            EventKind.RECOMMENDATION_REOPENED,
            partnership_id=action.partnership_id,
            case_id=each.case_id,
            happened_on=on,
            details=details,
        )
    return action


def _answer(unit: Unit, check: ImpactCheck, result: ImpactResult, text: str, on: date) -> None:
    check.result, check.text = result, text.strip()
    check.answered_on, check.answered_by = on, unit.actor.signature


def _add_check(action: Action, since: date, months: int) -> None:
    """Add a check some months after a day, on a day that has none yet."""
    taken = {each.due_on for each in action.impact_checks}
    day = due_on(since, Period(months, Of.MONTHS))
    while day in taken:
        day += timedelta(days=1)
    action.impact_checks.append(ImpactCheck(months=months, due_on=day))


def _answered_by(unit: Unit, action: Action) -> list[Recommendation]:
    further = sa.select(ActionAnswer.recommendation_id).where(ActionAnswer.action_id == action.id)
    answered = sa.or_(Recommendation.id == action.recommendation_id, Recommendation.id.in_(further))
    return list(unit.session.scalars(sa.select(Recommendation).where(answered).order_by(Recommendation.id)))


def _has_other_without_impact(unit: Unit, recommendation: Recommendation, action: Action) -> bool:
    """Whether another unfinished action that answers it was found to have no impact."""
    further = sa.select(ActionAnswer.action_id).where(ActionAnswer.recommendation_id == recommendation.id)
    other = (
        sa.select(Action.id)
        .join(ImpactCheck, ImpactCheck.action_id == Action.id)
        .where(
            sa.or_(Action.recommendation_id == recommendation.id, Action.id.in_(further)),
            Action.id != action.id,
            Action.stage.not_in(sorted(FINISHED)),
            ImpactCheck.result == ImpactResult.NOT_SEEN,
        )
    )
    return unit.session.scalar(other.limit(1)) is not None

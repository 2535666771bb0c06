"""When is the impact of an action asked about that came in as done with its impact to be seen?"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from reviews.actions.impact import check_days
from reviews.imports.readers.result import PlanRow
from reviews.imports.rows import done_on
from reviews.models import Case, ImpactCheck, PlanRules
from reviews.transactions.unit_of_work import Unit

UNKNOWN = "The day of its acceptance is not known: its impact is asked about counted from the day of this import."


def store_checks(unit: Unit, case: Case, rows: Sequence[tuple[int, PlanRow]]) -> None:
    """Set the days for actions without any, by the rules of the plan: `rows` are their numbers and what was read."""
    waiting = {key: done_on(row, unit.today) for key, row in rows if row.completed == "awaiting_impact"}
    if not waiting:
        return
    rules = unit.session.get(PlanRules, case.id)
    checks = [check for key, accepted_on in waiting.items() for check in _checks(key, rules, accepted_on)]
    unit.session.execute(sa.insert(ImpactCheck), checks)


def drop_checks(unit: Unit, action_ids: Sequence[int]) -> None:
    """Call off what was not answered yet of actions that an import had made."""
    unanswered = sa.delete(ImpactCheck).where(ImpactCheck.answered_on.is_(None))
    for first in range(0, len(action_ids), 1_000):
        some = action_ids[first : first + 1_000]
        unit.session.execute(unanswered.where(ImpactCheck.action_id.in_(some)))


def acceptance_to_decide(row: PlanRow, today: date) -> Iterator[tuple[str, str, str]]:
    given = row.completed_on
    if row.completed == "awaiting_impact" and (given.on is None or given.on > today):
        yield "completed_on", given.text, UNKNOWN


def _checks(action_id: int, rules: PlanRules | None, accepted_on: date) -> list[dict[str, Any]]:
    days = check_days(rules, accepted_on)
    return [{"action_id": action_id, "months": months, "due_on": day} for months, day in days]

"""Which tracks of a case are on hold: why, since when, until when, and to which stage do they go back?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.cases.history import facts_that_hold
from reviews.models import Case, CaseHold
from workflows.core.facts import Value
from workflows.core.holds import day_of_hold, fact_of_hold
from workflows.core.vocabulary import OnHold, Step, Workflow


@dataclass(frozen=True, slots=True)
class HoldLine:
    """A track on hold. `reason` is the code that figures count by, `reason_words` what it means."""

    track: str
    since: date
    reason: str
    reason_words: str
    evidence: str
    told: str
    told_on: date | None
    review_on: date | None
    expected_end_on: date | None
    returns_to: str


def holds_of(session: Session, case: Case, workflow: Workflow) -> Sequence[HoldLine]:
    """List what is on hold in a case that may be seen, in the order it was placed."""
    if all(track.held_at is None for track in case.tracks):
        return ()
    running = sa.select(CaseHold).where(CaseHold.case_id == case.id, CaseHold.lifted_on.is_(None))
    known = {fact.name: fact.value for fact in facts_that_hold(session, case) if fact.value is not None}
    return [_line(hold, _placing(workflow, hold), known) for hold in session.scalars(running.order_by(CaseHold.id))]


def _placing(workflow: Workflow, hold: CaseHold) -> Step:
    return next(step for step in workflow.track(hold.track).steps if step.hold is OnHold.PLACE)


def _line(hold: CaseHold, placing: Step, known: dict[str, Value]) -> HoldLine:
    choices = next((asked.choices for asked in placing.asks if asked.name.endswith("_reason")), ())
    return HoldLine(
        track=hold.track,
        since=hold.placed_on,
        reason=hold.reason,
        reason_words=dict(choices).get(hold.reason, hold.reason),
        evidence=str(fact_of_hold(placing, "evidence", known) or ""),
        told=str(fact_of_hold(placing, "told", known) or ""),
        told_on=day_of_hold(placing, "told_on", known),
        review_on=hold.review_on,
        expected_end_on=hold.expected_end_on,
        returns_to=hold.held_at,
    )

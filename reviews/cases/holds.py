"""The holds of a case as they are placed, reviewed and lifted."""

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa

from reviews.models import Case, CaseHold, CaseTrack
from reviews.transactions.unit_of_work import Unit
from workflows.core.holds import day_of_hold, fact_of_hold
from workflows.core.questions import Value
from workflows.core.vocabulary import OnHold, Step


def update_hold(
    unit: Unit, case: Case, track: CaseTrack, step: Step, *, was_at: str, on: date, answers: Mapping[str, Value]
) -> None:
    """Update the hold by a step that was just written. A hold also ends where another step leads the track on."""
    if step.hold is OnHold.START:
        _start_hold(unit, case, track, step, was_at, on, answers)
    elif step.hold is OnHold.REVIEW and (hold := _running(unit, case, track)) is not None:
        hold.review_on = day_of_hold(step, "review_on", answers)
        hold.expected_end_on = day_of_hold(step, "expected_end_on", answers) or hold.expected_end_on
    elif track.held_at is not None and track.stage != was_at:
        _end(unit, case, track, on)


def set_hold_placed_on(unit: Unit, case: Case, track: CaseTrack, on: date) -> None:
    """Set the day a hold was placed, which an import did not know at first."""
    hold = _running(unit, case, track)
    if hold is not None:
        hold.placed_on = on


def _start_hold(
    unit: Unit, case: Case, track: CaseTrack, step: Step, was_at: str, on: date, answers: Mapping[str, Value]
) -> None:
    track.held_at = was_at
    unit.session.add(
        CaseHold(
            case_id=case.id,
            track=track.name,
            held_at=was_at,
            reason=str(fact_of_hold(step, "reason", answers) or ""),
            placed_on=on,
            review_on=day_of_hold(step, "review_on", answers),
            expected_end_on=day_of_hold(step, "expected_end_on", answers),
            lifted_on=None,
        )
    )


def _end(unit: Unit, case: Case, track: CaseTrack, on: date) -> None:
    track.held_at = None
    hold = _running(unit, case, track)
    if hold is not None:
        hold.lifted_on = on


def _running(unit: Unit, case: Case, track: CaseTrack) -> CaseHold | None:
    condition = (CaseHold.case_id == case.id) & (CaseHold.track == track.name) & CaseHold.lifted_on.is_(None)
    return unit.session.scalars(sa.select(CaseHold).where(condition).order_by(CaseHold.id.desc()).limit(1)).first()

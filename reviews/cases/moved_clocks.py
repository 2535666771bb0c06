"""How are clocks set to the bank holidays that are known now, and how is each move written down?"""

from collections.abc import Collection, Iterable

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Permission
from reviews.cases.due_date_changes import MovedClock, fingerprint, moved_clocks
from reviews.cases.waiting_moves import theirs_to_move
from reviews.models import Case, CaseClock, EventKind, Partnership
from reviews.transactions.unit_of_work import Stale, Unit
from workflows.core.bank_holidays import Calendar
from workflows.core.engine import Refused


def move_clocks(unit: Unit, calendar: Calendar) -> list[MovedClock]:
    """Set the clocks that run, of every partnership, to what the calendar says.

    No date moves silently: each is written in the history of its case. A clock that has ended keeps its date.
    """
    _lock_cases(unit)
    moved = moved_clocks(unit.session, calendar)
    _write(unit, moved)
    return moved


def approve_moves(
    unit: Unit, partnership: Partnership, *, seen: str, clock_ids: Collection[int] | None = None
) -> list[MovedClock]:
    """Move the clocks that wait for it in one partnership and the actor's realms: all, or those chosen.

    `seen` is the fingerprint of the list that was shown; raises Stale where it is another by now. Raises NotAllowed.
    """
    unit.actor.require(Permission.MOVE_CLOCKS, partnership.id)
    theirs = theirs_to_move(unit.actor, partnership.id)
    _lock_cases(unit, theirs)
    waiting = moved_clocks(unit.session, unit.calendar, theirs)
    if fingerprint(waiting) != seen:
        raise Stale
    moved = [each for each in waiting if clock_ids is None or each.clock_id in clock_ids]
    if not moved:
        raise Refused("Choose the clocks that are to move.")
    _write(unit, moved)
    return moved


def _lock_cases(unit: Unit, *conditions: sa.ColumnElement[bool]) -> None:
    """Lock the cases with running clocks as for a step, in the order of all work over many cases."""
    running = sa.select(CaseClock.case_id).where(CaseClock.met_on.is_(None), CaseClock.dropped_on.is_(None))
    query = (
        sa.select(Case.id)
        .join(Partnership, Partnership.id == Case.partnership_id)
        .where(Case.id.in_(running), *conditions)
        .order_by(Partnership.code, Case.reference)
    )
    unit.session.execute(query.with_for_update(of=Case, key_share=True)).all()


def _write(unit: Unit, moved: Iterable[MovedClock]) -> None:
    for each in moved:
        clock = unit.session.get_one(CaseClock, each.clock_id)
        clock.due_on, clock.target_on, clock.provisional = each.now, each.target_now, each.provisional
        flag_modified(clock.case, "closed_on")  # the version counts it: who has the page open sees the old date
        details = {
            "clock": each.clock,
            "was": each.was.isoformat(),
            "now": each.now.isoformat(),
            "because": each.because,
        }
        if each.target_was is not None and each.target_now is not None and each.target_was != each.target_now:
            details |= {"target_was": each.target_was.isoformat(), "target_now": each.target_now.isoformat()}
        unit.record(
            EventKind.CLOCK_MOVED,
            partnership_id=clock.case.partnership_id,
            case_id=clock.case_id,
            details=details,
        )

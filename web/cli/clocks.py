"""A clock as data for the terminal."""

from datetime import date
from typing import Any

from reviews.cases.list_queries import RunningClock


def clock_as_data(clock: RunningClock, today: date) -> dict[str, Any]:
    (day, of), late = clock.progress(today), clock.lateness(today)
    return {
        "name": clock.name,
        "title": clock.title,
        "counted_from": clock.counted_from,
        "due": _due(clock),
        "due_between": None if clock.due.exact else [clock.due.first.isoformat(), clock.due.last.isoformat()],
        "met_on": clock.met,
        "ended": clock.dropped_on is not None,
        "ended_on": clock.dropped,
        "late": late.is_late,
        **late.as_data(),
        **({"days_late": None} if clock.dropped_on else {}),
        "late_by": late.amount,
        "late_reason": clock.late_reason,
        "provisional": clock.provisional,
        "forecast": clock.forecast_on,
        "target_on": clock.target_on,
        "local": _local(clock),
        "rank": clock.edition.rank.value,
        **clock.rule_as_data(),
        "day": None if clock.is_of_several_days else day,
        "of": of,
        "unit": clock.progress_unit.value.replace(" ", "-"),
    }


def _due(clock: RunningClock) -> str | None:
    """Give the due date or moment; None where it depends on a day that is known to the month or the year only."""
    if clock.due_at:
        return clock.due_at.isoformat()
    return clock.due_on.isoformat() if clock.due.exact else None


def _local(clock: RunningClock) -> dict[str, Any] | None:
    """Give the local rule where it counts for this clock."""
    period = clock.local_period
    if period is None:
        return None
    return {
        "period": period.count,
        "unit": period.unit.value,
        "back": period.back,
        "effective_from": clock.local_from,
        "authority": clock.local_authority,
    }

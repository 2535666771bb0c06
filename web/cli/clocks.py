"""A clock as data for the terminal."""

from datetime import date
from typing import Any

from reviews.cases.list_queries import RunningClock


def clock_as_data(clock: RunningClock, today: date) -> dict[str, Any]:
    day, of = clock.progress(today)
    return {
        "name": clock.name,
        "title": clock.title,
        "counted_from": clock.counted_from_on,
        "counted_from_rule": clock.counted_from_rule,
        "due": clock.due_at.isoformat() if clock.due_at else clock.due_on.isoformat(),
        "met_on": clock.met_on,
        "ended_on": clock.dropped_on,
        "late": clock.is_late(today),
        "days_late": None if clock.dropped_on else clock.days_late(today),
        "late_reason": clock.late_reason,
        "provisional": clock.provisional,
        "forecast": clock.forecast_on,
        "target_on": clock.target_on,
        "local": _local(clock),
        "rank": clock.edition.rank.value,
        "authority": clock.authority,
        "edition": clock.in_force_from,
        "day": day,
        "of": of,
        "unit": "working-days" if clock.counts_working_days else "days",
    }


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

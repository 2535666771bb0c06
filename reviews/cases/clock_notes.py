"""How is it said when a clock is expected to be met, and why it is late? Neither moves its date."""

from datetime import date

from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Permission
from reviews.models import Case, CaseClock, EventKind
from reviews.transactions.reasons import check_reason
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.core.working_days import LAST_YEAR


def give_late_reason(unit: Unit, case: Case, clock_name: str, counted_from_on: date, *, reason: str) -> None:
    """Say why a clock is late, or was met late. Raises NotAllowed, NotFound, or Refused for one that is in time."""
    unit.actor.require(Permission.EXPLAIN_CLOCKS, case.partnership_id, case.realm)
    clock, said = _find(case, clock_name, counted_from_on), check_reason(reason)
    if clock.dropped_on is not None or not unit.calendar.working_days_between(clock.due_on, clock.met_on or unit.today):
        raise Refused("This clock is not late, so there is nothing to give a reason for.")
    was, clock.late_reason = clock.late_reason, said
    _record(unit, case, clock, EventKind.LATE_REASON_GIVEN, was=was, now=said)


def set_forecast(
    unit: Unit, case: Case, clock_name: str, counted_from_on: date, *, forecast_on: date | None, reason: str
) -> None:
    """Say for when a running clock is expected to be met; None takes the forecast back. The due date stays."""
    unit.actor.require(Permission.EXPLAIN_CLOCKS, case.partnership_id, case.realm)
    clock, said = _find(case, clock_name, counted_from_on), check_reason(reason)
    if not clock.is_running:
        raise Refused("This clock has ended, so nothing can be forecast.")
    if forecast_on == clock.forecast_on:
        raise Refused("That is the forecast already." if forecast_on else "There is no forecast to take back.")
    if forecast_on is not None and not unit.today <= forecast_on <= date(LAST_YEAR, 12, 31):
        raise Refused(f"A forecast lies ahead: on a day from today on, up to the year {LAST_YEAR}.")
    was, clock.forecast_on = clock.forecast_on, forecast_on
    because = {"because": said}
    _record(unit, case, clock, EventKind.CLOCK_FORECAST, was=_iso(was), now=_iso(forecast_on), **because)


def _find(case: Case, name: str, counted_from_on: date) -> CaseClock:
    wanted = (name, counted_from_on)
    found = next((clock for clock in case.clocks if (clock.name, clock.counted_from_on) == wanted), None)
    if found is None:
        raise NotFound
    return found


def _record(unit: Unit, case: Case, clock: CaseClock, kind: EventKind, **details: str | None) -> None:
    flag_modified(case, "closed_on")  # the version counts it, as for a step
    unit.record(
        kind,
        partnership_id=case.partnership_id,
        case_id=case.id,
        details={"clock": clock.name, "counted_from": clock.counted_from_on.isoformat(), **details},
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None

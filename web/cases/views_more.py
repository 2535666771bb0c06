"""When is a clock expected to be met, and why is it late?"""

from collections.abc import Callable
from datetime import date

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from reviews.access.permissions import Permission
from reviews.cases.clock_lines import RunningClock
from reviews.cases.clock_notes import give_late_reason, set_forecast
from reviews.cases.page_queries import clocks_of, find_case
from reviews.models import Case
from reviews.transactions.reasons import LONGEST_REASON
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import needs
from web.core.context import actor, reader, today
from web.core.query import word
from web.core.urls import case_address
from web.forms.date_field import DayField
from web.forms.submit_once import OnceForm, send_form

pages = Blueprint("clock_notes", __name__)


class LateReasonForm(OnceForm):
    reason = TextAreaField(
        "Why it is late",
        [DataRequired("Enter why it is late"), Length(max=LONGEST_REASON)],
        description="Without names. The history keeps a reason that was given before.",
    )


class ForecastForm(OnceForm):
    forecast_on = DayField("Expected to be met on", [Optional()])
    reason = TextAreaField("Why", [DataRequired("Enter the reason"), Length(max=LONGEST_REASON)])


@pages.route("/cases/<reference>/clocks/<clock>/<since>/late", methods=["GET", "POST"])
@needs(Permission.EXPLAIN_CLOCKS)
def late(reference: str, clock: str, since: str) -> ResponseReturnValue:
    _, place, found = _find(reference, clock, since)
    form = LateReasonForm(data={"reason": found.late_reason or ""})

    def act(unit: Unit) -> str:
        row = unit.case(reference, partnership=place, version=form.seen_version)
        give_late_reason(unit, row, clock, found.counted_from_on, reason=form.reason.data or "")
        flash("The reason is recorded.")
        return case_address(row.reference, row.partnership_id, "clocks")

    return send_form(form, act, lambda: _show("cases/late_reason.html", form, lambda: _find(reference, clock, since)))


@pages.route("/cases/<reference>/clocks/<clock>/<since>/forecast", methods=["GET", "POST"])
@needs(Permission.EXPLAIN_CLOCKS)
def forecast(reference: str, clock: str, since: str) -> ResponseReturnValue:
    _, place, found = _find(reference, clock, since)
    form = ForecastForm(data={"forecast_on": found.forecast_on})

    def act(unit: Unit) -> str:
        row = unit.case(reference, partnership=place, version=form.seen_version)
        day = form.forecast_on.data
        set_forecast(unit, row, clock, found.counted_from_on, forecast_on=day, reason=form.reason.data or "")
        flash("The forecast is recorded. The due date stays." if day else "The forecast is taken back.")
        return case_address(row.reference, row.partnership_id, "clocks")

    return send_form(form, act, lambda: _show("cases/forecast.html", form, lambda: _find(reference, clock, since)))


def _find(reference: str, name: str, since: str) -> tuple[Case, str, RunningClock]:
    """Find a clock by its name and the day it is counted from, for those who may explain it."""
    case, place = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    actor().require(Permission.EXPLAIN_CLOCKS, case.partnership_id, case.realm)
    wanted = (name, _day(since))
    clocks = [clock for clock in clocks_of(reader(), case) if (clock.name, clock.counted_from_on) == wanted]
    if not clocks:
        raise NotFound
    return case, place.code, clocks[0]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _show(template: str, form: OnceForm, find: Callable[[], tuple[Case, str, RunningClock]]) -> str:
    case, _, clock = find()
    form.show_version(case.version)
    return render_template(template, form=form, case=case, clock=clock, today=today())

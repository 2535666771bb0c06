"""Pages of a case beside its steps: notes on clocks, child cases, rules of the plan, and the thread."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from reviews.access.permissions import Permission
from reviews.actions.impact import FIRST_MONTHS, SECOND_MONTHS
from reviews.actions.list_queries import (
    AMBER_CHOICES,
    AMBER_DAYS,
    CADENCE_CHOICES,
    LAST_AMBER_EXTENSION,
    ActionFilter,
    action_list,
)
from reviews.actions.plan_rules import (
    MOST_MONTHS,
    MOST_MOVES,
    PlanRuleSet,
    is_silent,
    rules_of,
    set_plan_rules,
    start_reminders,
)
from reviews.cases.child_cases import start_child_case
from reviews.cases.clocks import give_late_reason, set_forecast
from reviews.cases.labels import rules_in_words
from reviews.cases.list_queries import RunningClock
from reviews.cases.page_queries import clocks_of, find_case
from reviews.models import Case, Partnership, PlanRules
from reviews.models.recommendations import RESPONSES
from reviews.settings.reminder_policies import available_policies
from reviews.transactions.references import LONGEST_REASON
from reviews.transactions.unit_of_work import NotFound, Unit
from web.cases.child_case_pages import kinds_offered, steps_that_may_wait
from web.cases.presenter import thread_page_of
from web.core.access import needs
from web.core.context import actor, read_session, today
from web.core.limited_views import limit
from web.core.on_record import Shows, shows
from web.core.query import query_text
from web.core.urls import case_address
from web.forms.date_field import DayField
from web.forms.fields import IntegerField, SelectField
from web.forms.question_fields import time_of
from web.forms.step_form import StepForm, make_form
from web.forms.submit_once import IdempotentForm, handle_form

pages = Blueprint("cases_details", __name__)


class LateReasonForm(IdempotentForm):
    reason = TextAreaField(
        "Why it is late",
        [DataRequired("Enter why it is late"), Length(max=LONGEST_REASON)],
        description="Without names. The history keeps a reason that was given before.",
    )


class ForecastForm(IdempotentForm):
    forecast_on = DayField("Expected to be met on", [Optional()])
    reason = TextAreaField("Why", [DataRequired("Enter the reason"), Length(max=LONGEST_REASON)])


@pages.route("/cases/<reference>/clocks/<clock>/<since>/late", methods=["GET", "POST"])
@needs(Permission.EXPLAIN_CLOCKS)
@shows(Shows.CASE)
def late_reason(reference: str, clock: str, since: str) -> ResponseReturnValue:
    _, code, found = _find(reference, clock, since)
    form = LateReasonForm(data={"reason": found.late_reason or ""})

    def act(unit: Unit) -> str:
        row = unit.case(reference, partnership=code, version=form.seen_version)
        give_late_reason(unit, row, clock, found.counted_from_on, reason=form.reason.data or "")
        flash("You recorded the reason.")
        return case_address(row.reference, row.partnership_id, "clocks")

    return handle_form(
        form, act, lambda: _show_clock_note("cases/late_reason.html", form, lambda: _find(reference, clock, since))
    )


@pages.route("/cases/<reference>/clocks/<clock>/<since>/forecast", methods=["GET", "POST"])
@needs(Permission.EXPLAIN_CLOCKS)
@shows(Shows.CASE)
def forecast(reference: str, clock: str, since: str) -> ResponseReturnValue:
    _, code, found = _find(reference, clock, since)
    form = ForecastForm(data={"forecast_on": found.forecast_on})

    def act(unit: Unit) -> str:
        row = unit.case(reference, partnership=code, version=form.seen_version)
        day = form.forecast_on.data
        set_forecast(unit, row, clock, found.counted_from_on, forecast_on=day, reason=form.reason.data or "")
        flash("You recorded the forecast. The due date stays." if day else "You removed the forecast.")
        return case_address(row.reference, row.partnership_id, "clocks")

    return handle_form(
        form, act, lambda: _show_clock_note("cases/forecast.html", form, lambda: _find(reference, clock, since))
    )


def _find(reference: str, name: str, since: str) -> tuple[Case, str, RunningClock]:
    """Find a clock by its name and the day it is counted from, for those who may explain it."""
    case, partnership = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    actor().require(Permission.EXPLAIN_CLOCKS, case.partnership_id, case.realm)
    key = (name, _day(since))
    clocks = [clock for clock in clocks_of(read_session(), case) if (clock.name, clock.counted_from_on) == key]
    if not clocks:
        raise NotFound
    return case, partnership.code, clocks[0]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _show_clock_note(template: str, form: IdempotentForm, find: Callable[[], tuple[Case, str, RunningClock]]) -> str:
    case, _, clock = find()
    form.show_version(case.version)
    return render_template(template, form=form, case=case, clock=clock, today=today())


@pages.route("/cases/<reference>/inside/<kind>", methods=["GET", "POST"])
@needs(Permission.RECORD_STEP)
@shows(Shows.CASE)
def open_child_case(reference: str, kind: str) -> ResponseReturnValue:
    case, partnership = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    chosen = next((each for each in kinds_offered(case) if each.name == kind), None)
    if chosen is None or chosen.opening is None:
        raise NotFound
    code, partnership_id, workflow, step = partnership.code, case.partnership_id, chosen, chosen.opening
    form = make_form(StepForm, step, today=today(), agencies=(), steps=steps_that_may_wait(case))

    def act(unit: Unit) -> str:
        child_case = start_child_case(
            unit,
            unit.case(reference, partnership=code),
            workflow=kind,
            happened_on=form.happened_on.data or unit.today,
            answers=form.answers(),
        )
        flash(f"{workflow.title} {child_case.reference} is on record.")
        return case_address(reference, partnership_id)

    def show() -> str:
        address = case_address(reference, partnership_id)
        return render_template(
            "cases/open_child_case.html",
            form=form,
            reference=reference,
            address_of_case=address,
            step=step,
            workflow=workflow,
            time_of=time_of,
        )

    return handle_form(form, act, show)


MONTHS = NumberRange(1, MOST_MONTHS, f"Enter 1 to {MOST_MONTHS} months")


class RulesForm(IdempotentForm):
    """Left empty, a rule is the usual one."""

    first_impact_months = IntegerField(
        "Months until the first impact check", [Optional(), MONTHS], description=f"Left empty, {FIRST_MONTHS}."
    )
    second_impact_months = IntegerField(
        "Months until the second impact check", [Optional(), MONTHS], description=f"Left empty, {SECOND_MONTHS}."
    )

    amber_days = SelectField(
        "Amber so many days before the date",
        choices={"": f"As usual: {AMBER_DAYS} days", **{str(days): f"{days} days" for days in AMBER_CHOICES}},
    )
    red_moves = IntegerField(
        "Red when the date was moved more often than",
        [Optional(), NumberRange(0, MOST_MOVES, f"Enter 0 to {MOST_MOVES} moves")],
        description=f"Left empty, {LAST_AMBER_EXTENSION}.",
    )
    cadence_days = SelectField(
        "Amber when nothing was reported for",
        choices={"": "As usual: no such rule", **{str(days): f"{days} days" for days in CADENCE_CHOICES}},
    )
    reminder_policy = SelectField("Its actions are reminded by")

    def rules(self) -> PlanRuleSet:
        typed = {name: self[name].data for name in PlanRuleSet.__slots__ if name != "reminder_policy"}
        numbers = {name: None if data in ("", None) else int(data) for name, data in typed.items()}
        return PlanRuleSet(**numbers, reminder_policy=self.reminder_policy.data or None)


@pages.route("/cases/<reference>/plan-rules", methods=["GET", "POST"])
@needs(Permission.SET_LOCAL_RULES)
@shows(Shows.CASE)
def plan_rules(reference: str) -> ResponseReturnValue:
    case, partnership = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    actor().require(Permission.SET_LOCAL_RULES, partnership.id, case.realm)
    form = RulesForm(obj=rules_of(read_session().get(PlanRules, case.id)))
    form.reminder_policy.choices = _policies(partnership)

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=partnership.code, version=form.seen_version)
        set_plan_rules(unit, found, form.rules())
        flash("You set the rules of the plan.")
        return case_address(found.reference, found.partnership_id)

    return handle_form(form, act, lambda: _show_rules(reference, form))


def _policies(partnership: Partnership) -> dict[str, str]:
    policies = available_policies(read_session(), partnership.id)
    usual = policies[partnership.reminder_policy].title
    return {"": f"As usual: {usual}", **{name: ladder.title for name, ladder in policies.items()}}


def _show_rules(reference: str, form: RulesForm) -> str:
    case, _ = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    form.show_version(case.version)
    present = rules_in_words(asdict(rules_of(read_session().get(PlanRules, case.id))))
    return render_template("cases/plan_rules.html", form=form, case=case, present=present)


@pages.route("/cases/<reference>/start-reminders", methods=["GET", "POST"])
@needs(Permission.IMPORT_ACTIONS)
@shows(Shows.CASE)
def start_plan_reminders(reference: str) -> ResponseReturnValue:
    case, partnership = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    actor().require(Permission.IMPORT_ACTIONS, partnership.id, case.realm)
    form = IdempotentForm()

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=partnership.code)
        start_reminders(unit, found)
        flash("The owners of this plan are reminded from tomorrow.", "success")
        return case_address(found.reference, found.partnership_id)

    def show() -> str:
        of_plan = ActionFilter(case_reference=case.reference, group="overdue")
        overdue = action_list(read_session(), actor(), today=today(), partnership_id=partnership.id, wanted=of_plan)
        silent = is_silent(read_session(), case.id)
        return render_template("cases/start_reminders.html", form=form, case=case, silent=silent, overdue=overdue.total)

    return handle_form(form, act, show)


MOST_NAMED = 12
"""So many parts that are broken in the same way are named; the others are counted."""


@pages.route("/cases/<reference>/thread")
@needs(Permission.SEE_CASE)
@shows(Shows.CASE)
@limit("case pages")
def show_thread(reference: str) -> ResponseReturnValue:
    case, partnership = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    page = thread_page_of(case, partnership)
    return render_template("cases/thread.html", page=page, responses=RESPONSES, most_named=MOST_NAMED)

"""By which rules of its own is a plan checked and rated?"""

from dataclasses import asdict

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import IntegerField, SelectField
from wtforms.validators import NumberRange, Optional

from reviews.access.permissions import Permission
from reviews.actions.impact import FIRST_MONTHS, SECOND_MONTHS
from reviews.actions.plan_rules import MOST_MONTHS, MOST_MOVES, Rules, rules_of, set_plan_rules
from reviews.actions.rating import AMBER_CHOICES, AMBER_DAYS, CADENCE_CHOICES, LAST_AMBER_EXTENSION
from reviews.cases.page_queries import find_case
from reviews.models import Partnership, PlanRules
from reviews.settings.reviews_reminder_policies import known_policies
from reviews.transactions.unit_of_work import Unit
from web.cases.labels import rules_in_words
from web.core.access import needs
from web.core.context import actor, reader
from web.core.query import word
from web.core.urls import case_address
from web.forms.submit_once import OnceForm, send_form

pages = Blueprint("plan_rules", __name__)

MONTHS = NumberRange(1, MOST_MONTHS, f"Enter 1 to {MOST_MONTHS} months")


class RulesForm(OnceForm):
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

    def rules(self) -> Rules:
        typed = {name: self[name].data for name in Rules.__slots__ if name != "reminder_policy"}
        numbers = {name: None if data in ("", None) else int(data) for name, data in typed.items()}
        return Rules(**numbers, reminder_policy=self.reminder_policy.data or None)


@pages.route("/cases/<reference>/plan-rules", methods=["GET", "POST"])
@needs(Permission.SET_LOCAL_RULES)
def rules(reference: str) -> ResponseReturnValue:
    case, place = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    actor().require(Permission.SET_LOCAL_RULES, place.id, case.realm)
    form = RulesForm(obj=rules_of(reader().get(PlanRules, case.id)))
    form.reminder_policy.choices = _policies(place)

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=place.code, version=form.seen_version)
        set_plan_rules(unit, found, form.rules())
        flash("The rules of the plan are set.")
        return case_address(found.reference, found.partnership_id)

    return send_form(form, act, lambda: _show(reference, form))


def _policies(place: Partnership) -> dict[str, str]:
    known = known_policies(reader(), place.id)
    usual = known[place.reminder_policy].title
    return {"": f"As usual: {usual}", **{name: ladder.title for name, ladder in known.items()}}


def _show(reference: str, form: RulesForm) -> str:
    case, _ = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    form.show_version(case.version)
    present = rules_in_words(asdict(rules_of(reader().get(PlanRules, case.id))))
    return render_template("cases/plan_rules.html", form=form, case=case, present=present)

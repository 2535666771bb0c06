"""Which periods and ladders are the partnership's own, and how are they set?"""

from itertools import groupby
from operator import attrgetter

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from reviews.access.permissions import Permission
from reviews.settings.local_periods import LONGEST_AUTHORITY, clear_local_rule, set_local_rule
from reviews.settings.queries_local_periods import PeriodLine, local_periods, one_local_period
from reviews.transactions.unit_of_work import Unit
from web.core.access import needs
from web.core.context import actor, reader, today
from web.core.places import code_of, place_for, places_with
from web.core.urls import in_partnership
from web.forms.date_field import DayField
from web.forms.submit_once import OnceForm, send_form
from workflows.core.working_days import Period
from workflows.core.working_days import Unit as PeriodUnit
from workflows.definitions.shared.ladder_policies import CLOCK_LADDERS

pages = Blueprint("local_periods", __name__)

UNITS = {unit.value: unit.value.replace("-", " ").capitalize() for unit in PeriodUnit}


class LocalPeriodForm(OnceForm):
    period = StringField(
        "Period here", [Optional(), Regexp(r"^[0-9]{1,5}$", message="The period must be a whole number, such as 12")]
    )
    unit = SelectField("Counted in", choices=UNITS)
    ladder = SelectField("Who is reminded", description="Left as it is, the ladder of the definition reminds.")
    effective_from = DayField("For clocks counted from", [InputRequired("Enter the day it holds from")])
    authority = StringField(
        "Who agreed it, and when",
        [InputRequired("Say who agreed it, and when"), Length(max=LONGEST_AUTHORITY)],
        description="Such as “Executive, 12 March 2026”. It stands beside every date that is counted by it.",
    )
    what = StringField(description="The button that was pressed: set, or clear.")

    @property
    def own_period(self) -> Period | None:
        return Period(int(self.period.data), PeriodUnit(self.unit.data)) if self.period.data else None


@pages.route("/settings/periods")
@needs(Permission.SET_LOCAL_RULES)
def periods() -> ResponseReturnValue:
    place = place_for(Permission.SET_LOCAL_RULES)
    found = local_periods(reader(), actor(), partnership_id=place, today=today())
    return render_template(
        "settings/periods.html",
        kinds=[(kind, list(lines)) for kind, lines in groupby(found, attrgetter("kind"))],
        place=place,
        partnership=code_of(place),
        partnerships=places_with(Permission.SET_LOCAL_RULES),
        ladders=CLOCK_LADDERS,
        today=today(),
    )


@pages.route("/settings/periods/<workflow>/<deadline>", methods=["GET", "POST"])
@needs(Permission.SET_LOCAL_RULES)
def period(workflow: str, deadline: str) -> ResponseReturnValue:
    place = place_for(Permission.SET_LOCAL_RULES)
    line = _line(place, workflow, deadline)
    form = _form(line)

    def act(work: Unit) -> str:
        _record(work, form, code_of(place), workflow, deadline)
        flash(f"{line.deadline.title}: recorded. Clocks that run already keep their dates.")
        return in_partnership("/settings/periods", place)

    return send_form(form, act, lambda: _show(form, place, workflow, deadline))


def _record(work: Unit, form: LocalPeriodForm, code: str, workflow: str, deadline: str) -> None:
    partnership, day = work.partnership(code), form.effective_from.data
    said = {"workflow": workflow, "deadline": deadline, "authority": form.authority.data or ""}
    if form.what.data == "clear":
        clear_local_rule(work, partnership, effective_from=day, **said)
    else:
        period, ladder = form.own_period, form.ladder.data or None
        set_local_rule(work, partnership, effective_from=day, period=period, ladder=ladder, **said)


def _form(line: PeriodLine) -> LocalPeriodForm:
    own = line.own
    form = LocalPeriodForm(
        data={
            "period": str(own.period) if own and own.period is not None else "",
            "unit": (own.unit if own and own.unit else line.edition.period.unit).value,
            "ladder": own.ladder if own and own.ladder else "",
        }
    )
    usual = line.deadline.ladder
    form.ladder.choices = {
        "": f"As usual: {usual.title.lower() if usual else 'nobody'}",
        **{name: ladder.title for name, ladder in CLOCK_LADDERS.items()},
    }
    return form


def _show(form: LocalPeriodForm, place: int, workflow: str, deadline: str) -> str:
    return render_template(
        "settings/period.html",
        form=form,
        line=_line(place, workflow, deadline),
        back=in_partnership("/settings/periods", place),
        ladders=CLOCK_LADDERS,
        today=today(),
    )


def _line(place: int, workflow: str, deadline: str) -> PeriodLine:
    return one_local_period(
        reader(), actor(), partnership_id=place, workflow=workflow, deadline=deadline, today=today()
    )

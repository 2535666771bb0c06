"""Which bank holidays are known, and which clocks wait for approval before they move?"""

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, SelectMultipleField, StringField

from reviews.access.permissions import Permission
from reviews.cases.due_date_changes import fingerprint
from reviews.cases.moved_clocks import approve_moves
from reviews.cases.waiting_moves import coming_holidays, holiday_loads, loaded_days, waiting_moves
from reviews.definitions.calendars import present_calendar
from reviews.transactions.unit_of_work import Unit
from web.core.access import needs
from web.core.context import actor, reader, today
from web.core.places import code_of, place_for, places_with
from web.core.urls import in_partnership
from web.forms.submit_once import OnceForm, send_form

pages = Blueprint("bank_holidays", __name__)


class MovesForm(OnceForm):
    """The moves that were shown, by their fingerprint, and those chosen among them."""

    seen = HiddenField()
    which = StringField(description="The button that was pressed: all, or chosen.")
    clocks = SelectMultipleField("Clocks", coerce=int, choices={}, validate_choice=False)


@pages.route("/settings/holidays", methods=["GET", "POST"])
@needs(Permission.MOVE_CLOCKS)
def holidays() -> ResponseReturnValue:
    place, form = place_for(Permission.MOVE_CLOCKS), MovesForm()

    def act(work: Unit) -> str:
        chosen = None if form.which.data == "all" else set(form.clocks.data or ())
        moved = approve_moves(work, work.partnership(code_of(place)), seen=form.seen.data or "", clock_ids=chosen)
        flash(f"{len(moved)} clock{'s' if len(moved) > 1 else ''} moved. Each move stands in the history of its case.")
        return in_partnership("/settings/holidays", place)

    return send_form(form, act, lambda: _show(form, place))


def _show(form: MovesForm, place: int) -> str:
    waiting = waiting_moves(reader(), actor(), partnership_id=place)
    form.seen.data = fingerprint(waiting)
    return render_template(
        "settings/holidays.html",
        form=form,
        waiting=waiting,
        chosen=set(form.clocks.data or ()),
        known_to=present_calendar(reader()).last_day,
        coming=coming_holidays(reader(), today()),
        loads=holiday_loads(reader()),
        days=loaded_days(reader()),
        place=place,
        partnership=code_of(place),
        partnerships=places_with(Permission.MOVE_CLOCKS),
    )

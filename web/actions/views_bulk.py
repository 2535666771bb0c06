"""How are several rows of the list of actions dealt with in one go?"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from wtforms import IntegerField, RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from reviews.access.permissions import Permission
from reviews.actions.bulk import Later, Together, ask_together, assign_together
from reviews.exports.formats import FORMATS
from reviews.exports.log import record_export
from reviews.exports.rows import exported_choice
from reviews.people.queries import owners
from reviews.transactions.unit_of_work import NotFound, Unit
from web.actions.bulk import addresses_sent, chosen_in, require_may_ask, send_together
from web.core.access import needs
from web.core.context import actor, house, reader, today, unit
from web.core.query import code_of, place_for
from web.core.urls import in_partnership
from web.forms.date_field import DayField
from web.forms.submit_once import OnceForm

pages = Blueprint("actions_bulk", __name__)


LONGEST_TEXT = 10_000
MOST_WEEKS = 156
TO_ONE_DAY, BY_WEEKS = "day", "weeks"


class TogetherForm(OnceForm):
    owner_email = SelectField("New owner", [InputRequired("Choose the new owner")], default="")


class MoreTimeForm(OnceForm):
    how = RadioField(  # type: ignore[call-arg]  # the stubs leave the message out
        "Until when",
        choices={TO_ONE_DAY: "One new date for all of them", BY_WEEKS: "Each some weeks after its own due date"},
        default=TO_ONE_DAY,
        invalid_choice_message="Say until when",
    )
    new_due_on = DayField("New date")
    weeks = IntegerField("Weeks later", [Optional(), NumberRange(1, MOST_WEEKS, f"Enter 1 to {MOST_WEEKS} weeks")])
    reason = TextAreaField(
        "Why more time is needed",
        [InputRequired("Say why more time is needed"), Length(max=LONGEST_TEXT)],
    )
    meanwhile = TextAreaField("What is done meanwhile", [Optional(), Length(max=LONGEST_TEXT)])

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        fine: bool = super().validate(extra_validators)
        field, ask = (
            (self.weeks, "Enter the number of weeks")
            if self.how.data == BY_WEEKS
            else (self.new_due_on, "Enter the new date")
        )
        if field.data is None and not field.errors:
            field.errors = [*field.errors, ask]
            fine = False
        return fine

    @property
    def later(self) -> Later:
        return Later(weeks=self.weeks.data or 0) if self.how.data == BY_WEEKS else Later(on=self.new_due_on.data)


@pages.route("/actions/reassign", methods=["GET", "POST"])
@needs(Permission.REASSIGN_ACTIONS)
def reassign() -> ResponseReturnValue:
    place = place_for(Permission.REASSIGN_ACTIONS)
    form = TogetherForm()
    people = owners(reader(), actor(), place)
    form.owner_email.choices = {"": "Choose an owner", **{person.email: person.in_words for person in people}}

    def act(work: Unit) -> Together:
        email = form.owner_email.data
        return assign_together(work, addresses_sent(), partnership=code_of(place), owner_email=email)

    def show() -> str:
        return _page("actions/reassign.html", place, form=form)

    return send_together(form, place, act, show, done_words=f"Given to {form.owner_email.data}:")


@pages.route("/actions/more-time", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
def more_time() -> ResponseReturnValue:
    place = place_for(Permission.SEE_ACTIONS)
    require_may_ask(place)
    form = MoreTimeForm()

    def act(work: Unit) -> Together:
        return ask_together(
            work,
            addresses_sent(),
            partnership=code_of(place),
            later=form.later,
            reason=form.reason.data or "",
            meanwhile=form.meanwhile.data or "",
        )

    def show() -> str:
        return _page("actions/bulk_more_time.html", place, form=form, today=today())

    return send_together(form, place, act, show, done_words="More time was asked for:")


@pages.route("/actions/export")
@needs(Permission.SEE_ACTIONS)
def choose_format() -> ResponseReturnValue:
    return _page("actions/export.html", place_for(Permission.SEE_ACTIONS), formats=FORMATS)


@pages.route("/actions/export/<into>")
@needs(Permission.SEE_ACTIONS)
def export_actions(into: str) -> ResponseReturnValue:
    """Send the rows that were chosen as a download; that they went out stands in the history of each case."""
    if into not in FORMATS:
        raise NotFound
    wanted, place = FORMATS[into], place_for(Permission.SEE_ACTIONS)
    chosen = chosen_in(place)
    if not chosen.rows:
        flash("Choose at least one action first.", "note")
        return redirect(in_partnership("/actions", place), code=303)
    plan = exported_choice(reader(), actor(), place, chosen.addresses, now=house().clock.now())
    content = wanted.write(plan)
    with unit() as work:
        record_export(work, plan, into=into)
    answer = Response(content, content_type=wanted.media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="actions-{plan.today.isoformat()}.{into}"'
    return answer


def _page(template: str, place: int, **more: Any) -> str:
    return render_template(template, chosen=chosen_in(place), back=in_partnership("/actions", place), **more)

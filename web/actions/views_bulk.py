"""Pages that assign, extend or export several actions at once."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from reviews.access.permissions import Permission
from reviews.actions.bulk import BulkOutcome, NewDueDates, ask_extensions, assign_actions
from reviews.exports.formats import FORMATS, record_export
from reviews.exports.plan_rows import exported_choice
from reviews.people.queries import owners
from reviews.transactions.unit_of_work import NotFound, Unit
from web.actions.selection import chosen_actions, handle_bulk_form, require_may_ask_for_time, ticked_addresses
from web.core.access import Purpose, needs, require_fresh_proof
from web.core.context import actor, app_context, read_session, today, unit
from web.core.limited_views import limit
from web.core.on_record import Shows, shows
from web.core.query import code_of, partnership_for
from web.core.urls import in_partnership
from web.forms.date_field import DayField
from web.forms.fields import IntegerField, RadioField, SelectField
from web.forms.submit_once import IdempotentForm

pages = Blueprint("actions_bulk", __name__)


LONGEST_TEXT = 10_000
MOST_WEEKS = 156
TO_ONE_DAY, BY_WEEKS = "day", "weeks"


class ReassignForm(IdempotentForm):
    owner_email = SelectField("New owner", [InputRequired("Choose the new owner")], default="")


class BulkMoreTimeForm(IdempotentForm):
    how = RadioField(
        "Until when",
        choices={TO_ONE_DAY: "One new date for all of them", BY_WEEKS: "Each some weeks after its own due date"},
        default=TO_ONE_DAY,
    )
    new_due_on = DayField("New date")
    weeks = IntegerField("Weeks later", [Optional(), NumberRange(1, MOST_WEEKS, f"Enter 1 to {MOST_WEEKS} weeks")])
    reason = TextAreaField(
        "Why more time is needed",
        [InputRequired("Say why more time is needed"), Length(max=LONGEST_TEXT)],
    )
    meanwhile = TextAreaField("What is done meanwhile", [Optional(), Length(max=LONGEST_TEXT)])

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        is_valid: bool = super().validate(extra_validators)
        field, message = (
            (self.weeks, "Enter the number of weeks")
            if self.how.data == BY_WEEKS
            else (self.new_due_on, "Enter the new date")
        )
        if field.data is None and not field.errors:
            field.errors = [*field.errors, message]
            is_valid = False
        return is_valid

    @property
    def new_dates(self) -> NewDueDates:
        if self.how.data == BY_WEEKS:
            return NewDueDates(weeks=self.weeks.data or 0)
        return NewDueDates(on=self.new_due_on.data)


@pages.route("/actions/reassign", methods=["GET", "POST"])
@needs(Permission.REASSIGN_ACTIONS)
@shows(Shows.LIST)
def reassign() -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.REASSIGN_ACTIONS)
    form = ReassignForm()
    people = owners(read_session(), actor(), partnership_id)
    form.owner_email.choices = {"": "Choose an owner", **{person.email: person.in_words for person in people}}

    def act(work: Unit) -> BulkOutcome:
        email = form.owner_email.data
        return assign_actions(work, ticked_addresses(), partnership=code_of(partnership_id), owner_email=email)

    def show() -> str:
        return _page("actions/reassign.html", partnership_id, form=form)

    return handle_bulk_form(form, partnership_id, act, show, done_words=f"Given to {form.owner_email.data}:")


@pages.route("/actions/more-time", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
@shows(Shows.LIST)
def more_time() -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.SEE_ACTIONS)
    require_may_ask_for_time(partnership_id)
    form = BulkMoreTimeForm()

    def act(work: Unit) -> BulkOutcome:
        return ask_extensions(
            work,
            ticked_addresses(),
            partnership=code_of(partnership_id),
            new_dates=form.new_dates,
            reason=form.reason.data or "",
            meanwhile=form.meanwhile.data or "",
        )

    def show() -> str:
        return _page("actions/bulk_more_time.html", partnership_id, form=form, today=today())

    return handle_bulk_form(form, partnership_id, act, show, done_words="You asked for more time for:")


@pages.route("/actions/export")
@needs(Permission.SEE_ACTIONS)
@shows(Shows.LIST)
@require_fresh_proof(Purpose.EXPORT, asked="all")
def choose_format() -> ResponseReturnValue:
    return _page("actions/export.html", partnership_for(Permission.SEE_ACTIONS), formats=FORMATS)


@pages.route("/actions/export/<into>")
@needs(Permission.SEE_ACTIONS)
@shows(Shows.EXPORT, Shows.NOTHING)
@require_fresh_proof(Purpose.EXPORT, asked="all")
@limit("exports")
def export_actions(into: str) -> ResponseReturnValue:
    """Send the chosen rows as a download, and record it in the history of each case."""
    if into not in FORMATS:
        raise NotFound
    file_format, partnership_id = FORMATS[into], partnership_for(Permission.SEE_ACTIONS)
    chosen = chosen_actions(partnership_id)
    if not chosen.rows:
        flash("Choose at least one action first.", "note")
        return redirect(in_partnership("/actions", partnership_id), code=303)
    plan = exported_choice(read_session(), actor(), partnership_id, chosen.addresses, now=app_context().clock.now())
    content = file_format.write(plan)
    with unit() as work:
        record_export(work, plan, into=into)
    answer = Response(content, content_type=file_format.media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="actions-{plan.today.isoformat()}.{into}"'
    return answer


def _page(template: str, partnership_id: int, **more: Any) -> str:
    return render_template(
        template, chosen=chosen_actions(partnership_id), back=in_partnership("/actions", partnership_id), **more
    )

"""The summary of a partnership, and when it is mailed."""

from collections.abc import Callable
from urllib.parse import urlencode

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms.validators import InputRequired

from notifications.base.summary_rhythm import WEEKDAYS, Rhythm, read_summary_choices
from notifications.summaries.summary_choice import NEVER, choose_summary
from notifications.summaries.summary_letter import rhythm_words
from reviews.access.permissions import Permission
from reviews.access.shown import note_rows
from reviews.actions.list_queries import AGES, GROUPS, RATINGS, WAITING
from reviews.cases.due_date_changes import pending_due_dates_to_mention
from reviews.definitions.bank_holidays import present_calendar
from reviews.summary.queries import MOST_CLOCKS, NEAR, chair_summary
from reviews.transactions.unit_of_work import Unit
from web.core.access import needs
from web.core.context import actor, app_context, kinds, read_session, today
from web.core.on_record import Shows, shows
from web.core.query import as_of, code_of, partnership_for, partnerships_with, query_text
from web.core.urls import in_partnership
from web.forms.date_field import DayField
from web.forms.fields import RadioField, SelectField
from web.forms.submit_once import IdempotentForm, handle_form

pages = Blueprint("summary", __name__)


RHYTHMS = {
    Rhythm.WEEKLY.value: "Every week",
    Rhythm.MONTHLY.value: "Every month",
    Rhythm.MEETING.value: "Before a meeting",
    NEVER: "Never",
}
HINTS = {
    Rhythm.WEEKLY.value: "On the weekday below, or the next working day.",
    Rhythm.MONTHLY.value: "On the first working morning.",
    Rhythm.MEETING.value: "Two working days before the day below.",
}


class RhythmForm(IdempotentForm):
    rhythm = RadioField("When it comes", [InputRequired("Choose when it comes")], choices=RHYTHMS)
    weekday = SelectField("Weekday, if every week", choices={name: name.capitalize() for name in WEEKDAYS})
    meeting_on = DayField("Day of the meeting, if before one")


@pages.route("/summary/mail", methods=["GET", "POST"])
@needs(Permission.SEE_SUMMARY)
@shows(Shows.NOTHING)
def choose_mail() -> ResponseReturnValue:
    partnership_id, form = partnership_for(Permission.SEE_SUMMARY), RhythmForm()
    here = in_partnership("/summary/mail", partnership_id)

    def act(work: Unit) -> str:
        choose_summary(
            work,
            work.partnership(code_of(partnership_id)),
            email=actor().email,
            rhythm=form.rhythm.data,
            weekday=form.weekday.data or WEEKDAYS[0],
            meeting_on=form.meeting_on.data,
        )
        flash("Your choice is recorded.")
        return here

    def show() -> str:
        wishes = read_summary_choices(read_session(), partnership_ids=[partnership_id], person_id=actor().person_id)
        wish = next(iter(wishes), None)
        if not form.is_submitted():
            form.rhythm.data = wish.rhythm.value if wish else NEVER
            form.weekday.data = WEEKDAYS[wish.weekday] if wish else WEEKDAYS[0]
            form.meeting_on.data = wish.meeting_on if wish else None
        return render_template(
            "summary/mail.html",
            form=form,
            hints=HINTS,
            wish=wish,
            rhythm_in_words=rhythm_words(wish.rhythm, wish.weekday, wish.meeting_on) if wish else "",
            next_on=wish.next_on(present_calendar(read_session()), today()) if wish else None,
            name=partnerships_with(Permission.SEE_SUMMARY)[code_of(partnership_id)],
            back=in_partnership("/summary", partnership_id),
        )

    return handle_form(form, act, show)


KINDS = {"overdue": "late", "due_soon": "near"}


@pages.route("/summary")
@needs(Permission.SEE_SUMMARY)
@shows(Shows.LIST)
def summary() -> ResponseReturnValue:
    partnership_id, on = partnership_for(Permission.SEE_SUMMARY), as_of()
    numbers = chair_summary(read_session(), actor(), partnership_id=partnership_id, today=on)
    note_rows(len(numbers.clocks) + len(numbers.oldest) + len(numbers.to_accept), partnership_id=partnership_id)
    return render_template(
        "summary/summary.html",
        numbers=numbers,
        name=partnerships_with(Permission.SEE_SUMMARY)[code_of(partnership_id)],
        partnerships=partnerships_with(Permission.SEE_SUMMARY),
        on=on,
        is_today=on == today(),
        behind=_behind("/actions", partnership_id),
        cases_behind=_behind("/cases", partnership_id),
        groups=GROUPS,
        waiting=WAITING,
        ages=AGES,
        ratings=RATINGS,
        kinds=KINDS,
        workflows=kinds(),
        partnership_id=partnership_id,
        near=NEAR,
        most_clocks=MOST_CLOCKS,
        moves=pending_due_dates_to_mention(
            read_session(), actor(), partnership_id=partnership_id, now=app_context().clock.now()
        ),
    )


def _behind(path: str, partnership_id: int) -> Callable[..., str]:
    """Make the function that gives the address of the list behind a number, for this partnership and day."""
    day = {"as-of": query_text("as-of")} if as_of() != today() else {}
    always = urlencode({"partnership": code_of(partnership_id), **day})

    def behind(**filters: object) -> str:
        query = urlencode({name: str(value) for name, value in filters.items() if value})
        return f"{path}?{query}&{always}" if query else f"{path}?{always}"

    return behind

"""On which mornings does the summary come by mail?"""

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import RadioField, SelectField
from wtforms.validators import InputRequired

from notifications.base.summary_rhythm import WEEKDAYS, Rhythm, Wish, read_wishes
from notifications.summaries.choose import NEVER, choose_summary
from notifications.summaries.letters import rhythm_words
from reviews.access.permissions import Permission
from reviews.definitions.calendars import present_calendar
from reviews.transactions.unit_of_work import Unit
from web.core.access import needs
from web.core.context import actor, reader, today
from web.core.places import code_of, place_for, places_with
from web.core.urls import in_partnership
from web.forms.date_field import DayField
from web.forms.submit_once import OnceForm, send_form

pages = Blueprint("summary_mail", __name__)

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


class RhythmForm(OnceForm):
    rhythm = RadioField("When it comes", [InputRequired("Choose when it comes")], choices=RHYTHMS)
    weekday = SelectField("Weekday, if every week", choices={name: name.capitalize() for name in WEEKDAYS})
    meeting_on = DayField("Day of the meeting, if before one")


@pages.route("/summary/mail", methods=["GET", "POST"])
@needs(Permission.SEE_SUMMARY)
def choose() -> ResponseReturnValue:
    place, form = place_for(Permission.SEE_SUMMARY), RhythmForm()
    here = in_partnership("/summary/mail", place)

    def act(work: Unit) -> str:
        choose_summary(
            work,
            work.partnership(code_of(place)),
            email=actor().email,
            rhythm=form.rhythm.data,
            weekday=form.weekday.data or WEEKDAYS[0],
            meeting_on=form.meeting_on.data,
        )
        flash("It is recorded.")
        return here

    def show() -> str:
        wish = _present(place)
        if not form.is_submitted():
            _fill(form, wish)
        return render_template(
            "summary/mail.html",
            form=form,
            hints=HINTS,
            wish=wish,
            words=rhythm_words(wish.rhythm, wish.weekday, wish.meeting_on) if wish else "",
            next_on=wish.next_on(present_calendar(reader()), today()) if wish else None,
            name=places_with(Permission.SEE_SUMMARY)[code_of(place)],
            back=in_partnership("/summary", place),
        )

    return send_form(form, act, show)


def _present(place: int) -> Wish | None:
    return next(iter(read_wishes(reader(), partnership_ids=[place], person_id=actor().person_id)), None)


def _fill(form: RhythmForm, wish: Wish | None) -> None:
    form.rhythm.data = wish.rhythm.value if wish else NEVER
    form.weekday.data = WEEKDAYS[wish.weekday] if wish else WEEKDAYS[0]
    form.meeting_on.data = wish.meeting_on if wish else None

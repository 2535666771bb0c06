"""How does somebody read their dates in a calendar of their own?

The file itself is for programs: no session counts there, only the token in the address, and every address that is not
in use reads as one that never was.
"""

from flask import Blueprint, Response, flash, make_response, render_template
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from reviews.access.permissions import Permission
from reviews.people.calendar_feeds import calendar_days
from reviews.people.calendars import LONGEST_NAME, make_calendar, note_read, revoke_calendar
from reviews.people.queries_calendar_feeds import feed_numbered, feed_opened, feeds_of
from reviews.transactions.unit_of_work import Unit
from web.account.ics import calendar_file
from web.core.access import needs
from web.core.context import actor, close_reader, house, reader, today
from web.forms.submit_once import OnceForm, send_form

pages = Blueprint("calendars", __name__)


class CalendarForm(OnceForm):
    name = StringField(
        "What reads it",
        [InputRequired("Say what reads it, such as “my phone”"), Length(max=LONGEST_NAME)],
        description="For example, my phone. Only you see this name.",
    )


class RevokeForm(OnceForm):
    """Nothing is asked but the press."""


@pages.route("/calendar", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
def calendars() -> ResponseReturnValue:
    form, made = CalendarForm(), dict[str, str]()

    def act(work: Unit) -> str:
        feed, token = make_calendar(work, name=form.name.data or "")
        made.update(name=feed.name, address=f"{house().settings.base_url.rstrip('/')}/calendar/{token}.ics")
        return "/calendar"

    def show() -> str:
        return render_template("calendars/calendars.html", form=form, feeds=feeds_of(reader(), actor()))

    answer = send_form(form, act, show)
    # shown here and now, and never again: an address to go to would have to carry it
    return render_template("calendars/made.html", **made) if made else answer


@pages.route("/calendar/<int:calendar>/revoke", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
def revoke(calendar: int) -> ResponseReturnValue:
    form = RevokeForm()

    def act(work: Unit) -> str:
        feed = revoke_calendar(work, calendar)
        flash(f"The calendar “{feed.name}” is revoked: nothing is read there any more.")
        return "/calendar"

    def show() -> str:
        feed = feed_numbered(reader(), actor(), calendar)
        return render_template("calendars/revoke.html", form=form, feed=feed)

    return send_form(form, act, show)


@pages.route("/calendar/<token>.ics")
@needs(Permission.ANYBODY)
def file(token: str) -> Response:
    feed, whose = feed_opened(reader(), token, today=today())
    days = calendar_days(reader(), whose, today=today())
    close_reader()
    note_read(house().database, house().clock, feed)
    answer = make_response(calendar_file(days, base_url=house().settings.base_url, now=house().clock.now()))
    answer.headers["Content-Type"] = "text/calendar; charset=utf-8"
    answer.headers["Content-Disposition"] = 'inline; filename="followthrough.ics"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer

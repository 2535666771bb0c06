"""Pages for calendar feeds.

The file of a feed is for programs: the token in its address is the only credential, and every address that is not in
use answers as one that never existed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit

from flask import Blueprint, Response, flash, make_response, render_template
from flask.typing import ResponseReturnValue
from icalendar import Calendar, Event
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from notifications.letters.wording import one_line
from reviews.access.permissions import Permission
from reviews.access.shown import note_rows
from reviews.models import Through
from reviews.people.calendar_feeds import (
    LONGEST_NAME,
    CalendarDay,
    calendar_days,
    feeds_of,
    find_feed,
    make_calendar,
    open_feed,
    record_read,
    revoke_calendar,
)
from reviews.transactions.unit_of_work import Unit
from web.core.access import needs
from web.core.context import actor, app_context, close_read_session, read_session, today
from web.core.limited_views import limit
from web.core.on_record import Shows, shows
from web.forms.submit_once import IdempotentForm, handle_form

PRODUCT = "-//Followthrough//Due dates//EN"
REFRESH_INTERVAL = timedelta(hours=4)


def calendar_file(days: Sequence[CalendarDay], *, base_url: str, now: datetime) -> bytes:
    """Write one whole-day entry for each, with what is due in fixed words; none marks the person as busy."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Followthrough")
    calendar.add("refresh-interval", REFRESH_INTERVAL, {"value": "DURATION"})
    for day in days:
        calendar.add_component(_entry(day, base_url.rstrip("/"), now))
    written: bytes = calendar.to_ical()
    return written


def _entry(day: CalendarDay, base: str, now: datetime) -> Event:
    page, name = day.path
    link = f"{base}/{page}/{quote(name, safe='')}?{urlencode({'partnership': day.code})}"
    title = one_line(day.title)
    entry = Event()
    entry.add("uid", f"{day.key}@{urlsplit(base).hostname or 'localhost'}")
    entry.add("dtstamp", day.changed_at or now)
    if day.changed_at is not None:
        entry.add("last-modified", day.changed_at)
    entry.add("sequence", day.changes)
    entry.add("dtstart", day.on)
    entry.add("summary", one_line(day.words))
    entry.add("description", f"{title}\n{link}" if title else link)
    entry.add("url", link)
    entry.add("transp", "TRANSPARENT")
    entry.add("class", "PRIVATE")
    return entry


pages = Blueprint("calendars", __name__)


class CalendarForm(IdempotentForm):
    name = StringField(
        "What reads it",
        [InputRequired("Enter what reads it, such as “my phone”"), Length(max=LONGEST_NAME)],
        description="For example, my phone. Only you see this name.",
    )


class RevokeForm(IdempotentForm):
    """A form without fields: only the button is pressed."""


@pages.route("/calendar", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
@shows(Shows.NOTHING)
def calendars() -> ResponseReturnValue:
    form, made = CalendarForm(), dict[str, str]()

    def act(work: Unit) -> str:
        feed, token = make_calendar(work, name=form.name.data or "")
        made.update(name=feed.name, address=f"{app_context().settings.base_url.rstrip('/')}/calendar/{token}.ics")
        return "/calendar"

    def show() -> str:
        return render_template("account/calendars.html", form=form, feeds=feeds_of(read_session(), actor()))

    answer = handle_form(form, act, show)
    # shown in the answer itself: a page to redirect to would need the token in its address
    return render_template("account/calendar_made.html", **made) if made else answer


@pages.route("/calendar/<int:calendar>/revoke", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
@shows(Shows.NOTHING)
def revoke(calendar: int) -> ResponseReturnValue:
    form = RevokeForm()

    def act(work: Unit) -> str:
        feed = revoke_calendar(work, calendar)
        flash(f"You have revoked the calendar “{feed.name}”. Its address no longer works.")
        return "/calendar"

    def show() -> str:
        feed = find_feed(read_session(), actor(), calendar)
        return render_template("account/revoke_calendar.html", form=form, feed=feed)

    return handle_form(form, act, show)


@pages.route("/calendar/<token>.ics")
@needs(Permission.ANYBODY)
@shows(Shows.LIST, through=Through.CALENDAR)
@limit("calendars")
def file(token: str) -> Response:
    feed, holder = open_feed(read_session(), token, today=today())
    days = calendar_days(read_session(), holder, today=today())
    note_rows(len(days))
    close_read_session()
    record_read(app_context().database, app_context().clock, feed)
    answer = make_response(calendar_file(days, base_url=app_context().settings.base_url, now=app_context().clock.now()))
    answer.headers["Content-Type"] = "text/calendar; charset=utf-8"
    answer.headers["Content-Disposition"] = 'inline; filename="followthrough.ics"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer

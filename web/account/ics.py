"""A person's calendar entries as an iCalendar file (RFC 5545)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit

from icalendar import Calendar, Event

from notifications.letters.wording import one_line
from reviews.people.calendar_feeds import CalendarDay

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

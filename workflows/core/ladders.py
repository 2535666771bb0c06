"""Rungs of a ladder on a day: those that a due date has reached, the next one, and their names in words.

Late begins at 00:00 local time of the day after the due date. A rung in working days always falls on a working day: the
rung of the due day falls on the working day before, where the due date is none.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from workflows.core.bank_holidays import Calendar
from workflows.core.vocabulary import Ladder, Role, Rung

NAME = re.compile(r"due|due([+-])([1-9]\d{0,4})|(?:due-|(late)\+)([1-9]\d{0,4})wd")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A rung on the day it falls on. `late+6wd` may be a rung, the first repetition of `late+1wd`, or both."""

    name: str
    on: date
    tells: frozenset[Role]
    deputy: bool = False


def rung_name(days: int, *, working: bool) -> str:
    """Give the name of a rung: `due-30`, `due`, `due+14`; in working days `due-10wd`, `due`, `late+6wd`."""
    if not days:
        return "due"
    if working:
        return f"late+{days}wd" if days > 0 else f"due{days}wd"
    return f"due{days:+d}"


def read_name(name: str) -> tuple[int, bool] | None:
    """Read a name: the days after the due date, and whether they are working days. None for another name."""
    found = NAME.fullmatch(name)
    if found is None:
        return None
    sign, calendar_days, late, working_days = found.groups()
    if working_days:
        return (int(working_days) if late else -int(working_days)), True
    return int(f"{sign or '+'}{calendar_days or 0}"), False


def day_of(due_on: date, days: int, calendar: Calendar, *, working: bool) -> date:
    """Give the day that is `days` after a due date (negative: before)."""
    if not working:
        return due_on + timedelta(days=days)
    if not days:
        return calendar.previous_working_day(due_on)
    return calendar.nth_working_day(due_on, abs(days), 1 if days > 0 else -1)


def reached(ladder: Ladder, due_on: date, today: date, calendar: Calendar) -> tuple[Occurrence, ...]:
    """Give the latest occurrence of each rung reached by today, the highest last; those of one name are merged."""
    late = calendar.working_days_between(due_on, today) if today > due_on else 0
    found = [
        _occurrence(rung, days, due_on, calendar)
        for rung in ladder.rungs
        if (days := _latest_repetition(rung, late if rung.working else (today - due_on).days)) is not None
    ]
    return _merged(each for each in found if each.on <= today)


def next_after(ladder: Ladder, due_on: date, day: date, calendar: Calendar) -> Occurrence | None:
    """Give the first occurrence on a later day; None after the last one."""
    late = calendar.working_days_between(due_on, day) if day > due_on else 0
    coming = []
    for rung in ladder.rungs:
        now = late if rung.working else (day - due_on).days
        first = _occurrence(rung, _next_repetition(rung, now), due_on, calendar)
        if first.on > day:
            coming.append(first)
    merged = _merged(coming)
    return merged[0] if merged else None


def latest_due(ladders: Iterable[Ladder], day: date, calendar: Calendar) -> date:
    """Give a day after which no due date can have reached a rung of these ladders by `day`."""
    return max(_latest_due(rung, day, calendar) for ladder in ladders for rung in ladder.rungs)


def _latest_repetition(rung: Rung, now: int) -> int | None:
    """Give the days of the latest repetition reached `now` days after the due date; None for a rung not yet reached."""
    if rung.days > now:
        return None
    return rung.days + (now - rung.days) // rung.every * rung.every if rung.every else rung.days


def _next_repetition(rung: Rung, now: int) -> int:
    if not rung.every or now < rung.days:
        return rung.days
    return rung.days + ((now - rung.days) // rung.every + 1) * rung.every


def _occurrence(rung: Rung, days: int, due_on: date, calendar: Calendar) -> Occurrence:
    name = rung.name if days == rung.days else rung_name(days, working=rung.working)
    return Occurrence(name, day_of(due_on, days, calendar, working=rung.working), rung.tells, rung.deputy)


def _merged(found: Iterable[Occurrence]) -> tuple[Occurrence, ...]:
    """Put occurrences in the order of their days and merge those of one name."""
    by_name: dict[str, Occurrence] = {}
    for each in found:
        other = by_name.get(each.name, each)
        by_name[each.name] = Occurrence(each.name, each.on, each.tells | other.tells, each.deputy or other.deputy)
    return tuple(sorted(by_name.values(), key=lambda each: each.on))


def _latest_due(rung: Rung, day: date, calendar: Calendar) -> date:
    if not rung.working:
        return day - timedelta(days=rung.days)
    return calendar.nth_working_day(day, max(-rung.days, 0) + 1, 1)


DEPUTY = "deputy"
"""The stored name of the deputy of an action, who is reminded though deputy is no role."""
WORDS = {
    Role.ACTION_OWNER: "owner",
    Role.SUBGROUP_CHAIR: "chair of the subgroup",
}
NEAREST = (Role.ACTION_OWNER, Role.AGENCY_LEAD, Role.BUSINESS_MANAGER)
ORDER = (*NEAREST, *(role for role in Role if role not in NEAREST and role.sees_records))


def day_words(days: int, *, working: bool) -> str:
    """Say when a rung comes: `30 days before the date`, `on the day`, `6 working days after the date`."""
    if not days:
        return "on the day, or the working day before" if working else "on the day"
    kind = "working day" if working else "day"
    return f"{_count(abs(days), kind)} {'after' if days > 0 else 'before'} the date"


def rung_words(rung: Rung) -> str:
    """Say when a rung comes, and how often."""
    when = day_words(rung.days, working=rung.working)
    kind = "working day" if rung.working else "day"
    return f"{when}, then every {kind if rung.every == 1 else _count(rung.every, kind)}" if rung.every else when


def name_words(name: str) -> str:
    """Say when a rung comes, by its name: `14 days after the date`; "" for a name of another shape."""
    found = read_name(name)
    return day_words(found[0], working=found[1]) if found else ""


def recipients_in_words(rung: Rung | Occurrence) -> str:
    """Say who is reminded: `owner and agency lead`."""
    roles = [WORDS.get(role, role.in_sentence) for role in ORDER if role in rung.tells]
    *first, last = [*roles, *_deputy(rung)] or ["nobody"]
    return f"{', '.join(first)} and {last}" if first else last


def recipient_names(rung: Rung) -> list[str]:
    """Give the stored names of those who are reminded."""
    return [role.value for role in Role if role in rung.tells] + _deputy(rung)


def _deputy(rung: Rung | Occurrence) -> list[str]:
    return [DEPUTY] if rung.deputy else []


def _count(number: int, kind: str) -> str:
    return f"{number} {kind}" if number == 1 else f"{number} {kind}s"

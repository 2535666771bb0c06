"""Bank holidays of each part of the United Kingdom, as far as they are known, and counts of working days."""

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path


class Division(StrEnum):
    """A part of the United Kingdom with bank holidays of its own, as GOV.UK names it."""

    ENGLAND_AND_WALES = "england-and-wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern-ireland"

    @property
    def in_words(self) -> str:
        return self.value.replace("-", " ").title().replace(" And ", " and ")


DIVISION = Division.ENGLAND_AND_WALES
"""The division by which everything is counted that names no other."""


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """The bank holidays that are known: a value, passed to whatever counts days. Built by `calendar_of`.

    `others` has the calendars of the other divisions, for rules that name one.
    """

    days: Mapping[date, str]
    titles: Mapping[int, str]
    on_weekdays: tuple[int, ...]
    first_year: int
    last_day: date
    others: Mapping[Division, "Calendar"] = field(default_factory=dict)

    def of(self, division: Division) -> "Calendar":
        """Give the calendar by which days of a division are counted."""
        return self.others.get(division, self)

    def title(self, day: date) -> str | None:
        """The title of the bank holiday on that day, as GOV.UK gives it."""
        return self.titles.get(day.toordinal())

    def is_working_day(self, day: date) -> bool:
        """Neither Saturday, Sunday nor a bank holiday (SI 2006/1738 reg 2, by analogy)."""
        return day.weekday() < 5 and day.toordinal() not in self.titles

    def next_working_day(self, day: date) -> date:
        """The day itself when it is a working day, else the first one after it."""
        return day if self.is_working_day(day) else self.nth_working_day(day, 1, 1)

    def previous_working_day(self, day: date) -> date:
        """The day itself when it is a working day, else the last one before it."""
        return day if self.is_working_day(day) else self.nth_working_day(day, 1, -1)

    def nth_working_day(self, day: date, count: int, sign: int) -> date:
        """The working day that is `count` of them after the day (`sign` 1) or before it (-1)."""
        titles, ordinal = self.titles, day.toordinal()
        while count:
            ordinal += sign
            if 0 < ordinal % 7 < 6 and ordinal not in titles:  # remainder 6 is Saturday, 0 is Sunday
                count -= 1
        return date.fromordinal(ordinal)

    def working_days_between(self, start: date, end: date) -> int:
        """Working days after `start` (day 0) up to and including `end`; 0 when `end` is not after `start`."""
        return max(0, self._working_days_up_to(end) - self._working_days_up_to(start))

    def _working_days_up_to(self, day: date) -> int:
        # ordinal 1 (1 January of the year 1) is a Monday, so whole weeks are sevens
        weeks, days = divmod(day.toordinal(), 7)
        return weeks * 5 + min(days, 5) - bisect_right(self.on_weekdays, day.toordinal())


def calendar_of(days: Mapping[date, str], others: Mapping[Division, Calendar] | None = None) -> Calendar:
    """Build a calendar, known to the end of the last year that has a bank holiday; a later date is provisional."""
    ordered = dict(sorted(days.items()))
    # keyed by ordinal: a datetime, which never equals a date, then finds its holiday too
    return Calendar(
        days=ordered,
        titles={day.toordinal(): title for day, title in ordered.items()},
        on_weekdays=tuple(day.toordinal() for day in ordered if day.weekday() < 5),
        first_year=min(ordered).year,
        last_day=date(max(ordered).year, 12, 31),
        others=others or {},
    )


def _bundled() -> Calendar:
    feed = json.loads(Path(__file__).with_name("bank_holidays.json").read_text(encoding="utf-8"))
    days = {
        division: {date.fromisoformat(event["date"]): event["title"] for event in feed[division]["events"]}
        for division in Division
    }
    return calendar_of(
        days[DIVISION], {division: calendar_of(days[division]) for division in Division if division is not DIVISION}
    )


BUNDLED = _bundled()
"""The bank holidays that come with the product. An installation may know more: `reviews.definitions.bank_holidays`."""

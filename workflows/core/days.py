"""Days as people know them: within the years that are credible, and to the day, the month, the quarter or the year."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import accumulate
from typing import Self

FIRST_YEAR, LAST_YEAR = 1950, 2100
"""The years in which a day that anybody enters must lie. A sum of days may reach beyond."""


def is_credible(day: date) -> bool:
    return FIRST_YEAR <= day.year <= LAST_YEAR


class Precision(StrEnum):
    """How far a day is known."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PartialDay:
    """A day as far as it is known: it was one of those from `first` to `last`.

    Known to the month, the quarter or the year it is all the days of that; where other days leave fewer of them, it is
    those.
    """

    first: date
    last: date

    @classmethod
    def of(cls, day: date, precision: Precision = Precision.DAY) -> Self:
        """Give the day itself, its month, its quarter or its year. ValueError for a day that is unknown."""
        match precision:
            case Precision.DAY:
                return cls(day, day)
            case Precision.MONTH:
                return cls(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))
            case Precision.QUARTER:
                last = day.month + -day.month % 3
                return cls(date(day.year, last - 2, 1), date(day.year, last, monthrange(day.year, last)[1]))
            case Precision.YEAR:
                return cls(date(day.year, 1, 1), date(day.year, 12, 31))
            case Precision.UNKNOWN:
                raise ValueError("An unknown day is None.")

    @classmethod
    def fromisoformat(cls, text: str) -> Self:
        """Read what `isoformat` gives, such as 2019-03-08, 2019-03 or 2019. ValueError for anything else."""
        first, slash, last = text.partition("/")
        if slash:
            return cls(date.fromisoformat(first), date.fromisoformat(last))
        precision = {4: Precision.YEAR, 7: Precision.MONTH}.get(len(text), Precision.DAY)
        return cls.of(date.fromisoformat((text + "-01-01")[:10]), precision)

    @property
    def exact(self) -> date | None:
        """The day itself where it is known to the day."""
        return self.first if self.first == self.last else None

    @property
    def precision(self) -> Precision | None:
        """None where the days are no whole month, no whole quarter and no whole year."""
        known = (Precision.DAY, Precision.MONTH, Precision.QUARTER, Precision.YEAR)
        return next((each for each in known if self == PartialDay.of(self.first, each)), None)

    def isoformat(self) -> str:
        """As ISO 8601 writes it: 2019-03-08, 2019-03, 2019, or 2019-03-08/2019-03-31."""
        length: dict[Precision | None, int] = {Precision.DAY: 10, Precision.MONTH: 7, Precision.YEAR: 4}
        precision = self.precision
        if precision not in length:
            return f"{self.first.isoformat()}/{self.last.isoformat()}"
        return self.first.isoformat()[: length[precision]]

    def __str__(self) -> str:
        match self.precision:
            case Precision.DAY:
                return f"{self.first:%-d %B %Y}"
            case Precision.MONTH:
                return f"{self.first:%B %Y}"
            case Precision.QUARTER:
                return f"{self.first:%B} to {self.last:%B %Y}"
            case Precision.YEAR:
                return f"{self.first.year}"
            case _:
                same_month = (self.first.year, self.first.month) == (self.last.year, self.last.month)
                return f"between {self.first:{'%-d' if same_month else '%-d %B %Y'}} and {self.last:%-d %B %Y}"

    def is_after(self, other: Self) -> bool:
        """Whether it was certainly later than the other."""
        return self.first > other.last

    def agrees_with(self, other: Self) -> bool:
        """Whether both can be the same day."""
        return not self.is_after(other) and not other.is_after(self)

    def is_closer_than(self, other: Self) -> bool:
        """Whether it says the same as the other, and more."""
        return self != other and other.first <= self.first and self.last <= other.last

    def with_other(self, other: Self) -> Self:
        """Give the days from the earlier to the later of two that contradict each other."""
        return type(self)(min(self.first, other.first), max(self.last, other.last))


KnownDay = date | PartialDay | None
"""A plain date is known to the day; None is unknown."""


def day_as_known(on: date, known_to: Precision) -> PartialDay | None:
    """Give a stored day as far as it is known; None where `on` only keeps the order."""
    return None if known_to is Precision.UNKNOWN else PartialDay.of(on, known_to)


def known_day(on: date | None, known_to: Precision) -> KnownDay:
    """Give a stored day as it is shown: a plain date where it is known to the day."""
    return on if on is None or known_to is Precision.DAY else day_as_known(on, known_to)


def day_in_words(day: KnownDay, otherwise: str = "not known") -> str:
    """Give a day as it is shown everywhere: 8 March 2019, March 2019, 2019, or that it is not known."""
    if day is None:
        return otherwise
    return str(day) if isinstance(day, PartialDay) else f"{day:%-d %B %Y}"


def last_day(day: KnownDay) -> date | None:
    """Give the last day that it can be: that by which something due then is to be done."""
    return day.last if isinstance(day, PartialDay) else day


def due_in_words(day: date | PartialDay) -> str:
    """Say when something is due: on 8 March 2019, or by the end of March 2019."""
    return f"on {day_in_words(day)}" if last_day(day) == day else f"by the end of {day}"


def in_order(days: Sequence[PartialDay | None]) -> list[PartialDay | None]:
    """Narrow days that happened one after the other: none is before the one before it or after the one after it."""
    earliest = accumulate((day.first if day else date.min for day in days), max)
    latest = accumulate((day.last if day else date.max for day in reversed(days)), min)
    narrowed: list[PartialDay | None] = []
    for day, first, last in zip(days, earliest, reversed(list(latest)), strict=True):
        if day is None or not day.first <= first <= last <= day.last:
            narrowed.append(day)
        else:
            narrowed.append(PartialDay(first, last))
    return narrowed

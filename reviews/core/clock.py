"""The clock, and the day and time in London."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


class Clock(Protocol):
    def now(self) -> datetime: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(slots=True)
class StoppedClock:
    """A clock that gives the same instant until `at` is set."""

    at: datetime

    def now(self) -> datetime:
        return self.at


def local_day(instant: datetime) -> date:
    return instant.astimezone(LONDON).date()


def time_in_words(value: datetime) -> str:
    """Give the time in London, such as 9:30am."""
    local = value.astimezone(LONDON)
    return f"{local:%-I:%M}{local:%p}".lower()


def moment_in_words(value: datetime) -> str:
    """Give day and time in London, such as 2 November 2026 at 9:30am."""
    return f"{value.astimezone(LONDON):%-d %B %Y} at {time_in_words(value)}"


def read_moment(text: str) -> datetime:
    """Read `2026-11-20T08:00` as Europe/London time; a bare date means 08:00 that morning. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if len(text) <= len("2026-11-20"):
        moment = moment.replace(hour=8)
    return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)

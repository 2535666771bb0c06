"""What became of a clock, by what happened in a case and the rules of one definition?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from reviews.core.clock import local_day
from workflows.core.deadlines import Deadline
from workflows.core.facts import Value


@dataclass(frozen=True, slots=True)
class Happened:
    """A step with the facts given with it. `on` is None where nobody knows the day: nothing is counted from it."""

    step: str
    on: date | None
    given: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fate:
    """Where a clock came to: it runs from `start`, or was met, or ended unmet; without a start it never began."""

    start: date | datetime | None = None
    met_on: date | None = None
    ended_on: date | None = None

    @property
    def runs(self) -> bool:
        return self.start is not None and self.met_on is None and self.ended_on is None


def fate_of(deadline: Deadline, history: Iterable[Happened]) -> Fate:
    """Turn one clock through a history, in the order things were recorded, as each step would have turned it."""
    fate, met_from = Fate(), set[date]()
    for taken in history:
        if taken.on is None:
            continue
        start = started_by(deadline, taken)
        day = None if start is None else day_of(start)
        if fate.runs and fate.start is not None and day != day_of(fate.start):
            fate = _ended(deadline, taken.step, taken.on, fate.start)
            if fate.met_on is not None and fate.start is not None:
                met_from.add(day_of(fate.start))
        if start is not None and day not in met_from and deadline.edition_on(day_of(start)):
            fate = Fate(start)
    return fate


def starts_of(deadline: Deadline, history: Iterable[Happened]) -> dict[date, date | datetime]:
    """Give the days the clock was ever counted from, each with its moment where one was given."""
    starts = (started_by(deadline, taken) for taken in history if taken.on is not None)
    return {day_of(start): start for start in starts if start is not None}


def started_by(deadline: Deadline, taken: Happened) -> date | datetime | None:
    """Give the day or moment that a step starts the clock from, or None where it does not."""
    start = taken.on if deadline.counted_from == taken.step else taken.given.get(deadline.counted_from)
    return start if isinstance(start, date) else None


def day_of(start: date | datetime) -> date:
    return local_day(start) if isinstance(start, datetime) else start


def _ended(deadline: Deadline, step: str, on: date, start: date | datetime) -> Fate:
    if step in deadline.met_by:
        return Fate(start, met_on=on)
    return Fate(start, ended_on=on if step in deadline.ended_by else None)

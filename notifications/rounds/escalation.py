"""Which rungs are reached this morning, and was one of them, or a higher one, said before?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TypeAlias

from notifications.rounds.applied_policies import Policies
from workflows.core.bank_holidays import Calendar
from workflows.core.ladders import Occurrence, day_of, latest_due, reached, read_name
from workflows.core.vocabulary import Ladder, Role

Named: TypeAlias = Role | None
"""Whom a rung names; None is the deputy of the action."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The highest rung that has come, and the highest that names each role, upwards."""

    last: Occurrence
    naming: tuple[tuple[Named, Occurrence], ...]


class Stairs:
    """The ladders of one partnership on one morning."""

    def __init__(self, policies: Policies, calendar: Calendar, today: date) -> None:
        self.policies, self.calendar, self.today = policies, calendar, today

    @property
    def until(self) -> date:
        """No action that is due later has reached a rung."""
        return latest_due(self.policies.ladders, self.today, self.calendar)

    def reached(self, ladder: Ladder, due_on: date) -> Reached | None:
        """Give what has come of a ladder by today; None before its first rung."""
        return _reached(ladder, due_on, self.today, self.calendar)

    def is_said(self, rung: Occurrence, due_on: date, said: Iterable[str]) -> bool:
        """Tell whether what was said reaches as high: a rung of the same day or a later one, of whichever ladder."""
        return any(name == rung.name or self._falls_on(name, due_on) >= rung.on for name in said)

    def _falls_on(self, name: str, due_on: date) -> date:
        found = read_name(name)
        return day_of(due_on, found[0], self.calendar, working=found[1]) if found else date.min


@lru_cache(maxsize=8192)  # the built-in ladders and the calendar are the same for every partnership of a round
def _reached(ladder: Ladder, due_on: date, today: date, calendar: Calendar) -> Reached | None:
    rungs = reached(ladder, due_on, today, calendar)
    naming: dict[Named, Occurrence] = {}
    for rung in rungs:
        for named in (*sorted(rung.tells), *((None,) if rung.deputy else ())):
            naming.pop(named, None)
            naming[named] = rung
    return Reached(rungs[-1], tuple(naming.items())) if rungs else None

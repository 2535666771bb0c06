"""The ladders of one partnership on one morning: the rungs that were reached, and those already sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TypeAlias

from notifications.rounds.applied_policies import Policies
from workflows.core.bank_holidays import Calendar
from workflows.core.ladders import Occurrence, day_of, latest_due, reached, read_name
from workflows.core.vocabulary import Ladder, Role

RungRole: TypeAlias = Role | None
"""A role that a rung names; None is the deputy of the action."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The highest rung reached, and for each role the highest that names it, in ascending order."""

    last: Occurrence
    naming: tuple[tuple[RungRole, Occurrence], ...]


class Escalation:
    def __init__(self, policies: Policies, calendar: Calendar, today: date) -> None:
        self.policies, self.calendar, self.today = policies, calendar, today

    @property
    def until(self) -> date:
        """The latest due date of an action that can have reached a rung."""
        return latest_due(self.policies.ladders, self.today, self.calendar)

    def reached(self, ladder: Ladder, due_on: date) -> Reached | None:
        """Return what has been reached of a ladder by today; None before its first rung."""
        return _reached(ladder, due_on, self.today, self.calendar)

    def was_sent(self, rung: Occurrence, due_on: date, sent: Iterable[str]) -> bool:
        """Tell whether this rung or one of a later day, of any ladder, is among the rungs that were sent."""
        return any(name == rung.name or self._falls_on(name, due_on) >= rung.on for name in sent)

    def _falls_on(self, name: str, due_on: date) -> date:
        found = read_name(name)
        return day_of(due_on, found[0], self.calendar, working=found[1]) if found else date.min


@lru_cache(maxsize=8192)  # the built-in ladders and the calendar are the same for every partnership of a round
def _reached(ladder: Ladder, due_on: date, today: date, calendar: Calendar) -> Reached | None:
    rungs = reached(ladder, due_on, today, calendar)
    naming: dict[RungRole, Occurrence] = {}
    for rung in rungs:
        for named in (*sorted(rung.tells), *((None,) if rung.deputy else ())):
            naming.pop(named, None)
            naming[named] = rung
    return Reached(rungs[-1], tuple(naming.items())) if rungs else None

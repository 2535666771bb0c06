"""What is a clock: counted from what, met by what, how long, how binding, and who is told as it runs out?"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from workflows.core.roles import Role
from workflows.core.working_days import Period


class Rank(StrEnum):
    """How binding a period is."""

    LAW = "law or statutory guidance"
    NATIONAL = "national expectation"
    LOCAL = "local custom"


@dataclass(frozen=True, slots=True)
class Edition:
    """A period as it stood from a day on: never overwritten, so that a running case keeps its own."""

    effective_from: date
    period: Period
    rank: Rank
    authority: str


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of an escalation ladder: `days` after the due date (negative: before), and who is told then.

    `working` days are those of England and Wales. With `every`, it comes again after each so many days of that kind.
    `deputy`: whoever is named as deputy on the action is told as well.
    """

    name: str
    days: int
    tells: frozenset[Role]
    working: bool = False
    every: int = 0
    deputy: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    name: str
    title: str
    rungs: tuple[Rung, ...]
    authority: str


@dataclass(frozen=True, slots=True, eq=False)
class Deadline:
    """A clock: counted from a step or an asked day, met when one of `met_by` happens.

    A step of `ended_by` stops it unmet (a withdrawal, say). A step that both meets it and counts it anew does so in
    that order, so that a monthly check starts the next month. `ladder` says who is reminded of it, if anybody is.
    """

    name: str
    title: str
    counted_from: str
    met_by: tuple[str, ...]
    editions: tuple[Edition, ...]
    ended_by: tuple[str, ...] = ()
    ladder: Ladder | None = None

    def edition_on(self, day: date) -> Edition | None:
        """Give the edition in force on the day the clock is counted from, or None before the first."""
        in_force = [edition for edition in self.editions if edition.effective_from <= day]
        return max(in_force, key=lambda edition: edition.effective_from, default=None)

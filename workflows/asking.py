"""What does a step ask for: which facts, of which kind, when needed, and in which edition of the form?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from workflows.facts import Value


class Kind(StrEnum):
    """What an asked fact is, and so how it is typed, checked and stored."""

    WORDS = "words"
    TEXT = "text"
    DAY = "day"
    MOMENT = "moment"
    YES_NO = "yes_no"
    CHOICE = "choice"
    NUMBER = "number"
    AGENCIES = "agencies"
    STEPS = "steps"
    """Steps of the case that this one lives in."""


@dataclass(frozen=True, slots=True)
class When:
    """Another fact of the same form, and the answers to it that make this one needed."""

    fact: str
    answers: tuple[Value, ...]

    def holds(self, given: Mapping[str, Value]) -> bool:
        return given.get(self.fact) in self.answers


@dataclass(frozen=True, slots=True)
class Asked:
    """A fact that a step records. `name` keeps one kind throughout its workflow; `choices` are value and label.

    `needed_when` makes a fact that is not `required` needed after some answers to another. National forms change: the
    fact is asked on days from `since` up to and including `until`.
    """

    name: str
    label: str
    kind: Kind = Kind.WORDS
    required: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    needed_when: When | None = None
    since: date | None = None
    until: date | None = None

    def is_asked_on(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    def is_needed(self, given: Mapping[str, Value]) -> bool:
        return self.required or (self.needed_when is not None and self.needed_when.holds(given))

    def overlaps(self, other: "Asked") -> bool:
        """Whether there is a day on which both are asked."""
        begin = max(self.since or date.min, other.since or date.min)
        return begin <= min(self.until or date.max, other.until or date.max)


def form_on(asks: Iterable[Asked], day: date) -> tuple[Asked, ...]:
    """Give the form as it stood on a day."""
    return tuple(asked for asked in asks if asked.is_asked_on(day))


def edition_on(asks: Iterable[Asked], day: date) -> date | None:
    """Give the first day of the form's edition in force on a day; None for the first one, which has always been."""
    begun = {asked.since for asked in asks} | {asked.until + timedelta(days=1) for asked in asks if asked.until}
    return max((each for each in begun if each is not None and each <= day), default=None)

"""What does a step ask for: which facts, of which kind, when needed, and in which edition of the form?"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from workflows.core.bank_holidays import BUNDLED, Calendar

Value: TypeAlias = str | int | bool | date | datetime | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when a step is judged: recorded facts, those given with the step included, and computed ones.

    `blocked` says of a step, by name, what runs beside the case and must end before it; `held_at`, of a track on
    hold, the stage it goes back to.
    """

    known: Mapping[str, Value]
    stages: Mapping[str, str] = field(default_factory=dict)
    happened: Mapping[str, date] = field(default_factory=dict)
    on: date = date.min
    calendar: Calendar = BUNDLED
    blocked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    held_at: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return str(self.known.get(name, "")).strip()

    def is_yes(self, name: str) -> bool:
        return self.known.get(name) is True

    def number(self, name: str) -> int:
        value = self.known.get(name, 0)
        return value if isinstance(value, int) else 0

    def names(self, name: str) -> tuple[str, ...]:
        value = self.known.get(name, ())
        return value if isinstance(value, tuple) else (str(value),)

    def day(self, name: str) -> date | None:
        value = self.known.get(name)
        if isinstance(value, datetime):
            return value.date()
        return value if isinstance(value, date) else None


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


def editions_of(asks: Iterable[Asked]) -> list[date]:
    """Give the days from which the form was another than before; none where it has always been the same."""
    begun = {asked.since for asked in asks} | {asked.until + timedelta(days=1) for asked in asks if asked.until}
    return sorted(day for day in begun if day is not None)


def edition_on(asks: Iterable[Asked], day: date) -> date | None:
    """Give the first day of the form's edition in force on a day; None for the first one, which has always been."""
    return max((begun for begun in editions_of(asks) if begun <= day), default=None)


def edition_in_words(asks: Iterable[Asked], edition: date | None) -> str:
    """Name the edition that began on that day, None for the first one; "" for a form that never changed."""
    begun = editions_of(asks)
    if not begun:
        return ""
    return f"form of {_day(edition)}" if edition else f"form of before {_day(begun[0])}"


def condition(asked: Asked, form: Iterable[Asked]) -> str:
    """Say on which answers to another question of the form this one is needed; "" when it does not depend on any."""
    when = asked.needed_when
    other = next((one for one in form if when and one.name == when.fact), None)
    if when is None or other is None:
        return ""
    return f"needed if “{other.label}” is {' or '.join(_said(other, answer) for answer in when.answers)}"


def life(asked: Asked) -> str:
    """Say from when until when it is asked; "" for what has always been and still is."""
    since = f"since {_day(asked.since)}" if asked.since else ""
    until = f"until {_day(asked.until)}" if asked.until else ""
    return ", ".join(part for part in (since, until) if part)


def filled_in(form: Sequence[Asked], given: Mapping[str, Value], answer: Callable[[Asked], Value]) -> dict[str, Value]:
    """Answer all of a form that must be answered beside what is given."""
    answers = dict(given)
    for asked in sorted(form, key=lambda asked: asked.needed_when is not None):  # conditions hang on what has none
        if asked.name not in answers and asked.is_needed(answers):
            answers[asked.name] = answer(asked)
    return answers


def _said(asked: Asked, answer: Value) -> str:
    match answer:
        case bool():
            return "yes" if answer else "no"
        case str():
            return f"“{dict(asked.choices).get(answer, answer)}”"
        case _:
            return str(answer)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"

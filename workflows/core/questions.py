"""Questions of a form, their editions, and the facts that answers become."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Self, TypeAlias

from workflows.core.bank_holidays import BUNDLED, Calendar
from workflows.core.days import PartialDay
from workflows.core.involvement import Involvement

Value: TypeAlias = str | int | bool | date | datetime | PartialDay | tuple[str, ...]
"""A day known to the month or the year only comes from a history."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when a step is judged: recorded facts, the answers given with the step, and computed facts.

    `stages` has the stage of each track, `happened` the day of each step taken. `blocked` has, for each blocked step,
    the parallel processes that must end first, in words; `held_at`, for each track on hold or reopened, the stage it
    returns to. `involved_as` says why the case or action is the own of whoever records the step.
    """

    known: Mapping[str, Value]
    stages: Mapping[str, str] = field(default_factory=dict)
    happened: Mapping[str, date] = field(default_factory=dict)
    on: date = date.min
    calendar: Calendar = BUNDLED
    blocked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    held_at: Mapping[str, str] = field(default_factory=dict)
    involved_as: frozenset[Involvement] = frozenset()

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
    """The type of an answer: how it is typed in, checked and stored."""

    WORDS = "words"
    TEXT = "text"
    DAY = "day"
    MOMENT = "moment"
    YES_NO = "yes_no"
    CHOICE = "choice"
    NUMBER = "number"
    AGENCIES = "agencies"
    PERSON = "person"
    """A person of the partnership, as the history names people: `Name <address>`."""
    PARTNERS = "partners"
    """Safeguarding partners of the day it happened, statutory or local, by name."""
    STEPS = "steps"
    """Steps of the parent case."""


@dataclass(frozen=True, slots=True)
class When:
    """The answers to another question of the same form that make a question needed."""

    fact: str
    answers: tuple[Value, ...]

    def holds(self, answers: Mapping[str, Value]) -> bool:
        return answers.get(self.fact) in self.answers


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a form, and the fact that its answer is stored as.

    A `name` has one kind throughout its workflow; `choices` are pairs of stored value and label. `needed_when` makes an
    optional question needed after certain answers to another one. National forms change: the question is asked on days
    from `since` up to and including `until`, None for no limit.
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

    def is_needed(self, answers: Mapping[str, Value]) -> bool:
        return self.required or (self.needed_when is not None and self.needed_when.holds(answers))

    def overlaps(self, other: Self) -> bool:
        """Whether both are asked on some day."""
        begin = max(self.since or date.min, other.since or date.min)
        return begin <= min(self.until or date.max, other.until or date.max)


def form_on(questions: Iterable[Question], day: date) -> tuple[Question, ...]:
    """Give the questions that are asked on a day."""
    return tuple(question for question in questions if question.is_asked_on(day))


def editions_of(questions: Iterable[Question]) -> list[date]:
    """Give the days on which the form changed, oldest first; none for a form that never did."""
    begun = {question.since for question in questions if question.since}
    ended = {question.until + timedelta(days=1) for question in questions if question.until}
    return sorted(begun | ended)


def edition_on(questions: Iterable[Question], day: date) -> date | None:
    """Give the first day of the edition of the form in force on a day; None for the first edition."""
    return max((changed for changed in editions_of(questions) if changed <= day), default=None)


def edition_in_words(questions: Iterable[Question], edition: date | None) -> str:
    """Name the edition that began on that day (None for the first); "" for a form that never changed."""
    changed = editions_of(questions)
    if not changed:
        return ""
    return f"form of {_day(edition)}" if edition else f"form in use before {_day(changed[0])}"


def condition(question: Question, form: Iterable[Question]) -> str:
    """Say after which answers to another question this one is needed; "" when it depends on none."""
    when = question.needed_when
    other = next((each for each in form if when and each.name == when.fact), None)
    if when is None or other is None:
        return ""
    return f"needed if “{other.label}” is {' or '.join(_answer_in_words(other, answer) for answer in when.answers)}"


def dates_in_words(question: Question) -> str:
    """Say from when until when a question is asked; "" for one without limits."""
    since = f"since {_day(question.since)}" if question.since else ""
    until = f"until {_day(question.until)}" if question.until else ""
    return ", ".join(part for part in (since, until) if part)


def filled_in(
    form: Sequence[Question], given: Mapping[str, Value], answer: Callable[[Question], Value]
) -> dict[str, Value]:
    """Complete the given answers: every other question that needs one is answered by `answer`."""
    answers = dict(given)
    # a condition refers to a question that has none itself
    for question in sorted(form, key=lambda question: question.needed_when is not None):
        if question.name not in answers and question.is_needed(answers):
            answers[question.name] = answer(question)
    return answers


def _answer_in_words(question: Question, answer: Value) -> str:
    match answer:
        case bool():
            return "yes" if answer else "no"
        case str():
            return f"“{dict(question.choices).get(answer, answer)}”"
        case _:
            return str(answer)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"

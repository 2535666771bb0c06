"""What is typed at the terminal: days, moments, NAME=VALUE pairs, and answers to the questions of a step."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, TypeVar

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.core.clock import read_moment
from reviews.models import Partnership
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.days import FIRST_YEAR, LAST_YEAR, is_credible
from workflows.core.engine import Refused
from workflows.core.questions import Kind, Question, Value

AnyDate = TypeVar("AnyDate", bound=date)

LONGEST_NAMED = 80


class Day(click.ParamType[date]):
    """A date such as 2026-11-20. An impossible date exits with 1, as a fault in the input, not in the usage."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        return value if isinstance(value, date) else read_day(str(value))


DAY = Day()


def read_day(text: str) -> date:
    """Read a date of the years that are credible; raises Refused."""
    try:
        return _in_range(date.fromisoformat(text))
    except ValueError:
        years = f"in the years {FIRST_YEAR} to {LAST_YEAR}"
        raise Refused(f"“{named(text)}” is not a date {years}, such as 2026-11-20.") from None


def read_instant(text: str) -> datetime:
    """Read a moment of the years that are credible, in Europe/London where no zone is given; raises Refused."""
    try:
        return _in_range(read_moment(text))
    except ValueError:
        raise Refused(f"“{named(text)}” is not a moment such as 2026-11-20T08:00.") from None


def partnership_named(unit: Unit, code: str) -> Partnership:
    """Find a partnership; raises NotFound that names it."""
    with looking_for(f"partnership {named(code)}"):
        return unit.partnership(code)


def ids_of(session: Session, code: str) -> list[int]:
    """Give the number of the partnership with that code, in a list that is empty where there is none."""
    return list(session.scalars(sa.select(Partnership.id).where(Partnership.code == code.upper())))


@contextmanager
def looking_for(what: str) -> Iterator[None]:
    """Name what was looked for where it is not found, without saying whether others could find it."""
    try:
        yield
    except NotFound:
        raise NotFound(f"There is no {what}, or it is not yours to see.") from None


def pairs(typed: Iterable[str], *, lower: bool = False) -> dict[str, str]:
    """Read NAME=VALUE pairs, each name once; raises Refused."""
    found: dict[str, str] = {}
    for text in typed:
        name, sign, value = (part.strip() for part in text.rpartition("="))
        if not (name and sign and value):
            raise Refused(f"“{named(text)}” must be like NAME=VALUE.")
        name = name.lower() if lower else name
        if name in found:
            raise Refused(f"“{named(name)}” is named twice.")
        found[name] = value
    return found


def named(text: str) -> str:
    """Shorten what somebody typed to fit in a sentence."""
    return text if len(text) <= LONGEST_NAMED else f"{text[:LONGEST_NAMED]}…"


def _in_range(day: AnyDate) -> AnyDate:
    if not is_credible(day):
        raise ValueError
    return day


YES_NO = {"yes": True, "no": False}
LONGEST_NUMBER = 9
BETWEEN = ";"


def read_facts(typed: Iterable[str], questions: Iterable[Question], agencies: Sequence[str]) -> dict[str, Value]:
    """Read NAME=VALUE pairs; raises Refused naming the fact and what is allowed.

    Of two questions with one name the later holds; `agencies` are the names that may be answered.
    """
    asked = {item.name: item for item in questions}
    found: dict[str, Value] = {}
    for pair in typed:
        name, equals, text = (part.strip() for part in pair.partition("="))
        if not equals:
            raise Refused(f"“{named(pair)}” is not of the form NAME=VALUE.")
        if name not in asked:
            raise Refused(f"No fact {named(name)} is asked here; the facts are: {', '.join(asked) or 'none'}.")
        if name in found:
            raise Refused(f"{name} is given twice.")
        found[name] = read_fact(asked[name], text, agencies)
    return found


def read_fact(asked: Question, text: str, agencies: Sequence[str]) -> Value:
    """Read one value: yes or no, a day, a moment, a number, a choice, or names with a semicolon between them."""
    match asked.kind:
        case Kind.YES_NO:
            return _choice(asked, text, YES_NO)
        case Kind.DAY:
            return _day(asked, text)
        case Kind.MOMENT:
            return _moment(asked, text)
        case Kind.NUMBER:
            return _number(asked, text)
        case Kind.CHOICE:
            return _choice(asked, text, {value: value for value, _ in asked.choices})
        case Kind.AGENCIES:
            allowed = {name: name for name in agencies}
            return tuple(str(_choice(asked, name, allowed)) for name in _parts(text))
        case Kind.STEPS:
            return _parts(text)
        case _:
            return text


def _choice(asked: Question, text: str, allowed: Mapping[str, Value]) -> Value:
    if text not in allowed:
        raise _wrong(asked, text, f"one of: {', '.join(allowed)}")
    return allowed[text]


def _day(asked: Question, text: str) -> date:
    try:
        return read_day(text)
    except Refused:
        raise _wrong(asked, text, "a day such as 2026-11-20") from None


def _moment(asked: Question, text: str) -> Value:
    """Read a moment, in Europe/London where no zone is given, or the day alone where the time is not known."""
    try:
        return read_instant(text) if "T" in text else read_day(text)
    except Refused:
        raise _wrong(asked, text, "a moment such as 2026-11-20T14:30, or a day such as 2026-11-20") from None


def _number(asked: Question, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        raise _wrong(asked, text, "a whole number")
    return int(text)


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(BETWEEN) if part.strip())


def _wrong(asked: Question, text: str, allowed: str) -> Refused:
    return Refused(f"{asked.name} must be {allowed}; “{named(text)}” is not.")

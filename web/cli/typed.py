"""How is what somebody typed read, and how is it named where it is wrong or unknown?"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, TypeVar

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.core.clock import read_moment
from reviews.models import Partnership
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.core.working_days import FIRST_YEAR, LAST_YEAR

D = TypeVar("D", bound=date)

LONGEST_NAMED = 80


class Day(click.ParamType[date]):
    """A date such as 2026-11-20. An impossible one is a fault in the input, not in the usage."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        return value if isinstance(value, date) else read_day(str(value))


DAY = Day()


def read_day(text: str) -> date:
    """Read a date of the years 1900 to 2200; raises Refused."""
    try:
        return _in_range(date.fromisoformat(text))
    except ValueError:
        raise Refused(f"“{named(text)}” is not a date such as 2026-11-20.") from None


def read_instant(text: str) -> datetime:
    """Read a moment of the years 1900 to 2200, in Europe/London where no zone is given; raises Refused."""
    try:
        return _in_range(read_moment(text))
    except ValueError:
        raise Refused(f"“{named(text)}” is not a moment such as 2026-11-20T08:00.") from None


def partnership_named(unit: Unit, code: str) -> Partnership:
    """Find a partnership; raises NotFound that names it."""
    with looking_for(f"partnership {named(code)}"):
        return unit.partnership(code)


def ids_of(session: Session, code: str) -> list[int]:
    """Give the id of the partnership with that code, or none, before anybody acts in it."""
    return list(session.scalars(sa.select(Partnership.id).where(Partnership.code == code.upper())))


@contextmanager
def looking_for(what: str) -> Iterator[None]:
    """Name what was looked for where it is not found; whether it is there for others is told to nobody."""
    try:
        yield
    except NotFound:
        raise NotFound(f"There is no {what}, or it is not yours to see.") from None


def pairs(typed: Iterable[str], *, lower: bool = False) -> dict[str, str]:
    """Read what was typed as NAME=VALUE, once for each name; raises Refused."""
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
    """Give what somebody typed, short enough to be said in a sentence."""
    return text if len(text) <= LONGEST_NAMED else f"{text[:LONGEST_NAMED]}…"


def _in_range(day: D) -> D:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError
    return day

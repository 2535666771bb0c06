"""Values in the query of an address. An unknown value narrows nothing; a page beyond the end is the last page."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import date

from flask import request

from reviews.access.permissions import Permission
from reviews.access.shown import note_rows
from reviews.core.paging import Page, Row
from web.core.context import actor, today
from web.core.govuk import address
from workflows.core.days import is_credible

LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class LinkedPage(Page[Row]):
    """A page of rows that knows the addresses of the other pages."""

    def href(self, number: int) -> str:
        return address(page=number)


def query_text(name: str) -> str:
    """Give a value as text, without spaces around it and cut to 200 characters; "" when it is absent."""
    return request.args.get(name, "").strip()[:LONGEST_TEXT]


def query_choice(name: str, allowed: Container[str]) -> str:
    """Give a value that is one of those allowed, or ""."""
    text = query_text(name)
    return text if text in allowed else ""


def number(name: str) -> int | None:
    """Give a value as a whole number of up to nine digits, or None."""
    text = query_text(name)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def as_of() -> date:
    """Give the day that due dates are judged on: ?as-of=2026-11-20, or today."""
    return day("as-of") or today()


def day(name: str) -> date | None:
    """Give a value as a date such as 2026-11-20; None for another text, and for a year we do not handle."""
    try:
        found = date.fromisoformat(query_text(name))
    except ValueError:
        return None
    return found if is_credible(found) else None


def partnership_asked() -> int | None:
    """Give the number of the partnership named in the address, if the person works in it; None means all of theirs."""
    codes = {assignment.partnership_code: assignment.partnership_id for assignment in actor().roles_held}
    return codes.get(query_text("partnership").upper())


def paginate(fetch: Callable[[int], Page[Row]]) -> LinkedPage[Row]:
    """Fetch the page asked for, or the last page when that lies beyond the end, and note how many rows it shows."""
    page = fetch(max(1, number("page") or 1))
    if page.number > page.pages:
        page = fetch(page.pages)
    note_rows(len(page.rows))
    return LinkedPage(page.rows, page.number, page.total, page.size)


def partnership_for(permission: Permission) -> int:
    """Give the partnership asked for, or the first where the person has a permission. Raises NotAllowed."""
    asked = partnership_asked()
    if asked is None:
        return actor().partnerships_with(permission)[0]
    actor().require(permission, asked)
    return asked


def partnerships_with(permission: Permission) -> dict[str, str]:
    """Give the partnerships where the person has a permission, as code and name."""
    ids = actor().partnerships_with(permission)
    return {
        assignment.partnership_code: assignment.partnership_name
        for assignment in actor().roles_held
        if assignment.partnership_id in ids
    }


def code_of(partnership_id: int) -> str:
    return next(
        assignment.partnership_code for assignment in actor().roles_held if assignment.partnership_id == partnership_id
    )

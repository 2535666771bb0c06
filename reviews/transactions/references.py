"""The references of cases, findings, recommendations and actions, and the checks of reasons and days."""

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa

from reviews.definitions.installed import present_catalogue
from reviews.models import Case, DisposalCertificate, Partnership
from reviews.transactions.unit_of_work import Unit
from workflows.core.days import FIRST_YEAR, LAST_YEAR, is_credible
from workflows.core.engine import NotReady, Refused
from workflows.core.vocabulary import Workflow

REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
NUMBERED = re.compile(r"([A-Za-z0-9]+)-\d{4}-\d+")
"""The shape of the references that are given here."""


def reference_for(unit: Unit, partnership: Partnership, workflow: Workflow, year: int, *, requested: str = "") -> str:
    """Give the reference that was asked for, or else the next free one of the year.

    Raises Refused for one that cannot be part of an address, that is numbered as those of another kind are, or that
    another case of this realm has. Whether a case of the other realm has it makes no difference: that would tell of it.
    Nor does it matter whether a case of the other kind has the number: it is never given here, so it is never used up.
    A reference of a case that was disposed of stays taken, and is refused in the same words.
    """
    if not requested:
        return _next_reference(unit, partnership, workflow, year)
    taken = _taken(unit, partnership, workflow, lambda reference: reference == requested)
    return check_requested(unit, partnership, workflow, requested, is_taken=bool(taken))


def check_requested(unit: Unit, partnership: Partnership, workflow: Workflow, requested: str, *, is_taken: bool) -> str:
    """Give a reference that was asked for, as `reference_for` does, where it is known whether its realm has it."""
    if not REFERENCE.fullmatch(requested):
        raise Refused("A reference can have up to 40 letters, digits, hyphens or underscores, such as RR-2025-03.")
    if (numbered := NUMBERED.fullmatch(requested)) and _is_reserved(unit, partnership, workflow, numbered[1].upper()):
        raise Refused(
            f"References that begin with {numbered[1]} and a year are for other kinds of case. Choose another."
        )
    if is_taken:
        raise Refused(f"The reference {requested} is taken. Choose another.")
    return requested


def next_child_number(unit: Unit, parent: Case, prefix: str) -> int:
    """Give the next free number among the child cases of a case. Its row is locked: no number is given twice."""
    unit.session.execute(sa.select(Case.id).where(Case.id == parent.id).with_for_update(key_share=True))
    start = f"{parent.reference}.{prefix}"
    taken = unit.session.scalars(
        sa.select(Case.reference).where(Case.parent_id == parent.id, Case.reference.startswith(start, autoescape=True))
    )
    return _highest(start, taken) + 1


def address_of(reference: str) -> str:
    return reference.replace("/", ".")


def next_free(start: str, taken: set[str]) -> str:
    """Give a start with the next free number: R3 where R1 and R2 are taken."""
    number = len(taken) + 1
    while f"{start}{number}" in taken:
        number += 1
    return f"{start}{number}"


def require_top_level_case(case: Case) -> None:
    """Raise Refused for a child case: recommendations and actions belong to its parent."""
    if case.parent_id is not None:
        raise Refused("Add recommendations and actions to the main case, not to this request or parallel process.")


def _is_reserved(unit: Unit, partnership: Partnership, workflow: Workflow, prefix: str) -> bool:
    """Whether the numbers of a prefix are those of another kind, in this realm or the other, and not of this kind."""
    if prefix == workflow.prefix:
        return False
    kinds = present_catalogue(unit.session, partnership.id).newest().values()
    return any(kind.prefix == prefix and not kind.inside for kind in kinds)


def _taken(unit: Unit, partnership: Partnership, workflow: Workflow, among: Callable[[Any], Any]) -> set[str]:
    """Give the references of cases, and of those that were disposed of, for which a condition holds."""
    queries = [
        sa.select(table.reference).where(
            table.partnership_id == partnership.id, table.realm == workflow.realm, among(table.reference)
        )
        for table in (Case, DisposalCertificate)
    ]
    return set(unit.session.scalars(sa.union_all(*queries)))


def _next_reference(unit: Unit, partnership: Partnership, workflow: Workflow, year: int) -> str:
    """Give the next free reference of the year. The partnership's row is locked, so that none is given twice."""
    # FOR UPDATE would wait for every open transaction with a foreign key to the partnership, and two could deadlock
    locked = sa.select(Partnership.id).where(Partnership.id == partnership.id).with_for_update(key_share=True)
    unit.session.execute(locked)
    start = f"{workflow.prefix}-{year}-"
    taken = _taken(unit, partnership, workflow, lambda reference: reference.startswith(start))
    return f"{start}{_highest(start, taken) + 1:02}"


def _highest(start: str, taken: Iterable[str]) -> int:
    tails = (reference.removeprefix(start) for reference in taken)
    return max((int(tail) for tail in tails if tail.isdecimal()), default=0)


LONGEST_REASON = 2_000


def check_reason(reason: str) -> str:
    """Give the reason without spaces around it. Raises NotReady for an empty one, Refused for one too long."""
    text = reason.strip()
    if not text:
        raise NotReady("Give a reason.", ["the reason"])
    if len(text) > LONGEST_REASON:
        raise Refused(f"A reason must be {LONGEST_REASON:,} characters or fewer.")
    return text


def require_credible(day: date | None, what: str) -> None:
    """Refuse a day in no year that anybody can mean, such as 0027: the one rule for every day that is entered."""
    if day is not None and not is_credible(day):
        raise Refused(f"{what} must be in the years {FIRST_YEAR} to {LAST_YEAR}.")

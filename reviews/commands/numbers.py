"""Which reference does the next case, recommendation or action get?"""

import re

import sqlalchemy as sa

from reviews.models import Case, Partnership
from reviews.unit import Unit
from workflows.engine import Refused

REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


def reference_for(unit: Unit, partnership: Partnership, prefix: str, year: int, *, wanted: str = "") -> str:
    """Give the wanted reference, or else the next free one of the year.

    Raises Refused for one that could not stand in an address, or that a case of the partnership has already.
    """
    if not wanted:
        return _next_reference(unit, partnership, prefix, year)
    if not REFERENCE.fullmatch(wanted):
        raise Refused("A reference is up to 40 letters, digits, hyphens or underscores, such as RR-2025-03.")
    taken = sa.select(Case.id).where(Case.partnership_id == partnership.id, Case.reference == wanted)
    if unit.session.scalar(taken) is not None:
        raise Refused(f"There is a case with the reference {wanted} already.")
    return wanted


def address_of(reference: str) -> str:
    return reference.replace("/", ".")


def _next_reference(unit: Unit, partnership: Partnership, prefix: str, year: int) -> str:
    """Give the next free reference of the year; the partnership's row is locked, so that two at once get two."""
    # not the stronger lock: it would wait for every open unit that points at the partnership, and two wait for ever
    locked = sa.select(Partnership.id).where(Partnership.id == partnership.id).with_for_update(key_share=True)
    unit.session.execute(locked)
    start = f"{prefix}-{year}-"
    taken = unit.session.scalars(
        sa.select(Case.reference).where(Case.partnership_id == partnership.id, Case.reference.startswith(start))
    )
    numbers = [int(tail) for tail in (reference.removeprefix(start) for reference in taken) if tail.isdecimal()]
    return f"{start}{max(numbers, default=0) + 1:02}"

"""Entries of the audit log, as pages write them."""

from datetime import datetime, timedelta
from typing import Any

from reviews.audit.write_entry import NewEntry, write_entry
from reviews.core.db import Database
from reviews.models import AuditKind, Case, Person, Through
from tests.builders import NOW


def an_entry(
    database: Database,
    by: Person | None = None,
    *,
    at: datetime = NOW,
    kind: AuditKind = AuditKind.SEEN,
    case: Case | None = None,
    partnership_id: int | None = None,
    **more: Any,
) -> None:
    """Write one entry. Without a case, as a view of a page that shows none."""
    about = {"case_id": case.id, "reference": case.reference} if case else {}
    entry: dict[str, Any] = {
        "route": "/cases/<reference>",
        "through": Through.PAGE,
        "role": "business_manager",
        "person_id": by.id if by else None,
        "person": by.name if by else "",
        "partnership_id": case.partnership_id if case and partnership_id is None else partnership_id,
    }
    write_entry(database, NewEntry(at=at, kind=kind, **{**entry, **about, **more}))


def a_burst(
    database: Database, person: Person, number: int, *, partnership_id: int, seconds: float = 1, **more: Any
) -> None:
    """Write so many entries one after the other, each of another case unless one is given."""
    start = more.pop("at", NOW)
    for n in range(number):
        about = {"case_id": 1_000 + n} | more
        an_entry(database, person, at=start + timedelta(seconds=n * seconds), partnership_id=partnership_id, **about)

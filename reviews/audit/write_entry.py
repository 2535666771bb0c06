"""Writing the audit log: one row, one statement, before the answer leaves."""

from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa

from reviews.core.db import AuditBase, Database
from reviews.models import AuditEntry, AuditKind, Through


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """What is written of one view, refusal or sign-in; the fields are those of AuditEntry."""

    at: datetime
    kind: AuditKind
    through: Through
    route: str
    partnership_id: int | None = None
    person_id: int | None = None
    person: str = ""
    role: str = ""
    case_id: int | None = None
    action_id: int | None = None
    reference: str = ""
    outcome: str = ""
    number: int | None = None
    network: str = ""
    request_id: str = ""


def write_entry(database: Database, entry: NewEntry) -> None:
    """Write an entry, in a transaction of its own. Raises what the database raises: then nothing may be shown."""
    with database.audit() as session:
        session.connection(execution_options={"writes": True})
        session.execute(_inserting(), asdict(entry))
        session.commit()


@cache
def _inserting() -> sa.Insert:
    """Built once: building it takes as long as running it."""
    return sa.insert(AuditBase.metadata.tables[AuditEntry.__tablename__])

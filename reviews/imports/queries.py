"""Lists the imports into a plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.models import Case, ImportChange, ImportRun

MOST = 200


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One import; `made` and `changed` are numbers of actions."""

    id: int
    file_name: str
    imported_at: datetime
    imported_by: str
    undone_at: datetime | None
    made: int
    changed: int


def imports_of(session: Session, actor: Actor, case: Case) -> Sequence[ImportLine]:
    """Give the imports into a case or plan, the latest first."""
    made = sa.func.count(ImportChange.id).filter(ImportChange.before.is_(None))
    changed = sa.func.count(ImportChange.id).filter(ImportChange.before.is_not(None))
    rows = session.execute(
        sa.select(
            ImportRun.id,
            ImportRun.file_name,
            ImportRun.imported_at,
            ImportRun.imported_by,
            ImportRun.undone_at,
            made,
            changed,
        )
        .join(Case, Case.id == ImportRun.case_id)
        .outerjoin(ImportChange, ImportChange.run_id == ImportRun.id)
        .where(ImportRun.case_id == case.id, visible(actor, Case))
        .group_by(ImportRun.id)
        .order_by(ImportRun.id.desc())
        .limit(MOST)
    )
    return [ImportLine(*row) for row in rows]

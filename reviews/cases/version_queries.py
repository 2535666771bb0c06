"""Running cases by version, and the moves to other versions that were made before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import in_realms_of, visible
from reviews.models import Case, Event, EventKind, Partnership, VersionMigration
from reviews.models.cases import is_of_present_kind

LATEST = 20


@dataclass(frozen=True, slots=True)
class PastMigration:
    """An earlier move. `cases` that moved and those that went `back` count only what this person manages."""

    migration_id: int
    to_version: int
    reason: str
    moved_at: datetime
    moved_by: str
    cases: int
    back: int
    reverted: bool
    is_latest: bool

    @property
    def may_go_back(self) -> bool:
        return self.is_latest and not self.reverted and self.back < self.cases


def migratable(actor: Actor, workflow: str, partnership: str | None = None) -> sa.ColumnElement[bool]:
    """Give the condition on running cases of a kind that this person may move."""
    return (Case.workflow == workflow) & Case.closed_on.is_(None) & managed(actor, partnership)


def managed(actor: Actor, partnership: str | None = None) -> sa.ColumnElement[bool]:
    """Give the condition on cases whose versions this person manages."""
    condition = visible(actor, Case) & in_realms_of(actor, Case, Permission.MANAGE_WORKFLOWS)
    if partnership is None:
        return condition
    partnership_id = sa.select(Partnership.id).where(Partnership.code == partnership.upper())
    return condition & (Case.partnership_id == partnership_id.scalar_subquery())


def running_by_version(session: Session, actor: Actor, workflow: str) -> Mapping[int, int]:
    """Count the running cases that this person may move, by the version they run under."""
    query = sa.select(Case.workflow_version, sa.func.count().label("running")).where(migratable(actor, workflow))
    rows = session.execute(query.group_by(Case.workflow_version))
    return {row.workflow_version: int(row.running) for row in rows}


def past_migrations(session: Session, actor: Actor, workflow: str) -> list[PastMigration]:
    """List the latest moves, the newest first, leaving out those that moved none of this person's cases."""
    counts = _counts(session, actor, workflow)
    query = sa.select(VersionMigration).where(
        VersionMigration.workflow == workflow, VersionMigration.id.in_(sorted(counts))
    )
    found: list[PastMigration] = []
    not_reverted = set[int]()
    for move in session.scalars(query.order_by(VersionMigration.id.desc()).limit(LATEST)):
        cases, back = counts[move.id]
        found.append(_made(move, cases, back, is_latest=move.to_version not in not_reverted))
        if move.reverted_at is None and back < cases:
            not_reverted.add(move.to_version)
    return found


def _made(move: VersionMigration, cases: int, back: int, *, is_latest: bool) -> PastMigration:
    return PastMigration(
        migration_id=move.id,
        to_version=move.to_version,
        reason=move.reason,
        moved_at=move.moved_at,
        moved_by=move.moved_by.partition(" <")[0],
        cases=cases,
        back=back,
        reverted=move.reverted_at is not None,
        is_latest=is_latest,
    )


def _counts(session: Session, actor: Actor, workflow: str) -> dict[int, tuple[int, int]]:
    """Count, by move, the cases that moved and those that went back."""
    number = Event.details["move"].as_integer()  # of VersionMoved; the database reads it
    back = sa.func.sum(sa.case((Event.kind == EventKind.VERSION_REVERTED, 1), else_=0))
    theirs = (Case.workflow == workflow, managed(actor), is_of_present_kind(Event.id))
    rows: Sequence[Any] = session.execute(
        sa.select(number, sa.func.count() - back, back)
        .join(Case, Case.id == Event.case_id)
        .where(*theirs, Event.kind.in_((EventKind.VERSION_MOVED, EventKind.VERSION_REVERTED)))
        .group_by(number)
    ).all()
    return {migration_id: (int(cases), int(gone)) for migration_id, cases, gone in rows}

"""Which actions stand in the thread of a case, and what has followed from each?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.actions.strands import Share, shares
from reviews.cases.responses import answering
from reviews.models import Action, Assurance, Case, Evidence, ImpactCheck, ImpactResult, Person, ProgressUpdate
from workflows.definitions.action import ACHIEVED, DROPPED, OPEN, A


@dataclass(frozen=True, slots=True)
class ThreadAction:
    """One action with what follows from it. Where not `is_seen`, the reader is told only that it is there."""

    id: int
    reference: str
    address: str
    title: str
    stage: str
    due_on: date | None
    partnership_id: int
    recommendation_id: int | None
    own_case_id: int
    owner: str | None
    owner_text: str
    is_seen: bool
    progress: int
    last_progress_on: date | None
    evidence: int
    assured: int
    not_assured: int
    impact: ImpactResult | None
    impact_due_on: date | None
    share: Share | None = None

    def breaks(self, today: date) -> list[str]:
        """Say where the thread breaks at this action, in a few words each."""
        late = (today - self.due_on).days if self.stage in OPEN and self.due_on and self.due_on < today else 0
        found = (
            (self.stage not in DROPPED | ACHIEVED and not (self.owner or self.owner_text), "no owner"),
            (self.stage in OPEN and self.due_on is None, "no date"),
            (late, f"{late} day{'' if late == 1 else 's'} late"),
            (self.share is not None and self.share.late, "an agency is late"),
            (self._is_done and not self.evidence, "done, no evidence"),
            (self._is_done and self.stage != A.EMBEDDED and self.impact is None, "done, impact not yet checked"),
            (self.impact is ImpactResult.NOT_SEEN and self._is_done, "done, impact not seen"),
        )
        return [words for holds, words in found if holds]

    @property
    def _is_done(self) -> bool:
        return self.stage in ACHIEVED or self.stage == A.AWAITING_IMPACT


def thread_actions(session: Session, actor: Actor, case: Case, *, today: date) -> list[ThreadAction]:
    """Give every action of the plan of a case, in two queries, with what the reader may not open marked as such."""
    rows: Sequence[Any] = session.execute(
        sa.select(
            Action.id,
            Action.reference,
            Action.address,
            Action.title,
            Action.stage,
            Action.due_on,
            Action.partnership_id,
            Action.recommendation_id,
            Action.case_id,
            Person.name,
            Action.owner_text,
            sa.case((visible(actor, Action), 1), else_=0),
            _count(ProgressUpdate, ProgressUpdate.taken_back_at.is_(None)),
            Action.last_progress_on,
            _count(Evidence, Evidence.withdrawn_on.is_(None)),
            _count(Assurance, Assurance.is_assured.is_(True)),
            _count(Assurance, Assurance.is_assured.is_(False)),
            _last_impact(),
            _next_check(),
        )
        .outerjoin(Person, Person.id == Action.owner_id)
        .where(answering(case.id))
        .order_by(Action.id)
    ).all()
    parts = shares(session, [row.id for row in rows], today)
    return [ThreadAction(*(*row[:11], bool(row[11]), *row[12:], parts.get(row.id))) for row in rows]


def _count(table: Any, *conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    query = sa.select(sa.func.count()).select_from(table).where(table.action_id == Action.id, *conditions)
    return query.correlate(Action).scalar_subquery()


def _last_impact() -> sa.ScalarSelect[Any]:
    answered = ImpactCheck.action_id == Action.id, ImpactCheck.answered_on.is_not(None)
    query = sa.select(ImpactCheck.result).where(*answered)
    latest = query.order_by(ImpactCheck.answered_on.desc(), ImpactCheck.id.desc()).limit(1)
    return latest.correlate(Action).scalar_subquery()


def _next_check() -> sa.ScalarSelect[Any]:
    waiting = ImpactCheck.action_id == Action.id, ImpactCheck.answered_on.is_(None)
    return sa.select(sa.func.min(ImpactCheck.due_on)).where(*waiting).correlate(Action).scalar_subquery()

"""What belongs to each action of a plan: progress, evidence, shares, more time, checks, history?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.models import (
    ActionAnswer,
    ActionStrand,
    Agency,
    Assurance,
    Case,
    Event,
    Evidence,
    Extension,
    ExtensionRequest,
    ImpactCheck,
    ProgressUpdate,
    Recommendation,
)


@dataclass(slots=True)
class Parts:
    """Progress and history newest first, everything else oldest first. `strands` are rows with the body's name."""

    progress: list[ProgressUpdate] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    strands: list[tuple[ActionStrand, str]] = field(default_factory=list)
    extensions: list[Extension] = field(default_factory=list)
    requests: list[ExtensionRequest] = field(default_factory=list)
    assurances: list[Assurance] = field(default_factory=list)
    checks: list[ImpactCheck] = field(default_factory=list)
    history: list[Event] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """The further recommendations, as `R1 of LCSPR-2026-01`."""
    answer_ids: list[int] = field(default_factory=list)

    def published(self) -> "Parts":
        """Give what a scrutiny committee reads: which bodies share it, and how far each is."""
        return Parts(strands=self.strands, answers=self.answers, answer_ids=self.answer_ids)


def parts_of(session: Session, actor: Actor, wanted: sa.Select[Any]) -> Mapping[int, Parts]:
    """Collect the parts of the actions that a query gives the numbers of."""
    found: dict[int, Parts] = {}

    def collect(name: str, rows: Sequence[Any]) -> None:
        for row in rows:
            getattr(found.setdefault(row.action_id, Parts()), name).append(row)

    for name, table, order in _KEPT:
        kept = sa.select(table).where(table.action_id.in_(wanted)).order_by(*order)
        collect(name, session.scalars(kept).all())
    events = sa.select(Event).where(Event.action_id.in_(wanted), visible(actor, Event))
    collect("history", session.scalars(events.order_by(Event.happened_on.desc(), Event.id.desc())).all())
    for strand, name in session.execute(_strands(wanted)):
        found.setdefault(strand.action_id, Parts()).strands.append((strand, name))
    for action_id, key, words in session.execute(_answers(actor, wanted)):
        parts = found.setdefault(action_id, Parts())
        parts.answers.append(words)
        parts.answer_ids.append(key)
    return found


_KEPT: tuple[tuple[str, Any, tuple[Any, ...]], ...] = (
    ("progress", ProgressUpdate, (ProgressUpdate.happened_on.desc(), ProgressUpdate.id.desc())),
    ("evidence", Evidence, (Evidence.id,)),
    ("extensions", Extension, (Extension.id,)),
    ("requests", ExtensionRequest, (ExtensionRequest.id,)),
    ("assurances", Assurance, (Assurance.id,)),
    ("checks", ImpactCheck, (ImpactCheck.due_on, ImpactCheck.id)),
)


def _strands(wanted: sa.Select[Any]) -> sa.Select[ActionStrand, str]:
    name = sa.func.coalesce(Agency.name, ActionStrand.agency_text)
    return (
        sa.select(ActionStrand, name)
        .outerjoin(Agency, Agency.id == ActionStrand.agency_id)
        .where(ActionStrand.action_id.in_(wanted))
        .order_by(name, ActionStrand.id)
    )


def _answers(actor: Actor, wanted: sa.Select[Any]) -> sa.Select[int, int, str]:
    words = Recommendation.reference + sa.literal(" of ") + Case.reference
    return (
        sa.select(ActionAnswer.action_id, Recommendation.id, words)
        .join(Recommendation, Recommendation.id == ActionAnswer.recommendation_id)
        .join(Case, Case.id == Recommendation.case_id)
        .where(ActionAnswer.action_id.in_(wanted), visible(actor, Case))
        .order_by(Case.reference, Recommendation.id)
    )

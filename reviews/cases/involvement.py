"""Whether a case, or what waits in it for a decision, is a person's own, so that somebody else must decide on it."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.cases.history import CaseHistory, read_history
from reviews.models import Case, Membership
from workflows.core.bars import barred_from
from workflows.core.involvement import NOBODY, Involvement
from workflows.core.questions import Value
from workflows.core.vocabulary import REVIEWER, Role, Step, Track


def involvement_in(
    session: Session,
    actor: Actor,
    case: Case,
    track: Track,
    step: Step,
    *,
    answers: Mapping[str, Value] | None = None,
    history: CaseHistory | None = None,
) -> frozenset[Involvement]:
    """Say which involvements that bar the step the actor has. A `history` that was read already is not read again."""
    barred = barred_from(track, step)
    if actor.is_system or actor.person_id is None or not barred:
        return NOBODY

    def applies(involvement: Involvement) -> bool:
        match involvement:
            case Involvement.LEAD_REVIEWER:
                return case.id in actor.reviewing or _names(actor, answers or {})
            case Involvement.AGENCY_ASKED:
                return answers_for_agency(session, actor, case)
            case Involvement.SUBMITTER:
                return _submitted(actor, track, history or read_history(session, case))
            case _:
                return False

    return frozenset(filter(applies, barred))


def _names(actor: Actor, answers: Mapping[str, Value]) -> bool:
    named = answers.get(REVIEWER)
    return isinstance(named, str) and named.lower().endswith(f"<{actor.email}>")


def answers_for_agency(session: Session, actor: Actor, case: Case) -> bool:
    """Whether the case asks an agency that the actor leads for, or whose lead is away and has them as deputy."""
    if case.parent_id is None:
        return False
    asked = {row.agency_id for row in case.involved}
    if any(held.role is Role.AGENCY_LEAD and held.agency_id in asked for held in actor.roles_held):
        return True
    away = [person for partnership, person in actor.deputises_for if partnership == case.partnership_id]
    if not away:
        return False
    leads = sa.select(Membership.id).where(
        Membership.person_id.in_(away),
        Membership.role == Role.AGENCY_LEAD,
        Membership.agency_id.in_(asked),
        Membership.ended_on.is_(None),
    )
    return session.scalar(leads.limit(1)) is not None


def _submitted(actor: Actor, track: Track, history: CaseHistory) -> bool:
    """Whether the actor recorded the step that led the track to where it is."""
    leading = [each for each in history.steps if each.track == track.name and each.to_stage != each.from_stage]
    return bool(leading) and leading[-1].recorded_by_id == actor.person_id

"""What one person sees of one action."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from reviews.access.permissions import Actor
from reviews.access.policies import manages_plan, roles_on_action
from reviews.access.shown import note_action
from reviews.access.visibility import visible
from reviews.actions.facts import TRACK, facts_of_action
from reviews.actions.list_queries import rating
from reviews.cases.page_queries import StepOption
from reviews.definitions.installed import definition_of
from reviews.models import Action, Assurance, Case, Evidence, Membership, Partnership, Person, Snooze
from reviews.models.people import known_as_in
from reviews.transactions.unit_of_work import NotFound
from workflows.core.engine import why_not
from workflows.core.vocabulary import Role
from workflows.definitions.action import ACTION


def job_title_of(person_id: Any) -> sa.ScalarSelect[str]:
    """Give the job title of the first role the person holds in the partnership of the action."""
    return (
        sa.select(Membership.job_title)
        .where(
            Membership.person_id == person_id,
            Membership.partnership_id == Action.partnership_id,
            Membership.ended_on.is_(None),
        )
        .order_by(Membership.id)
        .limit(1)
        .correlate(Action)
        .scalar_subquery()
    )


@dataclass(frozen=True, slots=True)
class ActionFile:
    """An action with its steps as they are for one person. `case` is None where they may not see its case.

    Where `published_only`, the reader is a member of a scrutiny committee, who reads text, stage and rating, and
    neither progress, evidence nor history.
    """

    action: Action
    partnership: Partnership
    case: Case | None
    source_title: str
    rating: str
    steps: Sequence[StepOption]
    published_only: bool
    owner_job_title: str
    deputy_job_title: str

    def may(self, step: str) -> bool:
        return any(answer.step.name == step and answer.is_open for answer in self.steps)


def action_file(
    session: Session, actor: Actor, reference: str, *, today: date, partnership: str | None = None
) -> ActionFile:
    """Gather one action by its reference or address; NotFound for an unknown one and for one not theirs to see."""
    action, partnership_row, colour, titles = _find(session, actor, reference, partnership, today)
    case = session.scalars(sa.select(Case).where(Case.id == action.case_id, visible(actor, Case))).first()
    facts = facts_of_action(session, actor, action, None, on=today)
    roles = roles_on_action(actor, action)
    return ActionFile(
        action=action,
        partnership=partnership_row,
        case=case,
        source_title=definition_of(session, action.case).title,
        rating=colour,
        steps=[
            StepOption(TRACK, step, why_not(TRACK, step, stage=action.stage, facts=facts, roles=roles))
            for step in TRACK.steps
            if step is not ACTION.opening
        ],
        published_only=_published_only(session, actor, action),
        owner_job_title=titles[0],
        deputy_job_title=titles[1],
    )


def _published_only(session: Session, actor: Actor, action: Action) -> bool:
    """Whether the actor would not see the action at all without their role on the scrutiny committee."""
    others = tuple(assignment for assignment in actor.roles_held if assignment.role is not Role.SCRUTINY_MEMBER)
    if len(others) == len(actor.roles_held):
        return False
    otherwise = sa.select(Action.id).where(Action.id == action.id, visible(replace(actor, roles_held=others), Action))
    return session.scalar(otherwise) is None


def _find(
    session: Session, actor: Actor, reference: str, partnership: str | None, today: date
) -> tuple[Action, Partnership, str, tuple[str, str]]:
    named = Action.reference == reference if "/" in reference else Action.address == reference
    query = (
        sa.select(
            Action,
            Partnership,
            rating(today),
            job_title_of(Action.owner_id),
            job_title_of(Action.deputy_id),
            known_as_in(Action.partnership_id, Action.owner_id),
            known_as_in(Action.partnership_id, Action.deputy_id),
        )
        .join(Partnership, Partnership.id == Action.partnership_id)
        .options(
            joinedload(Action.case),
            joinedload(Action.lead_agency),
            joinedload(Action.owner),
            joinedload(Action.deputy),
            joinedload(Action.recommendation),
        )
        .where(named, visible(actor, Action))
        .order_by(Action.partnership_id, Action.id)
    )
    if partnership is not None:
        query = query.where(Partnership.code == partnership.upper())
    found = session.execute(query.limit(1)).first()
    if found is None:
        raise NotFound
    note_action(actor, found[0])
    for person, known_as in ((found[0].owner, found[5]), (found[0].deputy, found[6])):
        if person is not None and known_as:
            set_committed_value(person, "name", known_as)  # as the partnership knows them; it is never written
    return found[0], found[1], found[2], (found[3] or "", found[4] or "")


def assurances_of(session: Session, actor: Actor, action: Action) -> Sequence[Assurance]:
    """Give the assurance recorded on an action, the latest day first."""
    query = sa.select(Assurance).join(Action, Action.id == Assurance.action_id)
    return session.scalars(
        query.where(Assurance.action_id == action.id, visible(actor, Action)).order_by(
            Assurance.seen_on.desc(), Assurance.id.desc()
        )
    ).all()


def stored_evidence(session: Session, actor: Actor, action: Action, number: int) -> Evidence:
    """Give a piece of evidence of this action that has a file. Raises NotFound, also for one that was withdrawn.

    The managers of the plan may still read that.
    """
    query = sa.select(Evidence).join(Action, Action.id == Evidence.action_id)
    found = session.scalars(
        query.where(
            Evidence.id == number,
            Evidence.action_id == action.id,
            Evidence.stored_as.is_not(None),
            visible(actor, Action),
        )
    ).first()
    if found is None or (found.withdrawn_on is not None and not manages_plan(actor, action)):
        raise NotFound
    return found


def without_scrutiny(session: Session, actor: Actor, action_ids: sa.Select[Any]) -> frozenset[int] | None:
    """Give those of the actions that the actor would see without their scrutiny role; None where they have none."""
    others = tuple(assignment for assignment in actor.roles_held if assignment.role is not Role.SCRUTINY_MEMBER)
    if len(others) == len(actor.roles_held):
        return None
    otherwise = visible(replace(actor, roles_held=others), Action)
    return frozenset(session.scalars(sa.select(Action.id).where(Action.id.in_(action_ids), otherwise)))


@dataclass(frozen=True, slots=True)
class ActiveSnooze:
    """`until_on` is the day from which the person is reminded again."""

    name: str
    until_on: date
    reason: str


def active_snoozes(session: Session, action: Action, today: date) -> list[ActiveSnooze]:
    """Give for whom an action that the reader sees is snoozed, with its present date, the longest first."""
    rows: Iterable[Any] = session.execute(
        sa.select(Person.id, Person.name, Snooze.until_on, Snooze.reason)
        .join(Person, Person.id == Snooze.person_id)
        .where(Snooze.action_id == action.id, Snooze.about == action.due_on, Snooze.until_on > today)
        .order_by(Snooze.until_on.desc(), Snooze.id.desc())
    )
    found: dict[int, ActiveSnooze] = {}
    for person_id, name, until_on, reason in rows:
        found.setdefault(person_id, ActiveSnooze(name, until_on, reason))
    return list(found.values())

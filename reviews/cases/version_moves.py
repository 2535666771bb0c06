"""How do the running cases of a kind move to another version of its definition, together?"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, NotAllowed, Permission
from reviews.cases.commands_version_plan import CasePlan, Rules, Standing, VersionPlan
from reviews.cases.planned_case import plan_case
from reviews.cases.version_migration import move_one
from reviews.cases.version_plan import rulebook, standings
from reviews.cases.version_queries import movable
from reviews.definitions.calendars import present_calendar
from reviews.definitions.catalogue import catalogue_for, present_catalogue
from reviews.definitions.local_rules import LocalRules
from reviews.models import AddedDefinition, Case, VersionMove
from reviews.transactions.unit_of_work import Stale, Unit
from workflows.catalogue import BUILT_IN
from workflows.core.engine import Refused
from workflows.core.vocabulary import Workflow

LONGEST_REASON = 500
NO_RULES = LocalRules({})


@dataclass(frozen=True, slots=True)
class Target:
    """Which cases are to move where: a kind, a version of it, and one partnership or all that are theirs."""

    workflow: str
    version: int
    partnership: str | None = None


def plan_move(session: Session, actor: Actor, target: Target, *, lock: bool = False) -> VersionPlan:
    """Say of each running case that is theirs what the move would change, or why it cannot move. Writes nothing.

    Raises Refused for an unknown kind or version, NotAllowed for whom the kind is not theirs.
    """
    now = version_named(session, actor, target)
    mine = movable(actor, target.workflow, target.partnership)
    found = standings(session, mine & (Case.workflow_version != target.version), lock=lock)
    plans = _planned(session, target, now, found)
    there = (Case.workflow_version == target.version) & mine
    return VersionPlan(
        now,
        can=[plan for plan in plans if not plan.reasons],
        cannot=[plan for plan in plans if plan.reasons],
        already=session.scalar(sa.select(sa.func.count()).select_from(Case).where(there)) or 0,
    )


def move_cases(unit: Unit, target: Target, *, reason: str, seen: str | None = None) -> VersionPlan:
    """Move all that can move, together, and write why and what changed in the history of each.

    `seen` is the fingerprint of the plan somebody looked at: raises Stale where it would not be done like that any
    more. A second move finds nothing to do and writes nothing.
    """
    plan = plan_move(unit.session, unit.actor, target, lock=True)
    if seen is not None and seen != plan.fingerprint:
        raise Stale
    if not plan.can:
        return plan
    move = VersionMove(
        workflow=target.workflow,
        to_version=target.version,
        reason=_checked(reason),
        cases=len(plan.can),
        moved_at=unit.now,
        moved_by=unit.actor.signature[:200],
    )
    unit.session.add(move)
    unit.session.flush()
    for each in plan.can:
        move_one(unit, move, each, plan.workflow)
    unit.session.flush()
    return plan


def version_named(session: Session, actor: Actor, target: Target) -> Workflow:
    """Find a version of a kind of case that is theirs to manage.

    Raises Refused that says which there are in their partnerships, and NotAllowed for a kind of another realm.
    """
    mine = None if actor.is_system else actor.partnerships_with(Permission.MANAGE_WORKFLOWS)
    catalogue = catalogue_for(session, mine)
    known = catalogue.versions.get(target.workflow)
    if known is None:
        raise Refused(f"There is no kind of case “{target.workflow[:80]}”. There is: {', '.join(catalogue.versions)}.")
    if target.version not in known:
        numbers = ", ".join(str(number) for number in sorted(known))
        raise Refused(f"{catalogue.title(target.workflow)} has no version {target.version}. There is: {numbers}.")
    require_manager(actor, known[target.version])
    return known[target.version]


def require_manager(actor: Actor, workflow: Workflow) -> None:
    """Refuse whoever moves no case of this kind anywhere; a small case is in the realm it lives in."""
    realm = None if workflow.inside else workflow.realm
    if not actor.may(Permission.MANAGE_WORKFLOWS, None, realm):
        raise NotAllowed("It is not yours to move cases of this kind: their managers do it.")


def _planned(session: Session, target: Target, now: Workflow, found: Sequence[Standing]) -> list[CasePlan]:
    catalogue, calendar = present_catalogue(session), present_calendar(session)
    local, only_for = rulebook(session, target.workflow), _only_for(session, target)
    plans = []
    for each in found:
        rules = Rules(
            was=catalogue.version(target.workflow, each.case.workflow_version),
            now=now,
            calendar=calendar,
            local=local.get(each.case.partnership_id, NO_RULES),
            is_theirs=only_for in (None, each.case.partnership_id),
        )
        plans.append(plan_case(each, rules))
    return plans


def _only_for(session: Session, target: Target) -> int | None:
    """Give the partnership that a version was added for; None where it is for all."""
    if BUILT_IN.has(target.workflow, target.version):
        return None
    wanted = AddedDefinition.name == target.workflow, AddedDefinition.version == target.version
    return session.scalars(sa.select(AddedDefinition.partnership_id).where(*wanted)).first()


def _checked(reason: str) -> str:
    said = reason.strip()
    if not said:
        raise Refused("Say why the cases move: the reason stands in the history of each.")
    if len(said) > LONGEST_REASON:
        raise Refused(f"The reason must be {LONGEST_REASON} characters or fewer.")
    return said

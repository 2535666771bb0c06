"""By which policy is a partnership reminded, and how does it write one of its own?"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import visible
from reviews.models import Case, EventKind, Partnership, PlanRules, ReminderPolicy
from reviews.people.accounts import line_of
from reviews.transactions.unit_of_work import Unit
from workflows.checks import policy_faults
from workflows.core.engine import Refused
from workflows.core.ladders import DEPUTY
from workflows.core.vocabulary import Ladder, Realm, Role, Rung
from workflows.definitions.shared.ladder_policies import LADDERS, POLICIES
from workflows.files.plain_data import rung_data

USUAL_HOUR = "07:30"
"""Europe/London; when the round begins of a partnership that follows a built-in policy."""


def known_policies(session: Session, partnership_id: int) -> dict[str, Ladder]:
    """Give the ladders by name, the built-in ones first."""
    own = {row.name: ladder_of(row) for row in own_policies(session, partnership_id)}
    return {**POLICIES, **own}


def own_policies(session: Session, partnership_id: int) -> list[ReminderPolicy]:
    query = sa.select(ReminderPolicy).where(ReminderPolicy.partnership_id == partnership_id)
    return list(session.scalars(query.order_by(ReminderPolicy.title, ReminderPolicy.id)))


def hour_of(session: Session, partnership_id: int, name: str) -> str:
    """Give the hour a policy says, `07:30`."""
    wanted = (ReminderPolicy.partnership_id == partnership_id, ReminderPolicy.name == name)
    return session.scalar(sa.select(ReminderPolicy.begins).where(*wanted)) or USUAL_HOUR


def ladder_of(row: ReminderPolicy) -> Ladder:
    rungs = tuple(rung_of(data) for data in row.rungs)
    return Ladder(row.name, row.title, rungs, f"Written by {row.written_by.partition(' <')[0]}")


def rung_of(data: Mapping[str, Any]) -> Rung:
    """Build a rung from its plain data, as `workflows.files.plain_data.rung_data` gives it."""
    return Rung(
        name=data["name"],
        days=data["days"],
        tells=frozenset(Role(name) for name in data["tells"] if name != DEPUTY),
        working=data["working"],
        every=data["every"],
        deputy=DEPUTY in data["tells"],
    )


NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
HOUR = re.compile(r"(0[5-9]|1[01]):[0-5]\d")
MOST_POLICIES = 20


def set_reminder_policy(unit: Unit, partnership: Partnership, *, policy: str) -> None:
    """Let a partnership follow a policy from the next round on. What was said of a higher rung is not said again."""
    _require(unit, partnership)
    require_known(unit, partnership.id, policy)
    partnership.reminder_policy = policy
    unit.record(EventKind.POLICY_SET, partnership_id=partnership.id, details={"policy": policy})


def write_reminder_policy(
    unit: Unit,
    partnership: Partnership,
    *,
    name: str,
    title: str,
    rungs: Sequence[Rung],
    begins: str = USUAL_HOUR,
) -> ReminderPolicy:
    """Write a policy of the partnership's own, or write it anew. Raises Refused with what is missing from it.

    `begins` is the hour of the round, Europe/London, of a partnership that follows it.
    """
    _require(unit, partnership)
    ladder = Ladder(name, line_of(title, "title"), tuple(sorted(rungs, key=lambda rung: rung.days)), "")
    _check_name(name)
    _check_hour(begins)
    if faults := list(policy_faults(ladder)):
        raise Refused("The policy is not sound.", missing=faults)
    kept = _kept(unit, partnership, name)
    kept.title, kept.begins, kept.rungs = ladder.title, begins, [rung_data(rung) for rung in ladder.rungs]
    kept.written_at, kept.written_by = unit.now, unit.actor.signature[:200]
    unit.session.flush()
    details = {"policy": name, "title": ladder.title, "begins": begins, "rungs": kept.rungs}
    unit.record(EventKind.POLICY_WRITTEN, partnership_id=partnership.id, details=details)
    return kept


def require_known(unit: Unit, partnership_id: int, policy: str) -> None:
    """Refuse a policy that is neither built in nor written there."""
    known = known_policies(unit.session, partnership_id)
    if policy not in known:
        raise Refused(f"There is no reminder policy “{policy}”. There is: {', '.join(sorted(known))}.")


def _require(unit: Unit, partnership: Partnership) -> None:
    # whoever keeps child death review sets what holds for its plans alone
    unit.actor.require(Permission.SET_LOCAL_RULES, partnership.id, Realm.REVIEWS)


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise Refused("The name must be up to 40 small letters, digits and hyphens, a letter first.")
    if name in LADDERS:
        raise Refused(f"“{name}” is built in and stays as it is: give yours another name.")


def _check_hour(begins: str) -> None:
    if not HOUR.fullmatch(begins):
        raise Refused("The hour must lie between 05:00 and 11:59, such as 07:30.")


def _kept(unit: Unit, partnership: Partnership, name: str) -> ReminderPolicy:
    own = list(unit.session.scalars(sa.select(ReminderPolicy).where(ReminderPolicy.partnership_id == partnership.id)))
    for row in own:
        if row.name == name:
            return row
    if len(own) >= MOST_POLICIES:
        raise Refused(f"A partnership may have {MOST_POLICIES} policies of its own.")
    row = ReminderPolicy(partnership_id=partnership.id, name=name)
    unit.session.add(row)
    return row


@dataclass(frozen=True, slots=True)
class PlanApart:
    reference: str
    title: str
    policy: str


def plans_apart(session: Session, actor: Actor, *, partnership_id: int) -> Sequence[PlanApart]:
    """List the plans the reader may see that do not follow the policy of their partnership."""
    rows = session.execute(
        sa.select(Case.reference, Case.title, PlanRules.reminder_policy)
        .join(PlanRules, PlanRules.case_id == Case.id)
        .where(Case.partnership_id == partnership_id, PlanRules.reminder_policy.is_not(None), visible(actor, Case))
        .order_by(Case.reference)
    )
    return [PlanApart(reference, title, policy or "") for reference, title, policy in rows]

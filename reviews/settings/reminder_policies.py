"""Reminder policies: which one a partnership follows, and those it has written itself."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import visible
from reviews.models import Case, EventKind, Partnership, PlanRules, ReminderPolicy
from reviews.people.accounts import single_line
from reviews.transactions.unit_of_work import Unit
from workflows.checks import policy_faults
from workflows.core.engine import Refused
from workflows.core.ladders import DEPUTY
from workflows.core.vocabulary import Ladder, Realm, Role, Rung
from workflows.definitions.shared.ladder_policies import LADDERS, POLICIES
from workflows.files.plain_data import rung_data

USUAL_HOUR = "07:30"
"""Europe/London: when the morning round of a partnership begins that follows a built-in policy."""


def available_policies(session: Session, partnership_id: int) -> dict[str, Ladder]:
    """Give the ladders a partnership can follow, by name: the built-in ones first, then its own."""
    local = {row.name: ladder_of(row) for row in local_policies(session, partnership_id)}
    return {**POLICIES, **local}


def local_policies(session: Session, partnership_id: int) -> list[ReminderPolicy]:
    """Give the policies a partnership wrote and has not retired, by title."""
    query = sa.select(ReminderPolicy).where(
        ReminderPolicy.partnership_id == partnership_id, ReminderPolicy.retired_at.is_(None)
    )
    return list(session.scalars(query.order_by(ReminderPolicy.title, ReminderPolicy.id)))


def hour_of(session: Session, partnership_id: int, name: str) -> str:
    """Give the hour at which the round begins by a policy, such as `07:30`."""
    conditions = (ReminderPolicy.partnership_id == partnership_id, ReminderPolicy.name == name)
    return session.scalar(sa.select(ReminderPolicy.begins).where(*conditions)) or USUAL_HOUR


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


def choose_reminder_policy(unit: Unit, partnership: Partnership, *, policy: str) -> None:
    """Choose the policy of a partnership from the next round on. What was sent for a higher rung is not sent again."""
    _require(unit, partnership)
    require_available_policy(unit, partnership.id, policy)
    partnership.reminder_policy = policy
    unit.record(EventKind.POLICY_SET, partnership_id=partnership.id, details={"policy": policy})


def save_reminder_policy(
    unit: Unit,
    partnership: Partnership,
    *,
    name: str,
    title: str,
    rungs: Sequence[Rung],
    begins: str = USUAL_HOUR,
) -> ReminderPolicy:
    """Write or rewrite a policy of a partnership. Raises NotAllowed, and Refused with the faults of an unsound one.

    `begins` is the hour of the round, Europe/London, of a partnership that follows it.
    """
    _require(unit, partnership)
    ladder = Ladder(name, single_line(title, "title"), tuple(sorted(rungs, key=lambda rung: rung.days)), "")
    if not NAME.fullmatch(name):
        raise Refused("The name must be up to 40 small letters, digits and hyphens, and begin with a letter.")
    if name in LADDERS:
        raise Refused(f"“{name}” is built in and cannot be changed. Give yours another name.")
    if not HOUR.fullmatch(begins):
        raise Refused("The hour must be between 05:00 and 11:59, such as 07:30.")
    if faults := list(policy_faults(ladder)):
        raise Refused("The policy cannot be used.", missing=faults)
    row = _policy_row(unit, partnership, name)
    row.title, row.begins, row.rungs = ladder.title, begins, [rung_data(rung) for rung in ladder.rungs]
    row.written_at, row.written_by = unit.now, unit.actor.signature[:200]
    unit.session.flush()
    details = {"policy": name, "title": ladder.title, "begins": begins, "rungs": row.rungs}
    unit.record(EventKind.POLICY_WRITTEN, partnership_id=partnership.id, details=details)
    return row


def retire_reminder_policy(unit: Unit, partnership: Partnership, *, name: str) -> None:
    """Retire a policy that nobody follows: it can no longer be chosen. Written again under its name, it is back.

    Raises NotAllowed, Refused for a policy that is built in, unknown or followed.
    """
    _require(unit, partnership)
    if name in LADDERS:
        raise Refused(f"“{name}” is built in and cannot be retired.")
    row = next((each for each in local_policies(unit.session, partnership.id) if each.name == name), None)
    if row is None:
        raise Refused(f"There is no reminder policy “{name}” of your own. Check the name.")
    if partnership.reminder_policy == name:
        raise Refused(f"The partnership follows “{row.title}”. Choose another policy for it first.")
    plans = unit.session.scalar(_plans_that_follow(partnership.id, name)) or 0
    if plans:
        follow = "One plan follows" if plans == 1 else f"{plans} plans follow"
        raise Refused(f"{follow} “{row.title}”. Choose another policy for each first.")
    row.retired_at = unit.now
    unit.record(EventKind.POLICY_RETIRED, partnership_id=partnership.id, details={"policy": name})


def _plans_that_follow(partnership_id: int, name: str) -> sa.Select[int]:
    plans = sa.select(sa.func.count()).select_from(PlanRules).join(Case, Case.id == PlanRules.case_id)
    return plans.where(
        Case.partnership_id == partnership_id, Case.closed_on.is_(None), PlanRules.reminder_policy == name
    )


def require_available_policy(unit: Unit, partnership_id: int, policy: str) -> None:
    """Refuse a policy that is neither built in nor written by the partnership."""
    policies = available_policies(unit.session, partnership_id)
    if policy not in policies:
        raise Refused(f"There is no reminder policy “{policy}”. Choose one of: {', '.join(sorted(policies))}.")


def _require(unit: Unit, partnership: Partnership) -> None:
    # a role in child death review sets the policy of its plans alone, not that of the partnership
    unit.actor.require(Permission.SET_LOCAL_RULES, partnership.id, Realm.REVIEWS)


def _policy_row(unit: Unit, partnership: Partnership, name: str) -> ReminderPolicy:
    """Find the policy, or make it; one that was retired is taken up again."""
    policies = unit.session.scalars(
        sa.select(ReminderPolicy).where(ReminderPolicy.partnership_id == partnership.id)
    ).all()
    present = next((row for row in policies if row.name == name), None)
    if present is not None and present.retired_at is None:
        return present
    if sum(row.retired_at is None for row in policies) >= MOST_POLICIES:
        raise Refused(f"A partnership can have {MOST_POLICIES} policies of its own. Change or retire one you have.")
    if present is not None:
        present.retired_at = None
        return present
    row = ReminderPolicy(partnership_id=partnership.id, name=name)
    unit.session.add(row)
    return row


@dataclass(frozen=True, slots=True)
class PlanWithOtherPolicy:
    reference: str
    title: str
    policy: str


def plans_with_other_policy(session: Session, actor: Actor, *, partnership_id: int) -> Sequence[PlanWithOtherPolicy]:
    """List the plans the reader may see that do not follow the policy of their partnership."""
    rows = session.execute(
        sa.select(Case.reference, Case.title, PlanRules.reminder_policy)
        .join(PlanRules, PlanRules.case_id == Case.id)
        .where(Case.partnership_id == partnership_id, PlanRules.reminder_policy.is_not(None), visible(actor, Case))
        .order_by(Case.reference)
    )
    return [PlanWithOtherPolicy(reference, title, policy or "") for reference, title, policy in rows]

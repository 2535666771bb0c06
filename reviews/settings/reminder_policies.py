"""By which policy is a partnership reminded, and how does it write one of its own?"""

import re
from collections.abc import Sequence

import sqlalchemy as sa

from reviews.access.permissions import Permission
from reviews.models import EventKind, Partnership, ReminderPolicy
from reviews.people.accounts import line_of
from reviews.settings.reviews_reminder_policies import USUAL_HOUR, known_policies
from reviews.transactions.unit_of_work import Unit
from workflows.core.deadlines import Ladder, Rung
from workflows.core.engine import Refused
from workflows.core.roles import Realm
from workflows.definitions.shared.ladder_policies import LADDERS
from workflows.files.plain_data import rung_data
from workflows.sound_ladders import policy_faults

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

"""How is evidence taken back that was offered in error, while nobody has relied on it yet?"""

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Actor, NotAllowed
from reviews.access.policies import keeps_the_plan
from reviews.models import Action, EventKind, Evidence
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.definitions.action import OUTSTANDING

LONGEST_REASON = 10_000


def withdraw_evidence(unit: Unit, action: Action, number: int, *, reason: str) -> Evidence:
    """Let a piece stand struck through, with the reason: it shows nothing any more.

    Raises NotFound, NotAllowed, Refused. It is for whoever offered it and for the managers, until the action
    is accepted.
    """
    row = _piece(unit, action, number)
    if row.withdrawn_on is not None:
        raise Refused("This piece of evidence is withdrawn already.")
    if action.stage not in OUTSTANDING:
        raise Refused("The action was accepted with its evidence, or is finished: what was offered stands.")
    if not _is_theirs(unit.actor, action, row):
        raise NotAllowed("Evidence is withdrawn by whoever offered it, or by the manager of the plan.")
    said = reason.strip()
    if not said or len(said) > LONGEST_REASON:
        raise Refused(f"Say why it is withdrawn, in {LONGEST_REASON:,} characters or fewer.")
    row.withdrawn_on, row.withdrawn_by, row.withdrawn_reason = unit.today, unit.actor.signature, said
    flag_modified(action, "stage")  # the version counts what changes other tables too
    unit.record(
        EventKind.EVIDENCE_WITHDRAWN,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        details={"evidence": row.id, "evidence_kind": row.kind, "withdrawn_reason": said},
    )
    return row


def may_withdraw(actor: Actor, action: Action, row: Evidence) -> bool:
    """Whether this piece is the actor's to withdraw now."""
    return row.withdrawn_on is None and action.stage in OUTSTANDING and _is_theirs(actor, action, row)


def _is_theirs(actor: Actor, action: Action, row: Evidence) -> bool:
    """An address is one person's; their name may change."""
    offered = bool(actor.email) and row.offered_by.endswith(f"<{actor.email}>")
    return offered or keeps_the_plan(actor, action)


def _piece(unit: Unit, action: Action, number: int) -> Evidence:
    wanted = sa.select(Evidence).where(Evidence.id == number, Evidence.action_id == action.id)
    found = unit.session.scalars(wanted).first()
    if found is None:
        raise NotFound
    return found

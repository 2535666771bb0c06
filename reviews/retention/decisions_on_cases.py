"""Holds on disposal, and the decisions at a review: keep until a day, propose disposal, approve it, refuse it."""

from datetime import date, timedelta

import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.models import (
    Case,
    DisposalAnswer,
    EventKind,
    RetentionDecision,
    RetentionHold,
    RetentionHoldKind,
    RetentionOutcome,
)
from reviews.retention.review_list import RetentionLine, RetentionState, lines_of
from reviews.transactions.references import check_reason
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused

LONGEST_KEEP = timedelta(days=366 * 10)
SECOND_PERSON = (
    "A second person must approve this: not whoever proposed it. Everybody at the terminal counts as one person."
)


def set_hold(unit: Unit, case: Case, *, kind: RetentionHoldKind, reason: str) -> RetentionHold:
    """Stop the disposal of a case, open or closed, until somebody releases it; ends what was proposed or approved."""
    why = check_reason(reason)
    hold = RetentionHold(case_id=case.id, kind=kind, reason=why, placed_by=unit.actor.signature, placed_at=unit.now)
    unit.session.add(hold)
    _record(unit, case, EventKind.RETENTION_HOLD_PLACED, hold=kind.value, reason=why)
    decision = _line(unit, case).decision
    if decision is not None and decision.outcome is RetentionOutcome.DISPOSE and _is_alive(decision):
        _answer(unit, case, decision, DisposalAnswer.STOPPED, "stop", "")
    unit.session.flush()
    return hold


def release_hold(unit: Unit, case: Case, hold_id: int | None, *, reason: str) -> RetentionHold:
    """Release a hold of a case, or of one inside it; without its number the only one that runs. Raises Refused."""
    why = check_reason(reason)
    running = _line(unit, case).holds
    found = [hold for hold in running if hold_id in (None, hold.id)]
    if not found:
        if hold_id is not None:
            raise NotFound
        raise Refused(f"{case.reference} has no hold.")
    if len(found) > 1:
        named = ", ".join(f"{hold.id} ({hold.kind.value})" for hold in found)
        raise Refused(f"{case.reference} has several holds. Name one by its number: {named}.")
    hold = found[0]
    hold.released_by, hold.released_at, hold.release_reason = unit.actor.signature, unit.now, why
    _record(unit, case, EventKind.RETENTION_HOLD_RELEASED, hold=hold.kind.value, reason=why)
    unit.session.flush()
    return hold


def decide_to_keep(unit: Unit, case: Case, *, until: date, reason: str) -> RetentionDecision:
    """Keep a case that is due, until a day on which it is due again. Ends what was proposed or approved."""
    line = _require_due(unit, case)
    if not unit.today < until <= unit.today + LONGEST_KEEP:
        raise Refused(f"The day must be after today, and by {unit.today + LONGEST_KEEP:%-d %B %Y}.")
    return _decide(unit, case, line, RetentionOutcome.KEEP, "keep", reason, until)


def propose_disposal(unit: Unit, case: Case, *, reason: str) -> RetentionDecision:
    """Propose to dispose of a case that is due. Nothing happens before a second person approves. Raises Refused."""
    line = _require_due(unit, case)
    if line.state in (RetentionState.PROPOSED, RetentionState.APPROVED):
        raise Refused(f"The disposal of {case.reference} is proposed already.")
    _require_free(line)
    return _decide(unit, case, line, RetentionOutcome.DISPOSE, "propose", reason, None)


def approve_disposal(unit: Unit, case: Case) -> RetentionDecision:
    """Approve, as the second person, what another proposed. Raises NotAllowed, Refused."""
    line = _require_due(unit, case)
    decision = _require_proposed(line)
    same_person = unit.actor.person_id is not None and unit.actor.person_id == decision.decided_by_id
    if same_person or (unit.actor.at_terminal and decision.at_terminal):
        raise NotAllowed(SECOND_PERSON)
    _require_free(line)
    require_unchanged(line)
    _answer(unit, case, decision, DisposalAnswer.APPROVED, "approve", "")
    return decision


def refuse_disposal(unit: Unit, case: Case, *, reason: str) -> RetentionDecision:
    """Refuse what is proposed, or take back what is approved; whoever proposed it may. Raises Refused."""
    why = check_reason(reason)
    line = _line(unit, case)
    if line.state not in (RetentionState.PROPOSED, RetentionState.APPROVED) or line.decision is None:
        raise Refused(f"No disposal of {case.reference} is proposed.")
    _answer(unit, case, line.decision, DisposalAnswer.REFUSED, "refuse", why)
    return line.decision


def require_unchanged(line: RetentionLine) -> None:
    """Raise Refused for a case that was changed after its disposal was proposed."""
    if line.decision is not None and line.decision.case_version != line.version:
        raise Refused(
            f"{line.reference} was changed after its disposal was proposed. Refuse this, and propose it again."
        )


def _line(unit: Unit, case: Case) -> RetentionLine:
    unit.session.flush()
    return lines_of(unit.session, [case], today=unit.today)[0]


def _require_due(unit: Unit, case: Case) -> RetentionLine:
    line = _line(unit, case)
    if line.holds:
        raise Refused(f"{case.reference} must not be destroyed: a hold runs. Release it first.")
    if line.state in (RetentionState.OPEN, RetentionState.NOT_DUE):
        raise Refused(f"{case.reference} is not due for review by the retention schedule.")
    return line


def _require_free(line: RetentionLine) -> None:
    if line.obstacles:
        raise Refused(f"{line.reference} cannot be disposed of. {' '.join(line.obstacles)}")


def _require_proposed(line: RetentionLine) -> RetentionDecision:
    if line.state is RetentionState.APPROVED:
        raise Refused(f"The disposal of {line.reference} is approved already.")
    if line.state is not RetentionState.PROPOSED or line.decision is None:
        raise Refused(f"No disposal of {line.reference} is proposed.")
    return line.decision


def _is_alive(decision: RetentionDecision) -> bool:
    return decision.answer in (None, DisposalAnswer.APPROVED)


def _decide(
    unit: Unit,
    case: Case,
    line: RetentionLine,
    outcome: RetentionOutcome,
    called: str,
    reason: str,
    until: date | None,
) -> RetentionDecision:
    assert line.rule is not None, line.reference  # noqa: S101  # it is due by one
    why = check_reason(reason)
    decision = RetentionDecision(
        case_id=case.id,
        rule_id=line.rule.id,
        outcome=outcome,
        keep_until=until,
        reason=why,
        case_version=case.version,
        decided_by=unit.actor.signature,
        decided_by_id=unit.actor.person_id,
        at_terminal=unit.actor.at_terminal,
        decided_at=unit.now,
    )
    unit.session.add(decision)
    _record(
        unit,
        case,
        EventKind.RETENTION_DECIDED,
        decision=called,
        reason=why,
        **({"until": until.isoformat()} if until else {}),
    )
    unit.session.flush()
    return decision


def _answer(
    unit: Unit, case: Case, decision: RetentionDecision, answer: DisposalAnswer, called: str, reason: str
) -> None:
    decision.answer, decision.answered_at, decision.answered_by = answer, unit.now, unit.actor.signature
    decision.answer_reason = reason
    _record(unit, case, EventKind.RETENTION_DECIDED, decision=called, reason=reason)
    unit.session.flush()


def _record(unit: Unit, case: Case, kind: EventKind, **details: str) -> None:
    unit.record(kind, partnership_id=case.partnership_id, case_id=case.id, details=details)


def past_decisions(unit_session: sa.orm.Session, case_id: int) -> list[RetentionDecision]:
    """Give every decision on a case, the latest first."""
    query = sa.select(RetentionDecision).where(RetentionDecision.case_id == case_id)
    return list(unit_session.scalars(query.order_by(RetentionDecision.id.desc())))


def past_holds(session: sa.orm.Session, line: RetentionLine) -> list[RetentionHold]:
    """Give the holds that were released, of a case and those inside it, the latest first."""
    query = sa.select(RetentionHold).where(
        RetentionHold.case_id.in_(line.case_ids), RetentionHold.released_at.is_not(None)
    )
    return list(session.scalars(query.order_by(RetentionHold.id.desc())))

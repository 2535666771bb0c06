"""Many letters that come back on one day for one reason: then the fault is in our sending, and not in the addresses."""

import logging
from collections.abc import Sequence
from datetime import datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.base.retry_policy import RETURNED_WAIT
from notifications.models import AddressProblem, FailureKind, Letter, LetterState, SendingFault
from reviews.access.permissions import NotAllowed
from reviews.core.clock import LONDON, local_day
from reviews.models import Partnership
from reviews.people.accounts import single_line
from reviews.transactions.unit_of_work import Unit

MANY = 10
"""People whose mail came back for one reason on one day; our own rule, as are the shares."""
SHARES = {FailureKind.ADDRESS: 4}
USUAL_SHARE = 10
"""One in so many of those written to lately. Addresses that are wrong in numbers are usual after an import."""
LATELY = timedelta(days=2)
log = logging.getLogger(__name__)


def open_faults(session: Session) -> Sequence[SendingFault]:
    """Return the faults of our sending that have not ended, the oldest first."""
    return session.scalars(
        sa.select(SendingFault).where(SendingFault.ended_at.is_(None)).order_by(SendingFault.id)
    ).all()


def fault_words(fault: SendingFault) -> str:
    """Say in one sentence what is wrong, without any name."""
    since = local_day(fault.found_at)
    return (
        f"Mail to {fault.people} people has come back since {since.day} {since:%B %Y} for one reason: {fault.kind} "
        f"({fault.code}). The fault is probably in how this installation sends mail."
    )


def is_our_fault(unit: Unit, kind: FailureKind, code: str) -> bool:
    """Whether this kind of failure, of which one more was just recorded, is so frequent that our sending is at fault.

    When that begins, addresses that were closed for it today are opened again, and their letters go again.
    """
    fault = next((each for each in open_faults(unit.session) if each.kind is kind), None)
    people = _people_today(unit, kind)
    if fault is not None:
        fault.people, fault.last_reported_at = max(people, fault.people), unit.now
        return True
    if people < MANY or people * SHARES.get(kind, USUAL_SHARE) < _written_to_lately(unit):
        return False
    fault = SendingFault(kind=kind, code=code, people=people, found_at=unit.now, last_reported_at=unit.now)
    unit.session.add(fault)
    _open_addresses(unit, kind)
    log.error("%s", fault_words(fault))
    return True


def end_sending_faults(unit: Unit, because: str, *, addresses_are_wrong: bool = False) -> int:
    """Record what was done about the faults of our sending, and return how many that ends. For the operator alone.

    Where it turned out that the addresses are wrong after all, they are closed.
    """
    if not unit.actor.is_system:
        raise NotAllowed("Only whoever runs Followthrough can say that mail is sent properly again.")
    faults, words = open_faults(unit.session), single_line(because, "reason")
    for fault in faults:
        fault.ended_at, fault.ended_by, fault.solution = unit.now, unit.actor.signature, words
        if addresses_are_wrong and fault.kind is FailureKind.ADDRESS:
            wrong = sa.update(AddressProblem).where(_since(fault.kind, _this_morning(fault.found_at)))
            unit.session.execute(wrong.values(closes=True), execution_options={"synchronize_session": "fetch"})
    return len(faults)


def _people_today(unit: Unit, kind: FailureKind) -> int:
    """Count the people whose mail came back for this reason today, and since the last such fault ended."""
    last_end = sa.select(sa.func.max(SendingFault.ended_at)).where(SendingFault.kind == kind)
    since = max(filter(None, [_this_morning(unit.now), unit.session.scalar(last_end)]))
    count = sa.select(sa.func.count(sa.distinct(AddressProblem.person_id))).where(_since(kind, since))
    return unit.session.scalar(count) or 0


def _since(kind: FailureKind, since: datetime) -> sa.ColumnElement[bool]:
    return (
        AddressProblem.solved_at.is_(None) & (AddressProblem.kind == kind) & (AddressProblem.last_reported_at >= since)
    )


def _written_to_lately(unit: Unit) -> int:
    """Count the people written to in the last days, by partnership, as the index of letters has them."""
    since = unit.today - LATELY
    count = (
        sa.select(sa.func.count(sa.distinct(Letter.person_id)))
        .select_from(Partnership)
        .join(Letter, Letter.partnership_id == Partnership.id)
        .where(Letter.morning >= since, Letter.first_tried_at.is_not(None))
    )
    return unit.session.scalar(count) or 0


def _open_addresses(unit: Unit, kind: FailureKind) -> None:
    found = _since(kind, _this_morning(unit.now))
    letter_ids = unit.session.scalars(sa.select(AddressProblem.letter_id).where(found)).all()
    options = {"synchronize_session": "fetch"}
    unit.session.execute(sa.update(AddressProblem).where(found).values(closes=False), execution_options=options)
    came_back = (Letter.id.in_(letter_ids), Letter.state.in_([LetterState.BOUNCED, LetterState.FAILED]))
    queued = {"state": LetterState.QUEUED, "next_try_at": unit.now + RETURNED_WAIT, "first_tried_at": unit.now}
    unit.session.execute(sa.update(Letter).where(*came_back).values(**queued), execution_options=options)


def _this_morning(now: datetime) -> datetime:
    return datetime.combine(local_day(now), time.min, LONDON)

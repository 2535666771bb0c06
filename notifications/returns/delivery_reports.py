"""Delivery reports on letters that were handed over, and what they change.

Reports come late, twice, out of order, and from anybody: one that does not fit the letter it names changes nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from notifications.base.retry_policy import HORIZON, MOST_RETURNED_TRIES, MOST_TRIES, RETURNED_WAIT, next_try
from notifications.models import FailureKind, Letter, LetterState
from notifications.returns.address_problems import record_address_problem
from notifications.returns.failure_kinds import NOTIFY_PERMANENT, kind_of
from notifications.returns.sending_faults import is_our_fault
from reviews.models import Person
from reviews.transactions.unit_of_work import Unit

CLOSED = (LetterState.BOUNCED, LetterState.SUPPRESSED)
REFUSED_AT_ONCE = "smtp"
"""The source of a report that is the mail server's answer to the letter itself."""


class DeliveryOutcome(StrEnum):
    """RETURNED came back; EXPIRED did so after days; LOST never arrived and may be sent again; DELAYED is late."""

    ARRIVED = "delivered"
    RETURNED = "bounced"
    EXPIRED = "expired"
    LOST = "lost"
    DELAYED = "delayed"


CAME_BACK = (DeliveryOutcome.RETURNED, DeliveryOutcome.EXPIRED)


@dataclass(frozen=True, slots=True)
class Report:
    """A report on one letter. `at` is the moment of the outcome, where the source can be relied on.

    `recipients` are the addresses it names, which may be those of others to whom it was forwarded; `code` is a status
    such as `5.1.1`, never free text. `kind` is given where it does not follow from the code.
    """

    message_id: str
    recipients: frozenset[str]
    outcome: DeliveryOutcome
    source: str
    code: str
    at: datetime | None = None
    provider_id: str = ""
    kind: FailureKind | None = None


def apply_report(unit: Unit, report: Report) -> bool:
    """Apply a report to its letter, and return whether it changed anything.

    The Message-ID is enough: it is made with our secret, and only the letter itself has it.
    """
    letter = _find(unit, report.message_id)
    if letter is None or letter.state in CLOSED or _is_old(letter, report) or not _is_of_this_try(letter, report):
        return False
    if report.outcome in CAME_BACK:
        return _take_back(unit, letter, report)
    changes = _changes(letter, report, unit.now)
    for name, value in changes.items():
        setattr(letter, name, value)
    return bool(changes)


def record_unclear_report(unit: Unit, message_id: str) -> bool:
    """Have a person look at a report that names a letter and cannot be understood; return whether there is a letter."""
    letter = _find(unit, message_id)
    if letter is None:
        return False
    record_address_problem(unit, letter, _address_of(unit, letter), source="bounce", code="", kind=FailureKind.UNCLEAR)
    return True


def _find(unit: Unit, message_id: str) -> Letter | None:
    found = (
        sa.select(Letter)
        .where(Letter.message_id == message_id, Letter.first_tried_at.is_not(None))
        .order_by(Letter.id.desc())
        .with_for_update(of=Letter)
    )
    return unit.session.scalars(found).first()


def _address_of(unit: Unit, letter: Letter) -> str:
    """The address the letter went to; of a letter of earlier versions, the present one of the person."""
    return letter.sent_to or unit.session.scalars(sa.select(Person.email).where(Person.id == letter.person_id)).one()


def _take_back(unit: Unit, letter: Letter, report: Report) -> bool:
    """Take note of a letter that came back. Where the address may be right, it goes again some hours later."""
    kind = report.kind or (FailureKind.EXPIRED if report.outcome is DeliveryOutcome.EXPIRED else kind_of(report.code))
    if letter.state is LetterState.QUEUED and kind is not FailureKind.ADDRESS:
        return False  # it is on its way again already
    email = _address_of(unit, letter)
    problem = record_address_problem(unit, letter, email, source=report.source, code=report.code, kind=kind)
    if problem is not None and is_our_fault(unit, kind, report.code):
        problem.closes = False
    is_final = problem is not None and problem.closes
    for name, value in _returned(letter, report, unit.now, is_final=is_final).items():
        setattr(letter, name, value)
    return True


def _returned(letter: Letter, report: Report, now: datetime, *, is_final: bool) -> dict[str, Any]:
    ended = _ended(letter, report, now) | {"answer": report.code}
    state = LetterState.BOUNCED
    if report.source == REFUSED_AT_ONCE:  # it was never handed over
        ended["sent_at"], ended["reported_at"], state = letter.sent_at, letter.reported_at, LetterState.FAILED
    if is_final or letter.tries >= MOST_RETURNED_TRIES:
        return ended | {"state": state}
    return ended | {"state": LetterState.QUEUED, "next_try_at": now + RETURNED_WAIT, "first_tried_at": now}


def _is_old(letter: Letter, report: Report) -> bool:
    return report.at is not None and letter.reported_at is not None and report.at <= letter.reported_at


def _is_of_this_try(letter: Letter, report: Report) -> bool:
    """A letter that was sent again has another id at Notify; one that is being sent may not have its id yet."""
    same_id = report.provider_id == letter.provider_id
    if not report.provider_id or not letter.provider_id:
        return True
    if report.outcome is DeliveryOutcome.LOST and letter.state is LetterState.SENDING:
        return not same_id
    return same_id or letter.state not in (LetterState.SENT, LetterState.DELIVERED)


def _changes(letter: Letter, report: Report, now: datetime) -> dict[str, Any]:
    if report.outcome is DeliveryOutcome.DELAYED:
        is_news = letter.state is LetterState.SENT and letter.answer != report.code
        return {"answer": report.code} if is_news else {}
    if report.outcome is DeliveryOutcome.LOST:
        return _go_again(letter, report, now)
    if letter.state is LetterState.DELIVERED:
        return {}
    return _ended(letter, report, now) | {"state": LetterState.DELIVERED, "answer": ""}


def _go_again(letter: Letter, report: Report, now: datetime) -> dict[str, Any]:
    """Queue a letter that never arrived for another try, or give it up after as many tries as when sending."""
    if letter.state not in (LetterState.SENT, LetterState.SENDING):
        return {}
    again_at = next_try(letter.message_id, letter.tries, now)
    is_over = letter.tries >= MOST_TRIES or again_at > (letter.first_tried_at or now) + HORIZON
    state = LetterState.FAILED if is_over else LetterState.QUEUED
    return _ended(letter, report, now) | {"state": state, "next_try_at": again_at, "answer": report.code}


def _ended(letter: Letter, report: Report, now: datetime) -> dict[str, Any]:
    at = min(report.at or now, now)
    return {
        "sent_at": letter.sent_at or at,
        "reported_at": at,
        "provider_id": report.provider_id or letter.provider_id,
        "lease_until": None,
        "lease_by": "",
    }


SOURCE = "notify"
OUTCOMES = {
    "delivered": DeliveryOutcome.ARRIVED,
    NOTIFY_PERMANENT: DeliveryOutcome.RETURNED,
    "temporary-failure": DeliveryOutcome.LOST,
    "technical-failure": DeliveryOutcome.LOST,
}
LONGEST = 320


def report_of(data: Any) -> Report | None:
    """Read a notification as JSON data; None unless it is a final report on an e-mail."""
    if not isinstance(data, dict) or data.get("notification_type", "email") != "email":
        return None
    number, reference, status = (_word(data.get(name)) for name in ("id", "reference", "status"))
    to = _word(data.get("to")) or _word(data.get("email_address"))
    outcome = OUTCOMES.get(status)
    at = _moment(_word(data.get("completed_at")) or _word(data.get("sent_at")))
    if outcome is None or at is None or not (number and reference and to):
        return None
    return Report(reference, frozenset({to.lower()}), outcome, SOURCE, status, at, number)


def _word(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= LONGEST and value.isprintable() else ""


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None

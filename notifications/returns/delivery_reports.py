"""Delivery reports on letters that were handed over, and what they change.

Reports come late, twice, out of order, and from anybody: one that does not fit the letter it names changes nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from notifications.base.retry_policy import HORIZON, MOST_TRIES, next_try
from notifications.models import Letter, LetterState
from notifications.returns.address_problems import record_address_problem
from reviews.models import Person
from reviews.transactions.unit_of_work import Unit

CLOSED = (LetterState.BOUNCED, LetterState.SUPPRESSED)


class DeliveryOutcome(StrEnum):
    """RETURNED is final; EXPIRED was given up after days; LOST never arrived and may be sent again; DELAYED is late."""

    ARRIVED = "delivered"
    RETURNED = "bounced"
    EXPIRED = "expired"
    LOST = "lost"
    DELAYED = "delayed"


@dataclass(frozen=True, slots=True)
class Report:
    """A report on one letter. `at` is the moment of the outcome, where the source can be relied on.

    `recipients` are the addresses it names; `code` is a status such as `5.1.1`, never free text.
    """

    message_id: str
    recipients: frozenset[str]
    outcome: DeliveryOutcome
    source: str
    code: str
    at: datetime | None = None
    provider_id: str = ""


def apply_report(unit: Unit, report: Report) -> bool:
    """Apply a report to its letter, and return whether it changed anything.

    It must name the letter by its Message-ID, which is made with our secret, and the person's present address.
    """
    found = (
        sa.select(Letter, Person.email)
        .join(Person, Person.id == Letter.person_id)
        .where(Letter.message_id == report.message_id, Letter.first_tried_at.is_not(None))
        .order_by(Letter.id.desc())
        .with_for_update(of=Letter)
    )
    row = unit.session.execute(found).first()
    if row is None or row.email not in report.recipients:
        return False
    letter: Letter = row.Letter
    if letter.state in CLOSED or _is_old(letter, report) or not _is_of_this_try(letter, report):
        return False
    changes = _changes(letter, report, unit.now)
    for name, value in changes.items():
        setattr(letter, name, value)
    if changes and report.outcome is DeliveryOutcome.RETURNED:
        record_address_problem(unit, letter, row.email, source=report.source, code=report.code)
    return bool(changes)


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
    if report.outcome is DeliveryOutcome.ARRIVED and letter.state is LetterState.DELIVERED:
        return {}
    state = LetterState.DELIVERED if report.outcome is DeliveryOutcome.ARRIVED else LetterState.BOUNCED
    answer = "" if report.outcome is DeliveryOutcome.ARRIVED else report.code
    return _ended(letter, report, now) | {"state": state, "answer": answer}


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
    "permanent-failure": DeliveryOutcome.RETURNED,
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

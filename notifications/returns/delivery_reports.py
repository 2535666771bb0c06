"""Delivery reports on letters that were handed over: reading returned mail, and applying a report to its letter.

Reports come late, twice, out of order, and from anybody: one that does not fit the letter it names changes nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from notifications.base.retry_policy import HORIZON, MOST_TRIES, next_try
from notifications.models import Letter, LetterState
from notifications.returns.address_problems import note_trouble
from reviews.access.permissions import system
from reviews.core.clock import Clock
from reviews.core.db import Database
from reviews.models import Person
from reviews.transactions.unit_of_work import Unit, unit_of_work

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
        note_trouble(unit, letter, row.email, source=report.source, code=report.code)
    return bool(changes)


def _is_old(letter: Letter, report: Report) -> bool:
    return report.at is not None and letter.heard_at is not None and report.at <= letter.heard_at


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
        "heard_at": at,
        "provider_id": report.provider_id or letter.provider_id,
        "lease_until": None,
        "lease_by": "",
    }


SOURCE = "bounce"
LARGEST = 1_000_000
"""Bytes of a mail that are read; a report comes before the mail it returns."""
STATUS = re.compile(r"([245])\.\d{1,3}\.\d{1,3}")
ARRIVED = ("delivered", "relayed")


def reports_of(mail: bytes) -> list[Report]:
    """Return the reports in a mail: none where it is something else, such as an out-of-office answer."""
    try:
        return list(_reports(message_from_bytes(mail[:LARGEST], policy=compat32)))
    except Exception:  # noqa: BLE001  # anybody may write here, and the mail library fails in many ways
        return []


def _reports(mail: Message) -> Iterator[Report]:
    kind = str(mail.get_param("report-type") or "").lower()
    if mail.get_content_type() != "multipart/report" or kind != "delivery-status" or not mail.is_multipart():
        return
    parts = [part for part in _parts(mail) if isinstance(part, Message)]
    status = next((part for part in parts if part.get_content_type() == "message/delivery-status"), None)
    returned = [name for part in parts if part is not status for name in _returned(part)]
    if status is None or len(returned) != 1:
        return
    for block in _parts(status):
        report = _report(block, returned[0])
        if report is not None:
            yield report


def _parts(mail: Message) -> list[Message]:
    found = mail.get_payload()
    return [part for part in found if isinstance(part, Message)] if isinstance(found, list) else []


def _returned(part: Message) -> list[str]:
    """Return the Message-IDs in the returned mail or its returned headers."""
    kind = part.get_content_type()
    if kind == "text/rfc822-headers":
        text = part.get_payload(decode=True)
        head = message_from_bytes(text if isinstance(text, bytes) else b"", policy=compat32)
    elif kind in ("message/rfc822", "message/global", "message/global-headers") and _parts(part):
        head = _parts(part)[0]
    else:
        return []
    return [str(name).strip() for name in head.get_all("Message-ID", [])]


def _report(block: Message, message_id: str) -> Report | None:
    recipients = frozenset(filter(None, (_address(block, name) for name in ("Original-Recipient", "Final-Recipient"))))
    code = STATUS.match(str(block.get("Status", "")).strip())
    outcome = _outcome(str(block.get("Action", "")).strip().lower(), code[1]) if code else None
    if code is None or outcome is None or not recipients or not message_id.isprintable():
        return None
    return Report(message_id, recipients, outcome, SOURCE, code[0])


def _outcome(action: str, kind: str) -> DeliveryOutcome | None:
    """The first digit of the status tells a final failure (5) from one given up after some days (4)."""
    if action == "failed" and kind != "2":
        return DeliveryOutcome.RETURNED if kind == "5" else DeliveryOutcome.EXPIRED
    if action == "delayed" and kind == "4":
        return DeliveryOutcome.DELAYED
    return DeliveryOutcome.ARRIVED if action in ARRIVED and kind == "2" else None


def _address(block: Message, name: str) -> str:
    """Read `rfc822; somebody@example`."""
    _, _, address = str(block.get(name, "")).partition(";")
    return address.strip(" \t\r\n<>").lower()


COUNTED = {
    DeliveryOutcome.RETURNED: "bounced",
    DeliveryOutcome.EXPIRED: "bounced",
    DeliveryOutcome.ARRIVED: "delivered",
    DeliveryOutcome.DELAYED: "delayed",
}


@dataclass(frozen=True, slots=True)
class Returned:
    """Counts of mails: read, those that changed a letter by outcome, and those that changed nothing."""

    read: int = 0
    bounced: int = 0
    delivered: int = 0
    delayed: int = 0
    ignored: int = 0

    def __add__(self, other: "Returned") -> "Returned":
        return Returned(
            self.read + other.read,
            self.bounced + other.bounced,
            self.delivered + other.delivered,
            self.delayed + other.delayed,
            self.ignored + other.ignored,
        )


def take_mail(database: Database, clock: Clock, mail: bytes) -> Returned:
    """Apply the reports of one mail that came to our return address; any other mail changes nothing."""
    reports = reports_of(mail)
    if not reports:
        return Returned(read=1, ignored=1)
    with unit_of_work(database, system("bounces"), clock) as unit:
        outcomes = [report.outcome for report in reports if apply_report(unit, report)]
    if not outcomes:
        return Returned(read=1, ignored=1)
    return replace(Returned(read=1), **{COUNTED[outcomes[-1]]: 1})

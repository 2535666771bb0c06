"""Reports read from returned mail: standard ones (RFC 3464) by our reader, others by flufl.bounce."""

import logging
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

from flufl.bounce import all_failures

from notifications.returns.delivery_reports import DeliveryOutcome, Report, apply_report, record_unclear_report
from notifications.returns.failure_kinds import STATUS
from reviews.access.permissions import system
from reviews.core.clock import Clock
from reviews.core.db import Database
from reviews.transactions.unit_of_work import unit_of_work

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # its errors may have text of the mail
SOURCE = "bounce"
LARGEST = 1_000_000
"""Bytes of a mail that are read; a report comes before the mail it returns."""
ARRIVED = ("delivered", "relayed", "expanded")
STATUS_REPORT = "message/delivery-status"
UNKNOWN_FAILURE, UNKNOWN_DELAY = "5.0.0", "4.0.0"
"""The codes of a bounce in free text that gives none (RFC 3463: other undefined status)."""
CODE_IN_TEXT = re.compile(r"(?<![\d.])5\.\d{1,3}\.\d{1,3}(?![\d.])")
MAIL_SYSTEMS = ("mailer-daemon", "postmaster", "mail-daemon")
NO_FAILURE = ("disposition-notification", "feedback-report")
"""Kinds of report that say that a letter was read, or that somebody did not want it."""
NAME = re.compile(r"[\w.+=-]+@[\w.-]+", re.ASCII)
MOST_NAMES = 200
MESSAGE_ID = re.compile(r"^Message-ID:[ \t]*(<[^<>\s]+>)[ \t]*$", re.IGNORECASE | re.MULTILINE)


def reports_of(mail: bytes) -> list[Report]:
    """Return the reports in a mail: none where it is something else, such as an out-of-office answer."""
    try:
        message = message_from_bytes(mail[:LARGEST], policy=compat32)
        _decode_parts(message)
        # what claims to be a standard report is for the strict reader alone
        is_standard = any(part.get_content_type() == STATUS_REPORT for part in message.walk())
        return list(_standard_reports(message) if is_standard else _other_reports(message))
    except Exception:  # noqa: BLE001  # anybody may write here, and the mail library fails in many ways
        return []


def _standard_reports(mail: Message) -> Iterator[Report]:
    kind = str(mail.get_param("report-type") or "").lower()
    if mail.get_content_type() != "multipart/report" or kind != "delivery-status" or not mail.is_multipart():
        return
    parts = [part for part in _parts(mail) if isinstance(part, Message)]
    status = next((part for part in parts if part.get_content_type() == STATUS_REPORT), None)
    returned = [name for part in parts if part is not status for name in _returned(part)]
    if status is None or len(returned) != 1:
        return
    for block in _parts(status):
        report = _report(block, returned[0])
        if report is not None:
            yield report


def _other_reports(mail: Message) -> Iterator[Report]:
    """Read a bounce in free text, such as those of qmail and Exim, which has to return the Message-ID of the letter."""
    temporary, permanent = all_failures(mail)
    message_ids = {message_id for part in mail.walk() if part is not mail for message_id in _returned(part)}
    message_ids.update(found for part in mail.walk() for found in MESSAGE_ID.findall(_text(part)))
    message_id = message_ids.pop() if len(message_ids) == 1 else ""
    if not message_id or not message_id.isprintable():
        return
    if permanent:
        code = _code_in(mail)
        yield Report(message_id, _addresses(permanent), DeliveryOutcome.RETURNED, SOURCE, code)
    if temporary:
        yield Report(message_id, _addresses(temporary), DeliveryOutcome.DELAYED, SOURCE, UNKNOWN_DELAY)


def _code_in(mail: Message) -> str:
    """Return the status that the text of the mail system gives, before the copy of the letter."""
    text = next((found for part in mail.walk() if (found := _text(part))), "")
    codes = set(CODE_IN_TEXT.findall(MESSAGE_ID.split(text)[0]))
    return codes.pop() if len(codes) == 1 else UNKNOWN_FAILURE


def names_in(mail: bytes) -> list[str]:
    """Return what may be Message-IDs in a mail that is not understood.

    A reply or an answer of somebody who is away has one in its head; a returned letter has it somewhere below.
    """
    try:
        message = message_from_bytes(mail[:LARGEST], policy=compat32)
        if str(message.get_param("report-type") or "").lower() in NO_FAILURE:
            return []
        _head, _, below = mail[:LARGEST].replace(b"\r\n", b"\n").partition(b"\n\n")
        texts = [below.decode("ascii", "replace"), *_decoded(message)]
        if any(each in str(message.get("From", "")).lower() for each in MAIL_SYSTEMS):
            texts += [str(message.get(name, "")) for name in ("In-Reply-To", "References")]
    except Exception:  # noqa: BLE001  # as above
        return []
    found = dict.fromkeys(name for text in texts for name in NAME.findall(text))
    return [f"<{name}>" for name in list(found)[:MOST_NAMES]]


def _decoded(message: Message) -> Iterator[str]:
    for part in message.walk():
        content = None if part.is_multipart() else part.get_payload(decode=True)
        if isinstance(content, bytes):
            yield content.decode("utf-8", "replace")


def _addresses(found: Iterable[bytes]) -> frozenset[str]:
    return frozenset(address.decode("ascii").strip().lower() for address in found)


def _text(part: Message) -> str:
    content = part.get_payload() if part.get_content_maintype() == "text" else ""
    return content.replace("\r\n", "\n") if isinstance(content, str) else ""


def _decode_parts(mail: Message) -> None:
    """Replace base64 parts by what they say: neither reader looks into them."""
    for part in mail.walk():
        if str(part.get("Content-Transfer-Encoding", "")).strip().lower() != "base64":
            continue
        if part.get_content_maintype() == "text":
            content = part.get_payload(decode=True)
            part.set_payload(content.decode("utf-8", "replace") if isinstance(content, bytes) else "")
            del part["Content-Transfer-Encoding"]
        elif part.get_content_type() == STATUS_REPORT:
            # the parser took the encoded lines for the body of the first block
            encoded = "".join(str(block.get_payload()) for block in _parts(part))
            with suppress(NotBase64, ValueError):
                head = f"Content-Type: {STATUS_REPORT}\n\n".encode()
                part.set_payload(message_from_bytes(head + b64decode(encoded, validate=False)).get_payload())


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
    if code is None or outcome is None or not message_id.isprintable():
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
    """Counts of mails: read, those that changed a letter by outcome, and those that changed nothing.

    `unclear` are those that name a letter and cannot be understood: a person is asked to look at them.
    """

    read: int = 0
    bounced: int = 0
    delivered: int = 0
    delayed: int = 0
    unclear: int = 0
    ignored: int = 0

    def __add__(self, other: "Returned") -> "Returned":
        return Returned(
            self.read + other.read,
            self.bounced + other.bounced,
            self.delivered + other.delivered,
            self.delayed + other.delayed,
            self.unclear + other.unclear,
            self.ignored + other.ignored,
        )


def take_mail(database: Database, clock: Clock, mail: bytes) -> Returned:
    """Apply the reports of one mail that came to our return address; any other mail changes nothing."""
    reports = reports_of(mail)
    names = [] if reports else names_in(mail)
    if not reports and not names:
        return Returned(read=1, ignored=1)
    with unit_of_work(database, system("bounces"), clock) as unit:
        outcomes = [report.outcome for report in reports if apply_report(unit, report)]
        unclear = [name for name in names if record_unclear_report(unit, name)]
    if not outcomes:
        return Returned(read=1, unclear=1) if unclear else Returned(read=1, ignored=1)
    return replace(Returned(read=1), **{COUNTED[outcomes[-1]]: 1})

"""What does a returned mail say of our letter? (Delivery status notifications: RFC 3464, 2003, and RFC 3462.)"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

from notifications.returns.delivery_reports import Fate, Report

SOURCE = "bounce"
LARGEST = 1_000_000
"""Bytes of a mail that are looked at; a report stands before what it returns."""
STATUS = re.compile(r"([245])\.\d{1,3}\.\d{1,3}")
ARRIVED = ("delivered", "relayed")


def reports_of(mail: bytes) -> list[Report]:
    """Give what a mail reports of a letter: nothing where it is no report, such as an answer of somebody on leave."""
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
    """Give the Message-ID in the returned mail or its returned headers."""
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
    fate = _fate(str(block.get("Action", "")).strip().lower(), code[1]) if code else None
    if code is None or fate is None or not recipients or not message_id.isprintable():
        return None
    return Report(message_id, recipients, fate, SOURCE, code[0])


def _fate(action: str, kind: str) -> Fate | None:
    """The first figure of the status says whether it is for good (5) or was only given up after some days (4)."""
    if action == "failed" and kind != "2":
        return Fate.RETURNED if kind == "5" else Fate.EXPIRED
    if action == "delayed" and kind == "4":
        return Fate.DELAYED
    return Fate.ARRIVED if action in ARRIVED and kind == "2" else None


def _address(block: Message, name: str) -> str:
    """Read `rfc822; somebody@example`."""
    _, _, address = str(block.get(name, "")).partition(";")
    return address.strip(" \t\r\n<>").lower()

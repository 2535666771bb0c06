"""The message of a letter, with headers that nothing can be injected into."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import parseaddr
from functools import lru_cache
from secrets import token_hex
from typing import Any

from notifications.models import FailureKind
from notifications.returns.delivery_reports import Report


@dataclass(frozen=True, slots=True)
class Taken:
    """A letter that the provider already has: its id there, and the report on it, if there is one."""

    provider_id: str
    report: Report | None = None


class NotSent(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TryLater(NotSent):
    """Refused for now: the same letter may be accepted later."""


class Unreachable(TryLater):
    """No letter can be handed over at present."""


class RefusedForGood(NotSent):
    """This letter will never be accepted, whoever it is for."""


class Returned(NotSent):
    """The server refused the letter with a final answer, which counts like a letter that comes back later."""

    def __init__(self, code: str, kind: FailureKind | None = None) -> None:
        super().__init__(code)
        self.kind = kind


class Unknown(NotSent):
    """The connection broke after the text was handed over: the letter may have arrived or not."""


# seven bits, because not every server takes eight; long lines, because a broken link is no link
LONGEST_LINE = 900
POLICY = SMTP.clone(cte_type="7bit", max_line_length=LONGEST_LINE)
LOOP = "X-Followthrough-Letter"
"""Marks a mail as ours, so that it is never taken for an answer."""
BOUNDARY = f"=_{token_hex(16)}"
"""Between the parts. Random for each process, so that nobody can have typed it into a text."""
CONTROLS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


class Unsafe(ValueError):
    """A value that could break out of its header."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter ready to be sent: `to` is one address, `at` the moment for its Date header.

    `html` has the content of `body` or is empty. `code` is that of the partnership, for the List-Id header; its
    `sender_name` and `reply_to` are empty where the installation's hold. Notify knows the latter as `reply_to_id`.
    """

    to: str
    subject: str
    body: str
    message_id: str
    at: datetime
    html: str = ""
    code: str = ""
    sender_name: str = ""
    reply_to: str = ""
    reply_to_id: str = ""


def guarded(value: str) -> str:
    """Return the value, or raise Unsafe for control characters, line breaks and encoded words."""
    if "=?" in value or any(unicodedata.category(sign) in CONTROLS for sign in value):
        raise Unsafe("A mail header may hold no control character and no encoded word.")
    return value


@lru_cache(maxsize=8)
def address_of(sender: str) -> str:
    """Return the bare address of `Followthrough <mail@example>`."""
    return parseaddr(sender)[1]


@lru_cache(maxsize=512)
def _from(sender: str, name: str) -> str:
    """The sender's address under the name of the partnership, if it has one."""
    return str(Address(guarded(name), addr_spec=address_of(sender))) if name else sender


def compose(letter: Outgoing, sender: str) -> EmailMessage:
    """Make the message, for exactly one recipient. Raises RefusedForGood when a header would not be safe."""
    message = EmailMessage(POLICY)
    try:
        message["From"] = _shared("From", guarded(_from(sender, letter.sender_name)))
        message["To"] = Address(addr_spec=guarded(letter.to))
        message["Subject"] = guarded(letter.subject)
        message["Message-ID"] = guarded(letter.message_id)
        if letter.reply_to:
            message["Reply-To"] = _shared("Reply-To", guarded(letter.reply_to))
        guarded(letter.code)
    except (MessageError, ValueError, IndexError) as fault:
        raise RefusedForGood("unsafe-header") from fault
    message["Date"] = letter.at
    message["Auto-Submitted"] = _shared("Auto-Submitted", "auto-generated")
    message["X-Auto-Response-Suppress"] = _shared("X-Auto-Response-Suppress", "All")
    if letter.code:
        message["List-Id"] = _shared("List-Id", f"<{letter.code.lower()}.letters.{_host(letter.message_id)}>")
        message[LOOP] = _shared(LOOP, letter.code)
    if not letter.html:
        message.set_content(letter.body)
        return message
    message["MIME-Version"] = _shared("MIME-Version", "1.0")
    message["Content-Type"] = _shared("Content-Type", f'multipart/alternative; boundary="{BOUNDARY}"')
    message.set_payload([_part(letter.body, "plain"), _part(letter.html, "html")])
    return message


def _part(text: str, kind: str) -> MIMEPart:
    """Make a part of text or HTML. A part in plain ASCII with short lines gets the shared headers."""
    part = MIMEPart(POLICY)
    if not text.isascii() or max(map(len, text.splitlines()), default=0) > LONGEST_LINE:
        part.set_content(text, subtype=kind)
        return part
    part["Content-Type"] = _shared("Content-Type", f'text/{kind}; charset="utf-8"')
    part["Content-Transfer-Encoding"] = _shared("Content-Transfer-Encoding", "7bit")
    part.set_payload(text)
    return part


@lru_cache(maxsize=512)
def _shared(name: str, text: str) -> Any:
    """Return a header that many letters have; cached, because parsing it is slow."""
    return POLICY.header_factory(name, text)


def _host(message_id: str) -> str:
    return message_id.rpartition("@")[2].rstrip(">")

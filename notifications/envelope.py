"""What does a mail look like on the wire, and what may never stand in its head?"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr

from notifications.outcomes import RefusedForGood

# seven bits, because not every server takes eight; long lines, because a broken link is no link
POLICY = SMTP.clone(cte_type="7bit", max_line_length=900)
CONTROLS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


class Unsafe(ValueError):
    """A value that could break out of its header."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter on its way: `to` is one address, `at` the moment for its Date header."""

    to: str
    subject: str
    body: str
    message_id: str
    at: datetime


def guarded(value: str) -> str:
    """Give the value back, or raise Unsafe for control characters, line breaks and encoded words."""
    if "=?" in value or any(unicodedata.category(sign) in CONTROLS for sign in value):
        raise Unsafe("A mail header may hold no control character and no encoded word.")
    return value


def address_of(sender: str) -> str:
    """Give the bare address of `Followthrough <mail@example>`."""
    return parseaddr(sender)[1]


def compose(letter: Outgoing, sender: str) -> EmailMessage:
    """Make the message, for exactly one recipient. Raises RefusedForGood when a header would not be safe."""
    message = EmailMessage(POLICY)
    try:
        message["From"] = guarded(sender)
        message["To"] = Address(addr_spec=guarded(letter.to))
        message["Subject"] = guarded(letter.subject)
        message["Message-ID"] = guarded(letter.message_id)
    except (MessageError, ValueError, IndexError) as fault:
        raise RefusedForGood("unsafe-header") from fault
    message["Date"] = letter.at
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(letter.body)
    return message

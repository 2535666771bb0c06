"""Reads returned mail from an IMAP mailbox."""

import imaplib
import re
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from notifications.returns.bounces import LARGEST
from workflows.core.engine import Refused

TIMEOUT_SECONDS = 30
IMAPS_PORT = 993
MOST_MAILS = 500
"""Mails read in one run; the rest follow with the next."""
UNREAD = "UNSEEN UNFLAGGED"
LITERAL = re.compile(rb"\bBODY\[\]")


class MailboxFault(Refused):
    """The mailbox could not be read; the sentence has neither its password nor the text of the server."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An IMAP folder, read over TLS only."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"

    @classmethod
    def of(cls, url: str) -> "Mailbox":
        """Read imaps://user:password@host:port/folder; raises Refused."""
        try:
            parts = urlsplit(url)
            port = parts.port or IMAPS_PORT
        except ValueError:
            raise Refused(LOOKS_LIKE) from None
        user, password, folder = (unquote(text or "") for text in (parts.username, parts.password, parts.path[1:]))
        if parts.scheme != "imaps" or not parts.hostname or not user or not folder.isprintable():
            raise Refused(LOOKS_LIKE)
        return cls(parts.hostname, port, user, password, folder or "INBOX")


LOOKS_LIKE = "FOLLOWTHROUGH_BOUNCES_URL must look like imaps://user:password@host/INBOX."


def read_mailbox(mailbox: Mailbox, take: Callable[[bytes], bool]) -> None:
    """Call `take` with each unread mail, oldest first. A mail for which it returns True is marked as read.

    Any other stays unread, is flagged for a person to look at, and is not read again. After a crash mails may be
    taken twice, which changes nothing. Raises Refused when the mailbox cannot be read.
    """
    try:
        line = imaplib.IMAP4_SSL(
            mailbox.host, mailbox.port, ssl_context=ssl.create_default_context(), timeout=TIMEOUT_SECONDS
        )
        try:
            _read(line, mailbox, take)
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                line.logout()
    except (imaplib.IMAP4.error, OSError) as fault:
        raise MailboxFault(f"The mailbox of returned mail could not be read ({type(fault).__name__}).") from None


def _read(line: imaplib.IMAP4_SSL, mailbox: Mailbox, take: Callable[[bytes], bool]) -> None:
    line.login(mailbox.user, mailbox.password)
    _require(line.select(_quoted(mailbox.folder)))
    for number in _require(line.uid("SEARCH", UNREAD))[0].split()[:MOST_MAILS]:
        understood = take(_fetch(line, number.decode()))
        _require(line.uid("STORE", number.decode(), "+FLAGS.SILENT", r"(\Seen)" if understood else r"(\Flagged)"))


def _fetch(line: imaplib.IMAP4_SSL, number: str) -> bytes:
    """Return the beginning of a mail, which is enough for every report."""
    for part in _require(line.uid("FETCH", number, f"(BODY.PEEK[]<0.{LARGEST}>)")):
        if isinstance(part, tuple) and LITERAL.search(part[0]):
            return bytes(part[1])
    return b""


def _require(answer: tuple[str, list[Any]]) -> list[Any]:
    status, found = answer
    if status != "OK":
        raise imaplib.IMAP4.error("refused")
    return [part for part in found if part is not None]


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", r"\\").replace('"', r"\"") + '"'

"""How does a letter leave the house?"""

from hashlib import sha256
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from notifications.transports.envelope import Outgoing, compose
from notifications.transports.notify import Account, Notify
from notifications.transports.outcomes import Taken
from notifications.transports.smtp import Server, Smtp
from reviews.core.settings import Settings
from workflows.core.engine import Refused


class Post(Protocol):
    def send(self, letter: Outgoing) -> str | None:
        """Hand over one letter and give its number there, if it gets one.

        Raises TryLater, Unreachable, RefusedForGood or Unknown (outcomes.py).
        """

    def taken(self, letter: Outgoing, *, settled: bool) -> Taken | None:
        """Say what was taken of a letter that was in somebody's hands before; None when it is to be sent again.

        `settled` is false when the last try was so lately that it may still be on its way in. Raises TryLater or
        Unreachable where it cannot be known.
        """

    def close(self) -> None:
        """Let go of whatever was kept open between two letters."""


class Folder:
    """One .eml file for each mail, named after its Message-ID: handed over again, it replaces itself."""

    def __init__(self, path: Path, sender: str) -> None:
        self._path = path
        self._sender = sender

    def send(self, letter: Outgoing) -> None:
        self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
        keep(self._path / f"{file_name(letter.message_id)}.eml", compose(letter, self._sender).as_bytes())

    def taken(self, letter: Outgoing, *, settled: bool) -> None:
        """Handed over again, a letter replaces itself."""

    def close(self) -> None:
        """Nothing is kept open."""


def post_of(settings: Settings) -> Post:
    """Give the post of this installation; raises Refused naming the setting that leads nowhere."""
    if settings.mail.startswith("notify://"):
        return Notify(Account.of(settings))
    return post_for(settings.mail, settings.mail_from)


def post_for(url: str, sender: str) -> Post:
    """Give the post behind smtp://, smtps:// or folder://; raises Refused for one that leads nowhere."""
    scheme, found, rest = url.partition("://")
    if scheme == "folder" and found and Path(rest).is_absolute():
        return Folder(Path(rest), sender)
    if scheme in ("smtp", "smtps"):
        try:
            return Smtp(Server.of(urlsplit(url)), sender)
        except ValueError as fault:
            raise Refused("The mail address must look like smtp://user:password@host:port.") from fault
    raise Refused(
        "FOLLOWTHROUGH_MAIL_URL must be notify://, or begin with smtp://, smtps:// or folder:/// and an absolute path."
    )


def file_name(message_id: str) -> str:
    return sha256(message_id.encode()).hexdigest()[:32]


def keep(path: Path, text: bytes) -> None:
    """Write a whole file or none: a reader never sees half a mail."""
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(text)
    unfinished.replace(path)

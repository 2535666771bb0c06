"""The mail transport of this installation, chosen by its address."""

from hashlib import sha256
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from notifications.transports.envelope import Outgoing, Taken, compose
from notifications.transports.notify import Account, Notify
from notifications.transports.smtp import Server, Smtp
from reviews.core.settings import Settings
from workflows.core.engine import Refused


class MailTransport(Protocol):
    def send(self, letter: Outgoing) -> str | None:
        """Hand over one letter, and return its id at the provider, if there is one.

        Raises TryLater, Unreachable, RefusedForGood, Returned or Unknown (envelope.py).
        """

    def taken(self, letter: Outgoing, *, settled: bool) -> Taken | None:
        """Ask whether a letter that was tried before has arrived at the provider; None when it is to be sent again.

        `settled` is false when the last try was so recent that it may still be under way. Raises TryLater or
        Unreachable when the provider cannot tell.
        """

    def close(self) -> None:
        """Close what is kept open between letters."""


class Folder:
    """Writes one .eml file for each mail, named after its Message-ID, so that a second try replaces the first."""

    def __init__(self, path: Path, sender: str) -> None:
        self._path = path
        self._sender = sender

    def send(self, letter: Outgoing) -> None:
        self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
        store_mail(self._path / f"{file_name(letter.message_id)}.eml", compose(letter, self._sender).as_bytes())

    def taken(self, letter: Outgoing, *, settled: bool) -> None:
        """A second try replaces the first."""

    def close(self) -> None:
        """Nothing is kept open."""


def transport_of(settings: Settings) -> MailTransport:
    """Return the transport of this installation. Raises Refused naming the setting that is wrong."""
    if settings.mail.startswith("notify://"):
        return Notify(Account.of(settings))
    return transport_for(settings.mail, settings.mail_from)


def transport_for(url: str, sender: str) -> MailTransport:
    """Return the transport for smtp://, smtps:// or folder://. Raises Refused for any other address."""
    scheme, separator, path = url.partition("://")
    if scheme == "folder" and separator and Path(path).is_absolute():
        return Folder(Path(path), sender)
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


def store_mail(path: Path, text: bytes) -> None:
    """Write through a temporary file, so that a reader never sees half a mail."""
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(text)
    unfinished.replace(path)

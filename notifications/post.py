"""How does a letter leave the house?"""

from hashlib import sha256
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from notifications.envelope import Outgoing, compose
from notifications.smtp import Server, Smtp
from workflows.engine import Refused


class Post(Protocol):
    def send(self, letter: Outgoing) -> None:
        """Hand over one letter, or raise TryLater, Unreachable, RefusedForGood or Unknown (outcomes.py)."""

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

    def close(self) -> None:
        """Nothing is kept open."""


def post_for(url: str, sender: str) -> Post:
    """Give the post behind FOLLOWTHROUGH_MAIL_URL; raises Refused for one that leads nowhere."""
    scheme, found, rest = url.partition("://")
    if scheme == "folder" and found and Path(rest).is_absolute():
        return Folder(Path(rest), sender)
    if scheme in ("smtp", "smtps"):
        try:
            return Smtp(Server.of(urlsplit(url)), sender)
        except ValueError as fault:
            raise Refused("The mail address must look like smtp://user:password@host:port.") from fault
    if scheme == "notify":
        raise Refused("GOV.UK Notify cannot be used yet: set FOLLOWTHROUGH_MAIL_URL to smtp://, smtps:// or folder://.")
    raise Refused("FOLLOWTHROUGH_MAIL_URL must begin with smtp://, smtps:// or folder:/// and an absolute path.")


def file_name(message_id: str) -> str:
    return sha256(message_id.encode()).hexdigest()[:32]


def keep(path: Path, text: bytes) -> None:
    """Write a whole file or none: a reader never sees half a mail."""
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(text)
    unfinished.replace(path)

"""How is a letter handed to GOV.UK Notify, and how do we know whether it has it already?"""

import json
import socket
import ssl
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from threading import Timer
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import jwt

from notifications.returns.callbacks import report_of
from notifications.transports.envelope import Outgoing
from notifications.transports.outcomes import RefusedForGood, Taken, TryLater, Unknown, Unreachable
from reviews.core.settings import Settings
from workflows.core.engine import Refused

LIMIT_SECONDS = 30
LARGEST_ANSWER = 1_000_000


class NotAsked(Exception):
    """The service was not reached: it knows nothing of the question."""


class NoAnswer(Exception):
    """The question may have been heard, but no answer came."""


@dataclass(frozen=True, slots=True)
class Service:
    """Where a service is. Without TLS it is only spoken to on this machine."""

    host: str
    port: int | None
    path: str
    secure: bool

    @classmethod
    def of(cls, address: str) -> "Service":
        """Read https://host/path; raises ValueError for what is none, or would go unencrypted over a network."""
        parts = urlsplit(address)
        host = parts.hostname or ""
        if not host or parts.username or not (parts.scheme == "https" or (parts.scheme == "http" and is_here(host))):
            raise ValueError("not an https:// address")
        return cls(host, parts.port, parts.path.rstrip("/"), parts.scheme == "https")

    def line(self, limit: float) -> HTTPConnection:
        if self.secure:
            return HTTPSConnection(self.host, self.port, timeout=limit, context=ssl.create_default_context())
        return HTTPConnection(self.host, self.port, timeout=limit)


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    text: bytes


def ask(
    service: Service,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str],
    text: bytes = b"",
    limit: float = LIMIT_SECONDS,
) -> Answer:
    """Ask once, following nothing; raises NotAsked or NoAnswer, each with one word that says why."""
    with closing(service.line(limit)) as line:
        try:
            line.connect()
        except (OSError, HTTPException) as fault:
            raise NotAsked(_word(fault)) from fault
        # the library's limit begins anew with every byte, so that a service that drips could hold us for ever
        watch = Timer(limit, _cut, [line.sock])
        watch.daemon = True
        watch.start()
        try:
            return _exchange(line, method, service.path + path, headers, text)
        except (OSError, HTTPException) as fault:
            raise NoAnswer(_word(fault)) from fault
        finally:
            watch.cancel()


def read_json(text: bytes) -> Any:
    """Read what somebody sent; None for what cannot be read."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _exchange(line: HTTPConnection, method: str, target: str, headers: Mapping[str, str], text: bytes) -> Answer:
    line.request(method, target, body=text or None, headers=dict(headers))
    with line.getresponse() as reply:
        return Answer(reply.status, reply.read(LARGEST_ANSWER))


def _cut(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _word(fault: BaseException) -> str:
    return "timeout" if isinstance(fault, TimeoutError) or "timed out" in str(fault) else type(fault).__name__


NOTIFICATIONS = "/v2/notifications"
UUID_LENGTH = 36
LONGEST_NUMBER = 100
SET_UP_WORDS = ("template", "personalisation", "team-only", "trial mode", "reply_to")
"""What a refusal speaks of when the fault is in our account there, and not in the letter."""
NEVER_ARRIVED = ("temporary-failure", "technical-failure")


@dataclass(frozen=True, slots=True)
class Account:
    """Our service at Notify. Its template has two personalisations: subject and body."""

    service: Service
    service_id: str
    key: str = field(repr=False)
    template_id: str
    reply_to_id: str = ""

    @classmethod
    def of(cls, settings: Settings) -> "Account":
        """Read the settings; raises Refused naming the one that is missing or no such thing."""
        if settings.notify_api_key is None:
            raise Refused("FOLLOWTHROUGH_NOTIFY_API_KEY is missing: notify:// needs it.")
        service_id, key = _parts_of(settings.notify_api_key.get_secret_value())
        _require_number("FOLLOWTHROUGH_NOTIFY_TEMPLATE_ID", settings.notify_template_id)
        if settings.notify_reply_to_id:
            _require_number("FOLLOWTHROUGH_NOTIFY_REPLY_TO_ID", settings.notify_reply_to_id)
        try:
            service = Service.of(settings.notify_base_url)
        except ValueError as fault:
            raise Refused("FOLLOWTHROUGH_NOTIFY_BASE_URL must be an address that begins with https://.") from fault
        return cls(service, service_id, key, settings.notify_template_id, settings.notify_reply_to_id)


class Notify:
    """The Message-ID is the reference by which Notify is asked before a letter goes again."""

    def __init__(self, account: Account, *, limit: float = LIMIT_SECONDS) -> None:
        self._account = account
        self._limit = limit

    def send(self, letter: Outgoing) -> str:
        """Hand over one letter and give its number there; raises as every post does."""
        try:
            answer = self._ask("POST", f"{NOTIFICATIONS}/email", letter.at, self._form(letter))
        except NoAnswer as fault:
            raise Unknown(str(fault)) from fault
        _judge(answer)
        found = read_json(answer.text)
        return str(found.get("id", ""))[:LONGEST_NUMBER] if isinstance(found, dict) else ""

    def taken(self, letter: Outgoing, *, settled: bool) -> Taken | None:
        """Give what Notify has of a letter that was in somebody's hands; None when it has nothing and it may go again.

        Where the last try was a moment ago, nothing found says nothing: that raises TryLater, as does no answer.
        """
        wanted = urlencode({"reference": letter.message_id, "template_type": "email"})
        try:
            answer = self._ask("GET", f"{NOTIFICATIONS}?{wanted}", letter.at)
        except NoAnswer as fault:
            raise TryLater(str(fault)) from fault
        _judge(answer)
        known = _known(read_json(answer.text), letter.message_id)
        if not known and not settled:
            raise TryLater("settling")
        return known[0] if known else None

    def close(self) -> None:
        """Nothing is kept open."""

    def _form(self, letter: Outgoing) -> bytes:
        form = {
            "email_address": letter.to,
            "template_id": self._account.template_id,
            "personalisation": {"subject": letter.subject, "body": letter.body},
            "reference": letter.message_id,
        }
        reply_to = {"email_reply_to_id": self._account.reply_to_id} if self._account.reply_to_id else {}
        return json.dumps(form | reply_to).encode()

    def _ask(self, method: str, path: str, at: datetime, text: bytes = b"") -> Answer:
        # Notify refuses a token older than 30 seconds. Ours is of the moment at which the letter was claimed, so that
        # a process that froze with a letter in its hands, and wakes when another has sent it, is refused.
        claims = {"iss": self._account.service_id, "iat": int(at.timestamp())}
        token = jwt.encode(claims, self._account.key, algorithm="HS256")
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        try:
            return ask(self._account.service, method, path, headers=headers, text=text, limit=self._limit)
        except NotAsked as fault:
            raise Unreachable(str(fault)) from fault


def _judge(answer: Answer) -> None:
    """Decide by the code; of a 400, by whether it speaks of the letter or of our account."""
    code = answer.code
    if 200 <= code < 300:
        return
    if code == 429 or code >= 500:
        raise TryLater(str(code))
    words = answer.text.decode("utf-8", "replace").lower()
    if code == 413 or (code == 400 and not any(word in words for word in SET_UP_WORDS)):
        raise RefusedForGood(str(code))
    raise Unreachable(str(code))


def _known(found: Any, reference: str) -> list[Taken]:
    """Give what is or was on its way under a reference, what ended there first. What never arrived may go again."""
    if not isinstance(found, dict) or not isinstance(found.get("notifications"), list):
        raise TryLater("unreadable")
    rows = [row for row in found["notifications"] if isinstance(row, dict) and row.get("reference") == reference]
    going = [row for row in rows if row.get("status") not in NEVER_ARRIVED]
    known = [Taken(str(row.get("id", ""))[:LONGEST_NUMBER], report_of(row)) for row in going]
    return sorted(known, key=lambda taken: taken.report is None)


def _parts_of(api_key: str) -> tuple[str, str]:
    """Take a key such as `name-<service>-<secret>` apart."""
    parts = api_key[-2 * UUID_LENGTH - 1 : -UUID_LENGTH - 1], api_key[-UUID_LENGTH:]
    for part in parts:
        _require_number("FOLLOWTHROUGH_NOTIFY_API_KEY", part or "none")
    return parts


def _require_number(name: str, value: str) -> None:
    if not value:
        raise Refused(f"{name} is missing: notify:// needs it.")
    try:
        UUID(value)
    except ValueError:
        raise Refused(f"{name} does not look like one that GOV.UK Notify gives.") from None

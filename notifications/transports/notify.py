"""The transport for GOV.UK Notify, which can be asked whether it already has a letter."""

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

from notifications.models import FailureKind
from notifications.returns.delivery_reports import report_of
from notifications.transports.envelope import Outgoing, RefusedForGood, Returned, Taken, TryLater, Unknown, Unreachable
from reviews.core.settings import Settings
from workflows.core.engine import Refused

LIMIT_SECONDS = 30
LARGEST_ANSWER = 1_000_000


class NotAsked(Exception):
    """The service was not reached: it has not received the request."""


class NoAnswer(Exception):
    """The request may have been received, but no answer came."""


@dataclass(frozen=True, slots=True)
class Service:
    """The address of a service. Without TLS it must be on this machine."""

    host: str
    port: int | None
    path: str
    secure: bool

    @classmethod
    def of(cls, address: str) -> "Service":
        """Read https://host/path. Raises ValueError for anything that would go unencrypted over a network."""
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
class ServiceResponse:
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
) -> ServiceResponse:
    """Make one request, following no redirect. Raises NotAsked or NoAnswer, each with one word as the reason."""
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
    """Parse JSON; None for what cannot be parsed."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _exchange(
    line: HTTPConnection, method: str, target: str, headers: Mapping[str, str], text: bytes
) -> ServiceResponse:
    line.request(method, target, body=text or None, headers=dict(headers))
    with line.getresponse() as reply:
        return ServiceResponse(reply.status, reply.read(LARGEST_ANSWER))


def _cut(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _word(fault: BaseException) -> str:
    return "timeout" if isinstance(fault, TimeoutError) or "timed out" in str(fault) else type(fault).__name__


NOTIFICATIONS = "/v2/notifications"
UUID_LENGTH = 36
LONGEST_NUMBER = 100
SET_UP_WORDS = ("template", "personalisation", "team-only", "trial mode", "reply_to")
"""Words in a refusal that is about our account at Notify, not about the letter."""
BAD_ADDRESS_WORDS = "email_address not a valid email address"
CREATED, FOUND = 201, 200
NEVER_ARRIVED = ("temporary-failure", "technical-failure")


@dataclass(frozen=True, slots=True)
class Account:
    """Our service at Notify. Its template needs two personalisations: subject and body."""

    service: Service
    service_id: str
    key: str = field(repr=False)
    template_id: str
    reply_to_id: str = ""

    @classmethod
    def of(cls, settings: Settings) -> "Account":
        """Read the settings. Raises Refused naming the one that is missing or malformed."""
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
    """The Message-ID is the reference by which Notify is asked before a letter is sent again."""

    def __init__(self, account: Account, *, limit: float = LIMIT_SECONDS) -> None:
        self._account = account
        self._limit = limit

    def send(self, letter: Outgoing) -> str:
        """Hand over one letter and return its id at Notify. Raises as every transport does."""
        try:
            answer = self._ask("POST", f"{NOTIFICATIONS}/email", letter.at, self._form(letter))
        except NoAnswer as fault:
            raise Unknown(str(fault)) from fault
        _judge(answer, CREATED)
        return _number_in(read_json(answer.text), letter.message_id)

    def taken(self, letter: Outgoing, *, settled: bool) -> Taken | None:
        """Return what Notify has of a letter that was tried before; None when it has nothing, so that it may be sent.

        When the last try was a moment ago, finding nothing proves nothing: that raises TryLater, as does no answer.
        """
        query = urlencode({"reference": letter.message_id, "template_type": "email"})
        try:
            answer = self._ask("GET", f"{NOTIFICATIONS}?{query}", letter.at)
        except NoAnswer as fault:
            raise TryLater(str(fault)) from fault
        _judge(answer, FOUND)
        taken = _taken(read_json(answer.text), letter.message_id)
        if not taken and not settled:
            raise TryLater("settling")
        return taken[0] if taken else None

    def close(self) -> None:
        """Nothing is kept open."""

    def _form(self, letter: Outgoing) -> bytes:
        form = {
            "email_address": letter.to,
            "template_id": self._account.template_id,
            "personalisation": {"subject": letter.subject, "body": letter.body},
            "reference": letter.message_id,
        }
        reply_to_id = letter.reply_to_id or self._account.reply_to_id
        reply_to = {"email_reply_to_id": reply_to_id} if reply_to_id else {}
        return json.dumps(form | reply_to).encode()

    def _ask(self, method: str, path: str, at: datetime, text: bytes = b"") -> ServiceResponse:
        # Notify refuses a token older than 30 seconds. Ours is of the moment at which the letter was claimed, so that
        # a process that froze with a letter in its hands, and wakes when another has sent it, is refused.
        claims = {"iss": self._account.service_id, "iat": int(at.timestamp())}
        token = jwt.encode(claims, self._account.key, algorithm="HS256")
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        try:
            return ask(self._account.service, method, path, headers=headers, text=text, limit=self._limit)
        except NotAsked as fault:
            raise Unreachable(str(fault)) from fault


def _judge(answer: ServiceResponse, documented: int) -> None:
    """Raise what a status code means; a 400 may be about the address, the letter, or our account."""
    code = answer.code
    if code == documented:
        return
    if 200 <= code < 300:
        raise Unknown(str(code))
    if code == 429 or code >= 500:
        raise TryLater(str(code))
    words = answer.text.decode("utf-8", "replace").lower()
    if code == 413 or (code == 400 and not any(word in words for word in SET_UP_WORDS)):
        if BAD_ADDRESS_WORDS in words:
            raise Returned(str(code), FailureKind.ADDRESS)
        raise RefusedForGood(str(code))
    raise Unreachable(str(code))


def _number_in(found: Any, reference: str) -> str:
    """Return the id in the body that Notify documents for a letter it has taken; any other body proves nothing."""
    if isinstance(found, dict) and found.get("reference") == reference:
        with suppress(ValueError):
            return str(UUID(str(found.get("id"))))
    raise Unknown("unreadable")


def _taken(found: Any, reference: str) -> list[Taken]:
    """Return what Notify took under a reference, finished ones first. What never arrived may be sent again."""
    if not isinstance(found, dict) or not isinstance(found.get("notifications"), list):
        raise TryLater("unreadable")
    rows = [row for row in found["notifications"] if isinstance(row, dict) and row.get("reference") == reference]
    going = [row for row in rows if row.get("status") not in NEVER_ARRIVED]
    handed_over = [Taken(str(row.get("id", ""))[:LONGEST_NUMBER], report_of(row)) for row in going]
    return sorted(handed_over, key=lambda taken: taken.report is None)


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

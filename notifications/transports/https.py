"""How is one question put to a service over HTTP, within a limit?"""

import json
import socket
import ssl
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from threading import Timer
from typing import Any
from urllib.parse import urlsplit

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

"""A real mail server in the test's own process, which can be rude in all the ways that mail servers are."""

import asyncio
import email
import email.policy
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

AUTHORITY = trustme.CA()
"""Vouches for this machine's own name while the tests run, to those who are told to trust it."""


class MailServer:
    """`answers` refuses recipients by address, `answer_to_text` is given after the text.

    `rude` is one of "", "drop" (after the text) and "hang".

    `tls` is "starttls" or "smtps"; either then knows the password `p@ss`.
    """

    def __init__(self) -> None:
        self.port = _free_port()
        self.received: list[tuple[list[str], bytes]] = []
        self.answers: dict[str, str] = {}
        self.answer_to_text = "250 OK"
        self.rude = ""
        self.connections = 0
        self.encrypted: list[bool] = []
        self.tls = ""
        self.on_letter: Callable[[int], None] = lambda number: None
        self._controller: Controller | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def mails(self) -> list[EmailMessage]:
        parsed = [email.message_from_bytes(text, policy=email.policy.default) for _, text in self.received]
        return [mail for mail in parsed if isinstance(mail, EmailMessage)]

    def message_ids(self) -> list[str]:
        return [str(mail["Message-ID"]) for mail in self.mails]

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **_secured(self.tls))
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_EHLO(  # noqa: N802  # the library's name
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(  # noqa: N802  # the library's name
        self, server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        if answer.startswith("421"):
            asyncio.get_running_loop().call_later(0.05, server.transport.close)
        return answer

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # the library's name
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        self.received.append((list(envelope.rcpt_tos), envelope.original_content))
        self.on_letter(len(self.received))
        if self.rude == "drop":
            server.transport.abort()
        if self.rude == "hang":
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
        return self.answer_to_text


def _secured(tls: str) -> dict[str, Any]:
    """Give what makes the library's server offer STARTTLS, or speak TLS from the first byte, and know a password."""
    if not tls:
        return {}
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert("localhost").configure_cert(context)
    # behind TLS from the first byte the library takes the line for an open one
    named = {"tls_context": context} if tls == "starttls" else {"ssl_context": context, "auth_require_tls": False}
    return {"authenticator": _admit, **named}


def _admit(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.password == b"p@ss", handled=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

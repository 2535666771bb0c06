"""A real mail server in the test's own process, which can be rude in all the ways that mail servers are."""

import asyncio
import email
import email.policy
import socket
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


class MailServer:
    """`answers` refuses recipients by address; `rude` is one of "", "drop" (after the text) and "hang"."""

    def __init__(self) -> None:
        self.port = _free_port()
        self.received: list[tuple[list[str], bytes]] = []
        self.answers: dict[str, str] = {}
        self.rude = ""
        self.connections = 0
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
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
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
        self.received.append((list(envelope.rcpt_tos), envelope.original_content))
        self.on_letter(len(self.received))
        if self.rude == "drop":
            server.transport.abort()
        if self.rude == "hang":
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
        return "250 OK"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

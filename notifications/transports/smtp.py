"""The transport for a mail server (SMTP)."""

import smtplib
import ssl
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote

from notifications.models import FailureKind
from notifications.returns.failure_kinds import STATUS
from notifications.transports.envelope import (
    NotSent,
    Outgoing,
    RefusedForGood,
    RefusedRecipient,
    TryLater,
    Unknown,
    Unreachable,
    address_of,
    compose,
)

TIMEOUT_SECONDS = 30
COMPLETED, WILL_FORWARD, GOING_AWAY = 250, 251, 421
LOST = (smtplib.SMTPServerDisconnected, OSError)


@dataclass(frozen=True, slots=True)
class Server:
    """The address of the mail server. `secure` means TLS from the first byte; otherwise STARTTLS where offered."""

    host: str
    port: int
    secure: bool
    user: str = ""
    password: str = ""

    @classmethod
    def of(cls, url: SplitResult) -> "Server":
        """Read smtp:// or smtps://; raises ValueError for an address without a host or with an impossible port."""
        if not url.hostname:
            raise ValueError("no host")
        secure = url.scheme == "smtps"
        port = url.port or (465 if secure else 25)
        return cls(url.hostname, port, secure, unquote(url.username or ""), unquote(url.password or ""))

    def __repr__(self) -> str:
        return f"Server({self.host}:{self.port})"

    @property
    def is_here(self) -> bool:
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


class Smtp:
    """Keeps one connection for a batch of letters, and opens another when the server has closed it."""

    def __init__(self, server: Server, sender: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._server = server
        self._sender = sender
        self._timeout = timeout
        self._line: smtplib.SMTP | None = None

    def send(self, letter: Outgoing) -> None:
        """Hand over one letter; raises TryLater, Unreachable, RefusedForGood, RefusedRecipient or Unknown."""
        text = compose(letter, self._sender).as_bytes()
        try:
            self._hand_over(self._address(letter.to), text)
        except NotSent:
            self.close()
            raise

    def taken(self, letter: Outgoing, *, settled: bool) -> None:
        """A mail server cannot be asked whether it has a letter."""

    def close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            with suppress(smtplib.SMTPException, OSError):
                line.quit()
            line.close()

    def reach(self) -> bool:
        """Connect and sign in without sending; whether the line is encrypted, or stays here. Raises Unreachable."""
        self._line = self._connect()
        is_encrypted = isinstance(self._line.sock, ssl.SSLSocket)
        self.close()
        return is_encrypted or self._server.is_here

    def _address(self, to: str) -> smtplib.SMTP:
        """Give sender and recipient to the server. If the kept connection is closed, try once with a new one."""
        if self._line is not None:
            with suppress(_Cut):
                return self._envelope(self._line, to)
            self.close()
        self._line = self._connect()
        return self._envelope(self._line, to)

    def _envelope(self, line: smtplib.SMTP, to: str) -> smtplib.SMTP:
        try:
            _judge(line.mail(address_of(self._sender)), of_sender=True)
            _judge(line.rcpt(to), (COMPLETED, WILL_FORWARD))
        except LOST as fault:
            raise _Cut(_word(fault)) from fault
        except UnicodeError as fault:
            raise RefusedForGood("unsafe-address") from fault
        return line

    def _hand_over(self, line: smtplib.SMTP, text: bytes) -> None:
        try:
            answer = line.data(text)
        except smtplib.SMTPDataError as refusal:  # it did not ask for the text, so it does not have it
            _judge((refusal.smtp_code, refusal.smtp_error), ())
            raise TryLater(str(refusal.smtp_code)) from refusal
        except LOST as fault:
            raise Unknown(_word(fault)) from fault
        if answer[0] != COMPLETED and not 400 <= answer[0] < 600:
            raise Unknown(str(answer[0]))
        _judge(answer)

    def _connect(self) -> smtplib.SMTP:
        """Open a connection and sign in; what fails here fails for every letter."""
        try:
            line = self._dial()
            try:
                self._sign_in(line)
            except BaseException:
                line.close()
                raise
        except (smtplib.SMTPException, OSError) as fault:
            raise Unreachable(_word(fault)) from fault
        return line

    def _dial(self) -> smtplib.SMTP:
        # named after the sender: looking up this machine's own name may take long where there is no name server
        name = address_of(self._sender).rpartition("@")[2] or "localhost"
        where = (self._server.host, self._server.port, name)
        if self._server.secure:
            return smtplib.SMTP_SSL(*where, timeout=self._timeout, context=ssl.create_default_context())
        return smtplib.SMTP(*where, timeout=self._timeout)

    def _sign_in(self, line: smtplib.SMTP) -> None:
        line.ehlo_or_helo_if_needed()
        if not self._server.secure and line.has_extn("starttls"):
            line.starttls(context=ssl.create_default_context())
            line.ehlo_or_helo_if_needed()
        elif not self._server.secure and self._server.user and not self._server.is_here:
            raise Unreachable("no-tls")
        if self._server.user:
            line.login(self._server.user, self._server.password)


class _Cut(TryLater):
    """The connection was closed before the text was handed over."""


def _judge(answer: tuple[int, bytes | str], taken: Collection[int] = (COMPLETED,), *, of_sender: bool = False) -> None:
    """Raise what an answer means, unless it is one of those by which RFC 5321 lets a server take something."""
    code = answer[0]
    if code in taken:
        return
    if 500 <= code < 600:
        text = answer[1].decode("ascii", "replace") if isinstance(answer[1], bytes) else answer[1]
        status = STATUS.match(text)
        raise RefusedRecipient(status[0] if status else str(code), FailureKind.POLICY if of_sender else None)
    raise (_Cut if code == GOING_AWAY else TryLater)(str(code))


def _word(fault: BaseException) -> str:
    if isinstance(fault, smtplib.SMTPResponseException):
        return str(fault.smtp_code)
    return "timeout" if isinstance(fault, TimeoutError) or "timed out" in str(fault) else type(fault).__name__

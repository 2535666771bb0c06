"""The virus scanner clamd, where one is set: a file is stored only after it was asked."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from workflows.core.engine import Refused

SECONDS = 30
"""In which clamd must take a piece of a file, or answer."""
_PIECE = 262_144
_LONGEST_ANSWER = 4_096
_SIGNATURE = re.compile(r"stream: (?P<name>[\w.()/+:-]+) FOUND")


class Infected(Refused):
    """The scanner knows this file as harmful; `signature` is what it calls it."""

    def __init__(self, signature: str) -> None:
        super().__init__(
            "The virus scanner found something harmful in this file, so it was not stored. Do not open it, and tell "
            "your IT service."
        )
        self.signature = signature


class Unscanned(Refused):
    """The scanner did not answer. Its message is for the log: it may name addresses."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "The file could not be checked for viruses at present, so it was not stored. Try again in a few minutes; "
            "if it still fails, tell your technician."
        )
        self.why = why


def scan(address: str, stream: IO[bytes]) -> None:
    """Have clamd read a file, from its beginning. Raises Infected, or Unscanned where it cannot be asked."""
    stream.seek(0)
    try:
        with _connected(address) as connection:
            connection.sendall(b"zINSTREAM\0")
            while piece := stream.read(_PIECE):
                connection.sendall(len(piece).to_bytes(4) + piece)
            connection.sendall(bytes(4))
            answer = _answer(connection)
    except OSError as fault:
        raise Unscanned(f"{type(fault).__name__}: {fault.strerror or fault}") from fault
    found = _SIGNATURE.fullmatch(answer)
    if found:
        raise Infected(found["name"])
    if answer != "stream: OK":
        raise Unscanned(f"it answered “{answer[:80]}”")


def require_scanner(address: str) -> None:
    """Ask the scanner whether it is there. Raises Unscanned."""
    try:
        with _connected(address) as connection:
            connection.sendall(b"zPING\0")
            answer = _answer(connection)
    except OSError as fault:
        raise Unscanned(f"{type(fault).__name__}: {fault.strerror or fault}") from fault
    if answer != "PONG":
        raise Unscanned(f"it answered “{answer[:80]}”")


@contextmanager
def _connected(address: str) -> Iterator[socket.socket]:
    """Connect to `/path/of/a/socket` or `host:port`."""
    if address.startswith("/"):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(SECONDS)
            connection.connect(address)
            yield connection
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise Unscanned("FOLLOWTHROUGH_CLAMD must be the path of a socket or host:port")
    with socket.create_connection((host.strip("[]"), int(port)), timeout=SECONDS) as connection:
        yield connection


def _answer(connection: socket.socket) -> str:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < _LONGEST_ANSWER and (piece := connection.recv(1_024)):
        answer += piece
    return answer.rstrip(b"\0").decode("utf-8", "replace")

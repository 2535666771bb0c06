"""A server that speaks the protocol of clamd, as far as we use it, and knows one signature."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

HARMFUL = b"HARMFUL-CANARY-7713"
SIGNATURE = "Test.Canary.File"


class Scanner:
    """`answer` overrides what is said of a file; without one it hangs up after so many bytes as `stops_after` says."""

    def __init__(self, listener: socket.socket, address: str) -> None:
        self.address = address
        self.answer: bytes | None = None
        self.stops_after: int | None = None
        self.asked = 0
        self._listener = listener

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        stream = connection.makefile("rb")
        command = b""
        while not command.endswith(b"\0"):
            command += stream.read(1)
        if command == b"zPING\0":
            connection.sendall(b"PONG\0")
            return
        assert command == b"zINSTREAM\0", command
        content = b""
        while length := int.from_bytes(stream.read(4)):
            content += stream.read(length)
            if self.stops_after is not None and len(content) > self.stops_after:
                return
        self.asked += 1
        found = b"stream: " + SIGNATURE.encode() + b" FOUND\0" if HARMFUL in content else b"stream: OK\0"
        connection.sendall(found if self.answer is None else self.answer)


@contextmanager
def a_scanner(socket_path: Path | None = None) -> Iterator[Scanner]:
    """Run one, on a socket of that path or on a free port of this machine."""
    listener = socket.socket(socket.AF_UNIX if socket_path else socket.AF_INET)
    listener.bind(str(socket_path) if socket_path else ("127.0.0.1", 0))
    listener.listen()
    address = str(socket_path) if socket_path else f"127.0.0.1:{listener.getsockname()[1]}"
    scanner = Scanner(listener, address)
    thread = Thread(target=scanner.serve, daemon=True)
    thread.start()
    try:
        yield scanner
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()

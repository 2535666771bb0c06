"""Somebody who waits on this machine to be called, for tests of what must call nobody."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Listener:
    opened: socket.socket

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.opened.getsockname()[1]}"

    @property
    def was_called(self) -> bool:
        """Whether anybody has opened a connection: it waits to be taken, however long ago it was."""
        try:
            self.opened.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@contextmanager
def listening() -> Iterator[Listener]:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        opened.setblocking(False)
        yield Listener(opened)

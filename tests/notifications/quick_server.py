"""A real mail server that does nothing but take letters, in a tenth of the time: for tests with thousands of them."""

import re
import socket
import threading
from collections.abc import Callable
from typing import BinaryIO

MESSAGE_ID = re.compile(rb"^Message-ID: *(<[^>]+>)", re.MULTILINE | re.IGNORECASE)
ANSWERS = {b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}


class QuickServer:
    """`message_ids` are those of the letters taken, in order; `on_letter` is given their number before the answer."""

    def __init__(self, port: int = 0) -> None:
        self.message_ids: list[str] = []
        self.on_letter: Callable[[int], None] = lambda number: None
        self._socket = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    def stop(self) -> None:
        # closing alone would not wake who waits for the next line
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with line, line.makefile("rb") as words:
                self._talk(line, words)
        except OSError:
            return  # whoever spoke was killed

    def _talk(self, line: socket.socket, words: BinaryIO) -> None:
        line.sendall(b"220 quick\r\n")
        for said in words:
            verb = said[:4].upper()
            line.sendall(ANSWERS.get(verb, b"250 OK\r\n"))
            if verb == b"QUIT":
                return
            if verb == b"DATA" and not self._take(line, words):
                return

    def _take(self, line: socket.socket, words: BinaryIO) -> bool:
        """Take one letter; False for half a one."""
        text = bytearray()
        for said in words:
            if said == b".\r\n":
                break
            text += said
        else:
            return False
        found = MESSAGE_ID.search(text)
        assert found is not None
        self.message_ids.append(found[1].decode())
        self.on_letter(len(self.message_ids))
        line.sendall(b"250 OK\r\n")
        return True

"""How does the benchmark ask a served program for pages? One connection, kept open, as a browser does."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import unescape
from http.client import HTTPConnection
from time import perf_counter, sleep
from urllib.parse import urlencode

from tests.bench.people import PASSWORD
from tests.migrating import ROOT

PATIENCE = 30
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
FIELD = re.compile(r'<input[^>]*name="(csrf_token|form_id|version)"[^>]*value="([^"]*)"')


class Browser:
    """Keeps its cookies; `seconds` is what the last answer took."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._cookies: dict[str, str] = {}
        self.seconds = 0.0

    def get(self, path: str) -> str:
        return self._ask("GET", path, None, 200)

    def post(self, path: str, fields: Mapping[str, str]) -> None:
        self._ask("POST", path, urlencode(fields), 303)

    def sign_in(self, email: str) -> None:
        fields = self.hidden("/sign-in")
        self.post("/sign-in", {**fields, "email": email, "password": PASSWORD})

    def hidden(self, path: str) -> dict[str, str]:
        """Give what the form of a page carries unseen; of several the last, which is that of the page itself."""
        return {name: unescape(value) for name, value in FIELD.findall(self.get(path))}

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: str | None, wanted: int) -> str:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        begun = perf_counter()
        self._connection.request(method, path, body, {**headers, **(FORM if body is not None else {})})
        answer = self._connection.getresponse()
        text = answer.read().decode()
        self.seconds = perf_counter() - begun
        if answer.status != wanted:
            raise AssertionError(f"{method} {path} answered {answer.status}, not {wanted}:\n{text[-2000:]}")
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return text


@contextmanager
def serving(which: str, url: str) -> Iterator[int]:
    """Serve one program in a process of its own, and give its port."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.serve", which, url, str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        _wait_for(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    until = perf_counter() + PATIENCE
    while perf_counter() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            sleep(0.05)
        else:
            return
    raise AssertionError(f"The server on port {port} did not start.")

"""Clients that are slow on purpose, against the process as it is installed: others get their pages meanwhile."""

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread
from urllib.request import urlopen

import pytest

from tests.pace import slowness

COMMAND = Path(sys.executable).with_name("followthrough")
UNFINISHED = b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
BODY = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
BODY += b"Content-Length: 900000\r\n\r\nemail="
MOST_SECONDS = 1.0


@pytest.fixture
def port(tmp_path: Path, sqlite_template: Path) -> Iterator[int]:
    """Serve an empty installation, and give its port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings = {name: value for name, value in os.environ.items() if not name.startswith("FOLLOWTHROUGH_")}
    settings |= {"FOLLOWTHROUGH_HOME": str(tmp_path), "FOLLOWTHROUGH_ENV": "test"}
    shutil.copy(sqlite_template, tmp_path / "followthrough.db")
    process = subprocess.Popen([COMMAND, "web", "--port", str(port)], env=settings, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert any("Serving on" in line for line in process.stderr)
    drained = Thread(target=process.stderr.read)
    drained.start()
    yield port
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=30)
    drained.join()
    process.stderr.close()


@pytest.mark.parametrize(
    ("headers", "bodies", "idle", "seconds"),
    [(60, 60, 80, 1.5), pytest.param(200, 200, 1000, 25, marks=pytest.mark.faults)],
)
def test_d16_pages_come_at_once_while_others_send_one_letter_at_a_time(port, headers, bodies, idle, seconds):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4_000)), hard))
    assert len(list(waiting_for_pages(port, 0.1))) == 1  # the first page after the start takes longer
    with ExitStack() as opened:
        begun = [UNFINISHED] * headers + [BODY] * bodies + [b""] * idle
        clients = []
        for beginning in begun:
            client = opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            client.sendall(beginning)
            clients.append(client)
        ended = Event()

        def drip() -> None:
            while not ended.wait(0.5):
                for client in clients[: headers + bodies]:
                    try:
                        client.sendall(b"x")
                    except OSError:
                        continue  # the server has had enough of it

        sender = Thread(target=drip)
        sender.start()
        try:
            waited = list(waiting_for_pages(port, seconds))
        finally:
            ended.set()
            sender.join()
    assert len(waited) > 3
    assert max(waited) < MOST_SECONDS * slowness()


def waiting_for_pages(port: int, seconds: float) -> Iterator[float]:
    """Ask for a page again and again, and give how long each took."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        asked = time.monotonic()
        with urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=20) as answer:
            assert answer.status == 200
        yield time.monotonic() - asked
        time.sleep(0.1)

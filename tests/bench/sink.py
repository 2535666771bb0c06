"""Who takes the mails while a morning is measured? ``python -m tests.bench.sink``, a real mail server by itself.

It says its port, and after every line it reads what it has taken since, as JSON.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from aiosmtpd.controller import Controller

from tests.bench.browser import free_port
from tests.migrating import ROOT


@dataclass(frozen=True, slots=True)
class Taken:
    """How many mails each address was sent, and how many bytes all were long."""

    mails: Counter[str]
    size: int


@dataclass(frozen=True, slots=True)
class Sink:
    port: int
    asked: IO[str]
    said: IO[str]

    def taken(self) -> Taken:
        """Give what was taken since this was last asked."""
        self.asked.write("\n")
        self.asked.flush()
        said = json.loads(self.said.readline())
        return Taken(Counter(said["mails"]), said["size"])


@contextmanager
def sink() -> Iterator[Sink]:
    command = [sys.executable, "-m", "tests.bench.sink"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        yield Sink(int(process.stdout.readline()), process.stdin, process.stdout)
        process.stdin.close()


class _Counting:
    def __init__(self) -> None:
        self.mails: Counter[str] = Counter()
        self.size = 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # the library's name
        self.mails.update(envelope.rcpt_tos)
        self.size += len(envelope.original_content)
        return "250 OK"


def _serve() -> None:
    counting = _Counting()
    controller = Controller(counting, hostname="127.0.0.1", port=free_port())
    controller.start()
    print(controller.port, flush=True)  # noqa: T201  # another process reads it
    for _ in sys.stdin:
        print(json.dumps({"mails": counting.mails, "size": counting.size}), flush=True)  # noqa: T201  # as above
        counting.mails, counting.size = Counter(), 0
    controller.stop()


if __name__ == "__main__":
    _serve()

"""The mail catcher of the demo: a mail server that stores each mail as a file."""

from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller

from notifications.transports.configured import file_name, store_mail


class MailCatcher:
    """A mail server on the loopback address that writes each mail into a folder as an .eml file."""

    def __init__(self, folder: Path, port: int) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._controller = Controller(_IntoFolder(folder), hostname="127.0.0.1", port=port, server_hostname="localhost")

    def start(self) -> None:
        try:
            self._controller.start()
        except OSError:
            if not self._controller.loop.is_running():
                self._controller.loop.close()  # the library leaves it open where the port is taken
            raise

    def stop(self) -> None:
        self._controller.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _IntoFolder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # the library's name
        text: bytes = envelope.original_content
        store_mail(_free_path(self._folder, file_name(text.decode(errors="replace"))), text)
        return "250 Kept"


def _free_path(folder: Path, name: str) -> Path:
    """Number a second copy of a mail instead of replacing the first, so that it is seen."""
    paths = (folder / (f"{name}-{number}.eml" if number > 1 else f"{name}.eml") for number in count(1))
    return next(path for path in paths if not path.exists())

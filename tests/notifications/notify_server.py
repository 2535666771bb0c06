"""A GOV.UK Notify of our own, over HTTP in the test's process, which can be rude in all the ways that services are."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import jwt

from reviews.core.settings import Settings

SERVICE, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"
API_KEY = f"followthrough-{SERVICE}-{SECRET}"
TEMPLATE = "f33517ff-2a88-4f6e-b855-c550268ce08a"
TOKEN_LIVES = 30
BAD_ADDRESS = {"error": "ValidationError", "message": "email_address Not a valid email address"}
BAD_TEMPLATE = {"error": "BadRequestError", "message": "Template not found"}


class NotifyServer:
    """`answers` are codes, with errors, that are given in turn before anything is taken in.

    `body` is given back in place of the documented one.
    `rude` is one of "", "drop" (after taking in), "hang" (the same), "hang first" (before), "drip" and "babble".
    `before` and `after` are called around the taking in of each letter, `now` is the moment by the server's clock.
    """

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.taken: list[dict[str, Any]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.asked: list[str] = []
        self.rude = ""
        self.body: dict[str, str] | None = None
        self.before: Callable[[], object] = lambda: None
        self.after: Callable[[], object] = lambda: None
        self.lock = Lock()
        self._server = _Line(("127.0.0.1", 0), _Handler)
        self._server.house = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def settings(self, **more: Any) -> Settings:
        given: dict[str, Any] = {
            "mail_url": "notify://",
            "notify_api_key": API_KEY,
            "notify_base_url": self.url,
            "notify_template_id": TEMPLATE,
        }
        return Settings(**given | more)

    def start(self) -> None:
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def references(self) -> list[str]:
        return [row["reference"] for row in self.taken]

    def take_in(self, form: dict[str, Any]) -> dict[str, Any]:
        row = form | {"id": str(uuid4()), "status": "created", "completed_at": None, "type": "email"}
        with self.lock:
            self.taken.append(row)
        return row

    def admits(self, header: str) -> bool:
        try:
            claims = jwt.decode(
                header.removeprefix("Bearer "), SECRET, algorithms=["HS256"], options={"verify_iat": False}
            )
        except jwt.InvalidTokenError:
            return False
        return claims["iss"] == SERVICE and abs(self.now.timestamp() - claims["iat"]) <= TOKEN_LIVES


class _Line(ThreadingHTTPServer):
    """Listens, and knows whose letters it takes in."""

    daemon_threads = True
    house: NotifyServer


class _Handler(BaseHTTPRequestHandler):
    @property
    def house(self) -> NotifyServer:
        assert isinstance(self.server, _Line)
        return self.server.house

    def do_POST(self) -> None:
        form = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        before, after = self.house.before, self.house.after
        if self._is_refused():
            return
        if self.house.rude == "hang first":
            time.sleep(1)
        before()
        row = self.house.take_in(form)
        after()
        if self.house.rude == "hang":
            time.sleep(1)
        if self.house.rude == "drip":
            self._drip()
        elif self.house.rude != "drop":
            documented = {"id": row["id"], "reference": row["reference"]}
            self._say(201, documented if self.house.body is None else self.house.body)

    def do_GET(self) -> None:
        if self._is_refused():
            return
        wanted = parse_qs(urlsplit(self.path).query)["reference"][0]
        self.house.asked.append(wanted)
        with self.house.lock:
            found = [row for row in reversed(self.house.taken) if row["reference"] == wanted]
        self._say(200, {"notifications": found, "links": {}})

    def handle(self) -> None:
        with suppress(OSError):  # whoever asked was killed
            super().handle()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _is_refused(self) -> bool:
        error = {"error": "AuthError", "message": "Invalid token: expired, check that your system clock is accurate"}
        code = 0 if self.house.admits(self.headers.get("Authorization", "")) else 403
        if not code and self.house.answers:
            code, error = self.house.answers.pop(0)
        if code:
            self._say(code, {"status_code": code, "errors": [error]})
        return bool(code)

    def _say(self, code: int, data: Any) -> None:
        text = b"<html>gateway</html>" if self.house.rude == "babble" else json.dumps(data).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _drip(self) -> None:
        for sign in b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}":
            self.wfile.write(bytes([sign]))
            time.sleep(0.05)

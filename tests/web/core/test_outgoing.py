"""Nothing that is typed or uploaded makes our server ask another one, or read a file of its own."""

import re
import socket
from io import BytesIO

import pytest

from reviews.exports.formats import FORMATS
from tests.listener import listening
from tests.planted import plant
from tests.repository.repository import modules, named
from tests.web.core.things import make_things

ASKING = re.compile(
    r"^\s*(?:from|import) "
    r"(?:aiohttp|ftplib|http\.client|httpx|imaplib|requests|smtplib|socket|urllib3|urllib\.request)\b",
    re.MULTILINE,
)
ASK_OTHERS = {
    "notifications/outbox/next_letter.py": "the name of this machine",
    "notifications/returns/dsn_mailbox.py": "the mailbox of returned mail, named in the settings",
    "notifications/transports/notify.py": "GOV.UK Notify",
    "notifications/transports/smtp.py": "the mail server, named in the settings",
    "reviews/files/virus_scanner.py": "the virus scanner, named in the settings",
    "web/account/openid.py": "the providers of sign-ins, whom the technician adds",
    "web/cli/tried_settings.py": "this installation itself, at the terminal",
}
"""The modules that may ask another server, and which: none of them takes its address from what a person types."""


MANAGER = "manager@anyshire.example"


def test_d12_only_these_modules_ask_another_server():
    assert {named(path) for path in modules() if ASKING.search(path.read_text())} == set(ASK_OTHERS)


def test_d9_d12_no_address_that_somebody_typed_is_asked_and_no_file_is_read(doors, world):
    known = make_things(doors, world.anyshire)
    address, case = f"/actions/{known['action']}", f"/cases/{known['case']}"
    visitor = doors.visitor(MANAGER)
    with listening() as nobody:
        for link in (f"https://{nobody.host}/minutes", f"http://{nobody.host}/minutes"):
            assert visitor.send(f"{address}/evidence/new", link=link, evidence="Minutes") == 303
        for link in ("file:///etc/passwd", "gopher://169.254.169.254/", "//169.254.169.254/", "data:text/html,x"):
            assert visitor.send(f"{address}/evidence/new", link=link) == 422
        drawing = BytesIO(f'<svg><image href="http://{nobody.host}/x"/></svg>'.encode())
        assert visitor.send(f"{address}/evidence/new", file=(drawing, "a.svg")) == 422
        plant(doors.database, f'<img src="http://{nobody.host}/x"/><link href="file:///etc/passwd"/>')
        for page in (address, case, f"{case}/recommendations/R1", "/actions", "/summary", "/people", "/agencies"):
            assert visitor.open(page) == 200
        for into in FORMATS:
            answer = visitor.client.get(f"{case}/plan.{into}")
            assert (answer.status_code, b"root:" in answer.data) == (200, False)
        assert not nobody.was_called


@pytest.mark.parametrize("called", [True, False])
def test_the_listener_knows_whether_it_was_called(called):
    with listening() as somebody:
        if called:
            host, port = somebody.host.split(":")
            socket.create_connection((host, int(port))).close()
        assert somebody.was_called is called

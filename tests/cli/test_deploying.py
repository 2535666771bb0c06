"""What `check --deploy` looks at and tries, what production does not start with, and the trial of the mail server."""

import shutil
import socket
import ssl
import sys
import threading
from email.errors import MessageError
from email.message import Message
from email.policy import SMTP

import pytest

from reviews.core.db import engine_of, open_database
from reviews.core.secrets import is_weak
from reviews.core.settings import Environment, Settings
from tests.cli.terminal import Terminal
from tests.notifications.mail_server import AUTHORITY, MailServer
from web.cli.production import only_process
from web.core.app_context import AppContext
from workflows.core.engine import Refused

KEY = "q7Lw0c-Zb1nX_tRk29sYvE5mGd83HfPu4AoJi6"
DEMO = {"ENV": "production", "SECRET_KEY": "a" * 40, "BASE_URL": "https://localhost:1"}


def findings(answer):
    """Give each finding by its code: whether it is sound, and its sentence."""
    lines = [line.split(" ", 1) for line in answer.out.splitlines()]
    return {code: (rest.startswith("ok"), rest[6:]) for code, rest in lines}


@pytest.fixture
def mail_server():
    server = MailServer()
    yield server
    server.stop()


@pytest.fixture
def trusting(monkeypatch, tmp_path):
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


@pytest.fixture
def web_server():
    """Give the port of a server with a certificate for localhost."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert("localhost").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer():
            line, _ = listening.accept()
            with context.wrap_socket(line, server_side=True):
                pass

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(timeout=5)


@pytest.fixture
def installation(tmp_path, sqlite_template):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copy(sqlite_template, home / "followthrough.db")
    return Terminal(home)


def test_f2_the_demonstration_made_to_look_like_production_is_refused(terminal):
    terminal.home.mkdir(mode=0o755)
    found = findings(terminal.run("check", "--deploy", MAIL_URL="smtp://127.0.0.1:1", **DEMO))
    faults = {code: sentence for code, (is_sound, sentence) in found.items() if not is_sound}

    assert "can be guessed" in faults["W01"]
    assert "accounts are invented" in faults["W20"]
    assert f"chmod go-rwx {terminal.home}" in faults["W21"]
    assert "never sealed" in faults["W12"]
    assert "the password that the demonstration prints" in faults["W22"]
    assert "could not be reached" in faults["W24"]
    assert "localhost:1 does not answer" in faults["W25"]
    refusal = terminal.refused("web", "--port", "1", **{**DEMO, "SECRET_KEY": KEY})
    for code in ("W20", "W21", "W22"):
        assert f"{code} " in refusal
    assert refusal.startswith("Production does not start like this.")


def test_what_is_set_rightly_is_sound_and_was_tried(installation, mail_server, web_server, trusting, tmp_path):
    mail_server.tls = "starttls"
    mail_server.start()
    backup, key = tmp_path / "backups" / "monday", tmp_path / "backup.key"
    recipient = installation.json("backup", "key", key)["recipient"]
    installation.run("backup", backup, BACKUP_RECIPIENTS=recipient)
    installation.run("backup", "verify", backup, "--key", key)
    rightly = {
        "ENV": "production",
        "SECRET_KEY": KEY,
        "BASE_URL": f"https://localhost:{web_server}",
        "MAIL_URL": f"smtp://localhost:{mail_server.port}",
        "BACKUPS": str(backup.parent),
        "BACKUP_RECIPIENTS": recipient,
        "KEYS": str(tmp_path / "keys"),
    }
    installation.run("audit", "seal", **rightly)
    found = findings(installation.run("check", "--deploy", **rightly))

    # production has no stopped clock: by the real one the backup of a test of 2026 is of another day
    assert {code for code, (is_sound, _) in found.items() if not is_sound} - {"W03", "W11"} == set()
    assert found["W24"] == (True, "The mail server was reached.")
    assert "made at 2026-11-20 08:00 UTC" in found["W11"][1]
    assert "FOLLOWTHROUGH_ANCHORS names no place outside" in found["W12"][1]
    assert mail_server.received == []


def test_w03_says_whether_this_python_lets_a_header_through(installation):
    message = Message(policy=SMTP)
    message.set_raw("Subject", "one\nBcc: two@else.example")
    try:
        lets_through = b"Bcc" in message.as_bytes()
    except MessageError:
        lets_through = False
    is_sound, sentence = findings(installation.run("check", "--deploy"))["W03"]
    if lets_through:
        assert (is_sound, sys.version.split()[0] in sentence) == (False, True)


@pytest.mark.parametrize("key", ["a" * 40, "password" * 5, "0123456789" * 4, "abcdefghijklmnopqrstuvwxyz0123456789"])
def test_a_key_that_can_be_guessed_starts_nothing(installation, key):
    assert is_weak(key)
    assert "can be guessed" in installation.refused("web", ENV="production", SECRET_KEY=key)


@pytest.mark.parametrize("key", [KEY, "66bf133e99654e8ccaf90c11d5a7f28b"])
def test_a_random_key_is_not_taken_for_a_weak_one(key):
    assert not is_weak(key)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"BASE_URL": "http://localhost"}, "W05 FOLLOWTHROUGH_BASE_URL must begin with https://"), ({}, "W05 ")],
)
def test_production_needs_an_address_of_its_own(installation, wrong, words):
    assert words in installation.refused("web", ENV="production", SECRET_KEY=KEY, **wrong)


def test_production_does_not_start_while_faults_are_shown_in_full(installation, monkeypatch):
    monkeypatch.setenv("FLASK_DEBUG", "1")
    asked = {"ENV": "production", "SECRET_KEY": KEY, "BASE_URL": "https://localhost"}
    assert "W02 FLASK_DEBUG is set" in installation.refused("web", **asked)


def test_two_processes_do_not_serve_one_database_of_sqlite(installation, clock):
    settings = Settings(home=installation.home, env=Environment.PRODUCTION)
    app = AppContext(settings, open_database(settings.database), clock)
    with only_process(app), pytest.raises(Refused, match="Another process serves this database"), only_process(app):
        pass
    engine_of(app.database).dispose()


def test_the_mail_server_is_tried_with_a_mail(bare, mail_server):
    mail_server.start()
    assert bare.run("mail", "test", "--to", "it@council.example", MAIL_URL=mail_server.url).code == 0
    [mail] = mail_server.mails
    assert (mail["To"], mail["Subject"]) == ("it@council.example", "A test of Followthrough")


def test_why_the_mail_server_did_not_take_it_is_named(bare, mail_server):
    mail_server.start()
    mail_server.answers["it@council.example"] = "550 5.7.1 no"
    tried = ("mail", "test", "--to", "it@council.example")
    assert "refused the test (5.7.1)" in bare.refused(*tried, MAIL_URL=mail_server.url)
    assert "could not be reached" in bare.refused(*tried, MAIL_URL="smtp://127.0.0.1:1")

"""What `make demo ONCE=1` prints, and that a second run keeps what the first one stored."""

import shutil
import socket
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.notifications.mail_server import MailServer
from workflows.core.vocabulary import Role


@pytest.fixture
def port():
    """A port whose neighbours for the mails are free as well."""
    for candidate in range(20_000, 30_000, 50):
        if all(is_free(candidate + more) for more in (0, 1, 25)):
            return str(candidate)
    raise LookupError("no free port")


def is_free(number):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", number))
        except OSError:
            return False
    return True


@pytest.fixture
def seeded_home(seeded_sqlite: Path, tmp_path: Path) -> Terminal:
    """Give a terminal where the invented partnerships have been loaded and no morning has come: loading takes long."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(seeded_sqlite, home / "followthrough.db")
    return Terminal(home)


def stored(terminal):
    with sqlite3.connect(terminal.home / "followthrough.db") as connection:
        tables = ("cases", "actions", "events", "people", "letters", "reminders")
        found = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}
    connection.close()
    return found


def test_it_prints_the_summary_the_mails_the_address_and_the_sign_in_names(bare, port):
    answer = bare.run("demo", "--once", "--port", port)

    assert (answer.code, answer.err) == (0, "")
    lines = answer.out.splitlines()
    assert len(lines) <= 40
    assert f"http://127.0.0.1:{port}" in lines[0]
    assert lines[-1] == lines[0]
    for word in ("ANYSHIRE on 20 November 2026", "MIDMARCH on 20 November 2026", "overdue", "outstanding", "Held back"):
        assert word in answer.out
    rest = (bare.home / "demo.txt").read_text()
    assert str(bare.home / "demo.txt") in answer.out
    for heading in ("By agency", "Oldest overdue actions", "Mails of the morning", "Held back"):
        assert heading in rest
    for word in ("manager", "cdop-member", "scrutiny"):
        assert f"{word}@anyshire.example" in answer.out
        assert f"{word}@midmarch.example" in answer.out
    accounts = [line for line in lines if "@anyshire.example" in line and "@midmarch.example" in line]
    assert {role for role in Role if any(line.split("  ")[1] == role.words for line in accounts)} == set(Role)
    assert f"The pages: http://127.0.0.1:{port}" in answer.out
    assert f"{len(bare.mails)} sent" in answer.out
    assert len(bare.mails) > 20
    assert any(f"http://127.0.0.1:{port}/actions/" in mail for mail in bare.mails)


def test_a_second_run_keeps_what_is_stored_and_sends_nothing_new_the_same_morning(seeded_home, port):
    seeded_home.run("demo", "--once", "--port", port)
    seeded_home.json(
        "actions", "extend", "SP-2026-02/R1/A1", "--to", "2027-01-15", "--reason", "x", "--partnership", "ANYSHIRE"
    )
    before, mails = stored(seeded_home), len(seeded_home.mails)
    answer = seeded_home.run("demo", "--once", "--port", port)

    assert stored(seeded_home) == before
    assert len(seeded_home.mails) == mails
    assert "No mail is due." in answer.out
    assert "0 sent" in answer.out
    assert seeded_home.json("remind", "--as-of", "2026-11-20T08:00")["sent"] == 0


def test_at_a_weekend_it_shows_the_round_of_the_last_working_morning(seeded_home, port):
    terminal = replace(seeded_home, now="2026-11-22T15:00")
    answer = terminal.run("demo", "--once", "--port", port)

    assert "Reminders of Friday 20 November 2026" in answer.out
    assert "ANYSHIRE on 22 November 2026" in answer.out
    assert len(terminal.mails) > 20


def test_the_settings_of_the_environment_hold(seeded_home, port):
    server = MailServer()
    server.start()
    try:
        seeded_home.run("demo", "--once", "--port", port, MAIL_URL=server.url, BASE_URL="https://review.example")
    finally:
        server.stop()

    assert len(server.received) > 20
    assert b"https://review.example/actions/" in server.received[0][1]
    assert seeded_home.mails == []


def test_it_does_not_run_in_production(bare):
    assert "does not run where FOLLOWTHROUGH_ENV is production" in bare.refused("demo", "--once", ENV="production")
    assert not bare.home.exists()


def test_to_print_needs_no_port_and_to_serve_does(seeded_home, port):
    with socket.socket() as taken, socket.socket() as catcher:
        for each, number in ((taken, int(port)), (catcher, int(port) + 25)):
            each.bind(("127.0.0.1", number))
            each.listen()
        assert seeded_home.run("demo", "--once", "--port", port).code == 0
        assert "in use already" in seeded_home.refused("demo", "--port", port)

"""What a fault of ours shows: a number to report, and nothing of the data, the machine or the statement."""

import logging
import re
from contextlib import contextmanager
from io import BytesIO

import pytest
import sqlalchemy as sa

from reviews.core.db import engine_of
from reviews.files.store import folder_of
from reviews.models import Action, Evidence
from tests.builders import a_case, an_action
from tests.reviews.files.real_files import a_pdf
from workflows.core.vocabulary import Role

OWNER = "owner@anyshire.example"
CANARY = "Canary-7f3a"
NEVER = re.compile(
    rf"{CANARY}|Traceback|File \"|SELECT |INSERT |sqlite|psycopg|postgres|sqlalchemy|werkzeug|flask|python|waitress"
    "|/home|/tmp",
    re.IGNORECASE,
)


@pytest.fixture
def action(doors, world):
    place = world.anyshire
    with doors.database.begin() as session:
        case = a_case(session, place.partnership)
        owned = {"owner": place.people[Role.ACTION_OWNER], "agency": place.agencies["Council"]}
        return an_action(session, case, text=CANARY, **owned)


@contextmanager
def without_table(doors, name):
    """Take a table away from the database meanwhile."""
    engine = engine_of(doors.database)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {name} RENAME TO taken_away")
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE taken_away RENAME TO {name}")


def tells_nothing(answer, caplog, home) -> str:
    """Look at the page and the log of a fault, and give the type of the fault."""
    page = answer.get_data(as_text=True)
    assert answer.status_code == 500
    number = re.search(r'ft-code">([^<]+)<', page)
    assert number is not None
    words = re.sub(r"<[^>]+>", " ", page)
    assert NEVER.findall(words) == []
    assert NEVER.findall(str(answer.headers)) == []
    assert str(home) not in page
    [record] = [each for each in caplog.records if each.levelno >= logging.ERROR]
    caplog.clear()
    assert number[1] in record.getMessage()
    assert record.exc_info is None
    assert CANARY not in record.getMessage()
    assert str(home) not in record.getMessage()
    return record.getMessage().split()[0]


@pytest.mark.parametrize("table", ["actions", "events", "case_clocks"])
def test_d13_a_broken_database_shows_a_number_and_no_statement(doors, world, action, caplog, tmp_path, table):
    visitor = doors.visitor("manager@anyshire.example")
    pages = (f"/actions/{action.address}", f"/cases/{action.address.partition('.')[0]}", "/actions", "/cases")
    with without_table(doors, table):
        answers = (visitor.client.get(f"{page}?q={CANARY}") for page in pages)
        found = [tells_nothing(answer, caplog, tmp_path) for answer in answers if answer.status_code != 200]
    assert set(found) in ({"OperationalError"}, {"ProgrammingError"})
    assert visitor.open(f"/actions/{action.address}") == 200


def test_d13_without_its_people_nobody_is_let_in_and_nothing_is_told(doors, action, caplog, tmp_path):
    with without_table(doors, "sign_ins"):
        with doors.app.test_client() as client:
            with client.session_transaction() as session:
                session["token"] = CANARY
            tells_nothing(client.get("/actions"), caplog, tmp_path)
        answer = doors.visitor().client.get("/readyz")
    assert NEVER.findall(answer.get_data(as_text=True)) == []


def test_d13_a_value_that_no_page_knows_is_in_neither_page_nor_log(doors, action, caplog, tmp_path):
    with doors.database.begin() as session:
        session.execute(sa.update(Action).where(Action.id == action.id).values(stage=CANARY.lower()))
    visitor = doors.visitor("manager@anyshire.example")
    tells_nothing(visitor.client.get(f"/actions/{action.address}"), caplog, tmp_path)


def test_d13_a_file_that_cannot_be_read_or_written_names_no_path(doors, action, caplog, tmp_path):
    visitor = doors.visitor(OWNER)
    page = f"/actions/{action.address}/evidence"
    assert visitor.send(f"{page}/new", file=(BytesIO(a_pdf()), f"{CANARY}.pdf")) == 303
    with doors.database() as session:
        piece = session.scalars(sa.select(Evidence)).one()
    stored = folder_of(tmp_path) / piece.stored_as
    stored.unlink()
    stored.mkdir()
    assert tells_nothing(visitor.client.get(f"{page}/{piece.id}"), caplog, tmp_path) == "IsADirectoryError"
    stored.rmdir()
    folder_of(tmp_path).rmdir()
    folder_of(tmp_path).write_text("no folder")
    answer = visitor.client.post(f"{page}/new", data={"file": (BytesIO(a_pdf()), f"{CANARY}.pdf")})
    assert tells_nothing(answer, caplog, tmp_path) == "FileExistsError"
    with doors.database() as session:
        assert session.scalars(sa.select(Evidence.id)).all() == [piece.id]


EXPOSED = (
    *("/.git/HEAD", "/.git/config", "/.env", "/.well-known/security.txt", "/console", "/metrics", "/openapi.json"),
    *("/swagger.json", "/debug", "/__debugger__", "/server-status", "/admin", "/backup", "/backups/", "/backup.sql"),
    *("/followthrough.db", "/secret.key", "/static/", "/static/../app.py", "/static/..%2f..%2fapp.py", "/static/%00"),
    *("/static/%2e%2e/app.py", "/static/....//app.py", "/static//etc/passwd", "/static/..\\..\\app.py", "/trace"),
    *("/pyproject.toml", "/requirements.txt", "/wp-login.php", "/actions.json", "/cases/.git", "/files/", "/uploads/"),
    *("/logs", "/alembic.ini", "/docs", "/redoc", "/graphql", "/actuator/env"),
)
DEBUGGER = "/sign-in?__debugger__=yes&cmd=resource&f=debugger.js"
"""What the server for developers answers with a script of its own."""


@pytest.mark.parametrize("who", ["", "manager@anyshire.example", "technician@anyshire.example"])
def test_d14_nothing_lies_open_beside_the_pages(doors, who):
    visitor = doors.visitor(who)
    codes = {path: visitor.client.get(path).status_code for path in EXPOSED}
    assert {path: code for path, code in codes.items() if code not in (303, 308, 400, 403, 404, 405)} == {}
    debugger = visitor.client.get(DEBUGGER)
    assert debugger.mimetype == "text/html"
    assert "openShell" not in debugger.get_data(as_text=True)


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "MADEUP")


def test_d14_every_address_takes_its_own_methods_alone(doors, world):
    visitor = doors.visitor("manager@anyshire.example")
    taken: dict[str, set[str]] = {}
    for rule in doors.app.url_map.iter_rules():
        if rule.endpoint != "static":
            taken.setdefault(filled_in(rule.rule), set()).update(rule.methods)
    asked = [(method, path) for path, methods in taken.items() for method in METHODS if method not in methods]
    codes = {each: visitor.client.open(each[1], method=each[0]).status_code for each in asked}
    assert len(taken) > 80
    assert {each: code for each, code in codes.items() if code not in (404, 405)} == {}


def test_d14_options_name_the_methods_and_nothing_else(doors, world):
    for email in ("", "manager@anyshire.example"):
        visitor = doors.visitor(email)
        for path in ("/", "/actions", "/cases/x", "/sign-in", "/healthz"):
            answer = visitor.client.options(path)
            assert (answer.status_code, answer.data) == (200, b"") or answer.status_code in (303, 403, 404, 405)
            assert not answer.headers.get("Access-Control-Allow-Origin")


def filled_in(rule: str) -> str:
    return re.sub(r"<int:\w+>", "1", re.sub(r"<(?!int:)[^>]+>", "x", rule))


def test_d14_what_whoever_watches_may_read_names_nobody_and_no_version(doors, world):
    for path in ("/healthz", "/readyz"):
        answer = doors.visitor().client.get(path)
        assert NEVER.findall(answer.get_data(as_text=True) + str(answer.headers)) == []
        assert "nyshire" not in answer.get_data(as_text=True)
        assert "Server" not in answer.headers

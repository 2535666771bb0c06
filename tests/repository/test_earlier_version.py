"""What an earlier version stored and exported stays readable: see `tests/earlier`."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from reviews.core.clock import StoppedClock, read_moment
from reviews.core.db import Database, engine_of, open_database
from reviews.core.schema_version import migrate, newest_revision, present_revision
from reviews.models import Action, Case, Event, EventKind, Partnership
from tests.changes import nothing_changes
from tests.cli.terminal import Terminal
from tests.copies import a_copy
from tests.earlier import EXPORTS, HERE, load_earlier
from tests.postgres import Postgres, RunFolder, a_template, server_url
from tests.web.visitor import Doors

NOW = "2026-12-01T14:00"
ANYSHIRE = ("--partnership", "ANYSHIRE")
MANAGER, CHAIR, CDOP = "manager@anyshire.example", "chair@anyshire.example", "cdop@anyshire.example"
CASES = json.loads((HERE / "cases.json").read_text(encoding="utf-8"))
HELD_ON_A_DAY_NOBODY_KNOWS = CASES["ES-19-02-LCSPR"]
"""An imported hold without its day: then, the day of the step before stood in its place."""
for _since in (HELD_ON_A_DAY_NOBODY_KNOWS["tracks"][1], *HELD_ON_A_DAY_NOBODY_KNOWS["holds"]):
    _since["since"] = None
SENTENCES = frozenset({"title", "authority", "counted_from_rule", "edition", "rank", "reason_words", "steps"})
"""What `cases show` says by the product's own definitions, which may change; all else in it was stored."""
WORKED_OUT = frozenset({"days_late", "day", "of", "unit"})
"""What it works out by rules that changed since: then nothing was late in hours, and all in working days."""
ADDED_SINCE = frozenset(
    {
        EventKind.AUDIT_LOG_DECIDED,
        EventKind.AUDIT_LOG_DISPOSED,
        EventKind.AUDIT_NOTICE_NOTED,
        EventKind.CASE_CONFINED,
        EventKind.CASE_DISPOSED,
        EventKind.CASE_EDITED,
        EventKind.CASE_RIGHT_ENDED,
        EventKind.CASE_RIGHT_GIVEN,
        EventKind.DELAY_EXPLAINED,
        EventKind.DEVICE_FORGOTTEN,
        EventKind.EMAIL_ASKED,
        EventKind.EMAIL_CONFIRMED,
        EventKind.EMAIL_DOMAINS_SET,
        EventKind.EMAIL_NOT_CHANGED,
        EventKind.EXTENSION_UNDONE,
        EventKind.INVITATION_ACCEPTED,
        EventKind.INVITATION_WITHDRAWN,
        EventKind.FACTOR_CHANGED,
        EventKind.FACTOR_RESET,
        EventKind.FACTOR_RULE_SET,
        EventKind.IDENTITY_ALERTED,
        EventKind.IDENTITY_CHANGED,
        EventKind.FILE_ADDED,
        EventKind.FILE_READ,
        EventKind.FILE_WITHDRAWN,
        EventKind.KIND_CHANGED,
        EventKind.LATE_REASONS_SET,
        EventKind.MAIL_SENDER_SET,
        EventKind.NAME_CHANGED,
        EventKind.PROVIDER_LINKED,
        EventKind.PROVIDER_SET,
        EventKind.PROVIDER_UNLINKED,
        EventKind.TOKEN_MADE,
        EventKind.TOKEN_REVOKED,
        EventKind.OWNER_EXCLUDED,
        EventKind.PARTNER_SET,
        EventKind.PASSWORD_CHANGED,
        EventKind.PERSON_INVITED,
        EventKind.PLAN_SILENCED,
        EventKind.POLICY_RETIRED,
        EventKind.QUESTION_DECIDED,
        EventKind.REMINDERS_STARTED,
        EventKind.RESET_SENT,
        EventKind.RETENTION_DECIDED,
        EventKind.RETENTION_HOLD_PLACED,
        EventKind.RETENTION_HOLD_RELEASED,
        EventKind.RETENTION_RULE_SET,
        EventKind.REQUEST_RECEIVED,
        EventKind.REQUEST_CHANGED,
        EventKind.REQUEST_PAUSED,
        EventKind.REQUEST_RESUMED,
        EventKind.REQUEST_EXTENDED,
        EventKind.REQUEST_ANSWERED,
        EventKind.REQUEST_REOPENED,
        EventKind.SESSIONS_ENDED,
        EventKind.SIGN_IN_WARNED,
        EventKind.ROLE_ASKED,
        EventKind.ROLE_CONFIRMED,
        EventKind.ROLE_LAPSED,
        EventKind.ROLE_REFUSED,
    }
)
"""Kinds of event that there were not yet."""
PAGES = (
    "/summary",
    "/summary/mail",
    "/actions",
    "/actions/mine",
    "/cases",
    "/agencies",
    "/calendar",
    "/account",
    "/people",
    "/people/away",
    "/people/invitations",
    "/reminders",
    "/reminders/letters",
    "/reminders/addresses",
    "/reminders/process",
    "/reminders/tomorrow",
    "/themes",
    "/workflows",
    "/workflows/rapid_review",
    "/workflows/rapid_review/versions",
    "/workflows/learning_review/versions",
    "/workflows/school_learning_review",
    "/settings",
    "/settings/holidays",
    "/settings/periods",
    "/settings/periods/rapid_review/meeting",
    "/settings/reminders",
    "/settings/reminders/anyshire-mornings",
)
WORDS = {
    "/workflows": ("Learning review of a school",),
    "/workflows/rapid_review/versions": ("The executive agreed the new rules.",),
    "/workflows/learning_review/versions": ("To try it",),
    "/settings/periods/rapid_review/meeting": ("Executive, 12 October 2026", "9"),
    "/settings/reminders": ("06:30",),
    "/themes": ("and its signs",),
    "/people/away": ("Inspector Nuala Trent", "Tobias Fenn"),
    "/cases/LCSPR-2026-09/history": ("The trial was moved", "Misread the letter", "1 February 2027"),
    "/cases/LCSPR-2026-08/history": ("The family lives in Midmarch",),
    "/cases/RR-2026-09/history": ("The executive agreed the new rules.",),
    "/cases/LR-2026-01/history": ("To try it",),
    "/cases/LCSPR-2026-09/thread": ("when a baby who cannot move has a bruise",),
    "/cases/LRS-2026-01": ("Learning review of a school",),
    "/actions/SP-2026-01.R1.A1": (
        "The police have not been asked",
        "Two of five schools trained",
        "Begun in Northtown",
        "Two were missed",
    ),
    "/actions/SP-2026-03.R2.A1": ("Tobias Fenn asks the council for a room",),
    "/actions/CD-2026-13.R2.A1": ("Roisin Achterberg", "Callum Prowse"),
    "/actions/LCSPR-2026-04.R1.A2": ("Twelve files were looked at",),
    "/actions/RR-2026-18.R2.A1": ("It named a child",),
    "/actions/TRACKER-2014.2": ("Audit thirty files.",),
}
"""Words of those who recorded it, or of a definition that was stored."""


@pytest.fixture(scope="session")
def earlier_sqlite(run_folder: RunFolder) -> Path:
    path = run_folder.path / "earlier.db"
    with run_folder.alone():
        if not path.exists():
            unfinished = path.with_suffix(".new")
            load_and_migrate(f"sqlite:///{unfinished}")
            unfinished.rename(path)
    return path


@pytest.fixture(scope="session")
def earlier_postgres(run_folder: RunFolder) -> Iterator[Postgres]:
    url = server_url(run_folder)
    server = Postgres(url, a_template(run_folder, "earlier", load_and_migrate))
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def earlier_url(request: pytest.FixtureRequest) -> Iterator[str]:
    yield from a_copy(request, "earlier_sqlite", "earlier_postgres", rows=True)


@pytest.fixture
def earlier(earlier_url: str) -> Iterator[Database]:
    opened = open_database(earlier_url)
    yield opened
    engine_of(opened).dispose()


@pytest.fixture
def doors(earlier: Database, tmp_path: Path) -> Doors:
    return Doors(earlier, StoppedClock(read_moment(NOW)), tmp_path)


@pytest.fixture
def terminal(earlier_url: str, tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "home", earlier_url, NOW)


def load_and_migrate(url: str) -> None:
    load_earlier(url)
    migrate(url)


def open_all(visitor, addresses):
    """Open each page, and give those that did not come, with what they answered instead."""
    missing, words = [], {}
    for address in addresses:
        code = visitor.open(address)
        words[address] = visitor.said
        if code != 200:
            missing.append((address, code))
    assert missing == []
    return words


def all_there(pages):
    lacking = [
        (address, text)
        for address, texts in WORDS.items()
        if address in pages
        for text in texts
        if text not in pages[address]
    ]
    assert lacking == []


def sampled(database, realm):
    """Give pages of a realm: cases of each kind, and cases and actions with each kind of event and at each stage."""
    here = sa.select(Partnership.id).where(Partnership.code == "ANYSHIRE").scalar_subquery()
    with database() as session:
        mine = sa.select(Case.id).where(Case.partnership_id == here, Case.realm == realm)
        of_events = sa.select(sa.func.max(Event.case_id)).where(Event.case_id.in_(mine)).group_by(Event.kind)
        of_kinds = sa.select(sa.func.max(Case.id)).where(Case.id.in_(mine)).group_by(Case.workflow)
        changed = set(session.scalars(of_events))
        cases = changed | set(session.scalars(of_kinds))
        of_actions = sa.select(sa.func.max(Event.action_id)).where(Event.case_id.in_(mine)).group_by(Event.kind)
        of_stages = sa.select(sa.func.max(Action.id)).where(Action.case_id.in_(mine)).group_by(Action.stage)
        actions = {*session.scalars(of_actions), *session.scalars(of_stages)} - {None}
        rows = session.execute(sa.select(Case.id, Case.reference).where(Case.id.in_(cases)).order_by(Case.id)).all()
        names = session.scalars(sa.select(Action.reference).where(Action.id.in_(actions)).order_by(Action.id)).all()
    return [
        *(f"/cases/{reference}" for _, reference in rows),
        *(f"/cases/{reference}/history" for key, reference in rows if key in changed),
        *(f"/actions/{name.replace('/', '.')}" for name in names),
    ]


def facts_alone(value):
    if isinstance(value, dict):
        return {name: facts_alone(each) for name, each in value.items() if name not in SENTENCES}
    return [facts_alone(each) for each in value] if isinstance(value, list) else value


def as_then(now, then):
    """Leave out what is worked out, and on the side of today what was not said then."""
    match then, now:
        case dict(), dict():
            return {name: as_then(now[name], then[name]) for name in then if name in now and name not in WORKED_OUT}
        case list(), list() if len(then) == len(now):
            return [as_then(*pair) for pair in zip(now, then, strict=True)]
        case _:
            return now


def test_the_frozen_database_has_every_kind_of_event_and_comes_to_the_newest_tables(earlier):
    with earlier() as session:
        kinds = set(session.scalars(sa.select(Event.kind).distinct()))
    assert present_revision(earlier) == newest_revision()
    assert set(EventKind) - kinds == ADDED_SINCE


@pytest.mark.parametrize("email", [MANAGER, CHAIR])
def test_lists_and_settings_open(doors, email):
    visitor = doors.visitor(email)
    pages = PAGES if email == MANAGER else ("/summary", "/actions", "/cases", "/themes", "/reminders")
    found = open_all(visitor, pages)
    assert all(found.values())
    if email == MANAGER:
        all_there(found)


@pytest.mark.parametrize(("email", "realm"), [(MANAGER, "reviews"), (CDOP, "child_deaths")])
def test_cases_and_actions_of_every_kind_open_with_their_histories(doors, earlier, email, realm):
    visitor = doors.visitor(email)
    pages = sampled(earlier, realm)
    named = [address for address in WORDS if address.startswith(("/cases/", "/actions/"))]
    pages += [address for address in named if address not in pages and ("CD-" in address) == (realm != "reviews")]
    all_there(open_all(visitor, pages))


def test_the_chair_opens_what_was_rated_and_the_manager_the_mails(doors):
    chair = doors.visitor(CHAIR)
    all_there(open_all(chair, ["/actions/SP-2026-01.R1.A1", "/cases/LCSPR-2026-09/history"]))
    manager = doors.visitor(MANAGER)
    manager.open("/reminders")
    letters = [link for link in manager.links if re.fullmatch(r"/reminders/\d+", link)]
    assert letters
    open_all(manager, letters[::8])


@pytest.mark.parametrize("reference", CASES)
def test_a_case_says_what_it_said(terminal, reference):
    now, then = facts_alone(terminal.json("cases", "show", reference, *ANYSHIRE)), CASES[reference]
    assert as_then(now, then) == as_then(then, then)


def test_definitions_that_were_added_are_known(terminal):
    listed = {flow["name"]: flow for flow in terminal.json("workflows", "list")}
    assert listed["school_learning_review"]["title"] == "Learning review of a school"
    assert terminal.json("reminders", "policy", *ANYSHIRE)["policy"] == "anyshire-mornings"
    (line,) = [
        line
        for line in terminal.json("periods", "list", *ANYSHIRE)["deadlines"]
        if (line["workflow"], line["deadline"]) == ("rapid_review", "meeting")
    ]
    assert (line["local"]["period"], line["local"]["ladder"]) == (9, "check-ladder")


def test_plans_that_were_exported_come_back_without_a_change(terminal, earlier):
    files = sorted(EXPORTS.iterdir())
    assert {file.suffix for file in files} == {".xlsx", ".csv", ".json"}
    with nothing_changes(earlier):
        for file in files:
            found = terminal.json("actions", "import", file, "--plan", file.stem, *ANYSHIRE)
            counts = (found["created"], found["updated"], found["refused"], found["needs_decision"])
            assert counts == (0, 0, [], []), file
            assert found["unchanged"] == found["rows"] > 0

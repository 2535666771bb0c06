"""Disposal is real (R34): every trace of a case goes, and nothing else; its certificate and its reference stay."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
import sqlalchemy as sa

import notifications.models  # noqa: F401  # the tables register themselves
from notifications.models import Letter, LetterState
from reviews.access.permissions import NotAllowed
from reviews.audit.seal_rows import seal_rows
from reviews.audit.verify_seals import verify_seals
from reviews.backups.make_backup import make_backup
from reviews.core.clock import StoppedClock
from reviews.core.db import Base, Database, engine_of
from reviews.core.keyring import Keyring
from reviews.files.store import folder_of, stored_names
from reviews.models import Action, Case, ColumnMapping, DisposalCertificate, RetentionHoldKind
from reviews.retention.certificates import backups_before
from reviews.retention.decisions_on_cases import approve_disposal, propose_disposal, refuse_disposal, set_hold
from reviews.retention.disposal_tables import DISPOSED, belongs_to
from reviews.retention.dispose import dispose_of, finish_disposals
from reviews.retention.review_list import find_retained, retention_line
from reviews.transactions.unit_of_work import NotFound
from tests.builders import NOW, TODAY, World, a_case, a_unit, a_world, an_action, rewriting_history
from tests.changes import changes_of, nothing_changes
from tests.planted import typed_columns
from tests.reviews.retention.dispositions import (
    CLOSED,
    LONG_AGO,
    OPERATOR,
    Full,
    a_full_case,
    a_rule,
    approve,
    dispose,
    settings_of,
)
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

WORD = "Marigold"


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def full(database: Database, world: World, home: Path) -> Full:
    with database.begin() as session:
        made = a_full_case(session, world.anyshire, home, WORD)
        a_rule(session, world.anyshire)
    return made


def dump(database: Database) -> str:
    """Write out every row of every table."""
    with engine_of(database).connect() as connection:
        return "\n".join(
            f"{table.name} {row}"
            for table in Base.metadata.sorted_tables
            for row in connection.execute(sa.select(table))
        )


def test_the_case_of_these_tests_has_a_row_in_every_table(database, full):
    with database() as session:
        empty = [
            name
            for name in DISPOSED
            if not session.scalar(sa.select(sa.func.count()).select_from(Base.metadata.tables[name]))
        ]
    assert set(empty) == {"retention_decisions", "retention_holds"}


def test_r34_disposal_is_real(database, world, full, home, tmp_path):
    """Canaries in every column of the case that holds what somebody typed, and none of them anywhere afterwards."""
    mail = tmp_path / "mail"
    mail.mkdir()
    (mail / "about.eml").write_text(f"Subject: x\n\n{WORD}: see {full.reference}/R1/A1\n")
    (mail / "another.eml").write_text(f"Subject: x\n\nsee {full.reference}1\n")
    settings = settings_of(database, home, mail_url=f"folder://{mail}", backups=tmp_path / "backups")
    approve(database, world.anyshire, full.number)
    before = dump(database)
    assert before.count(WORD) > 30
    make_backup(database, settings, tmp_path / "backups" / "before", NOW)

    made = dispose(database, settings, full.number)

    after = dump(database)
    assert WORD not in after
    assert WORD.lower() not in after  # its stem
    lines = [line for line in after.splitlines() if full.reference in line and f"{full.reference}1" not in line]
    assert {line.split(" ")[0] for line in lines} <= {"disposal_certificates", "events"}
    assert len(lines) == 2
    assert stored_names(folder_of(home)) == set()
    assert [path.name for path in mail.iterdir()] == ["another.eml"]
    make_backup(database, settings, tmp_path / "backups" / "after", NOW)
    later = (tmp_path / "backups" / "after").rglob("*")
    traces = [path for path in later if path.is_file() and _holds(path, WORD)]
    assert traces == []
    assert [(each.name, each.is_gone) for each in backups_before(made, settings.backups)] == [("before", False)]
    if (path := engine_of(database).url.database) and engine_of(database).dialect.name == "sqlite":
        engine_of(database).dispose()
        assert not any(WORD.encode() in each.read_bytes() for each in Path(path).parent.glob(f"{Path(path).name}*"))


def _holds(path: Path, word: str) -> bool:
    import gzip

    data = path.read_bytes()
    data = gzip.decompress(data) if path.name.endswith(".gz") else data
    return word.encode() in data


SIGNATURES = {("retention_decisions", "decided_by"), ("retention_decisions", "answered_by")}
"""Who decided stands on the certificate."""


def test_r34_also_where_every_column_of_the_case_holds_a_canary(database, world, full, home):
    approve(database, world.anyshire, full.number)
    with database.begin() as session, rewriting_history(session):
        ids = list(retention_line(session, OPERATOR, today=TODAY, number=full.number).case_ids)
        columns = [
            (table, column)
            for table, column in typed_columns()
            if table.name in DISPOSED and (table.name, column.name) not in SIGNATURES
        ]
        for table, column in columns:
            if table.name == "case_facts":
                continue  # one value only, of the kind it has
            planted = sa.update(table).where(belongs_to(table.name, ids), column.is_not(None))
            session.execute(planted.values({column.name: f"Canary {table.name}.{column.name}"[: column.type.length]}))
    planted = {f"{table.name}.{column.name}" for table, column in columns}
    assert {"cases.title", "actions.text", "evidence.text", "children.pseudonym"} - planted <= {"children.pseudonym"}
    assert dump(database).count("Canary") > 40

    dispose(database, settings_of(database, home), full.number)
    assert "Canary" not in dump(database)


def test_the_seals_of_what_is_gone_stay_whole_and_name_the_certificate(database, world, full, home):
    keyring, clock = Keyring(home / "keys"), StoppedClock(NOW)
    approve(database, world.anyshire, full.number)
    seal_rows(database, keyring, clock)
    made = dispose(database, settings_of(database, home), full.number)
    seal_rows(database, keyring, clock)
    found = verify_seals(database, keyring, clock.now())
    assert (found.ok, found.faults) == (True, [])
    assert found.disposed == {made.number: made.counts["events"]}


def test_nothing_else_changes(database, world, full, home):
    approve(database, world.anyshire, full.number)
    with changes_of(database) as changes:
        made = dispose(database, settings_of(database, home), full.number)
    assert changes.added == {"disposal_certificates": 1, "disposed_rows": 1, "events": 1}
    assert changes.changed == {"letters": {"body", "html"}, "column_mappings": {"answers"}}
    rows = {name: count for name, count in made.counts.items() if name in DISPOSED}
    assert changes.gone == rows | {"sent_forms": 1, "saved_forms": 1}
    with database() as session:
        bodies = dict(session.execute(sa.select(Letter.letter_key, Letter.body)).all())
        assert session.scalars(sa.select(ColumnMapping.answers)).one() == {"tbc": "-"}
    assert bodies["key of another"] == f"About {full.reference}1."
    assert bodies["key reminding"] == bodies["key naming"] == "The text of this mail was disposed of."


def test_the_certificate_says_what_was_done_and_nothing_of_the_case(database, world, full, home):
    approve(database, world.anyshire, full.number)
    made = dispose(database, settings_of(database, home), full.number)
    assert (made.number, made.reference, made.workflow) == ("DC-2026-01", full.reference, "rapid_review")
    assert (made.opened_year, made.closed_on.year, made.years, made.due_since.isoformat()) == (
        2015,
        2016,
        10,
        "2026-04-01",
    )
    assert made.proposed_by.startswith("Privacy officer")
    assert made.approved_by.startswith("Business manager")
    assert (made.run_by, made.files, len(made.digest)) == ("operator (ann)", 2, 64)
    assert made.child_references
    assert made.finished_at == NOW


def test_the_reference_is_never_given_again_and_unknown_otherwise(database, world, full, home):
    approve(database, world.anyshire, full.number)
    dispose(database, settings_of(database, home), full.number)
    with database.begin() as session:
        for reference in (full.reference, "RR-1999-01"):
            with pytest.raises(NotFound):
                a_unit(session, world.anyshire.actors[Role.SUBGROUP_CHAIR]).case(reference)
        with pytest.raises(Refused, match="is taken"):
            a_case(session, world.anyshire.partnership, reference=full.reference)
        again = a_case(session, world.anyshire.partnership, opened_on=TODAY.replace(year=int(full.reference[3:7])))
        assert int(again.reference[-2:]) > int(full.reference[-2:])
        assert a_case(session, world.midmarch.partnership, reference=full.reference).reference == full.reference


def test_its_numbers_are_never_given_again(database, world, full, home):
    """The audit log has the numbers of cases and actions: those of the newest ones too are not another's."""
    with database.begin() as session:
        newest = a_case(session, world.anyshire.partnership)
        action = an_action(session, newest)
        numbers = newest.id, action.id
        session.execute(sa.update(Action).where(Action.id == action.id).values(ended_on=TODAY))
        days = {"opened_on": LONG_AGO, "closed_on": CLOSED}
        session.execute(sa.update(Case).where(Case.id == newest.id).values(days))
    approve(database, world.anyshire, numbers[0])
    dispose(database, settings_of(database, home), numbers[0])
    with database.begin() as session:
        fresh = a_case(session, world.anyshire.partnership)
        assert fresh.id > numbers[0]
        assert an_action(session, fresh).id > numbers[1]


def test_neither_person_disposes_alone(database, world, full, home):
    settings = settings_of(database, home)
    with database.begin() as session:
        privacy = a_unit(session, world.anyshire.actors[Role.PRIVACY_OFFICER])
        with pytest.raises(Refused, match=r"No disposal of .* is proposed"):
            approve_disposal(privacy, find_retained(privacy, number=full.number))
        propose_disposal(privacy, find_retained(privacy, number=full.number), reason="Over.")
        with pytest.raises(NotAllowed, match="second person"):
            approve_disposal(privacy, find_retained(privacy, number=full.number))
    with nothing_changes(database), pytest.raises(Refused, match=r"is not approved\. It is disposal proposed"):
        dispose(database, settings, full.number)
    with pytest.raises(NotAllowed):
        dispose_of(
            database,
            settings,
            StoppedClock(NOW),
            world.anyshire.actors[Role.BUSINESS_MANAGER],
            number=full.number,
            forms_key=None,
        )


def test_everybody_at_the_terminal_is_one_person(database, world, full):
    from dataclasses import replace

    manager, privacy = (
        replace(world.anyshire.actors[role], operator="operator (ann)")
        for role in (Role.BUSINESS_MANAGER, Role.PRIVACY_OFFICER)
    )
    with database.begin() as session:
        unit = a_unit(session, manager)
        propose_disposal(unit, find_retained(unit, number=full.number), reason="Over.")
    for actor in (OPERATOR, privacy):
        with database.begin() as session, pytest.raises(NotAllowed, match="terminal counts as one person"):
            unit = a_unit(session, actor)
            approve_disposal(unit, find_retained(unit, number=full.number))
    with database.begin() as session:
        unit = a_unit(session, world.anyshire.actors[Role.PRIVACY_OFFICER])
        approve_disposal(unit, find_retained(unit, number=full.number))


def test_a_hold_between_approval_and_run_stops_it_and_ends_the_approval(database, world, full, home):
    approve(database, world.anyshire, full.number)
    with database.begin() as session:
        unit = a_unit(session, world.anyshire.actors[Role.BUSINESS_MANAGER])
        set_hold(unit, find_retained(unit, number=full.number), kind=RetentionHoldKind.INQUIRY, reason="Asked for.")
    with nothing_changes(database), pytest.raises(Refused, match="must not be destroyed"):
        dispose(database, settings_of(database, home), full.number)
    with database.begin() as session:
        from reviews.retention.decisions_on_cases import release_hold

        unit = a_unit(session, world.anyshire.actors[Role.BUSINESS_MANAGER])
        release_hold(unit, find_retained(unit, number=full.number), None, reason="It is over.")
    with nothing_changes(database), pytest.raises(Refused, match="It is due for review"):
        dispose(database, settings_of(database, home), full.number)


def test_what_changed_since_stops_it(database, world, full, home):
    approve(database, world.anyshire, full.number)
    with database.begin() as session:
        session.execute(sa.update(Case).where(Case.id == full.number).values(version=Case.version + 1))
    with nothing_changes(database), pytest.raises(Refused, match="was changed after"):
        dispose(database, settings_of(database, home), full.number)
    with database.begin() as session:
        unit = a_unit(session, world.anyshire.actors[Role.PRIVACY_OFFICER])
        refuse_disposal(unit, find_retained(unit, number=full.number), reason="Changed.")
        propose_disposal(unit, find_retained(unit, number=full.number), reason="Over.")


def test_a_mail_that_waits_to_leave_stops_it(database, world, full, home):
    approve(database, world.anyshire, full.number)
    with database.begin() as session:
        session.execute(sa.update(Letter).where(Letter.letter_key == "key naming").values(state=LetterState.QUEUED))
    with nothing_changes(database), pytest.raises(Refused, match="waits to leave"):
        dispose(database, settings_of(database, home), full.number)


def test_what_is_open_about_it_stops_it(database, world, full, home):
    approve(database, world.anyshire, full.number)
    with database.begin() as session:
        linked = session.scalars(sa.select(Case.id).where(Case.title == "A neutral title")).first()
        session.execute(sa.update(Case).where(Case.id == linked).values(closed_on=None))
    with nothing_changes(database), pytest.raises(Refused, match="A case that is linked with it is open"):
        dispose(database, settings_of(database, home), full.number)


def test_a_run_that_was_killed_before_its_files_is_finished_by_the_next(database, world, full, home):
    settings, clock = settings_of(database, home), StoppedClock(NOW)
    approve(database, world.anyshire, full.number)
    made = dispose(database, settings, full.number, finish=False)
    assert made.finished_at is None
    assert stored_names(folder_of(home)) == set(full.files)
    assert finish_disposals(database, settings, clock, OPERATOR) == [made.id]
    assert stored_names(folder_of(home)) == set()
    with nothing_changes(database):
        assert finish_disposals(database, settings, clock, OPERATOR) == []


KILLED = """
import os, signal, sys
from pathlib import Path
import notifications.models
import sqlalchemy as sa
from sqlalchemy import event
from reviews.access.permissions import system
from reviews.core.clock import StoppedClock, read_moment
from reviews.core.db import engine_of, open_database
from reviews.core.settings import Environment, Settings
from reviews.retention.dispose import dispose_of
url, home, number, at = sys.argv[1:]
database, seen = open_database(url), []
def count(connection, cursor, statement, *more):
    if statement.startswith("DELETE"):
        seen.append(statement)
        if len(seen) == int(at):
            os.kill(os.getpid(), signal.SIGKILL)
event.listen(engine_of(database), "before_cursor_execute", count)
settings = Settings(home=Path(home), env=Environment.TEST)
dispose_of(database, settings, StoppedClock(read_moment("2026-11-20T08:00")), system("operator (ann)"),
           number=int(number), forms_key=None)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.faults
def test_a_run_that_is_killed_at_any_moment_leaves_all_or_nothing(database, database_url, world, full, home):
    settings = settings_of(database, home)
    approve(database, world.anyshire, full.number)
    for at in (1, 12, 30):
        before = dump(database)
        assert _killed(database_url, home, full.number, at) == -signal.SIGKILL
        assert dump(database) == before
    assert _killed(database_url, home, full.number, 1_000) == -signal.SIGKILL
    with database() as session:
        assert session.get(Case, full.number) is None
        assert session.scalars(sa.select(DisposalCertificate.finished_at)).all() == [None]
    assert stored_names(folder_of(home)) == set(full.files)
    finish_disposals(database, settings, StoppedClock(NOW), OPERATOR)
    assert stored_names(folder_of(home)) == set()
    assert WORD not in dump(database).replace("saved_forms", "")


def _killed(url: str, home: Path, number: int, at: int) -> int:
    words = [sys.executable, "-c", KILLED, url, str(home), str(number), str(at)]
    return subprocess.run(words, check=False, timeout=120).returncode


def test_two_runs_at_once_dispose_of_it_once(database, world, full, home):
    approve(database, world.anyshire, full.number)
    settings, answers = settings_of(database, home), []

    def run() -> None:
        try:
            answers.append(dispose(database, settings, full.number).number)
        except (NotFound, Refused) as answer:
            answers.append(type(answer).__name__)

    threads = [Thread(target=run) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(answers) in (["DC-2026-01", "NotFound"], ["DC-2026-01", "Refused"])
    with database() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(DisposalCertificate)) == 1
        assert session.scalars(sa.select(DisposalCertificate.finished_at)).one() is not None


def test_the_digest_tells_a_copy_from_another(database, world, full, home):
    """The same rows give the same hash, another word in one of them another."""
    from reviews.retention.dispose import _canonical

    rows = [{"id": 1, "text": "a"}, {"id": 1, "text": "b"}]
    assert len({_canonical("actions", row) for row in rows}) == 2
    assert json.loads(_canonical("actions", rows[0])) == ["actions", {"id": 1, "text": "a"}]

"""The audit log in backups: packed once a day is over, carried to the other database, whole while views are written."""

import gzip
import json
import shutil
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from reviews.audit.write_entry import NewEntry, write_entry
from reviews.backups.backup_folder import hash_file, read_manifest, write_manifest
from reviews.core.db import engine_of, open_database
from reviews.models import AuditEntry, AuditKind, Through
from tests.cli.terminal import Terminal
from tests.cli.test_backups import KEY, OTHER, empty_url, run

__all__ = ["empty_url"]

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
"""The moment of the terminal: November is open, and of it the 19th and 20th."""
LATER = {"NOW": "2026-12-03T08:00"}


@pytest.fixture
def log(terminal):
    database = open_database(terminal.database_url)
    yield database
    engine_of(database.audit).dispose()
    engine_of(database).dispose()


def look(log, at, reference="RR-2026-01"):
    write_entry(
        log,
        NewEntry(
            at=at,
            kind=AuditKind.SEEN,
            through=Through.PAGE,
            route="/cases/<reference>",
            person="Zoë “quoted”\nname",
            case_id=7,
            reference=reference,
        ),
    )


def rows_of(url):
    database = open_database(url)
    with database.audit() as session:
        rows = session.execute(sa.select(AuditEntry.__table__).order_by(AuditEntry.id)).all()
    engine_of(database.audit).dispose()
    engine_of(database).dispose()
    return rows


def packs(terminal):
    return sorted(path.name for path in terminal.home.joinpath("audit").glob("*.gz"))


MOMENTS = (
    datetime(2026, 9, 30, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 10, 1, tzinfo=UTC),
    datetime(2026, 11, 3, 9, 30, tzinfo=UTC),
    datetime(2026, 11, 18, 10, 0, 0, 5, tzinfo=UTC),
    NOW - timedelta(days=1),
    NOW,
)


def test_a_restore_on_the_other_database_gives_every_row_of_the_audit_log_with_its_number(
    terminal, log, empty_url, tmp_path
):
    for moment in MOMENTS:
        look(log, moment)
    run(terminal, "backup", tmp_path / "monday")
    whole = json.loads(run(terminal, "backup", "verify", tmp_path / "monday", "--json"))
    run(terminal, "backup", "verify", tmp_path / "monday", "--every-row")
    kind = sa.make_url(terminal.database_url).get_backend_name()
    elsewhere = Terminal(tmp_path / "elsewhere", empty_url(OTHER[kind]))
    run(elsewhere, "restore", tmp_path / "monday")

    assert whole["tables"]["audit_entries"] == len(MOMENTS)
    assert rows_of(elsewhere.database_url) == rows_of(terminal.database_url)
    assert packs(terminal) == ["2026-09.jsonl.gz", "2026-10.jsonl.gz", "2026-11-03.jsonl.gz", "2026-11-18.jsonl.gz"]
    database = open_database(elsewhere.database_url)
    look(database, NOW)
    engine_of(database.audit).dispose()
    engine_of(database).dispose()
    assert len(rows_of(elsewhere.database_url)) == len(MOMENTS) + 1


def test_a_pack_is_copied_until_its_rows_are_others_and_is_never_taken_when_it_was_harmed(terminal, log, tmp_path):
    for moment in MOMENTS:
        look(log, moment)
    run(terminal, "backup", tmp_path / "monday")
    pack = terminal.home / "audit" / "2026-10.jsonl.gz"
    made = pack.stat().st_mtime_ns
    run(terminal, "backup", tmp_path / "tuesday")
    assert pack.stat().st_mtime_ns == made
    assert pack.stat().st_mode & 0o077 == 0

    look(log, datetime(2026, 10, 31, 23, 59, tzinfo=UTC))  # committed after its month was packed
    run(terminal, "backup", tmp_path / "wednesday")
    october = "audit/audit_entries-2026-10.jsonl.gz"
    with gzip.open(tmp_path / "wednesday" / october) as file:
        assert len(file.readlines()) == 2
    good = pack.read_bytes()
    pack.write_bytes(good[:-4] + b"junk")
    run(terminal, "backup", tmp_path / "thursday")
    assert pack.read_bytes() == good
    pack.unlink()
    run(terminal, "backup", tmp_path / "friday")
    assert hash_file(tmp_path / "friday" / october) == hash_file(tmp_path / "wednesday" / october)


def test_the_days_of_a_month_become_one_pack_when_it_is_over(terminal, log, tmp_path):
    for moment in MOMENTS:
        look(log, moment)
    run(terminal, "backup", tmp_path / "before")
    run(terminal, "backup", tmp_path / "after", **LATER)
    assert packs(terminal) == ["2026-09.jsonl.gz", "2026-10.jsonl.gz", "2026-11.jsonl.gz"]
    assert read_manifest(tmp_path / "after").audit["audit_entries"].parts["2026-11"].rows == 4
    run(terminal, "backup", "verify", tmp_path / "after")


def test_a_pack_of_fewer_rows_than_the_manifest_says_is_named(terminal, log, tmp_path, bare):
    look(log, MOMENTS[0])
    run(terminal, "backup", tmp_path / "sound")
    path = "audit/audit_entries-2026-09.jsonl.gz"
    with gzip.open(tmp_path / "sound" / path, "wb") as file:
        file.write(b"")
    manifest = read_manifest(tmp_path / "sound")
    files = {**manifest.files, path: hash_file(tmp_path / "sound" / path)}
    write_manifest(tmp_path / "sound", manifest.model_copy(update={"files": files}))
    says = f"{path} does not have the 1 rows that were counted when it was made."
    assert bare.refused("backup", "verify", tmp_path / "sound") == says
    target = Terminal(tmp_path / "target")
    assert "Table audit_entries 2026-09 has 0 rows" in target.refused("restore", tmp_path / "sound", SECRET_KEY=KEY)
    assert not target.home.joinpath("followthrough-audit.db").exists()


def test_the_log_of_a_sealed_backup_cannot_be_read_without_its_key(terminal, log, empty_url, tmp_path):
    for moment in MOMENTS:
        look(log, moment, "RR-2026-77")
    recipient = terminal.json("backup", "key", tmp_path / "key")["recipient"]
    run(terminal, "backup", tmp_path / "sealed", BACKUP_RECIPIENTS=recipient)
    for path in (tmp_path / "sealed").rglob("*.age"):
        assert path.read_bytes().startswith(b"age-encryption.org")
    assert terminal.json("backup", "verify", tmp_path / "sealed", "--key", tmp_path / "key")["ok"]
    elsewhere = Terminal(tmp_path / "elsewhere", empty_url("sqlite"))
    run(elsewhere, "restore", tmp_path / "sealed", "--key", tmp_path / "key")
    assert {row.reference for row in rows_of(elsewhere.database_url)} == {"RR-2026-77"}


@pytest.mark.parametrize("left", ["followthrough-audit.db", "audit/2026-10.jsonl.gz"])
def test_it_is_restored_only_where_no_audit_log_is(bare, tmp_path, sqlite_template, left):
    tmp_path.joinpath("from").mkdir()
    here = Terminal(tmp_path / "from", f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'from' / 'one.db')}")
    run(here, "backup", tmp_path / "sound")
    bare.home.joinpath(left).parent.mkdir(parents=True)
    bare.home.joinpath(left).write_text("somebody's own")
    refusal = bare.refused("restore", tmp_path / "sound", SECRET_KEY=KEY)
    assert "Restore into an empty FOLLOWTHROUGH_HOME" in refusal
    assert bare.home.joinpath(left).read_text() == "somebody's own"
    assert not bare.home.joinpath("followthrough.db").exists()


@contextmanager
def viewers(log, number):
    """Let threads write views without a pause; gives a list as long as what they have written. None may be refused."""
    written, faults, ended = [], [], threading.Event()

    def write():
        while not ended.is_set():
            try:
                look(log, NOW)
                written.append(1)
            except sa.exc.OperationalError as fault:
                faults.append(fault)

    threads = [threading.Thread(target=write) for _ in range(number)]
    for thread in threads:
        thread.start()
    try:
        yield written
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert faults == []


@pytest.mark.faults
def test_backups_are_whole_while_views_are_written_and_no_view_waits(terminal, log, tmp_path):
    for day in range(40):
        for _ in range(10):
            look(log, NOW - timedelta(days=day))
    with viewers(log, 3) as written:
        for number in range(3):
            before = len(written)
            run(terminal, "backup", tmp_path / f"hot-{number}")
            after = len(written)
            verified = json.loads(run(terminal, "backup", "verify", tmp_path / f"hot-{number}", "--json"))
            assert 400 + before <= verified["tables"]["audit_entries"] <= 400 + after + 3
    assert written

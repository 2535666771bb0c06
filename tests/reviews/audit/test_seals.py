"""R15 and D18: the chain over history and audit log names what was changed, removed, put in, swapped or cut off."""

import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from reviews.audit.anchors import anchor_line, lines_for_outside, read_outside, unsent_anchors, write_anchors
from reviews.audit.canonical_rows import (
    FORMS,
    SEAL_FIELDS,
    TABLES,
    FieldKind,
    SealKeys,
    as_instant,
    newest_form,
    row_writer,
    seal_writer,
    stored,
    unpack_ids,
)
from reviews.audit.seal_rows import note_disposed, seal_rows, sessions_of
from reviews.audit.verify_seals import FaultKind, Verification, verify_seals
from reviews.core.clock import StoppedClock, SystemClock, local_day
from reviews.core.db import Database, engine_of, open_database
from reviews.core.keyring import KeyPurpose
from reviews.models import (
    Anchor,
    AuditEntry,
    AuditSeal,
    DisposedRows,
    Event,
    EventKind,
    Partnership,
    Seal,
    Stream,
)
from tests.builders import a_unit
from tests.reviews.audit.sealed import Record, a_record

COLUMNS = [
    (stream, name, kind)
    for stream in Stream
    for name, kind in FORMS[stream][newest_form(stream)].items()
    if name != "id"
]


@pytest.fixture
def record(database: Database, clock: StoppedClock, tmp_path: Path) -> Record:
    record = a_record(database, clock, tmp_path / "keys")
    record.seal()
    return record


def named(found: Verification) -> list[tuple[FaultKind, str, int | None]]:
    return [(fault.kind, fault.table, fault.row) for fault in found.faults]


def change(record: Record, stream: Stream, name: str, kind: FieldKind, row: int) -> None:
    """Change one column of one row a little, or fill it where it is empty, past everything that guards it."""
    table, is_sqlite = TABLES[stream].table, engine_of(record.database).dialect.name == "sqlite"
    changed = {
        FieldKind.NUMBER: f"coalesce({name}, 0) + 1",
        FieldKind.TEXT: f"coalesce({name}, '') || 'x'",
        FieldKind.DAY: f"coalesce(date({name}, '+1 day'), '2026-01-01')"
        if is_sqlite
        else f"coalesce({name} + 1, DATE '2026-01-01')",
        FieldKind.INSTANT: f"substr({name}, 1, 24) || ((CAST(substr({name}, 25, 1) AS INTEGER) + 1) % 10) || "
        f"substr({name}, 26)"
        if is_sqlite
        else f"{name} + INTERVAL '1 microsecond'",
        FieldKind.JSON: """'{"reason":"other"}'""",
    }[kind]
    record.run(stream, f"UPDATE {table} SET {name} = {changed} WHERE id = :row", row=row)


def test_whole_rows_are_whole(record: Record) -> None:
    found = record.verify()
    assert (found.ok, found.unsealed, found.faults) == (True, 0, [])
    assert found.rows == sum(len(record.ids(stream)) for stream in Stream)
    assert {row for seal in seals(record, Stream.HISTORY) for row in unpack_ids(seal.row_ids)} == set(
        record.ids(Stream.HISTORY)
    )


@pytest.mark.parametrize(("stream", "name", "kind"), COLUMNS, ids=lambda value: str(value))
def test_d18_a_change_of_any_column_names_the_row(record: Record, stream: Stream, name: str, kind: FieldKind) -> None:
    row = Random(name).choice(record.ids(stream))  # noqa: S311  # the same each time
    change(record, stream, name, kind, row)
    fault = record.first()
    assert named(record.verify()) == [(FaultKind.CHANGED, TABLES[stream].table, row)]
    assert fault.at is not None
    assert f"Row {row} of {TABLES[stream].table}" in fault.sentence


@pytest.mark.faults
def test_r15_a_thousand_changes_one_at_a_time_each_name_their_row(
    database: Database, clock: StoppedClock, tmp_path: Path
) -> None:
    record, random = a_record(database, clock, tmp_path / "keys", rows=100), Random(15)  # noqa: S311  # the same each time
    record.seal()
    for _ in range(1000):
        stream, name, kind = random.choice(COLUMNS)
        table, row = TABLES[stream].table, random.choice(record.ids(stream))
        record.run(stream, "CREATE TABLE before AS SELECT * FROM " + table + " WHERE id = :row", row=row)
        change(record, stream, name, kind, row)
        assert named(record.verify()) == [(FaultKind.CHANGED, table, row)], name
        record.run(stream, f"UPDATE {table} SET {name} = (SELECT {name} FROM before) WHERE id = :row", row=row)
        record.run(stream, "DROP TABLE before")
    assert record.verify().ok


def test_many_changed_rows_are_each_named(record: Record) -> None:
    rows = sorted(Random(1).sample(record.ids(Stream.HISTORY), 9))  # noqa: S311  # the same each time
    for row in rows:
        change(record, Stream.HISTORY, "recorded_by", FieldKind.TEXT, row)
    assert [fault.row for fault in record.verify().faults] == rows


def test_announcing_an_event_is_no_change(record: Record) -> None:
    record.run(Stream.HISTORY, "UPDATE events SET announced_at = recorded_at")
    assert record.verify().ok


def test_what_is_no_value_of_its_column_is_named_and_stops_nothing(record: Record) -> None:
    odd = {"recorded_at": "'infinity'", "happened_on": "'infinity'"}
    if engine_of(record.database).dialect.name == "sqlite":  # which takes anything
        odd = {
            "details": "'no json'",
            "recorded_at": "'soon'",
            "happened_on": "x'80ff'",
            "recorded_by": "CAST(x'80ff' AS TEXT)",
            "case_id": "'many'",
            "step": "1.5",
        }
    rows = record.ids(Stream.HISTORY)[7 : 7 + len(odd)]
    for row, (name, value) in zip(rows, odd.items(), strict=True):
        record.run(Stream.HISTORY, f"UPDATE events SET {name} = {value} WHERE id = {row}")
    assert named(record.verify()) == [(FaultKind.CHANGED, "events", row) for row in rows]


@pytest.mark.parametrize("stream", Stream)
def test_d18_a_removed_row_is_named(record: Record, stream: Stream) -> None:
    table = TABLES[stream].table
    for row in (record.ids(stream)[0], record.ids(stream)[11], record.ids(stream)[-1]):
        record.run(stream, f"CREATE TABLE before AS SELECT * FROM {table} WHERE id = {row}")
        record.run(stream, f"DELETE FROM {table} WHERE id = {row}")
        assert named(record.verify()) == [(FaultKind.REMOVED, table, row)]
        assert record.first().sealed_at == record.clock.now()
        record.run(stream, f"INSERT INTO {table} SELECT * FROM before")
        record.run(stream, "DROP TABLE before")
    assert record.verify().ok


def test_a_number_that_was_changed_is_a_row_removed_and_one_put_in(record: Record) -> None:
    row = record.ids(Stream.HISTORY)[5]
    record.clock.at += timedelta(minutes=30)
    record.write(5)
    record.seal()
    free = record.ids(Stream.HISTORY)[-1] + 100
    record.run(Stream.HISTORY, f"UPDATE events SET id = {free} WHERE id = {row}")
    assert named(record.verify()) == [(FaultKind.REMOVED, "events", row), (FaultKind.UNSEALED, "events", free)]


def test_d18_a_row_put_in_between_is_named(record: Record) -> None:
    gap = record.ids(Stream.HISTORY)[12]
    record.run(Stream.HISTORY, f"DELETE FROM events WHERE id = {gap}")
    record.run(Stream.HISTORY, "DELETE FROM seals")  # so the number was never sealed
    record.seal()
    assert record.verify().ok
    record.clock.at += timedelta(hours=3)
    copy(record, gap + 1, gap)
    record.seal()  # looks back an hour, and so does not seal it
    fault = record.first()
    assert (fault.kind, fault.row) == (FaultKind.INSERTED, gap)
    assert "never sealed" in fault.sentence


@pytest.mark.parametrize("stream", Stream)
def test_d18_a_row_put_in_at_the_end_as_of_long_ago_is_named(record: Record, stream: Stream) -> None:
    record.clock.at += timedelta(hours=5)
    record.write(3)
    record.seal()
    last = record.ids(stream)[-1]
    copy(record, record.ids(stream)[0], last + 1, stream=stream)  # keeps its moment of five hours ago
    record.clock.at += timedelta(minutes=1)
    record.seal()
    assert named(record.verify()) == [(FaultKind.INSERTED, TABLES[stream].table, last + 1)]


def test_what_a_round_as_of_an_earlier_moment_records_is_noted_and_no_fault(record: Record) -> None:
    record.clock.at += timedelta(hours=5)
    record.write(3)
    record.seal()
    last = record.ids(Stream.HISTORY)[-1]
    copy(record, record.ids(Stream.HISTORY)[0], last + 1)
    record.run(Stream.HISTORY, f"UPDATE events SET recorded_by = 'reminders' WHERE id = {last + 1}")
    record.clock.at += timedelta(minutes=1)
    record.seal()
    found = record.verify()
    assert (found.ok, [note.row for note in found.notes]) == (True, [last + 1])


def test_a_process_that_was_off_for_days_is_no_fault(record: Record) -> None:
    for _ in range(3):
        record.clock.at += timedelta(days=3)
        record.write(10)
        record.clock.at += timedelta(days=2)
        record.seal()
    assert record.verify().ok


def test_swapped_rows_are_named_with_each_other(record: Record) -> None:
    ids = record.ids(Stream.HISTORY)
    one, other = ids[6], ids[15]
    for source, target in ((one, -1), (other, one), (-1, other)):
        record.run(Stream.HISTORY, f"UPDATE events SET id = {target} WHERE id = {source}")
    found = record.verify()
    assert named(found) == [(FaultKind.SWAPPED, "events", one), (FaultKind.SWAPPED, "events", other)]
    assert [fault.other for fault in found.faults] == [other, one]


def test_a_removed_seal_is_a_gap(record: Record) -> None:
    record.clock.at += timedelta(minutes=1)
    record.write(10, seed=1)
    record.seal()
    record.clock.at += timedelta(minutes=1)
    record.write(10, seed=2)
    record.seal()
    of_it = [seal for seal in seals(record, Stream.HISTORY) if seal.partnership_id == record.partnerships[0]]
    record.run(Stream.HISTORY, f"DELETE FROM seals WHERE id = {of_it[1].id}")
    found = record.verify()
    assert [(fault.kind, fault.seal) for fault in found.faults] == [(FaultKind.SEALS_MISSING, 2)]
    assert found.unchecked == of_it[1].row_count


@pytest.mark.parametrize("name", [*SEAL_FIELDS, "head"])
def test_d18_a_changed_seal_is_named(record: Record, name: str) -> None:
    seal = seals(record, Stream.HISTORY)[0]
    is_sqlite = engine_of(record.database).dialect.name == "sqlite"
    kind = SEAL_FIELDS.get(name, FieldKind.TEXT)
    values = {
        FieldKind.NUMBER: f"{name} + 7",
        FieldKind.TEXT: f"CASE substr({name}, 1, 1) WHEN '0' THEN '1' ELSE '0' END || substr({name}, 2)",
        FieldKind.BYTES: "x'00'" if is_sqlite else "'\\x00'::bytea",
        FieldKind.INSTANT: f"replace({name}, '2026', '2025')" if is_sqlite else f"{name} - INTERVAL '1 year'",
    }
    record.run(Stream.HISTORY, f"UPDATE seals SET {name} = {values[kind]} WHERE id = {seal.id}")
    fault = record.first()
    assert fault.kind in {FaultKind.SEAL_CHANGED, FaultKind.SEALS_MISSING, FaultKind.KEY_MISSING}
    assert fault.stream is Stream.HISTORY


def test_rows_since_the_last_pass_are_counted_and_no_fault(record: Record) -> None:
    record.clock.at += timedelta(minutes=8)
    record.write(6)
    found = record.verify()
    assert (found.ok, found.unsealed) == (True, 12)
    record.clock.at += timedelta(minutes=15)
    found = record.verify()
    assert (found.unsealed, [fault.kind for fault in found.faults]) == (12, [FaultKind.UNSEALED, FaultKind.UNSEALED])
    assert "6 rows of events wait to be sealed" in found.faults[0].sentence


# anchors


def test_a_cut_tail_is_found_by_the_anchor(record: Record) -> None:
    for _ in range(3):
        record.clock.at += timedelta(minutes=1)
        record.write(10)
        record.seal()
    write_anchors(record.database, record.clock)
    assert record.verify().ok
    of_it = [seal for seal in seals(record, Stream.HISTORY) if seal.partnership_id == record.partnerships[0]]
    for row in unpack_ids(of_it[-1].row_ids):
        record.run(Stream.HISTORY, f"DELETE FROM events WHERE id = {row}")
    record.run(Stream.HISTORY, f"DELETE FROM seals WHERE id = {of_it[-1].id}")
    [fault] = record.verify().faults
    assert (fault.kind, fault.partnership, fault.seal) == (FaultKind.CUT, "ANYSHIRE", of_it[-1].number)
    assert f"counts {of_it[-1].total} sealed rows" in fault.sentence


@pytest.mark.parametrize("as_told", ["file", "mail"])
def test_d18_a_chain_written_anew_with_the_key_is_found_by_anchors_outside(
    record: Record, tmp_path: Path, as_told: str
) -> None:
    """Row changed, every hash and head worked out again with the key, and the anchors stored here rewritten to fit."""
    write_anchors(record.database, record.clock)
    kept = tmp_path / "anchors"
    with record.database() as session:
        anchors = unsent_anchors(session)
        lines = lines_for_outside(session, anchors)
        codes = {0: "", **dict(zip(record.partnerships, ("ANYSHIRE", "ELSEWHERE"), strict=True))}
    if as_told == "mail":
        lines = ["Good morning,", ""] + [
            anchor_line(each.stream, codes[each.partnership_id], local_day(each.at), each.total, each.head)
            for each in anchors
        ]
    kept.write_text("\n".join(lines), encoding="utf-8")
    assert record.verify(outside=read_outside(kept)).ok

    row = unpack_ids(seals(record, Stream.HISTORY)[0].row_ids)[0]
    change(record, Stream.HISTORY, "recorded_by", FieldKind.TEXT, row)
    rewrite(record, Stream.HISTORY)
    assert [fault.kind for fault in record.verify().faults] == [FaultKind.REWRITTEN]
    with record.as_superuser(Stream.HISTORY) as connection:
        for seal in connection.execute(sa.select(Seal.__table__)).all():
            mine = (Anchor.stream == Stream.HISTORY, Anchor.partnership_id == seal.partnership_id)
            connection.execute(sa.update(Anchor.__table__).where(*mine).values(head=seal.head))
    assert record.verify().ok  # who has database and key deceives whoever looks at nothing else
    found = record.verify(outside=read_outside(kept))
    assert [(fault.kind, fault.partnership) for fault in found.faults] == [(FaultKind.REWRITTEN, "ANYSHIRE")]


def test_everything_cut_with_its_anchors_is_found_by_those_outside(record: Record, tmp_path: Path) -> None:
    write_anchors(record.database, record.clock)
    with record.database() as session:
        lines = lines_for_outside(session, unsent_anchors(session))
    (tmp_path / "kept").write_text("\n".join(lines), encoding="utf-8")
    for table in ("events", "seals", "anchors"):
        record.run(Stream.HISTORY, f"DELETE FROM {table}")
    for table in ("audit_entries", "audit_seals"):
        record.run(Stream.AUDIT_LOG, f"DELETE FROM {table}")
    assert record.verify().ok
    found = record.verify(outside=read_outside(tmp_path / "kept"))
    assert {fault.kind for fault in found.faults} == {FaultKind.CUT}


def test_an_anchor_a_day_for_each_chain(record: Record) -> None:
    chains = 2 + 3  # the audit log has entries of no partnership too
    assert write_anchors(record.database, record.clock) == chains
    assert write_anchors(record.database, record.clock) == 0
    record.clock.at += timedelta(hours=15)  # 23:00
    assert write_anchors(record.database, record.clock) == 0
    record.clock.at += timedelta(hours=2)
    assert write_anchors(record.database, record.clock) == chains


def test_going_on_from_the_last_verified_anchor(record: Record) -> None:
    everything = record.verify(since_anchor=True)
    assert (everything.since, everything.rows) == (None, record.verify().rows)
    write_anchors(record.database, record.clock)
    assert record.verify().ok
    record.clock.at += timedelta(minutes=1)
    record.write(10)
    record.seal()
    since = record.verify(since_anchor=True)
    assert (since.ok, since.rows, since.since) == (True, 20, record.clock.now() - timedelta(minutes=1))
    new, old = record.ids(Stream.HISTORY)[-3], record.ids(Stream.HISTORY)[3]
    change(record, Stream.HISTORY, "recorded_by", FieldKind.TEXT, new)
    assert [fault.row for fault in record.verify(since_anchor=True).faults] == [new]
    change(record, Stream.HISTORY, "recorded_by", FieldKind.TEXT, old)
    assert [fault.row for fault in record.verify().faults] == [old, new]


def test_a_mark_of_verification_is_not_believed_without_the_key(record: Record) -> None:
    write_anchors(record.database, record.clock)
    change(record, Stream.HISTORY, "recorded_by", FieldKind.TEXT, record.ids(Stream.HISTORY)[3])
    record.run(Stream.HISTORY, f"UPDATE anchors SET verified_at = at, verified = '{'0' * 64}'")
    assert record.verify(since_anchor=True).fault_count == 1


# keys, forms, disposal


def test_an_earlier_key_opens_what_it_has_sealed(record: Record) -> None:
    record.keyring.add(KeyPurpose.SEALS)
    record.clock.at += timedelta(minutes=1)
    record.write(10)
    record.seal()
    assert len({seal.key_mark for seal in seals(record, Stream.HISTORY)}) == 2
    assert record.verify().ok
    first = record.keyring.folder / "seals-1.key"
    first.rename(first.with_suffix(".away"))
    fresh = Record(record.database, record.clock, record.keyring.folder)
    assert {fault.kind for fault in fresh.verify().faults} == {FaultKind.KEY_MISSING}


def test_a_form_has_every_column_of_its_table_but_what_is_set_later() -> None:
    for stream, model in ((Stream.HISTORY, Event), (Stream.AUDIT_LOG, AuditEntry)):
        newest = set(FORMS[stream][newest_form(stream)])
        assert newest == {column.name for column in model.__table__.columns} - {"announced_at"}
        for fields in FORMS[stream].values():
            assert set(fields) <= newest


@pytest.mark.parametrize("stream", Stream)
def test_rows_disposed_of_by_certificate_are_not_missed(record: Record, stream: Stream) -> None:
    rows = record.ids(stream)[3:9]
    with record.database.begin() as session:
        note_disposed(session, stream, rows, "Disposal 2026/1", keyring=record.keyring)
    assert record.verify().ok
    record.run(stream, f"DELETE FROM {TABLES[stream].table} WHERE id IN ({','.join(map(str, rows))})")
    found = record.verify()
    assert (found.ok, dict(found.disposed)) == (True, {"Disposal 2026/1": len(rows)})
    record.run(stream, f"DELETE FROM {TABLES[stream].table} WHERE id = {record.ids(stream)[4]}")
    assert record.first().kind is FaultKind.REMOVED


def test_nobody_without_the_key_excuses_a_removal(record: Record) -> None:
    rows = record.ids(Stream.HISTORY)[3:5]
    with record.database.begin() as session:
        note_disposed(session, Stream.HISTORY, rows, "Disposal 2026/1", keyring=record.keyring)
    record.run(Stream.HISTORY, "UPDATE disposed_rows SET certificate = 'Disposal 2026/2'")
    record.run(Stream.HISTORY, f"DELETE FROM events WHERE id = {rows[0]}")
    kinds = [fault.kind for fault in record.verify().faults]
    assert kinds == [FaultKind.DISPOSAL_FORGED, FaultKind.REMOVED]


def test_the_newest_row_of_the_history_is_not_disposed_of(record: Record) -> None:
    with record.database.begin() as session, pytest.raises(ValueError, match="certificate"):
        note_disposed(session, Stream.HISTORY, record.ids(Stream.HISTORY)[-2:], "D1", keyring=record.keyring)
    with record.database() as session:
        assert session.scalars(sa.select(DisposedRows)).all() == []


def test_a_record_moved_to_the_other_database_keeps_its_seals(
    record: Record, request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path
) -> None:
    if engine_of(record.database).dialect.name == "sqlite":
        url = request.getfixturevalue("postgres").fresh()
    else:
        url = f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'moved.db')}"
    moved = Record(open_database(url), record.clock, record.keyring.folder)
    for stream, models in ((Stream.HISTORY, (Partnership, Event, Seal)), (Stream.AUDIT_LOG, (AuditEntry, AuditSeal))):
        for model in models:
            table = model.__table__
            with sessions_of(record.database, stream)() as session:
                rows = [dict(row._mapping) for row in session.execute(sa.select(table))]
            with moved.as_superuser(stream) as connection:
                connection.execute(sa.insert(table), rows)
    found = moved.verify()
    assert (found.ok, found.rows, found.unsealed) == (True, record.verify().rows, 0)
    change(moved, Stream.HISTORY, "recorded_by", FieldKind.TEXT, moved.ids(Stream.HISTORY)[4])
    assert moved.first().row == moved.ids(Stream.HISTORY)[4]
    for each in (moved.database.audit, moved.database):
        engine_of(each).dispose()


# sealing


def test_an_earlier_history_is_sealed_in_batches_and_can_be_stopped(
    database: Database, clock: StoppedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reviews.audit.seal_rows.BATCH", 25)
    record = a_record(database, clock, tmp_path / "keys", rows=120)
    asked = iter([False, False, True] + [False] * 100)
    first = seal_rows(database, record.keyring, clock, stop=lambda: next(asked))
    assert first[Stream.HISTORY] == 50
    assert record.seal()[Stream.HISTORY] == len(record.ids(Stream.HISTORY)) - 50
    assert record.verify().ok


def test_a_row_that_is_committed_late_is_sealed_by_the_next_pass(record: Record) -> None:
    """On PostgreSQL a transaction takes its number before another that is committed first."""
    last = record.ids(Stream.HISTORY)[-1]
    copy(record, last, last + 2)
    record.seal()
    copy(record, last, last + 1)
    record.clock.at += timedelta(minutes=1)
    assert record.seal()[Stream.HISTORY] == 1
    assert record.verify().ok


@pytest.mark.faults
def test_r15_twenty_writers_raise_no_false_alarm(  # noqa: C901  # what runs at once stands together
    database: Database, tmp_path: Path
) -> None:
    """A thousand rows each, while one seals and another verifies all the time."""
    clock = SystemClock()
    record = a_record(database, StoppedClock(clock.now()), tmp_path / "keys", rows=5)
    seal_rows(database, record.keyring, clock)
    is_sqlite = engine_of(database).dialect.name == "sqlite"
    each_writes = 100 if is_sqlite else 1000
    done, faults, failures = threading.Event(), [], []

    def guarded(work: Callable[[], Any]) -> Callable[[], None]:
        def run() -> None:
            try:
                work()
            except Exception as fault:  # noqa: BLE001  # told at the end
                failures.append(fault)
                done.set()

        return run

    def write(seed: int) -> None:
        random = Random(seed)  # noqa: S311  # the same each time
        written = 0
        while written < each_writes:
            with suppress(OperationalError if is_sqlite else ()), database() as session:
                session.connection(execution_options={"writes": True})
                unit = a_unit(session)
                unit.now = clock.now()
                for _ in range(10):
                    unit.record(EventKind.CALENDAR_REVOKED, partnership_id=random.choice(record.partnerships))
                session.flush()
                if not is_sqlite and random.random() < 0.2:
                    done.wait(0.05)  # others commit later numbers meanwhile
                session.commit()
                written += 10

    def seal() -> None:
        while not done.is_set():
            with suppress(OperationalError if is_sqlite else ()):  # twenty others want the one lock of SQLite
                seal_rows(database, record.keyring, clock)
            done.wait(0.05)

    def verify() -> None:
        while not done.is_set():
            faults.extend(verify_seals(database, record.keyring, clock.now()).faults)

    writers = [threading.Thread(target=guarded(lambda seed=seed: write(seed))) for seed in range(20)]
    others = [threading.Thread(target=guarded(work)) for work in (seal, verify)]
    for thread in (*writers, *others):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in others:
        thread.join()
    seal_rows(database, record.keyring, clock)
    found = verify_seals(database, record.keyring, clock.now())
    assert (failures, faults, found.faults) == ([], [], [])
    assert found.rows >= 20 * each_writes
    assert found.unsealed == 0


def seals(record: Record, stream: Stream) -> list[Any]:
    table = TABLES[stream].seal_table
    with sessions_of(record.database, stream)() as session:
        return list(session.execute(sa.select(table).order_by(table.c.id)))


def copy(record: Record, source: int, target: int, *, stream: Stream = Stream.HISTORY) -> None:
    """Put a row in that is a copy of another, under a number of its own."""
    names = [name for name in FORMS[stream][newest_form(stream)] if name != "id"]
    columns, table = ", ".join(names), TABLES[stream].table
    record.run(
        stream, f"INSERT INTO {table} (id, {columns}) SELECT {target}, {columns} FROM {table} WHERE id = {source}"
    )


def rewrite(record: Record, stream: Stream) -> None:
    """Work out every seal anew with the key, so that the rows as they are now fit."""
    form, table = newest_form(stream), TABLES[stream].seal_table
    key, heads = SealKeys(record.keyring).newest(), {}
    with sessions_of(record.database, stream)() as session:
        rows = session.execute(
            sa.select(*stored(session, FORMS[stream][form])).select_from(sa.table(TABLES[stream].table))
        )
        by_id = {row[0]: row for row in rows}
    with record.as_superuser(stream) as connection:
        for seal in connection.execute(sa.select(table).order_by(table.c.id)).all():
            hashes = b"".join(key.hash_row(row_writer(stream, form)(by_id[row])) for row in unpack_ids(seal.row_ids))
            values = dict(seal._mapping) | {"row_hashes": hashes}
            as_stored = values | {name: as_instant(values[name]) for name in ("newest_at", "sealed_at")}
            head = key.head(
                seal_writer(stream)(as_stored[name] for name in SEAL_FIELDS), heads.get(seal.partnership_id, "")
            )
            heads[seal.partnership_id] = head
            changed = sa.update(table).where(table.c.id == seal.id).values(row_hashes=hashes, head=head)
            connection.execute(changed)

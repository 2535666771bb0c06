"""A history and an audit log that are sealed, and ways of damaging them for somebody with all rights."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.audit.anchors import OutsideAnchor
from reviews.audit.canonical_rows import TABLES
from reviews.audit.seal_rows import seal_rows, sessions_of
from reviews.audit.verify_seals import Fault, Verification, verify_seals
from reviews.core.clock import StoppedClock
from reviews.core.db import Database, engine_of
from reviews.core.keyring import Keyring
from reviews.models import (
    AuditEntry,
    AuditKind,
    Case,
    Event,
    EventKind,
    Partnership,
    Person,
    Stream,
    Through,
)
from tests.builders import a_case, a_partnership, a_person

DAY = date(2026, 11, 20)


class Record:
    """A database with a record of two partnerships, the clock of its sealing and its keys."""

    def __init__(self, database: Database, clock: StoppedClock, keys: Path) -> None:
        self.database, self.clock, self.keyring = database, clock, Keyring(keys)

    def write(self, count: int, *, seed: int = 0) -> None:
        """Write rows of every shape to both streams, one after the other, as they would be over some minutes."""
        random = Random(seed)  # noqa: S311  # the same each time
        with self.database.begin() as session:
            self.partnerships = [row[0] for row in session.execute(sa.select(Partnership.id).order_by(Partnership.id))]
            people = [row[0] for row in session.execute(sa.select(Person.id))]
            cases = [row[0] for row in session.execute(sa.select(Case.id))]
        begun = self.clock.now() - timedelta(minutes=5)
        moments = [begun + timedelta(microseconds=random.randrange(10**6) + n * 1000) for n in range(count)]
        with self.writing(Stream.HISTORY) as session:
            session.execute(
                sa.insert(Event), [_an_event(random, self.partnerships, people, cases, at) for at in moments]
            )
        with self.writing(Stream.AUDIT_LOG) as session:
            session.execute(sa.insert(AuditEntry), [_an_entry(random, self.partnerships, at) for at in moments])

    def seal(self) -> dict[Stream, int]:
        return seal_rows(self.database, self.keyring, self.clock)

    def verify(self, *, since_anchor: bool = False, outside: list[OutsideAnchor] | None = None) -> Verification:
        return verify_seals(
            self.database, self.keyring, self.clock.now(), since_anchor=since_anchor, outside=outside or ()
        )

    def first(self, **how: Any) -> Fault:
        return self.verify(**how).faults[0]

    def ids(self, stream: Stream) -> list[int]:
        with sessions_of(self.database, stream)() as session:
            return [row[0] for row in session.execute(sa.text(f"SELECT id FROM {TABLES[stream].table} ORDER BY id"))]

    @contextmanager
    def writing(self, stream: Stream) -> Iterator[Session]:
        with sessions_of(self.database, stream)() as session:
            session.connection(execution_options={"writes": True})
            yield session
            session.commit()

    @contextmanager
    def as_superuser(self, stream: Stream) -> Iterator[sa.Connection]:
        """Open a transaction in which nothing that guards the rows is in force: triggers, foreign keys."""
        engine = engine_of(sessions_of(self.database, stream))
        with engine.connect().execution_options(writes=True) as connection:
            if engine.dialect.name == "sqlite":
                connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
                with connection.begin():
                    triggers = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                    for (name,) in triggers.all():
                        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
                    yield connection
                connection.connection.cursor().execute("PRAGMA foreign_keys=ON")
            else:
                with connection.begin():
                    connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
                    yield connection

    def run(self, stream: Stream, sql: str, **values: Any) -> None:
        with self.as_superuser(stream) as connection:
            connection.execute(sa.text(sql), values)


def a_record(database: Database, clock: StoppedClock, keys: Path, *, rows: int = 40) -> Record:
    with database.begin() as session:
        for code in ("ANYSHIRE", "ELSEWHERE"):
            partnership = a_partnership(session, code)
            a_person(session, partnership, email=f"manager@{code.lower()}.example")
            a_case(session, partnership)
    record = Record(database, clock, keys)
    record.write(rows)
    return record


def _an_event(
    random: Random, partnerships: list[int], people: list[int], cases: list[int], at: datetime
) -> dict[str, Any]:
    return {
        "kind": random.choice(list(EventKind)),
        "partnership_id": random.choice(partnerships),
        "case_id": random.choice([None, *cases]),
        "action_id": None,
        "track": random.choice([None, "rapid_review"]),
        "step": random.choice([None, "begin"]),
        "from_stage": random.choice([None, "open", ""]),
        "to_stage": random.choice([None, "ended"]),
        "happened_on": DAY - timedelta(days=random.randrange(4000)),
        "recorded_at": at,
        "recorded_by": random.choice(["operator (root)", "Zoë Ó Briain <zoe@anyshire.example>"]),
        "details": random.choice([{}, {"reason": "é “x”\u2028", "of": [1, None, {"b": 2.5, "a": True}]}]),
        "known_to": random.choice(["day", "month"]),
        "form_edition": random.choice([None, DAY]),
        "recorded_by_id": random.choice([None, *people]),
    }


def _an_entry(random: Random, partnerships: list[int], at: datetime) -> dict[str, Any]:
    return {
        "at": at,
        "kind": random.choice(list(AuditKind)),
        "partnership_id": random.choice([None, *partnerships]),
        "person_id": random.choice([None, 7]),
        "person": random.choice(["", "operator (root)"]),
        "role": random.choice(["", "chair"]),
        "through": random.choice(list(Through)),
        "route": "/cases/<reference>",
        "case_id": random.choice([None, 1]),
        "action_id": random.choice([None, 2]),
        "reference": random.choice(["", "RR-26-001"]),
        "outcome": random.choice(["", "hidden"]),
        "number": random.choice([None, 12]),
        "network": random.choice(["", "10.0.0.7"]),
        "request_id": "4f2a",
    }

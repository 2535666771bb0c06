"""Writing the audit log."""

import sqlalchemy as sa

from reviews.audit.write_entry import NewEntry, write_entry
from reviews.core.clock import StoppedClock
from reviews.core.db import Database, engine_of
from reviews.models import AuditEntry, AuditKind, Through


def test_an_entry_is_written_in_one_statement_of_its_own(database: Database, clock: StoppedClock) -> None:
    database.audit  # noqa: B018  # the file is made when it is first opened
    statements: list[str] = []
    sa.event.listen(engine_of(database.audit), "before_cursor_execute", lambda *seen: statements.append(seen[2]))
    entry = NewEntry(at=clock.now(), kind=AuditKind.SEEN, through=Through.PAGE, route="/cases/<reference>", case_id=7)
    write_entry(database, entry)
    assert [each.split()[0] for each in statements if not each.startswith("BEGIN")] == ["INSERT"]
    with database.audit() as session:
        [row] = session.scalars(sa.select(AuditEntry))
    assert (row.at, row.kind, row.case_id, row.person_id) == (clock.now(), AuditKind.SEEN, 7, None)


def test_a_writer_of_the_database_holds_no_view_back(database: Database, clock: StoppedClock) -> None:
    with database() as writer:
        writer.connection(execution_options={"writes": True})
        writer.execute(sa.text("DELETE FROM sent_forms"))
        write_entry(
            database, NewEntry(at=clock.now(), kind=AuditKind.LISTED, through=Through.PAGE, route="/cases", number=3)
        )
        with database.audit() as session:
            assert session.scalar(sa.select(AuditEntry.number)) == 3

"""Deleting rows of the history and the audit log: by disposal alone, while it says so to the database."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.core.append_only import APPEND_ONLY
from reviews.core.db import is_sqlite

ALLOWED = sa.text("SELECT set_config('followthrough.disposal', :allowed, true)")
"""Holds until the end of the transaction."""
TRIGGERS = sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name IN :names").bindparams(
    sa.bindparam("names", expanding=True)
)


@contextmanager
def disposing(session: Session) -> Iterator[None]:
    """Let rows of events or audit entries be deleted, within the session's writing transaction, until the block ends.

    On SQLite their triggers are gone for as long, in this transaction alone: nobody else sees it. On PostgreSQL the
    database's user needs the right to delete, which only that of disposal has. Changing a row stays refused on both.
    After an exception all of the transaction is taken back.
    """
    try:
        session.flush()  # what was to be deleted before is refused
        if is_sqlite(session):
            names = [f"{each.table}_refuse_delete" for each in APPEND_ONLY if each.is_disposed]
            triggers = [(str(name), str(sql)) for name, sql in session.execute(TRIGGERS, {"names": names})]
            for name, _ in triggers:
                session.execute(sa.text(f"DROP TRIGGER {name}"))
            yield
            session.flush()
            for _, sql in triggers:
                session.connection().exec_driver_sql(sql)
        else:
            session.execute(ALLOWED, {"allowed": "on"})
            yield
            session.flush()
            session.execute(ALLOWED, {"allowed": ""})
    except BaseException:
        session.rollback()
        raise

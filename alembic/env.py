"""Connects Alembic with the tables and the database."""

from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.script import ScriptDirectory

import notifications.models  # noqa: F401  # the tables register themselves
import reviews.models  # noqa: F401  # the tables register themselves
from reviews.core.db import AuditBase, Base, UtcDateTime, engine_of, open_database
from reviews.core.settings import Settings


def plain_types(kind: str, item: Any, _context: Any) -> str | bool:
    """Write plain SQLAlchemy types, so that no migration imports the application."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, sa.Enum):
        return f"sa.String(length={item.length})"
    return False


def number(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """Number a new revision after the newest: 0001, 0002 …"""
    newest = ScriptDirectory.from_config(context.config).get_current_head()
    directives[0].rev_id = f"{int(newest or 0) + 1:04}"


def migrate() -> None:
    engine = engine_of(open_database(context.config.attributes.get("url") or Settings().database))
    try:
        with engine.connect().execution_options(writes=True) as connection:
            run_on(connection)
    finally:
        engine.dispose()


def run_on(connection: sa.Connection) -> None:
    on_sqlite = connection.dialect.name == "sqlite"
    if on_sqlite:
        # on the driver's own connection: inside a transaction the pragma would be ignored
        connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
    context.configure(
        connection=connection,
        # on SQLite the audit log is a file of its own, made when it is first opened
        target_metadata=Base.metadata if on_sqlite else [Base.metadata, AuditBase.metadata],
        render_as_batch=on_sqlite,
        render_item=plain_types,
        process_revision_directives=number,
        compare_type=True,
        transactional_ddl=True,  # SQLite can, though Alembic does not expect it to: nobody sees half a migration
    )
    with context.begin_transaction():
        context.run_migrations()
        if on_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise RuntimeError("The migration left rows that point at nothing.")


migrate()

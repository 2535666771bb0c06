"""Tables whose rows are only ever added: triggers in the database refuse to change and to delete them (ADR 0035).

A new one stands here, gets its triggers in its migration, and with the grants its rights by itself.
"""

from dataclasses import dataclass

import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class AppendOnly:
    """`changes` are the columns that may be set later; from what `is_disposed` of, disposal deletes rows."""

    table: str
    changes: tuple[str, ...] = ()
    is_disposed: bool = False


APPEND_ONLY = (
    AppendOnly("events", changes=("announced_at",), is_disposed=True),
    AppendOnly("audit_entries", is_disposed=True),
    AppendOnly("seals"),
    AppendOnly("audit_seals"),
    AppendOnly("anchors", changes=("sent_at", "verified_at", "verified")),
    AppendOnly("disposed_rows"),
)


def trigger_names(table: str, dialect: str) -> set[str]:
    """Give the triggers that a table must have. SQLite has no TRUNCATE."""
    refused = ("update", "delete") if dialect == "sqlite" else ("update", "delete", "truncate")
    return {f"{table}_refuse_{change}" for change in refused}


def missing_triggers(connection: sa.Connection) -> list[str]:
    """Name the triggers that the tables there are should have and do not, or that are switched off."""
    dialect = connection.dialect.name
    present = set(connection.scalars(sa.text(PRESENT[dialect])))
    tables = set(sa.inspect(connection).get_table_names())
    wanted = [trigger_names(each.table, dialect) for each in APPEND_ONLY if each.table in tables]
    return sorted(set().union(*wanted) - present)


PRESENT = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')",
}


def add_triggers(metadata: sa.MetaData, connection: sa.Connection, **_options: object) -> None:
    """Make the triggers where tables are made from the models, as the audit log of SQLite is; those there are stay."""
    if connection.dialect.name != "sqlite":
        return
    for each in (each for each in APPEND_ONLY if each.table in metadata.tables):
        columns = [column.name for column in metadata.tables[each.table].columns if column.name not in each.changes]
        for change, refused in (("update", f"UPDATE OF {', '.join(columns)}"), ("delete", "DELETE")):
            connection.exec_driver_sql(
                f"CREATE TRIGGER IF NOT EXISTS {each.table}_refuse_{change} BEFORE {refused} ON {each.table} "
                f"BEGIN SELECT RAISE(ABORT, 'Rows of {each.table} are only ever added.'); END"
            )

"""SQL that goes past the ORM because it was measured to matter.

Rules and commands use the ORM. These helpers are for statements that every page or every letter runs, or that write
thousands of rows (`make bench` measures both); each use says in a comment what it saves. Four ways are known:

- `literal_sql`, for conditions that never change but in values of our own, such as stages and today's date;
- `table_of` and `insert_into`, for writing many rows at a time without an object for each;
- `insert_all`, for writing thousands of them with the defaults of the model and in little memory;
- `functools.lru_cache` on a function that builds a statement with `bindparam`: building it takes as long as running it.
  Nothing a session holds may be an argument of such a function.
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reviews.core.db import Base, is_sqlite

T = TypeVar("T")

ROWS_AT_A_TIME = 1_000


def literal_sql(expression: sa.ColumnElement[T]) -> sa.ColumnElement[T]:
    """Give an expression as one piece of text, values included, which is not built and taken apart for every page.

    Only for values of our own, such as stages and days: never for what somebody typed.
    """
    text = expression.compile(compile_kwargs={"literal_binds": True})
    # a condition said to be one would be compared with 1 for SQLite, which then uses no index for it
    kind = None if isinstance(expression.type, sa.Boolean) else expression.type
    return sa.literal_column(f"({text})", kind)


def table_of(model: type[Base]) -> sa.Table:
    """Give the table of a model: a statement on it makes no objects and fires no events of the ORM."""
    return Base.metadata.tables[model.__tablename__]


def insert_into(session: Session, model: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Give the INSERT that has ON CONFLICT, of which each database has its own."""
    table = table_of(model)
    return sqlite.insert(table) if is_sqlite(session) else postgresql.insert(table)


def insert_all(session: Session, model: type[Base], rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows with the same keys, so many in one statement: until it ends, the ORM keeps several copies of each."""
    remaining = iter(rows)
    while some := [dict(row) for row in islice(remaining, ROWS_AT_A_TIME)]:
        session.execute(sa.insert(model), some)

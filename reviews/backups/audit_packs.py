"""The audit log in a backup.

Rows never change once their day is over: they are packed once, by the day until their month is over too, and the packs
are copied from then on. Only what is newer is read from the table.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, ValidationError

from reviews.backups.backup_folder import (
    AUDIT,
    ROWS,
    BackupPart,
    BackupTable,
    copy_file,
    hash_file,
    private_folder,
    sync_file,
)
from reviews.backups.table_rows import audit_names, columns_of, count_lines, selected, write_lines
from reviews.core.db import UtcDateTime
from workflows.core.engine import Refused

BY_MOMENT = "audit_entries"
SETTLES = timedelta(days=1)
"""How long after its end a day or month is closed: by then what was begun in it is committed."""
AT_A_TIME = 5_000
_id, _at = sa.column("id", sa.BigInteger()), sa.column("at", UtcDateTime())


@dataclass(frozen=True, slots=True)
class AuditPart:
    """The rows of a day or month: how many, and the numbers of the first and the last."""

    name: str
    rows: int
    first: int
    last: int


class _Pack(BaseModel):
    """What a pack was made of. It is written after the pack, and holds for a file with this hash alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str
    rows: int
    first: int
    last: int
    columns: dict[str, str]


def packs_folder(home: Path) -> Path:
    return home / AUDIT


def is_closed(part: str, now: datetime) -> bool:
    return _span(part)[1] + SETTLES <= now


def write_audit(
    connection: sa.Connection, home: Path, work: Path, now: datetime, add: Callable[[str, Path], None]
) -> dict[str, BackupTable]:
    """Give each file of the audit log to `add`, under its path in the backup; gives the tables.

    No transaction is open for longer than a block of rows on SQLite, where writers would wait for it: rows are added in
    the order of their numbers, so those up to the last are of one moment. What tells of rows is read before them.
    """
    tables = {}
    for name in sorted(audit_names(connection), key=lambda each: (each == BY_MOMENT, each)):
        columns = columns_of(connection, name)
        last = connection.scalar(sa.select(sa.func.max(_id)).select_from(sa.table(name))) or 0
        parts = list(_parts(connection, last, now)) if name == BY_MOMENT else []
        written = {}
        for part in parts:
            plain = work / f"{name}-{part.name}{ROWS}"
            if is_closed(part.name, now):
                source, sha256 = _packed(connection, packs_folder(home), part, columns, plain)
            else:
                _write(connection, columns, part, plain)
                source, sha256 = plain, hash_file(plain).sha256
            add(f"{AUDIT}/{plain.name}", source)
            written[part.name] = BackupPart(rows=part.rows, sha256=sha256)
            plain.unlink(missing_ok=True)
        rows = sum(part.rows for part in parts)
        if not parts:
            plain = work / f"{name}{ROWS}"
            rows = write_lines(_blocks(connection, name, columns, 0, last), plain)
            add(f"{AUDIT}/{plain.name}", plain)
            plain.unlink()
        tables[name] = BackupTable(rows=rows, columns=columns, parts=written)
    return tables


def _parts(connection: sa.Connection, last: int, now: datetime) -> Iterator[AuditPart]:
    """Count the rows up to a number by closed months and the days after them, from the index on their moments alone."""
    rows_until = sa.select(sa.func.count(), sa.func.min(_id), sa.func.max(_id)).where(_id <= last)
    moments = sa.select(_at).where(_id <= last).order_by(_at, _id).limit(1)
    entries = sa.table(BY_MOMENT)
    moment = connection.scalar(moments.select_from(entries))
    while moment is not None:
        name = f"{moment:%Y-%m}" if is_closed(f"{moment:%Y-%m}", now) else f"{moment:%Y-%m-%d}"
        begin, end = _span(name)
        counted = connection.execute(rows_until.select_from(entries).where(_at >= begin, _at < end)).one()
        moment = connection.scalar(moments.select_from(entries).where(_at >= end))
        _let_write(connection)
        yield AuditPart(name, *counted)


def _packed(
    connection: sa.Connection, folder: Path, part: AuditPart, columns: Mapping[str, str], work: Path
) -> tuple[Path, str]:
    """Give the pack of a closed day or month, and its hash. It is made anew where it is not of these rows."""
    path, about = folder / f"{part.name}{ROWS}", folder / f"{part.name}.json"
    try:
        pack = _Pack.model_validate_json(about.read_bytes())
        if pack == _pack(pack.sha256, part, columns) and hash_file(path).sha256 == pack.sha256:
            return path, pack.sha256
    except (OSError, ValidationError):
        pass
    _write(connection, columns, part, work)
    private_folder(folder)
    note = work.with_suffix(".json")
    sha256 = hash_file(work).sha256
    note.write_text(_pack(sha256, part, columns).model_dump_json(indent=1))
    _put(work, path)
    _put(note, about)
    note.unlink()
    for day in folder.glob(f"{part.name}-*"):
        day.unlink()
    return path, sha256


def _pack(sha256: str, part: AuditPart, columns: Mapping[str, str]) -> _Pack:
    return _Pack(sha256=sha256, rows=part.rows, first=part.first, last=part.last, columns=dict(columns))


def _write(connection: sa.Connection, columns: Mapping[str, str], part: AuditPart, path: Path) -> None:
    written = write_lines(_blocks(connection, BY_MOMENT, columns, part.first, part.last, part.name), path)
    if written != part.rows or count_lines(path) != part.rows:
        raise Refused(f"The audit log of {part.name} was changed during the backup. Make the backup again.")


def _put(source: Path, target: Path) -> None:
    """Let a file appear under its name whole or not at all."""
    unfinished = target.with_name(f"{target.name}.unfinished")
    copy_file(source, unfinished)
    sync_file(unfinished)
    unfinished.replace(target)


def _blocks(
    connection: sa.Connection, table: str, columns: Mapping[str, str], first: int, last: int, part: str = ""
) -> Iterator[Sequence[sa.Row[Any]]]:
    """Read the rows from one number to another, in their order and in blocks."""
    query = selected(table, columns).where(_id >= sa.bindparam("after"), _id <= last).order_by(_id).limit(AT_A_TIME)
    if part:
        begin, end = _span(part)
        query = query.where(_at >= begin, _at < end)
    number = list(columns).index("id")
    while rows := connection.execute(query, {"after": first}).all():
        _let_write(connection)
        yield rows
        first = rows[-1][number] + 1
    _let_write(connection)


def _let_write(connection: sa.Connection) -> None:
    """End the reading on SQLite; PostgreSQL keeps the moment of the backup, and no writer waits for it."""
    if connection.dialect.name == "sqlite":
        connection.rollback()


def _span(part: str) -> tuple[datetime, datetime]:
    """Give the first moment of a day or month, in UTC, and the first after it."""
    is_month = len(part) == len("2026-11")
    begin = datetime.strptime(part, "%Y-%m" if is_month else "%Y-%m-%d").replace(tzinfo=UTC)
    return begin, (begin + timedelta(days=32)).replace(day=1) if is_month else begin + timedelta(days=1)

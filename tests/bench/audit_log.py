"""`python -m tests.bench.audit_log`: backups of a partnership with and without a year of views, on both databases."""

import argparse
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import psycopg
import sqlalchemy as sa
from pydantic import SecretStr
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from reviews.backups.make_backup import make_backup
from reviews.backups.restore_backup import restore_backup
from reviews.backups.verify_backup import verify_backup
from reviews.core.db import Database, engine_of, open_database
from reviews.core.schema_version import migrate
from reviews.core.settings import Settings
from reviews.models import AuditEntry
from tests.bench.loading import _fill, _partnerships
from tests.bench.nation import NATION
from tests.postgres import RunFolder, plain, server_url

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
BEGUN = datetime(2025, 12, 1, tzinfo=UTC)
COLUMNS = tuple(column.name for column in AuditEntry.__table__.columns)
SERVER_SETTINGS = ("shared_buffers = 512MB", "max_wal_size = 2GB")
CONSOLE = Console(width=100)
KINDS = ("sqlite", "postgresql")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--partnerships", type=int, default=1, help="how large the rest of the database is")
    parser.add_argument("--database", action="append", choices=KINDS)
    given = parser.parse_args()
    table = Table("What", "Database", "Without s", "With s", "Ratio")
    for kind in given.database or KINDS:
        with TemporaryDirectory(prefix="followthrough-bench-") as folder:
            for what, without, with_log in _measure(kind, Path(folder), given.rows, given.partnerships):
                ratio = "" if without is None else f"{with_log / without:.2f}"
                table.add_row(what, kind, "" if without is None else f"{without:.2f}", f"{with_log:.2f}", ratio)
    CONSOLE.print(table)


def _measure(kind: str, folder: Path, rows: int, partnerships: int) -> Iterator[tuple[str, float | None, float]]:
    server = None
    if kind == "sqlite":
        new = lambda name: f"sqlite:///{folder / name / 'followthrough.db'}"  # noqa: E731
    else:
        server = RunFolder(folder / "server")
        server.path.mkdir()
        url = server_url(server, SERVER_SETTINGS)
        admin = psycopg.connect(plain(url), autocommit=True)

        def new(name: str) -> str:
            admin.execute(f'CREATE DATABASE "{name}"')
            return plain(url.set(database=name))

    try:
        yield from _timed(folder, new, rows, partnerships)
    finally:
        if server is not None:
            admin.close()
            server.stop()


def _timed(
    folder: Path, new: Callable[[str], str], rows: int, partnerships: int
) -> Iterator[tuple[str, float | None, float]]:
    home = folder / "home"
    url = new("home")
    migrate(url)
    with Progress(disable=True) as progress:
        _fill(url, _partnerships(NATION, partnerships, progress, ""))
    settings = Settings(home=home, database_url=SecretStr(url), env="test")
    database = open_database(url)
    without = [
        _seconds(lambda: make_backup(database, settings, folder / "empty", NOW)),
        _quickest(lambda name: make_backup(database, settings, folder / f"empty-{name}", NOW)),
        _quickest(lambda _: verify_backup(folder / "empty", ())),
        _restore(folder, new, "empty", "restored_empty"),
    ]
    CONSOLE.print(f"{rows:,} rows written in {_seconds(lambda: _write(database, rows)):.0f} s")
    first = _seconds(lambda: make_backup(database, settings, folder / "first", NOW))
    CONSOLE.print(f"first backup {first:.1f} s")
    following = _quickest(lambda name: make_backup(database, settings, folder / f"next-{name}", NOW))
    packs = sum(path.stat().st_size for path in (home / "audit").iterdir())
    CONSOLE.print(f"without {without}; next {following:.2f} s; packs {packs / 2**20:.0f} MB")
    verified = _quickest(lambda _: verify_backup(folder / "first", ()))
    CONSOLE.print(f"verify {verified:.2f} s")
    restored = _restore(folder, new, "first", "restored_first")
    engine_of(database).dispose()
    yield "first backup", without[0], first
    yield "each next backup", without[1], following
    yield "verify", without[2], verified
    yield "restore", without[3], restored


def _restore(folder: Path, new: Callable[[str], str], backup: str, name: str) -> float:
    target = Settings(home=folder / name, database_url=SecretStr(new(name)), env="test")
    return _seconds(lambda: restore_backup(folder / backup, target, (), NOW, without_identities=True))


def _quickest(do: Callable[[int], Any]) -> float:
    return min(_seconds(lambda number=number: do(number)) for number in range(3))


def _seconds(do: Callable[[], Any]) -> float:
    begun = perf_counter()
    do()
    return perf_counter() - begun


def _write(database: Database, rows: int) -> None:
    """Write a year of views, evenly, as the product would: text of the usual lengths, numbers that repeat."""
    engine = engine_of(database.audit)
    on_sqlite = engine.dialect.name == "sqlite"
    numbers = {"rows": rows, "begun": BEGUN.timestamp(), "step": (NOW - BEGUN).total_seconds() / rows}
    with engine.connect().execution_options(writes=True) as connection:
        if on_sqlite:
            connection.exec_driver_sql("PRAGMA cache_size=-500000")
        connection.execute(sa.text(IN_SQLITE if on_sqlite else IN_POSTGRESQL), numbers)
        connection.commit()
    if not on_sqlite:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE audit_entries")


_INTO = f"INSERT INTO audit_entries ({', '.join(COLUMNS)}) "
IN_SQLITE = (
    _INTO
    + """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :rows),
drawn AS MATERIALIZED (SELECT n, abs(random() % 300) AS p, abs(random() % 2000) AS c FROM numbers)
SELECT n, strftime('%Y-%m-%d %H:%M:%f', :begun + (n - 1) * :step, 'unixepoch') || '000', 'seen', 1, p + 1,
       'person-' || p || '@anyshire.example', 'safeguarding_partner', 'page', '/cases/<reference>', c + 1, NULL,
       'RR-2026-' || c, '', NULL, '10.20.' || p % 7 || '.0/24', lower(hex(randomblob(8)))
FROM drawn"""
)
IN_POSTGRESQL = (
    _INTO
    + """
SELECT n, to_timestamp(:begun + (n - 1) * :step), 'seen', 1, p + 1, 'person-' || p || '@anyshire.example',
       'safeguarding_partner', 'page', '/cases/<reference>', c + 1, NULL, 'RR-2026-' || c, '', NULL,
       '10.20.' || p % 7 || '.0/24', left(md5(n::text), 16)
FROM (SELECT n, floor(random() * 300)::int AS p, floor(random() * 2000)::int AS c
      FROM generate_series(1, :rows) AS n) AS drawn"""
)


if __name__ == "__main__":
    main()

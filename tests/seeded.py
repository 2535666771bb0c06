"""What do tests get that start from the invented partnerships? A copy of a database that was seeded once a run."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from reviews.db import Database, engine_of, open_database
from reviews.passwords import hash_password
from reviews.seeds import seed
from tests.builders import a_clock
from tests.postgres import Postgres, RunFolder, plain
from web.cli.demo import PASSWORD


@pytest.fixture(scope="session")
def seeded_sqlite(run_folder: RunFolder, sqlite_template: Path) -> Path:
    path = run_folder.path / "seeded.db"
    with run_folder.alone():
        if not path.exists():
            unfinished = shutil.copy(sqlite_template, path.with_suffix(".new"))
            seed_into(f"sqlite:///{unfinished}")
            Path(unfinished).rename(path)
    return path


@pytest.fixture(scope="session")
def seeded_postgres(run_folder: RunFolder, postgres: Postgres) -> Iterator[Postgres]:
    run = run_folder.path.name.rpartition("-")[2]
    ready = run_folder.path / "seeded-ready"
    with run_folder.alone():
        if not ready.exists():
            with psycopg.connect(plain(postgres.url), autocommit=True) as admin:
                admin.execute(f'CREATE DATABASE "seeded_{run}" TEMPLATE "template_{run}"')
            seed_into(plain(postgres.url.set(database=f"seeded_{run}")))
            ready.touch()
    server = Postgres(postgres.url, f"seeded_{run}")
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def seeded_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the URL of the invented partnerships as they stand on 20 November 2026; the test runs once on each kind."""
    if request.param == "sqlite":
        template = request.getfixturevalue("seeded_sqlite")
        with TemporaryDirectory(dir=template.parent) as folder:
            yield f"sqlite:///{shutil.copy(template, folder)}"
    else:
        server = request.getfixturevalue("seeded_postgres")
        url = server.fresh()
        yield url
        server.drop_later(url)


@pytest.fixture
def seeded(seeded_url: str) -> Iterator[Database]:
    opened = open_database(seeded_url)
    yield opened
    engine_of(opened).dispose()


def seed_into(url: str) -> None:
    database = open_database(url)
    seed(database, a_clock(), password_hash=hash_password(PASSWORD))
    engine_of(database).dispose()

"""What do tests get that start from the invented partnerships? A copy of a database that was seeded once a run."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from reviews.core.db import Database, engine_of, open_database
from reviews.core.secrets import hash_password
from reviews.demo.people import DEMO_PASSWORD
from reviews.demo.seed import seed
from tests.builders import a_clock
from tests.copies import a_copy, opened
from tests.postgres import Postgres, RunFolder, a_template


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
    server = Postgres(postgres.url, a_template(run_folder, "seeded", seed_into, copy_of=postgres.template))
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def seeded_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the URL of the invented partnerships as they stand on 20 November 2026; the test runs once on each kind."""
    yield from a_copy(request, "seeded_sqlite", "seeded_postgres", rows=True)


@pytest.fixture
def seeded(seeded_url: str) -> Iterator[Database]:
    with opened(seeded_url) as database:
        yield database


def seed_into(url: str) -> None:
    database = open_database(url)
    seed(database, a_clock(), password_hash=hash_password(DEMO_PASSWORD))
    engine_of(database).dispose()

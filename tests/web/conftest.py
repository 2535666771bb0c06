"""Fixtures for the tests of pages: two partnerships, and the application with its visitors."""

from pathlib import Path

import pytest

from reviews.core.clock import StoppedClock
from reviews.core.db import Database
from tests.builders import World, a_world
from tests.web.visitor import Doors


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def doors(database: Database, clock: StoppedClock, tmp_path: Path, world: World) -> Doors:
    return Doors(database, clock, tmp_path)

"""What does every journey get: two partnerships, a real mail server, a clock moved by hand, and the pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reviews.core.clock import StoppedClock
from reviews.core.db import Database
from tests.builders import a_world
from tests.cli.terminal import Terminal
from tests.journeys.desk import Desk
from tests.journeys.story import Story
from tests.notifications.mail_server import MailServer
from tests.seeded import seeded, seeded_postgres, seeded_sqlite, seeded_url
from tests.web.visitor import Doors

__all__ = ["seeded", "seeded_postgres", "seeded_sqlite", "seeded_url"]


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def story(database: Database, clock: StoppedClock, mail_server: MailServer) -> Story:
    return Story(database, clock, a_world(database), mail_server)


@pytest.fixture
def doors(story: Story, tmp_path: Path) -> Doors:
    return Doors(story.database, story.clock, tmp_path)


@pytest.fixture
def desk(story: Story, doors: Doors, database_url: str, tmp_path: Path) -> Desk:
    return Desk(story, doors, Terminal(tmp_path / "home", database_url))

"""What does every test of reminders get: a world with two partnerships, and an open review in the first.

No clock of that review runs: what is said is said of its actions. Tests of clocks open cases of their own.
"""

from collections.abc import Iterator

import pytest

from reviews.core.db import Database
from reviews.models import Case
from tests.builders import Place, a_world
from tests.notifications.mail_server import MailServer
from tests.notifications.mornings import a_quiet_case


@pytest.fixture
def anyshire(database: Database) -> Place:
    return a_world(database).anyshire


@pytest.fixture
def case(database: Database, anyshire: Place) -> Case:
    with database.begin() as session:
        return a_quiet_case(session, anyshire.partnership, reference="RR-2025-03", title="Canary House")


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.stop()

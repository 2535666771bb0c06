"""Is the floor of a morning honest? It must tell the same people of the same matters, by mails of the same length."""

import sqlalchemy as sa

from notifications.models import Letter, Reminder
from reviews.core.db import Database, engine_of
from tests.bench.rounds import require_the_same, tell
from tests.bench.sink import sink
from tests.bench.village import VILLAGE, settle


def test_the_floor_of_a_morning_tells_whom_the_product_tells(database: Database) -> None:
    settle(database, VILLAGE)
    url = engine_of(database).url.render_as_string(hide_password=False).replace("+psycopg", "")
    with sink() as server:
        floor = tell("floor", url, server)
        _forget(database)
        ours = tell("ours", url, server)

    require_the_same(floor, ours)
    assert len(ours.ledger) == ours.mails.mails.total() > 10


def _forget(database: Database) -> None:
    with database.begin() as session:
        session.execute(sa.delete(Reminder))
        session.execute(sa.delete(Letter))

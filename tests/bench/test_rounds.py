"""Is the floor of a morning honest? It must tell the same people of the same matters, by mails of the same length."""

import sqlalchemy as sa

from notifications.models import Letter, Reminder
from reviews.core.db import Base, Database, engine_of
from tests.bench.actions import add_actions
from tests.bench.cases import add_cases
from tests.bench.nation import Size, drafts
from tests.bench.people import add_people
from tests.bench.rounds import require_the_same, tell
from tests.bench.sink import sink

VILLAGE = Size("village", 1, 3, 5, 200, 60, 40, 5)


def test_the_floor_of_a_morning_tells_whom_the_product_tells(database: Database) -> None:
    _settle(database)
    url = engine_of(database).url.render_as_string(hide_password=False).replace("+psycopg", "")
    with sink() as server:
        floor = tell("floor", url, server)
        _forget(database)
        ours = tell("ours", url, server)

    require_the_same(floor, ours)
    assert len(ours.ledger) == ours.mails.mails.total() > 10


def _settle(database: Database) -> None:
    draft = next(drafts(VILLAGE, 1))
    owners = add_people(draft)
    add_actions(draft, add_cases(draft), owners)
    with database.begin() as session:
        for table in Base.metadata.sorted_tables:
            if rows := draft.rows[table.name]:
                session.execute(sa.insert(table), rows)


def _forget(database: Database) -> None:
    with database.begin() as session:
        session.execute(sa.delete(Reminder))
        session.execute(sa.delete(Letter))

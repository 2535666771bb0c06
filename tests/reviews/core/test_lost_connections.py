"""A restart of the database server costs nobody a page."""

import sqlalchemy as sa

from reviews.core.db import engine_of, open_database
from reviews.transactions.unit_of_work import reading
from tests.postgres import Postgres

OTHERS = """
    SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()"""


def test_connections_that_the_server_ended_are_replaced_before_they_are_used(postgres: Postgres) -> None:
    url = postgres.fresh()
    ours, somebody_else = open_database(url), open_database(url)
    with ours() as one, ours() as other:
        before = {session.scalar(sa.text("SELECT pg_backend_pid()")) for session in (one, other)}
    with somebody_else() as session:
        assert session.scalar(sa.text(OTHERS)) == 2
        session.commit()
    with ours() as one, reading(ours) as other:
        after = {session.scalar(sa.text("SELECT pg_backend_pid()")) for session in (one, other)}
    assert len(after) == 2
    assert before.isdisjoint(after)
    for database in (ours, somebody_else):
        engine_of(database).dispose()
    postgres.drop_later(url)

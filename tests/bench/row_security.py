"""`python -m tests.bench.row_security`: what row-level security of PostgreSQL would cost each page.

One town, in two databases of one server, opened by a role that owns nothing. A page is read in three ways, in turn and
in one process: as it is, without a transaction; in a transaction that begins with SET LOCAL; and in such a transaction
where every table with data of cases and children has a policy for partnership and realm.
"""

import argparse
import os
from collections.abc import Callable
from statistics import mean, median
from time import perf_counter
from typing import Any

import click
import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.test import Client

from reviews.access.database_rights import DatabaseUser, grant_statements
from reviews.core.db import Database, engine_of, open_database
from reviews.core.schema_version import migrate
from tests.bench.lines import busiest_owner, lines, sign_in_name
from tests.bench.nation import TODAY
from tests.bench.serve import our_app
from tests.bench.test_pages import _signed_in
from tests.bench.village import TOWN, settle
from tests.postgres import SETTINGS, RunFolder, plain, server_url

ROLE = "bench_row_security"
# within SELECT a setting is read once a statement, and not once a row
SEEN = "partnership_id = ANY ((SELECT current_setting('followthrough.partnerships'))::bigint[])"
REALM = "realm = ANY ((SELECT current_setting('followthrough.realms'))::text[])"
POLICIES = {
    "cases": f"{SEEN} AND {REALM}",
    # their owners see them in either realm
    "actions": SEEN,
    "events": SEEN,
    **dict.fromkeys(
        ("children", "case_tracks", "case_facts", "case_clocks", "case_holds", "case_people", "recommendations"),
        "EXISTS (SELECT FROM cases WHERE cases.id = case_id)",
    ),
}
LOCAL = (
    "SELECT set_config('followthrough.partnerships', '{1}', true), "
    "set_config('followthrough.realms', '{reviews,child_deaths}', true)"
)
WARMING = 5
DATABASES = ("town_plain", "town_policies")


class TransactionSession(Session):
    """Reads within a transaction, whatever `open_read_session` asks for."""

    def connection(self, *arguments: Any, execution_options: Any = None, **options: Any) -> sa.Connection:
        kept = {name: value for name, value in (execution_options or {}).items() if name != "isolation_level"}
        return super().connection(*arguments, execution_options=kept, **options)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure row-level security of PostgreSQL.")
    parser.add_argument("--requests", type=int, default=60)
    requests = parser.parse_args().requests
    folder = RunFolder.make()
    server = server_url(folder, SETTINGS)
    with psycopg.connect(plain(server), autocommit=True) as admin:
        for name in DATABASES:
            admin.execute(f"CREATE DATABASE {name}")
        admin.execute(f"CREATE ROLE {ROLE} LOGIN")
    for name in DATABASES:
        fill(plain(server.set(database=name)), with_policies=name == "town_policies")
    urls = [plain(server.set(database=name, username=ROLE)) for name in ("town_plain", *DATABASES)]
    owner_id, email = busiest_owner(plain(server.set(database="town_plain")), str(TODAY))
    databases = [open_database(urls[0]), *(in_transactions(open_database(url)) for url in urls[1:])]
    apps = [our_app(url, database) for url, database in zip(urls, databases, strict=True)]
    for line in reversed(lines(owner_id)):
        visitors = [_signed_in(app, sign_in_name(line.role, email)) for app in apps]
        for address in (line.ours, *first_record(visitors[0], line.ours)):
            taken = in_turn([opening(visitor, address) for visitor in visitors], requests)
            click.echo(f"{address:40} {compared(taken, median)}; undisturbed {compared(taken, quickest)}")
    click.echo("Milliseconds of a page, and how many times as long it takes with SET LOCAL, and with policies too.")
    click.echo(
        f"Medians, and means of the quickest fifths, of {requests} requests in turn; load {os.getloadavg()[0]:.1f} on "
        f"{os.cpu_count()} cores."
    )
    for database in databases:
        engine_of(database).dispose()


def fill(url: str, *, with_policies: bool) -> None:
    migrate(url)
    database = open_database(url)
    settle(database, TOWN)
    with engine_of(database).begin() as connection:
        for statement in grant_statements(connection, {DatabaseUser.APP: ROLE}):
            connection.exec_driver_sql(statement)
        for table, seen in POLICIES.items() if with_policies else ():
            connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            connection.exec_driver_sql(f"CREATE POLICY seen ON {table} USING ({seen})")
        connection.exec_driver_sql("ANALYZE")
    engine_of(database).dispose()


def in_transactions(database: Database) -> Database:
    sa.event.listen(engine_of(database), "begin", lambda connection: connection.exec_driver_sql(LOCAL))
    database.class_ = TransactionSession
    return database


def first_record(visitor: Client, address: str) -> list[str]:
    """Give the address of the first case or action that a list names."""
    found = [link for link in visitor.get(address).text.split('href="') if link.startswith(("/cases/", "/actions/"))]
    plain_links = [link.partition('"')[0] for link in found]
    return [link for link in plain_links if link.count("/") == 2 and "?" not in link and link.count("-") > 1][:1]


def compared(taken: list[list[float]], of: Callable[[list[float]], float]) -> str:
    plainly, local, policies = map(of, taken)
    return f"{1000 * plainly:6.1f} ms, {local / plainly:.3f}, {policies / plainly:.3f}"


def quickest(times: list[float]) -> float:
    return mean(sorted(times)[: max(1, len(times) // 5)])


def opening(visitor: Client, address: str) -> Callable[[], float]:
    def ask() -> float:
        begun = perf_counter()
        answer = visitor.get(address)
        taken = perf_counter() - begun
        assert answer.status_code == 200, (address, answer.status_code)
        return taken

    return ask


def in_turn(asked: list[Callable[[], float]], requests: int) -> list[list[float]]:
    taken: list[list[float]] = [[] for _ in asked]
    for number in range(WARMING + requests):
        first = number % len(asked)  # each goes first as often as the others
        for index in (*range(first, len(asked)), *range(first)):
            taken[index].append(asked[index]())
    return [times[WARMING:] for times in taken]


if __name__ == "__main__":
    main()

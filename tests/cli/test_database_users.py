"""Three users of a PostgreSQL database: what each is refused, and that a day's work and a round go through."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, ProgrammingError

import notifications.models  # noqa: F401  # the tables register themselves
from notifications.rounds.report import Round
from reviews.access.database_rights import REMINDERS, REVISION, DatabaseUser, rights_of
from reviews.audit.disposing import disposing
from reviews.core.append_only import APPEND_ONLY
from reviews.core.clock import StoppedClock
from reviews.core.db import AuditBase, Base, Database, engine_of, open_database
from reviews.models import Event, EventKind
from tests.builders import NOW, World, a_world
from tests.cli.terminal import Terminal
from tests.journeys.conftest import mail_server
from tests.journeys.story import Story
from tests.journeys.test_a_review_and_its_trial import (
    test_from_the_referral_to_a_report_held_back_while_its_actions_run as a_review_and_its_trial,
)
from tests.journeys.test_an_action_to_its_closing import (
    test_an_action_from_its_first_mail_to_its_acceptance as an_action_to_its_closing,
)
from tests.notifications.mail_server import MailServer
from tests.postgres import Postgres, plain
from tests.web.visitor import Doors

__all__ = ["mail_server"]

EVERY = {**Base.metadata.tables, **AuditBase.metadata.tables}


@dataclass(frozen=True, slots=True)
class Users:
    """A database with an owner who is no administrator, and a role for each user: their names and addresses."""

    server: Postgres
    name: str
    prefix: str

    def role(self, user: str) -> str:
        return f"{self.prefix}_{user}"

    def url(self, user: str) -> str:
        return plain(self.server.url.set(database=self.name, username=self.role(user), password=user))

    @property
    def named(self) -> tuple[str, ...]:
        return tuple(word for user in DatabaseUser for word in (f"--{user}", self.role(user)))

    @contextmanager
    def connected(self, user: str) -> Iterator[sa.Connection]:
        engine = engine_of(open_database(self.url(user)))
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()

    @contextmanager
    def opened(self, user: str) -> Iterator[Database]:
        database = open_database(self.url(user))
        yield database
        engine_of(database).dispose()

    def terminal(self, home: Path, user: str = "owner") -> Terminal:
        return Terminal(home, self.url(user))


@pytest.fixture(scope="module")
def users(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Users]:
    """Give an empty database of the three users. Roles are of the whole server, and named by the database."""
    name = f"ft_users_{os.getpid()}"
    found = Users(postgres, name, name)
    every = [found.role(user) for user in ("owner", "other", *DatabaseUser)]
    with psycopg.connect(plain(postgres.url), autocommit=True) as admin:
        for role in every:
            admin.execute(f"CREATE ROLE \"{role}\" LOGIN PASSWORD '{role.rpartition('_')[2]}'")
        admin.execute(f'CREATE DATABASE "{name}" OWNER "{found.role("owner")}"')
        try:
            owner = found.terminal(tmp_path_factory.mktemp("home"))
            assert owner.run("migrate").out == "The database has the newest tables.\n"
            assert owner.run("database", "grant", *found.named).code == 0
            yield found
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            for role in every:
                admin.execute(f'DROP ROLE "{role}"')


@pytest.fixture
def copied(users: Users) -> Iterator[Users]:
    """Give a copy that a test may fill."""
    name = f"{users.name}_copy"
    with psycopg.connect(plain(users.server.url), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{users.name}" OWNER "{users.role("owner")}"')
        yield Users(users.server, name, users.prefix)
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def app(copied: Users) -> Iterator[Database]:
    with copied.opened("app") as database:
        yield database


@pytest.fixture
def reminders(copied: Users) -> Iterator[Database]:
    with copied.opened("reminders") as database:
        yield database


@pytest.fixture
def world(app: Database) -> World:
    return a_world(app)


def refused(connection: sa.Connection, statement: str) -> bool:
    """Try a statement; whether the user has no right to it. It is taken back."""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(statement)
    except ProgrammingError as error:
        assert isinstance(error.orig, psycopg.errors.InsufficientPrivilege), (statement, error)
        return True
    except IntegrityError:
        pass
    return False


@pytest.mark.parametrize("user", ["app", "reminders", "disposal"])
def test_no_user_changes_the_history_or_the_audit_log(users, user):
    with users.connected(user) as connection, connection.begin():
        for each in APPEND_ONLY:
            for column in EVERY[each.table].columns:
                may = column.name in each.changes
                assert refused(connection, f"UPDATE {each.table} SET {column.name} = NULL WHERE false") is not may, (
                    column
                )
            is_disposed = each.is_disposed and user == "disposal"
            assert refused(connection, f"DELETE FROM {each.table} WHERE false") is not is_disposed
            assert refused(connection, f"TRUNCATE {each.table} CASCADE")


@pytest.mark.parametrize("user", ["app", "reminders", "disposal"])
def test_no_user_changes_the_tables_themselves(users, user):
    with users.connected(user) as connection, connection.begin():
        for statement in (
            "DROP TRIGGER events_refuse_delete ON events",
            "ALTER TABLE events DISABLE TRIGGER ALL",
            "ALTER TABLE events ADD COLUMN more TEXT",
            "DROP TABLE audit_entries",
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "CREATE TABLE more (id INTEGER)",
            "CREATE TEMPORARY TABLE events (id INTEGER)",
            "CREATE INDEX more ON cases (title)",
            "CREATE SCHEMA more",
            "CREATE RULE more AS ON INSERT TO events DO INSTEAD NOTHING",
            "SET LOCAL session_replication_role = replica",
            "UPDATE alembic_version SET version_num = '0001'",
            "SELECT setval('events_id_seq', 1)",
            f'GRANT DELETE ON events TO "{users.role("other")}"',
        ):
            assert refused(connection, statement) or _gives_nothing(connection, users, statement), statement


def _gives_nothing(connection: sa.Connection, users: Users, statement: str) -> bool:
    """Whether it is the GRANT that PostgreSQL answers with a warning."""
    has = connection.scalar(
        sa.text("SELECT has_table_privilege(:role, 'events', 'DELETE')"), {"role": users.role("other")}
    )
    return statement.startswith("GRANT") and has is False


def test_the_setting_of_disposal_lets_nobody_delete_who_has_no_right_to(app, world):
    with app() as session, pytest.raises(ProgrammingError, match="permission denied"), disposing(session):
        session.execute(sa.delete(Event))


def test_disposal_deletes_from_the_history(copied, world):
    write = sa.insert(EVERY["events"]).values(
        kind=EventKind.SUMMARY_CHOSEN,
        partnership_id=world.anyshire.partnership.id,
        happened_on=NOW.date(),
        recorded_at=NOW,
        recorded_by="disposal",
        details={},
        known_to="day",
    )
    with copied.opened("disposal") as database, database() as session:
        number = session.execute(write.returning(EVERY["events"].c.id)).scalar_one()
        event = sa.delete(EVERY["events"]).where(EVERY["events"].c.id == number)
        with pytest.raises(IntegrityError, match="only ever added"), session.begin_nested():
            session.execute(event)
        with disposing(session):
            assert session.execute(event).rowcount == 1


def test_the_reminder_process_neither_reads_nor_writes_what_is_none_of_its_business(users):
    with users.connected("reminders") as connection, connection.begin():
        for table in REMINDERS[()]:
            assert refused(connection, f"SELECT FROM {table}"), table
        for table in set(EVERY) - {name for rights, names in REMINDERS.items() if "INSERT" in rights for name in names}:
            assert refused(connection, f"INSERT INTO {table} DEFAULT VALUES"), table
        for column in EVERY["people"].columns:
            if column.name != "id":
                assert refused(connection, f"UPDATE people SET {column.name} = NULL WHERE false"), column
        for table in ("actions", "memberships", "children", "evidence", "recommendations"):
            assert refused(connection, f"UPDATE {table} SET id = 1 WHERE false"), table
            assert refused(connection, f"DELETE FROM {table} WHERE false"), table
        assert refused(connection, "UPDATE cases SET title = '' WHERE false")


def test_it_is_said_of_every_table_what_the_reminder_process_does_with_it():
    said = [table for tables in REMINDERS.values() for table in tables]
    assert sorted(said) == sorted(EVERY)


def test_every_right_is_given_and_no_other(users):
    """Compare what the catalogue of the database says with the tables of rights."""
    with users.connected("owner") as connection:
        for user in DatabaseUser:
            for table in (*EVERY, REVISION):
                whole = {each for each in rights_of(user, table) if "(" not in each}
                rights = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
                has = {each for each in rights if _has(connection, users.role(user), table, each)}
                assert has == whole, (user, table)


def _has(connection: sa.Connection, role: str, table: str, right: str) -> bool:
    query = sa.text("SELECT has_table_privilege(:role, :table, :right)")
    return bool(connection.scalar(query, {"role": role, "table": table, "right": right}))


@dataclass(slots=True)
class GuardedStory(Story):
    """People act as the user of the pages, and each morning's round as that of the reminder process."""

    reminders: Database

    def morning(self, day: str) -> Round:
        return Story(self.reminders, self.clock, self.world, self.server).morning(day)


@pytest.fixture
def story(
    app: Database, reminders: Database, world: World, clock: StoppedClock, mail_server: MailServer
) -> GuardedStory:
    return GuardedStory(app, clock, world, mail_server, reminders)


@pytest.fixture
def doors(story: Story, tmp_path: Path) -> Doors:
    return Doors(story.database, story.clock, tmp_path)


def test_a_review_goes_its_way_from_the_referral_to_a_report_held_back(story):
    a_review_and_its_trial(story)


def test_an_action_goes_its_way_from_its_first_mail_to_its_acceptance(story):
    an_action_to_its_closing(story)

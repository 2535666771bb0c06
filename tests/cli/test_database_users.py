"""Three users of a PostgreSQL database: what each is refused, and that a day's work and a round go through."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, ProgrammingError

from notifications.models import AddressProblem, FailureKind
from notifications.process.job import ReminderJobs
from notifications.process.leader import Leadership
from notifications.rounds.report import Round
from notifications.transports.envelope import RefusedRecipient
from reviews.access.database_rights import REMINDERS, REVISION, DatabaseUser, rights_of
from reviews.audit.disposing import disposing
from reviews.core.append_only import APPEND_ONLY
from reviews.core.clock import StoppedClock, read_moment
from reviews.core.db import AuditBase, Base, Database, engine_of, open_database
from reviews.models import (
    AccountLink,
    AccountMail,
    AccountMailKind,
    Event,
    EventKind,
    KnownDevice,
    RoleAnswer,
    RoleRequest,
    SavedForm,
    TryCount,
)
from reviews.people.accounts import add_person
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import NOW, World, a_case, a_world
from tests.cli.terminal import Terminal
from tests.journeys.conftest import mail_server
from tests.journeys.desk import Desk
from tests.journeys.edge_cases.test_03_a_harmed_child_dies_later import (
    test_a_child_dies_after_a_review_of_its_serious_harm as a_harmed_child_dies_later,
)
from tests.journeys.edge_cases.test_20_paper_and_spreadsheets_of_before import (
    test_reviews_and_plans_of_before_come_in_as_they_were_kept as paper_and_spreadsheets,
)
from tests.journeys.story import Story
from tests.journeys.test_a_leaver import test_a_leavers_actions_are_handed_on as a_leaver
from tests.journeys.test_a_merged_agency import (
    test_an_action_follows_the_agency_it_was_merged_into as a_merged_agency,
)
from tests.journeys.test_a_review_and_its_trial import (
    test_from_the_referral_to_a_report_held_back_while_its_actions_run as a_review_and_its_trial,
)
from tests.journeys.test_mail_that_comes_back import test_mail_that_comes_back as mail_that_comes_back
from tests.notifications.mail_server import MailServer
from tests.notifications.mornings import LETTERHEAD, Pigeonhole, deliver_to, queue, raising
from tests.postgres import Postgres, plain
from tests.web.visitor import Doors, rows
from workflows.core.vocabulary import Role

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


ADDED_ONLY = ", ".join(each.table for each in APPEND_ONLY)


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
    with suppress(IntegrityError):
        try:
            with connection.begin_nested():
                connection.exec_driver_sql(statement)
        except ProgrammingError as error:
            if isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
                return True
            raise
    return False


@pytest.mark.parametrize("user", ["app", "reminders", "disposal"])
def test_no_user_changes_the_history_or_the_audit_log(users, user):
    with users.connected(user) as connection, connection.begin():
        for each in APPEND_ONLY:
            for column in EVERY[each.table].columns:
                # who verifies is not the reminder process
                may = column.name in each.changes and not (user == "reminders" and column.name.startswith("verified"))
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


@pytest.fixture
def desk(story: Story, doors: Doors, copied: Users, tmp_path: Path) -> Desk:
    return Desk(story, doors, copied.terminal(tmp_path / "home", "app"))


def test_a_review_runs_to_a_report_that_is_held_back(story):
    a_review_and_its_trial(story)


def test_a_leaver_is_disabled_and_their_actions_handed_on(story, doors):
    a_leaver(story, doors)


def test_an_agency_is_merged(story):
    a_merged_agency(story)


def test_mail_comes_back_and_is_put_right(story):
    mail_that_comes_back(story)


def test_forms_are_filled_in_and_a_step_corrected(story, desk):
    a_harmed_child_dies_later(story, desk)


def test_lists_are_imported_and_a_backup_is_made(story, desk, tmp_path):
    paper_and_spreadsheets(story, desk)
    made = desk.terminal.run("backup", tmp_path / "backup")
    assert made.code == 0, made.err


def test_the_reminder_process_does_every_job_as_its_own_user(app, reminders, world, clock):
    """A step nobody took, a role nobody confirmed, mails about accounts, an address refused for good, the cleaning."""
    place, clock.at = world.anyshire, read_moment("2026-11-02T10:00")
    with unit_of_work(app, place.actors[Role.BUSINESS_MANAGER], clock) as unit:
        council = unit.session.merge(place.agencies["Council"])
        chair = {"name": "Ann Lee", "job_title": "Chair", "agency": council, "role": Role.SUBGROUP_CHAIR}
        add_person(unit, unit.partnership("ANYSHIRE"), email="ann@anyshire.example", **chair)
        manager = place.people[Role.BUSINESS_MANAGER].email
        unit.session.add(AccountMail(kind=AccountMailKind.RESET, email=manager, asked_at=unit.now))
        unit.session.add(AccountMail(kind=AccountMailKind.RESET, email="nobody@else.example", asked_at=unit.now))
        old = unit.now - timedelta(days=400)
        owner = place.people[Role.ACTION_OWNER].id
        unit.session.add(KnownDevice(person_id=owner, token_hash="x", name="x", first_used_at=old, used_at=old))
        unit.session.add(SavedForm(person_id=owner, saved_at=old, sealed=b"x", id="x"))
        unit.session.add(TryCount(key_hash="x", bucket="x", tries=1, began_at=old, last_at=old, expires_at=old))
        a_case(unit.session, place.partnership, "challenge_entry", reference="CH-1", answer_wanted_on=clock.at.date())

    clock.at = read_moment("2026-12-07T08:00")
    post = Pigeonhole()
    jobs = ReminderJobs(clock, post, letterhead=LETTERHEAD)
    leadership = Leadership(reminders)
    leadership.beat()
    leads = leadership.database
    assert leads is not None
    for begins in jobs.rounds_due(leads):
        jobs.plan_rounds(leads, begins)
    for _ in range(2):
        jobs.deliver(leads)
    refusing = Pigeonhole(at_hand_over=raising(RefusedRecipient("550 5.1.1", FailureKind.ADDRESS)))
    queue(app, place, clock, 1)
    deliver_to(refusing, leads, clock)
    failures, jobs.failures = dict(jobs.failures), {"delivery": "the mail server could not be reached"}
    jobs.record_heartbeat(leads)
    jobs.clean(leads)
    leadership.beat()
    leadership.give_up()

    assert failures == {}
    assert rows(app, Event, Event.step == "escalate", Event.recorded_by == "reminders") == 1
    assert rows(app, RoleRequest, RoleRequest.answer == RoleAnswer.LAPSED, RoleRequest.mailed_at.is_not(None)) == 1
    assert rows(app, AccountLink) == 1
    assert rows(app, AddressProblem) == 1
    assert [rows(app, table) for table in (KnownDevice, SavedForm, TryCount)] == [0, 0, 0]
    assert "lapsed" in " ".join(letter.subject for letter in post.letters)


def test_migrate_gives_the_rights_again_and_tells_it(copied, tmp_path):
    with copied.connected("owner") as connection, connection.begin():
        connection.exec_driver_sql(f'REVOKE ALL ON cases FROM "{copied.role("app")}"')
    said = copied.terminal(tmp_path).run("migrate").out
    assert all(copied.role(user) in said for user in DatabaseUser)
    with copied.connected("app") as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM cases")) == 0


def test_the_statements_can_be_printed_and_run_by_hand(copied, tmp_path):
    with copied.connected("owner") as connection, connection.begin():
        connection.exec_driver_sql(f'REVOKE ALL ON ALL TABLES IN SCHEMA public FROM "{copied.role("app")}"')
    printed = copied.terminal(tmp_path).run("database", "grant", *copied.named, "--print").out
    with copied.connected("app") as connection, connection.begin():
        assert refused(connection, "SELECT FROM cases")
    with copied.connected("owner") as connection, connection.begin():
        for statement in printed.splitlines():
            connection.exec_driver_sql(statement)
    with copied.connected("app") as connection, connection.begin():
        assert not refused(connection, "SELECT FROM cases")


def test_a_role_that_could_do_more_is_refused(copied, tmp_path):
    owner, app = copied.terminal(tmp_path), copied.terminal(tmp_path, "app")
    named = dict(zip(copied.named[::2], copied.named[1::2], strict=True))

    def grant(terminal: Terminal = owner, **others: str) -> str:
        roles = named | {f"--{name}": role for name, role in others.items()}
        return terminal.refused("database", "grant", *(word for pair in roles.items() for word in pair))

    assert "There is no role nobody." in grant(app="nobody")
    assert "owns the tables, or is an administrator" in grant(app=copied.role("owner"))
    assert "a role each" in grant(app=copied.role("reminders"))
    assert "does not own" in grant(app)
    assert "SQLite has no users" in grant(Terminal(tmp_path / "home"))


def test_check_deploy_names_a_user_that_may_change_the_history(copied, tmp_path):
    urls = {f"{user.upper()}_DATABASE_URL": copied.url(user) for user in ("reminders", "disposal")}
    owner, app = copied.terminal(tmp_path / "home"), copied.terminal(tmp_path / "home", "app")
    assert deploying(owner, **urls) == {
        "W10": (False, f"The database's user may change or delete rows of {ADDED_ONLY}: "),
        "W27": (False, f"{copied.role('owner')}, the user of FOLLOWTHROUGH_DATABASE_URL, owns the tables: "),
    }
    assert {code: is_sound for code, (is_sound, _) in deploying(app, **urls).items()} == {"W10": True, "W27": True}
    missing = "FOLLOWTHROUGH_REMINDERS_DATABASE_URL is missing, or names the same user as FOLLOWTHROUGH_DATABASE_URL: "
    assert deploying(app)["W27"] == (False, missing)
    other = plain(copied.server.url.set(database=copied.server.template, username=copied.role("reminders")))
    assert "names another database" in deploying(app, REMINDERS_DATABASE_URL=other)["W27"][1]
    with copied.connected("owner") as connection, connection.begin():
        connection.exec_driver_sql("ALTER TABLE events DISABLE TRIGGER events_refuse_update")
    assert deploying(app, **urls)["W10"] == (
        False,
        "Triggers are missing, and rows of the history can be changed: events_refuse_update.",
    )


def test_check_deploy_names_a_trigger_that_is_missing_on_sqlite(bare):
    bare.run("migrate")
    assert deploying(bare)["W10"][0] is True
    database = open_database(f"sqlite:///{bare.home / 'followthrough.db'}")
    with engine_of(database).begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER events_refuse_delete")
    engine_of(database).dispose()
    assert "events_refuse_delete" in deploying(bare)["W10"][1]


def deploying(terminal: Terminal, **settings: str) -> dict[str, tuple[bool, str]]:
    """Give what is found of the users and their rights, without how to put it right."""
    out = terminal.run("check", "--deploy", **settings).out
    lines = [line.split(" ", 1) for line in out.splitlines() if line.startswith(("W10", "W27"))]
    return {code: (rest.startswith("ok"), rest[6:].partition("give each process")[0]) for code, rest in lines}


def test_the_commands_of_the_reminder_process_use_its_user(copied, tmp_path):
    """Without rights of its own `remind` would fail: the user of the pages is one that cannot connect."""
    terminal = Terminal(tmp_path / "home", copied.url("reminders"))
    for command in ("remind", "deliver"):
        answer = terminal.run(
            command, DATABASE_URL="postgresql://nobody@127.0.0.1:1/none", REMINDERS_DATABASE_URL=copied.url("reminders")
        )
        assert answer.code == 0, answer.err

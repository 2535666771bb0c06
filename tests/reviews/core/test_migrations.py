"""The migrations make what the models say, on both databases alike, and undo it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

import notifications.models  # noqa: F401  # the tables register themselves
from reviews.core.db import AuditBase, Base, Database, engine_of, open_database
from reviews.core.schema_version import migrate
from reviews.imports.history import import_cases
from reviews.imports.readers.past_files import read_histories
from reviews.models import Case, CaseHold, CaseTrack, Event
from tests.builders import TODAY, a_partnership, a_unit
from tests.migrating import alembic_of
from tests.reviews.imports.lists import REVIEW, write
from workflows.definitions import CASE_WORKFLOWS


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    opened = engine_of(open_database(database_url))
    yield opened
    opened.dispose()


def test_no_model_has_changed_without_a_migration(database_url: str) -> None:
    command.check(alembic_of(database_url))


def test_the_migrations_make_exactly_what_the_models_say(database_url: str, engine: sa.Engine) -> None:
    migrated = definitions(engine)
    command.downgrade(alembic_of(database_url), "base")
    Base.metadata.create_all(engine)
    if engine.dialect.name == "postgresql":
        AuditBase.metadata.create_all(engine)
    assert definitions(engine) == migrated


def test_every_migration_can_be_undone_and_done_again(database_url: str, engine: sa.Engine) -> None:
    migrated = definitions(engine)
    command.downgrade(alembic_of(database_url), "base")
    assert definitions(engine) == {}
    migrate(database_url)
    assert definitions(engine) == migrated


def test_both_databases_get_the_same_tables(sqlite_template: Any, postgres: Any) -> None:
    shapes = []
    for url in (f"sqlite:///{sqlite_template}", postgres.fresh()):
        database = open_database(url)
        shapes.append(_shape(engine_of(database)) | _shape(engine_of(database.audit)))
        engine_of(database.audit).dispose()
        engine_of(database).dispose()
    assert shapes[0] == shapes[1]


def test_a_day_nobody_knew_is_marked_wherever_a_neighbouring_day_stood_for_it(
    database_url: str, tmp_path: Path
) -> None:
    database = open_database(database_url)
    with database.begin() as session:
        a_partnership(session)
    path = write(tmp_path / "list.csv", REVIEW | {"la_aware_date": "", "publication_date": "", **ON_HOLD})
    histories = read_histories(path, workflow=CASE_WORKFLOWS["rapid_review"], today=TODAY)
    with database.begin() as session:
        unit = a_unit(session)
        import_cases(unit, unit.partnership("ANYSHIRE"), CASE_WORKFLOWS["rapid_review"], histories)
    known = _known_to(database)
    assert set(known) == {"day", "unknown"}

    before = ScriptDirectory.from_config(alembic_of(database_url)).get_revision("0011").down_revision
    command.downgrade(alembic_of(database_url), str(before))
    migrate(database_url)
    assert _known_to(database) == known
    engine_of(database).dispose()


ON_HOLD = {"publication_hold_reason": "inquest"}


def _known_to(database: Database) -> list[str]:
    queries = (
        sa.select(Case.opened_known_to).order_by(Case.id),
        sa.select(Case.closed_known_to).order_by(Case.id),
        sa.select(CaseTrack.since_known_to).order_by(CaseTrack.id),
        sa.select(CaseTrack.ended_known_to).order_by(CaseTrack.id),
        sa.select(CaseHold.placed_known_to).order_by(CaseHold.id),
        sa.select(Event.known_to).where(Event.step.is_not(None)).order_by(Event.id),
    )
    with database() as session:
        return [known_to for query in queries for known_to in session.scalars(query)]


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=lambda table: table.name)
def test_every_foreign_key_can_be_looked_up(table: sa.Table) -> None:
    """A list of what belongs to a row, or the deletion of a row, must not read a whole table."""
    keys = [key for key in table.constraints if isinstance(key, sa.UniqueConstraint | sa.PrimaryKeyConstraint)]
    leading = {next(iter(key.columns)).name for key in (*table.indexes, *keys) if len(key.columns)}
    assert {column.name for column in table.columns if column.foreign_keys} <= leading


def test_partial_indexes_have_the_same_literal_condition_on_both_databases() -> None:
    for index in (index for table in Base.metadata.sorted_tables for index in table.indexes):
        conditions = [str(index.dialect_options[name]["where"]) for name in ("sqlite", "postgresql")]
        assert conditions[0] == conditions[1], index.name


def definitions(engine: sa.Engine) -> dict[str, list[str]]:
    """Give what the database itself says of every table, index and constraint but Alembic's own."""
    query = SQLITE if engine.dialect.name == "sqlite" else POSTGRESQL
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(query).all()
    return {name: _parts(text) for name, text in rows if "alembic" not in name}


def _parts(text: str) -> list[str]:
    """Split what a table consists of, as the order in which its constraints are named says nothing."""
    return sorted(re.split(r", (?=[A-Za-z_]+ )", re.sub(r"\s+", " ", text.replace('"', "")).removesuffix(" )")))


SQLITE = "SELECT type || ' ' || name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'sqlite_sequence'"
POSTGRESQL = """
    SELECT 'column ' || table_name || '.' || column_name,
           ordinal_position || ' ' || data_type || ' ' || is_nullable || coalesce(character_maximum_length, 0)
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT 'constraint ' || conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
"""


def _shape(engine: sa.Engine) -> dict[str, Any]:
    look = sa.inspect(engine)
    return {
        name: {
            "columns": [(found["name"], found["nullable"], _kind(found["type"])) for found in look.get_columns(name)],
            "primary key": look.get_pk_constraint(name)["constrained_columns"],
            "foreign keys": sorted((found["name"], found["referred_table"]) for found in look.get_foreign_keys(name)),
            "unique": sorted((found["name"], *found["column_names"]) for found in look.get_unique_constraints(name)),
            "checks": sorted(found["name"] for found in look.get_check_constraints(name)),
            "indexes": sorted(_index(found) for found in look.get_indexes(name) if not _is_constraint(found)),
        }
        for name in look.get_table_names()
    }


def _kind(given: Any) -> str:
    """Name a column's type without its dialect: a row number is a BIGINT here and an INTEGER there."""
    kind = given.as_generic()
    name = "Integer" if isinstance(kind, sa.Integer) else type(kind).__name__
    return f"{name} {getattr(kind, 'length', None) or ''}"


def _index(index: Any) -> tuple[Any, ...]:
    options = index["dialect_options"]
    return index["name"], index["unique"], "sqlite_where" in options or "postgresql_where" in options


def _is_constraint(index: Any) -> bool:
    return "duplicates_constraint" in index


def test_a_publication_held_back_before_holds_were_kept_can_go_back(database_url: str, engine: sa.Engine) -> None:
    command.downgrade(alembic_of(database_url), "0002")
    with engine.begin() as connection:
        for statement in HELD_BACK:
            connection.exec_driver_sql(statement)
    migrate(database_url)
    with engine.connect() as connection:
        track = connection.exec_driver_sql("SELECT stage, held_at FROM case_tracks").one()
        hold = connection.exec_driver_sql("SELECT track, held_at, reason, review_on, lifted_on FROM case_holds").one()
    assert tuple(track) == ("on_hold", "planned")
    assert [str(part) for part in hold] == ["publication", "planned", "inquest", "2026-11-01", "None"]


HELD_BACK = (
    "INSERT INTO partnerships (id, code, name, reminder_policy) VALUES (1, 'OLD', 'Old', 'calendar-ladder')",
    "INSERT INTO cases (id, partnership_id, reference, title, workflow, workflow_version, realm, opened_on, version)"
    " VALUES (1, 1, 'LCSPR-2026-01', '', 'lcspr', 1, 'reviews', '2026-01-05', 1)",
    "INSERT INTO case_tracks (id, case_id, name, stage, since_on)"
    " VALUES (1, 1, 'publication', 'on_hold', '2026-06-01')",
    "INSERT INTO events (id, kind, partnership_id, case_id, track, step, from_stage, to_stage, happened_on,"
    " recorded_at, recorded_by, details) VALUES (1, 'step_taken', 1, 1, 'publication', 'place_hold', 'planned',"
    " 'on_hold', '2026-06-01', '2026-06-01 10:00:00', 'somebody', '{}')",
    "INSERT INTO case_facts (id, case_id, name, kind, words, event_id)"
    " VALUES (1, 1, 'hold_reason', 'choice', 'inquest', 1)",
    "INSERT INTO case_facts (id, case_id, name, kind, day, event_id)"
    " VALUES (2, 1, 'hold_review_on', 'day', '2026-11-01', 1)",
)


def test_what_is_done_about_a_blocked_action_is_taken_over_from_its_history(
    database_url: str, engine: sa.Engine
) -> None:
    command.downgrade(alembic_of(database_url), "0004")
    with engine.begin() as connection:
        for statement in BLOCKED:
            connection.exec_driver_sql(statement)
    migrate(database_url)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT id, blocked_plan FROM actions ORDER BY id").all()
    assert [tuple(row) for row in rows] == [(1, "Jo asks the board"), (2, ""), (3, ""), (4, "")]


def _an_action(number: int, stage: str) -> str:
    return (
        "INSERT INTO actions (id, partnership_id, case_id, realm, reference, source_reference, address, title,"
        " title_safe_to_mail, text, success_measure, owner_text, due_text, stage, status_text, times_extended, version)"
        f" VALUES ({number}, 1, 1, 'reviews', 'A{number}', '', 'A{number}', '', {{no}}, '', '', '', '', '{stage}',"
        " '', 0, 1)"
    ).format(no="false")


def _a_block(number: int, action: int, details: str) -> str:
    return (
        "INSERT INTO events (id, kind, partnership_id, case_id, action_id, track, step, from_stage, to_stage,"
        " happened_on, recorded_at, recorded_by, details)"
        f" VALUES ({number}, 'action_step_taken', 1, 1, {action}, 'action', 'block', 'in_progress', 'blocked',"
        f" '2026-06-01', '2026-06-01 10:00:00', 'somebody', '{details}')"
    )


BLOCKED = (
    *HELD_BACK[:2],
    _an_action(1, "blocked"),
    _an_action(2, "blocked"),
    _an_action(3, "in_progress"),
    _an_action(4, "blocked"),
    _a_block(1, 1, '{"blocked_reason": "No trainer", "blocked_plan": "An earlier one"}'),
    _a_block(2, 1, '{"blocked_reason": "No trainer", "blocked_plan": "Jo asks the board"}'),
    _a_block(3, 2, '{"blocked_reason": "No trainer"}'),
    _a_block(4, 3, '{"blocked_reason": "No trainer", "blocked_plan": "It goes on since"}'),
)


def test_a_parked_action_is_marked_and_names_its_previous_owner_plainly(database_url: str, engine: sa.Engine) -> None:
    command.downgrade(alembic_of(database_url), "0005")
    with engine.begin() as connection:
        for statement in PARKED:
            connection.exec_driver_sql(statement)
    migrate(database_url)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT id, owner_text, awaiting_owner FROM actions ORDER BY id").all()
    assert [(number, text, bool(awaiting)) for number, text, awaiting in rows] == [
        (1, "Previously: Fergus Nightingale", True),
        (2, "", False),
        (3, "No owner of its own yet; before: a tracker said so", False),
        (4, "No owner of its own yet", False),
    ]
    command.downgrade(alembic_of(database_url), "0005")
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT id, owner_text FROM actions ORDER BY id").all()
    assert [text for _, text in rows] == [
        "No owner of its own yet; before: Fergus Nightingale",
        "",
        "No owner of its own yet; before: a tracker said so",
        "No owner of its own yet",
    ]


PARKED = (
    *HELD_BACK[:2],
    "INSERT INTO people (id, email, name, failed_sign_ins) VALUES (1, 'lead@old.example', 'Lead', 0)",
    *(_an_action(number, "in_progress") for number in (1, 2, 3, 4)),
    "UPDATE actions SET owner_id = 1 WHERE id <> 3",
    "UPDATE actions SET owner_text = 'No owner of its own yet; before: Fergus Nightingale' WHERE id = 1",
    "UPDATE actions SET owner_text = 'No owner of its own yet; before: a tracker said so' WHERE id = 3",
    "UPDATE actions SET owner_text = 'No owner of its own yet' WHERE id = 4",
)


def test_ratings_and_parts_are_kept_under_their_new_names(database_url: str, engine: sa.Engine) -> None:
    command.downgrade(alembic_of(database_url), "0005")
    with engine.begin() as connection:
        for statement in RATED_AND_SHARED:
            connection.exec_driver_sql(statement)
    migrate(database_url)
    ratings = "SELECT owner_rating, chair_rating, chair_rating_reason, chair_rating_by FROM actions"
    parts = "SELECT id, action_id, agency_text, state, note, ended_on FROM action_parts ORDER BY id"
    with engine.begin() as connection:
        assert tuple(connection.exec_driver_sql(ratings).one()) == (
            "Green",
            "Red",
            "Nothing is seen",
            "Chair <c@x.example>",
        )
        assert [(*row[:5], str(row[5])) for row in connection.exec_driver_sql(parts)] == [
            (4, 1, "Hospitals", "open", "", "None"),
            (7, 1, "GPs", "done", "Trained", "2026-06-01"),
        ]
        row = connection.exec_driver_sql(
            "INSERT INTO action_parts (action_id, agency_text, state, note) VALUES (1, 'Schools', 'open', '')"
            " RETURNING id"
        )
        assert row.scalar_one() == 8
    command.downgrade(alembic_of(database_url), "0005")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT self_rating, own_rating FROM actions").one() == ("Green", "Red")
        assert connection.exec_driver_sql("SELECT count(*) FROM action_strands").scalar_one() == 3


RATED_AND_SHARED = (
    *HELD_BACK[:2],
    _an_action(1, "in_progress"),
    "UPDATE actions SET self_rating = 'Green', own_rating = 'Red', own_rating_reason = 'Nothing is seen',"
    " own_rating_by = 'Chair <c@x.example>'",
    "INSERT INTO action_strands (id, action_id, agency_text, state, note) VALUES (4, 1, 'Hospitals', 'open', '')",
    "INSERT INTO action_strands (id, action_id, agency_text, state, note, ended_on)"
    " VALUES (7, 1, 'GPs', 'done', 'Trained', '2026-06-01')",
)

"""What was typed is sealed for its person, for a day, and for a few forms."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from reviews.core.clock import StoppedClock
from reviews.core.db import Database
from reviews.core.sealed import derived_key
from reviews.models import SavedForm
from reviews.people.saved_forms import MOST, TypedForm, find_saved_form, save_form, saved_forms
from reviews.transactions.unit_of_work import NotFound
from tests.builders import a_partnership, a_person, a_unit
from workflows.core.vocabulary import Role

KEY = derived_key("a secret key of the installation", "saved forms")
TYPED = TypedForm(
    "/actions/new?case=SP-2026-03", (("text", "Ask."), ("themes", "a"), ("themes", "b")), ("minutes.txt",)
)


@pytest.fixture
def people(database: Database) -> list[int]:
    with database.begin() as session:
        partnership = a_partnership(session)
        emails = ("ada@anyshire.example", "bo@anyshire.example")
        return [a_person(session, partnership, Role.SUBGROUP_CHAIR, email=email).id for email in emails]


def saved(database: Database, person_id: int, typed: TypedForm = TYPED, key: bytes = KEY) -> str:
    with database.begin() as session:
        return save_form(a_unit(session), key, person_id, typed)


def found(database: Database, clock: StoppedClock, person_id: int, key: bytes = KEY) -> list[TypedForm]:
    with database() as session:
        return [each.typed for each in saved_forms(session, key, person_id, now=clock.now())]


def test_it_comes_back_whole_to_its_person_alone(database: Database, clock: StoppedClock, people: list[int]) -> None:
    ada, bo = people
    form_id = saved(database, ada)
    assert found(database, clock, ada) == [TYPED]
    assert found(database, clock, bo) == []
    with database() as session, pytest.raises(NotFound):
        find_saved_form(session, KEY, bo, form_id, now=clock.now())


def test_a_row_that_is_given_to_somebody_else_cannot_be_opened(
    database: Database, clock: StoppedClock, people: list[int]
) -> None:
    ada, bo = people
    saved(database, ada)
    with database.begin() as session:
        session.execute(sa.update(SavedForm).values(person_id=bo))
    assert found(database, clock, bo) == []


def test_another_key_opens_nothing(database: Database, clock: StoppedClock, people: list[int]) -> None:
    ada, _ = people
    saved(database, ada, key=derived_key("a secret key of the installation", "another purpose"))
    assert found(database, clock, ada) == []


def test_after_a_day_it_is_not_found_and_the_next_one_deletes_it(
    database: Database, clock: StoppedClock, people: list[int]
) -> None:
    ada, bo = people
    with database.begin() as session:
        save_form(a_unit(session), KEY, ada, TYPED)
        session.flush()
        session.execute(sa.update(SavedForm).values(saved_at=clock.now() - timedelta(days=1)))
    assert found(database, clock, ada) == []
    saved(database, bo)
    with database() as session:
        assert session.scalars(sa.select(SavedForm.person_id)).all() == [bo]


def test_the_oldest_makes_room_and_what_is_too_large_or_empty_is_not_stored(
    database: Database, clock: StoppedClock, people: list[int]
) -> None:
    ada, _ = people
    for number in range(MOST + 1):
        with database.begin() as session:
            unit = a_unit(session)
            form_id = save_form(unit, KEY, ada, TypedForm("/x", (("text", str(number)),)))
            session.flush()
            session.get_one(SavedForm, form_id).saved_at = clock.now() - timedelta(minutes=MOST - number)
    texts = [typed.fields[0][1] for typed in found(database, clock, ada)]
    assert texts == [str(number) for number in range(MOST, 0, -1)]
    assert saved(database, ada, TypedForm("/x", (("text", "a" * 1_000_001),))) == ""
    assert saved(database, ada, TypedForm("/x", (("password", "secret"), ("text", " ")))) == ""
    assert len(found(database, clock, ada)) == MOST


def test_the_secret_of_a_form_is_left_out(database: Database, clock: StoppedClock, people: list[int]) -> None:
    ada, _ = people
    saved(database, ada, TypedForm("/x", (("text", "Ask."), ("new_password", "hunter2hunter2"), ("code", "123456"))))
    (typed,) = found(database, clock, ada)
    assert typed.fields == (("text", "Ask."),)

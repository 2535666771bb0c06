"""Definitions added to an installation, and for whom."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from reviews.access.permissions import NotAllowed
from reviews.cases.steps import open_case, take_case_step
from reviews.core.db import Database, engine_of
from reviews.definitions.installed import catalogue_for, collides, definition_of, present_catalogue, present_kind
from reviews.models import AddedDefinition, Case
from reviews.settings.added_definitions import add_definition
from reviews.transactions.unit_of_work import NotFound
from tests.builders import NOW, TODAY, a_case, a_partnership, a_unit, an_actor
from tests.workflows.example import example
from workflows import catalogue as earlier
from workflows.catalogue import BUILT_IN
from workflows.core.engine import Refused
from workflows.definitions import WORKFLOWS
from workflows.files.read import NotADefinition
from workflows.files.write import write_workflow

SCHOOL = {"school": "A school", "reason": "What went on", "origin": "audit"}
OLD = datetime(2025, 5, 30, 12, tzinfo=UTC)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_connection, _cursor, statement, *_more) -> None:
        asked.append(statement)

    event.listen(engine_of(database), "before_cursor_execute", note)
    yield asked
    event.remove(engine_of(database), "before_cursor_execute", note)


def a_school_review(session: Session, partnership) -> Case:
    return open_case(
        a_unit(session), workflow="school_review", partnership=partnership, happened_on=TODAY, answers=SCHOOL
    )


def test_what_the_product_brings_is_all_there_is_at_first(database):
    with database() as session:
        assert present_catalogue(session) is BUILT_IN
        assert present_kind(session, "school_review", TODAY) is None


def test_a_case_of_a_built_in_version_is_read_without_a_question_to_the_database(database):
    with database() as session:
        case = a_case(session, a_partnership(session))
        session.flush()
        with statements(database) as asked:
            assert definition_of(session, case).version == 4
        assert asked == []


def test_a_session_asks_once_for_what_was_added(database):
    with database() as session:
        with statements(database) as asked:
            for _ in range(3):
                present_catalogue(session)
        assert len([statement for statement in asked if statement.startswith("SELECT")]) == 1


def test_an_earlier_version_is_read_when_a_case_runs_under_it_and_once(database):
    with database() as session:
        place = a_partnership(session)
        earlier.read_earlier.cache_clear()
        unit = a_unit(session, now=OLD)
        opening = BUILT_IN.newest_of("rapid_review").opening
        a_case(session, place)
        assert earlier.read_earlier.cache_info().misses == 0
        answers = {"referred_by": "a", "referring_agency": "b", "la_aware_at": OLD, "summary": "c", "under_18": True}
        old = open_case(unit, workflow="rapid_review", partnership=place, happened_on=OLD.date(), answers=answers)
        assert opening is not None
        assert old.workflow_version == 1
        assert [definition_of(session, old).version for _ in range(3)] == [1, 1, 1]
        assert earlier.read_earlier.cache_info().misses == 2  # the second too, for the day it took effect


def test_an_added_kind_is_for_all_or_for_its_partnership_alone(database):
    with database() as session:
        mine, others = a_partnership(session), a_partnership(session, "MIDMARCH")
        add_definition(a_unit(session), example(), source="school_review.yaml", partnership=mine)
        assert present_kind(session, "school_review", TODAY, mine.id) is not None
        assert present_kind(session, "school_review", TODAY, others.id) is None
        assert present_kind(session, "school_review", TODAY) is not None
        assert "school_review" in catalogue_for(session, {mine.id, others.id}).versions
        assert "school_review" not in catalogue_for(session, ()).versions
        assert a_school_review(session, mine).reference == "SCH-2026-01"
        with pytest.raises(NotFound):
            a_school_review(session, others)


def test_a_running_case_keeps_its_version_and_a_new_one_takes_the_next(database):
    with database() as session:
        place = a_partnership(session)
        add_definition(a_unit(session), example(), source="one.yaml")
        first = a_school_review(session, place)
        second = example().replace("version: 1", "version: 2").replace("title: Begin\n", "title: Start\n")
        second = second.replace("effective_from: 2026-01-01", "effective_from: 2026-11-20", 1)
        add_definition(a_unit(session), second, source="two.yaml")
        later = a_school_review(session, place)
        assert (first.workflow_version, later.workflow_version) == (1, 2)
        titles = [step.title for case in (first, later) if (step := definition_of(session, case).step("begin"))]
        assert titles == ["Begin", "Start"]
        assert present_kind(session, "school_review", date(2026, 11, 19)) is definition_of(session, first)
        take_case_step(a_unit(session), first, "begin", happened_on=TODAY, answers={"report_wanted_on": TODAY})
        assert sorted(clock.name for clock in first.clocks) == ["begun", "report"]


def test_the_same_text_again_changes_nothing_and_another_is_refused(database):
    with database() as session:
        place = a_partnership(session)
        assert not add_definition(a_unit(session), example(), source="a.yaml").unchanged
        session.flush()
        assert add_definition(a_unit(session), example(), source="b.yaml").unchanged
        with pytest.raises(Refused, match="but for other partnerships"):
            add_definition(a_unit(session), example(), source="a.yaml", partnership=place)
        with pytest.raises(Refused, match="Give yours a higher version"):
            add_definition(a_unit(session), example().replace("title: Begin", "title: Start"), source="a.yaml")
        assert session.scalar(sa.select(sa.func.count()).select_from(AddedDefinition)) == 1


@pytest.mark.parametrize(
    ("name", "version", "sentence"),
    [
        ("rapid_review", 2, "rapid_review version 2 is built in. Give yours a higher version."),
        ("rapid_review", 1, "rapid_review version 1 is built in. Give yours a higher version."),
        ("action", 7, "You cannot add a definition of the action"),
    ],
)
def test_what_the_product_brings_cannot_be_replaced(database, name, version, sentence):
    text = write_workflow(WORKFLOWS[name]).replace(f"version: {WORKFLOWS[name].version}", f"version: {version}", 1)
    with database() as session, pytest.raises(Refused, match=sentence):
        add_definition(a_unit(session), text, source="a.yaml")


def test_a_kind_of_the_product_may_be_given_a_higher_version(database):
    with database() as session:
        place, others = a_partnership(session), a_partnership(session, "MIDMARCH")
        text = write_workflow(WORKFLOWS["risk_entry"]).replace("version: 1", "version: 2", 1)
        add_definition(a_unit(session), text, source="risk.yaml", partnership=place)
        kinds = [present_kind(session, "risk_entry", TODAY, each.id) for each in (place, others)]
        assert [kind.version for kind in kinds if kind] == [2, 1]
        with pytest.raises(Refused, match="There is already version 9 of risk_entry"):
            add_definition(a_unit(session), text.replace("version: 2", "version: 9", 1), source="risk.yaml")
            add_definition(a_unit(session), text.replace("version: 2", "version: 5", 1), source="risk.yaml")


def test_a_kind_for_all_does_not_lead_to_one_that_is_a_partnerships_own(database):
    leading = example().replace("school_review", "second").replace("SCH", "SEC")
    leading = leading.replace("to: closed\n", "to: closed\n        joins: school_review\n", 1)
    asked = "        asks:\n          - name: joined_reference\n            label: Which\n"
    leading = leading.replace("\n      - name: call_off", f"{asked}\n      - name: call_off", 1)
    with database() as session:
        mine = a_partnership(session)
        add_definition(a_unit(session), example(), source="a.yaml", partnership=mine)
        with pytest.raises(Refused, match="leads to school_review, which the same partnerships do not have"):
            add_definition(a_unit(session), leading, source="b.yaml")
        add_definition(a_unit(session), leading, source="b.yaml", partnership=mine)
        assert "second" in present_catalogue(session, mine.id).versions


def test_two_added_kinds_do_not_share_a_prefix(database):
    with database() as session:
        add_definition(a_unit(session), example(), source="a.yaml")
        with pytest.raises(NotADefinition, match=r"a\.yaml:7: school_review has the prefix SCH too"):
            add_definition(a_unit(session), example().replace("school_review", "second"), source="a.yaml")


def test_only_the_operator_adds_a_definition(database):
    with database() as session:
        manager = an_actor(session)
        with pytest.raises(NotAllowed):
            add_definition(a_unit(session, manager), example(), source="a.yaml")


def test_of_two_with_one_name_and_version_the_products_is_used(database):
    with database() as session:
        text = write_workflow(WORKFLOWS["risk_entry"]).replace("title: Risk", "title: Peril")
        row = AddedDefinition(
            name="risk_entry", version=1, text=text, source="a.yaml", added_at=NOW, added_by="somebody"
        )
        session.add(row)
        session.flush()
        assert collides(row)
        assert present_catalogue(session).title("risk_entry") == "Risk"

"""Whoever may not see a case gets the same answer for its reference as for one that nobody has."""

import csv
from datetime import date

import pytest
import sqlalchemy as sa

from reviews.cases.page_queries import find_case
from reviews.imports.history import import_cases
from reviews.imports.readers.past_files import read_histories
from reviews.imports.readers.plan import read_plan
from reviews.imports.store_rows import import_plan
from reviews.models import Action, Case
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, TODAY, a_case, a_process, a_world, an_action
from tests.changes import nothing_changes
from tests.reviews.imports.lists import NO_LCSPR, REVIEW, write
from tests.web.visitor import statements
from workflows.core.engine import Refused
from workflows.core.vocabulary import Realm, Role
from workflows.definitions import CASE_WORKFLOWS


@pytest.fixture
def anyshire(database):
    place = a_world(database).anyshire
    with database.begin() as session:
        for reference in ("CD-2026-13", "ANY-001"):
            an_action(session, a_case(session, place.partnership, "cdop_case", reference=reference))
        a_case(session, place.partnership, "lcspr", reference="LCSPR-2026-07")
    return place


def bring_in(database, clock, tmp_path, actor, plan):
    """Import one row into a plan, and give the counts and whether the plan was opened, or the refusal."""
    path = tmp_path / "tracker.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("Recommendation", "Action"), ("Share.", "Train the staff.")])
    try:
        with unit_of_work(database, actor, clock) as unit:
            done = import_plan(unit, unit.partnership("ANYSHIRE"), reference=plan, plan=read_plan(path))
    except Refused as refusal:
        return refusal.sentence.replace(plan, "…")
    return done.created, done.plan_created, done.refused


@pytest.mark.parametrize(
    ("role", "hidden", "unknown"),
    [
        (Role.BUSINESS_UNIT_ADMIN, "CD-2026-13", "CD-2031-13"),
        (Role.BUSINESS_MANAGER, "cd-2026-13", "cd-2031-13"),
        (Role.BUSINESS_MANAGER, "ANY-001", "ANY-999"),
        (Role.CDOP_MANAGER, "LCSPR-2026-07", "LCSPR-2031-07"),
    ],
)
def test_a12_an_import_answers_alike_for_a_hidden_and_an_unknown_plan(
    database, clock, tmp_path, anyshire, role, hidden, unknown
):
    actor = anyshire.actors[role]

    found = [bring_in(database, clock, tmp_path, actor, plan) for plan in (hidden, unknown)]

    assert found[0] == found[1]


def test_a16_a_refused_import_asks_the_database_the_same_for_hidden_and_unknown(database, clock, tmp_path, anyshire):
    admin, asked = anyshire.actors[Role.BUSINESS_UNIT_ADMIN], {}
    for plan in ("CD-2031-13", "CD-2026-13", "RR-2031-13", "RR-2026-01"):
        with statements(database) as asked[plan]:
            bring_in(database, clock, tmp_path, admin, plan)

    assert asked["CD-2026-13"] == asked["CD-2031-13"]
    assert "INSERT INTO cases" not in " ".join(asked["RR-2031-13"])


@pytest.mark.parametrize("plan", ["CD-2026-17", "cd-2026-17", "LCSPR-2026-08", "RR-2026-01"])
def test_an_import_never_opens_a_plan_under_a_number_of_another_kind(database, clock, tmp_path, anyshire, plan):
    manager = anyshire.actors[Role.BUSINESS_MANAGER]
    with nothing_changes(database):
        refusal = bring_in(database, clock, tmp_path, manager, plan)

    prefix = plan.partition("-")[0]
    assert refusal == f"References that begin with {prefix} and a year are for other kinds of case. Choose another."
    with database.begin() as session:
        given = [a_case(session, anyshire.partnership, kind).reference for kind in ("cdop_case", "lcspr")]
        assert given == ["CD-2026-14", "LCSPR-2026-08"]


def test_a_plan_that_has_a_number_of_the_other_realm_from_before_still_takes_rows(database, clock, tmp_path, anyshire):
    manager = anyshire.actors[Role.BUSINESS_MANAGER]
    with database.begin() as session:
        a_case(session, anyshire.partnership, "strategy_plan", reference="SP-2026-01").reference = "CD-2026-13"

    assert bring_in(database, clock, tmp_path, manager, "CD-2026-13") == (1, False, [])
    with database.begin() as session:
        assert a_case(session, anyshire.partnership, "cdop_case").reference == "CD-2026-14"


def test_a_request_comes_in_beside_one_of_the_same_reference_in_the_other_realm(database, clock, tmp_path, anyshire):
    admin, workflow = anyshire.actors[Role.BUSINESS_UNIT_ADMIN], CASE_WORKFLOWS["parallel_process"]
    with database.begin() as session:
        a_case(session, anyshire.partnership, "rapid_review", reference="ANY-001")
        death = session.scalars(sa.select(Case).where(Case.reference == "ANY-001", Case.realm == "child_deaths")).one()
        a_process(session, death)
    opening = workflow.opening
    row = {"reference": "ANY-001.P1", opening.name: "2026-11-02"}
    path = write(tmp_path / "list.csv", row)
    with unit_of_work(database, admin, clock) as unit:
        histories = read_histories(path, workflow=workflow, today=TODAY)
        done = import_cases(unit, unit.partnership("ANYSHIRE"), workflow, histories)

    assert [(case.case.reference, case.case.realm) for case in done.cases] == [("ANY-001.P1", Realm.REVIEWS)]


def test_a_list_of_past_cases_answers_alike_too(database, clock, tmp_path, anyshire):
    manager, workflow = anyshire.actors[Role.BUSINESS_MANAGER], CASE_WORKFLOWS["rapid_review"]
    outcomes = []
    for reference in ("ANY-001", "ANY-999", "CD-2026-13", "CD-2031-13"):
        path = write(tmp_path / "list.csv", {**REVIEW, **NO_LCSPR, "case_ref": reference})
        with unit_of_work(database, manager, clock) as unit:
            histories = read_histories(path, workflow=workflow, today=TODAY)
            done = import_cases(unit, unit.partnership("ANYSHIRE"), workflow, histories)
        outcomes.append([*(case.outcome for case in done.cases), *(row.reason for row in done.refused)])

    assert outcomes[0] == outcomes[1]
    assert outcomes[2] == outcomes[3]


def test_the_outsider_works_with_their_own_and_the_hidden_one_is_untouched(database, clock, tmp_path, anyshire):
    manager, cdop = anyshire.actors[Role.BUSINESS_MANAGER], anyshire.actors[Role.CDOP_MANAGER]
    bring_in(database, clock, tmp_path, manager, "ANY-001")

    assert bring_in(database, clock, tmp_path, manager, "ANY-001") == (0, False, [])
    with database() as session:
        seen = [find_case(session, actor, "ANY-001")[0].realm for actor in (manager, cdop)]
        actions = session.execute(
            sa.select(Case.realm, sa.func.count())
            .join(Action, Action.case_id == Case.id)
            .where(Case.reference == "ANY-001")
            .group_by(Case.realm)
        ).all()
    assert seen == [Realm.REVIEWS, Realm.CHILD_DEATHS]
    assert {each.realm: each[1] for each in actions} == {Realm.REVIEWS: 1, Realm.CHILD_DEATHS: 1}


def test_who_sees_both_changes_neither_by_mistake(database, clock, tmp_path, anyshire):
    bring_in(database, clock, tmp_path, anyshire.actors[Role.BUSINESS_MANAGER], "ANY-001")

    with (
        nothing_changes(database),
        unit_of_work(database, BUILDER, clock) as unit,
        pytest.raises(Refused, match="twice"),
    ):
        unit.case("ANY-001", partnership="ANYSHIRE")


def test_the_number_of_the_next_case_says_nothing_of_the_other_realm(database, clock, anyshire):
    with database.begin() as session:
        partnership = anyshire.partnership
        session.add(
            Case(
                partnership_id=partnership.id,
                reference="RR-2026-41",
                workflow="cdop_case",
                workflow_version=1,
                realm=Realm.CHILD_DEATHS,
                opened_on=date(2026, 3, 2),
            )
        )
        session.flush()
        assert a_case(session, partnership, "rapid_review", opened_on=date(2026, 3, 2)).reference == "RR-2026-01"

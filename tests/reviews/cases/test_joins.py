"""Several rapid reviews are taken into one review, which must run and be visible to the person."""

from datetime import date

import pytest
import sqlalchemy as sa

from reviews.cases.page_queries import case_file
from reviews.cases.steps import take_case_step
from reviews.core.clock import StoppedClock
from reviews.core.db import Database
from reviews.models import Case, CaseLink
from reviews.transactions.unit_of_work import reading, unit_of_work
from tests.builders import TO_THE_PANEL, TODAY, World, a_case, a_world, facts_for, take
from tests.changes import nothing_changes
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role
from workflows.definitions import CASE_WORKFLOWS

MARCH, APRIL = date(2026, 3, 2), date(2026, 4, 1)


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


def an_answered_review(session, world: World) -> Case:
    case = a_case(session, world.anyshire.partnership, opened_on=MARCH)
    take(session, case, *TO_THE_PANEL, "panel_response", on=MARCH)
    return case


@pytest.mark.parametrize("kind", ["thematic_review", "lcspr"])
def test_several_rapid_reviews_are_rolled_into_one(database: Database, world: World, kind: str) -> None:
    with database.begin() as session:
        joint = a_case(session, world.anyshire.partnership, kind, opened_on=APRIL)
        cases = [an_answered_review(session, world) for _ in range(3)]
        for case in cases:
            take(session, case, "absorb", joined_reference=joint.reference, on=APRIL)
    with reading(database) as session:
        links = session.scalars(sa.select(CaseLink).order_by(CaseLink.from_case_id)).all()
    assert [(link.from_case_id, link.to_case_id, link.kind) for link in links] == [
        (case.id, joint.id, "absorbed_into") for case in cases
    ]
    assert [(case.tracks[0].stage, case.closed_on) for case in cases] == [("absorbed", APRIL)] * 3


def test_each_of_the_two_names_the_other(database: Database, world: World) -> None:
    with database.begin() as session:
        joint = a_case(session, world.anyshire.partnership, "thematic_review", opened_on=MARCH)
        case = an_answered_review(session, world)
        take(session, case, "absorb", joined_reference=joint.reference, on=APRIL)
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with reading(database) as session:
        [onward] = case_file(session, manager, case.reference, today=TODAY).links
        [back] = case_file(session, manager, joint.reference, today=TODAY).links
    assert (onward.kind, onward.led_to, onward.reference) == ("absorbed_into", True, joint.reference)
    assert (back.kind, back.led_to, back.reference) == ("absorbed_into", False, case.reference)


def test_a_case_is_taken_into_one_of_the_right_kind_that_runs_and_is_theirs_to_see(
    database: Database, clock: StoppedClock, world: World
) -> None:
    with database.begin() as session:
        here, there = world.anyshire.partnership, world.midmarch.partnership
        case = an_answered_review(session, world)
        over = a_case(session, here, "lcspr", opened_on=MARCH, reference="OVER")
        take(session, over, "discontinue", "no_plan_needed", "nothing_to_publish", on=MARCH)
        a_case(session, there, "thematic_review", opened_on=MARCH, reference="ELSEWHERE")
        a_case(session, here, "multi_agency_audit", opened_on=MARCH, reference="AN-AUDIT")
        a_case(session, here, "thematic_review", opened_on=TODAY, reference="LATER")
    step = CASE_WORKFLOWS["rapid_review"].step("absorb")
    assert step is not None
    partner, said = world.anyshire.actors[Role.SAFEGUARDING_PARTNER], set()
    for reference in ("OVER", "ELSEWHERE", "AN-AUDIT", "LATER", "UNHEARD-OF", case.reference):
        answers = facts_for(step, joined_reference=reference)
        with (
            nothing_changes(database),
            pytest.raises(Refused) as refusal,
            unit_of_work(database, partner, clock) as unit,
        ):
            take_case_step(unit, unit.case(case.reference), "absorb", happened_on=APRIL, answers=answers)
        said.add(refusal.value.sentence.replace(reference, "X"))
    assert said == {
        "There was no thematic review or local child safeguarding practice review X on 1 April 2026"
        " that this case could be taken into."
    }

"""Which rows of a plan each role may export, and how many database statements that takes."""

import pytest
import sqlalchemy as sa

from reviews.actions.evidence import withdraw_evidence
from reviews.exports.board import groups_of
from reviews.exports.columns import cells_of
from reviews.models import ActionAnswer, CaseTrack
from reviews.transactions.unit_of_work import NotFound
from tests.builders import BUILDER, a_case, a_recommendation, a_unit, a_world, actor_of, an_action
from tests.reviews.exports.plans import a_hard_plan, exported
from tests.web.visitor import statements
from workflows.core.vocabulary import Role


@pytest.fixture
def world(database):
    return a_world(database)


@pytest.fixture
def session(database, world):
    with database() as session:
        yield session


def test_the_manager_takes_out_every_action_with_all_that_is_kept(session, world):
    a_hard_plan(session, world.anyshire)
    plan = exported(session, actor_of(session, world.anyshire.people[Role.BUSINESS_MANAGER]), "SP-2026-77")
    full = next(line for line in plan.actions if line.records.progress)
    assert len(plan.actions) == 28
    assert (full.owner.email, full.lead_agency) == ("owner@anyshire.example", "Anyshire Police")
    assert full.records.answers == ["R2 of SP-2026-77"]
    assert [name for _, name in full.records.agency_parts] == ["=Body one", "Body two"]


def test_an_owner_takes_out_their_own_and_neither_title_nor_recommendation_of_a_case_they_do_not_see(session, world):
    a_hard_plan(session, world.anyshire)
    plan = exported(session, actor_of(session, world.anyshire.people[Role.ACTION_OWNER]), "SP-2026-77")
    assert [line.action.reference for line in plan.actions] == ["SP-2026-77/A5"]
    assert (plan.title, plan.recommendations, plan.findings) == ("", [], {})
    assert plan.actions[0].records.answers == []


@pytest.mark.parametrize("role", [Role.ACTION_OWNER, Role.SCRUTINY_MEMBER, Role.CDOP_MANAGER])
def test_a_plan_of_which_they_see_nothing_does_not_exist(session, world, role):
    a_case(session, world.anyshire.partnership, "strategy_plan", reference="SP-1")
    with pytest.raises(NotFound):
        exported(session, actor_of(session, world.anyshire.people[role]), "SP-1")


def test_another_partnerships_plan_does_not_exist(session, world):
    a_hard_plan(session, world.anyshire)
    for role in (Role.BUSINESS_MANAGER, Role.ACTION_OWNER, Role.SCRUTINY_MEMBER):
        with pytest.raises(NotFound):
            exported(session, actor_of(session, world.midmarch.people[role]), "SP-2026-77")


def test_a_child_death_review_goes_out_to_its_own_realm_alone(session, world):
    case = a_case(session, world.anyshire.partnership, "cdop_case", reference="CD-1")
    an_action(session, case)
    assert exported(session, actor_of(session, world.anyshire.people[Role.CDOP_MANAGER]), "CD-1").actions
    with pytest.raises(NotFound):
        exported(session, actor_of(session, world.anyshire.people[Role.BUSINESS_MANAGER]), "CD-1")


def test_scrutiny_takes_out_text_and_standing_alone(session, world):
    case = a_hard_plan(session, world.anyshire)
    session.add(CaseTrack(case_id=case.id, name="publication", stage="published", since_on=case.opened_on))
    plan = exported(session, actor_of(session, world.anyshire.people[Role.SCRUTINY_MEMBER]), "SP-2026-77")
    full = plan.actions[-1]
    assert len(plan.actions) == 28
    assert all(line.published_only and line.owner is None for line in plan.actions)
    assert (full.records.progress, full.records.evidence, full.records.history, full.deputy) == ([], [], [], None)
    rated = [line for line in plan.actions if line.action.chair_rating]
    views = ("Own view of the owner", "Own view of the chair", "Reason of the chair")
    assert [cells_of(line)[view] for line in rated for view in views] == ["", "", ""]
    assert not any("Chair's view" in why for group in groups_of(plan) for line in group.lines for why in line.why)


def test_what_was_withdrawn_goes_out_as_withdrawn_with_its_reason(session, world):
    case = a_case(session, world.anyshire.partnership, "strategy_plan", reference="SP-1")
    action = an_action(session, case, evidence="Minutes of May")
    withdraw_evidence(a_unit(session), action, action.evidence[0].id, reason="It named a family")
    session.flush()
    [line] = exported(session, BUILDER, "SP-1").actions
    assert cells_of(line)["Evidence"] == (
        "20 November 2026, somebody: Minutes of May\nWithdrawn 20 November 2026, builder: It named a family"
    )


def test_an_action_of_another_case_that_answers_it_is_in_the_plan(session, world):
    plan = a_case(session, world.anyshire.partnership, "strategy_plan", reference="SP-1")
    other = a_case(session, world.anyshire.partnership, "strategy_plan", reference="SP-2")
    action = an_action(session, other)
    session.add(ActionAnswer(action_id=action.id, recommendation_id=a_recommendation(session, plan).id))
    assert [line.case_reference for line in exported(session, BUILDER, "SP-1").actions] == ["SP-2"]


def test_a_large_plan_asks_the_database_no_more_often(database, session, world):
    counts = []
    for number, size in enumerate((1, 40)):
        case = a_case(session, world.anyshire.partnership, "strategy_plan", reference=f"SP-{number}")
        for _ in range(size):
            an_action(session, case, recommendation=a_recommendation(session, case))
        session.commit()
        session.expire_all()
        session.scalar(sa.select(1))
        with statements(database) as asked:
            exported(session, BUILDER, case.reference)
        counts.append(len(asked))
    assert counts[0] == counts[1]

"""One action that answers recommendations of several cases, listed once in the plan of each."""

import pytest
from sqlalchemy.orm import Session

from reviews.access.permissions import NotAllowed
from reviews.actions.list_queries import ActionFilter, action_list, actions_answering
from reviews.cases.event_log import action_history, case_history
from reviews.cases.facts import facts_of
from reviews.cases.responses import answered_by, further_answers, recommendation_labels
from reviews.core.db import Database
from reviews.models import Action, ActionAnswer, Case, EventKind, Recommendation
from reviews.recommendations.commands import add_answer, add_recommendation, recommendation_named, remove_answer
from tests.builders import BUILDER, TODAY, World, a_case, a_recommendation, a_unit, a_world, an_action
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role
from workflows.definitions import CASE_WORKFLOWS

RR, LCSPR = "RR-2026-03", "LCSPR-2026-01"


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def session(database: Database, world: World) -> Session:
    with database() as opened:
        yield opened


def two_reviews(session: Session, world: World) -> tuple[Action, Recommendation]:
    """An action of one review, and a recommendation of another."""
    place = world.anyshire
    first = a_case(session, place.partnership, reference=RR)
    second = a_case(session, place.partnership, "lcspr", reference=LCSPR, agencies=(place.agencies["Police"],))
    own, other = a_recommendation(session, first), a_recommendation(session, second)
    return an_action(session, first, recommendation=own), other


def as_(world: World, role: Role):
    return world.anyshire.actors[role]


def answered(session: Session, action: Action, world: World, role: Role = Role.BUSINESS_MANAGER) -> list[str]:
    return [each.in_words for each in answered_by(session, as_(world, role), action)]


def test_an_action_answers_a_recommendation_of_another_case_too(session: Session, world: World) -> None:
    action, other = two_reviews(session, world)
    manager = a_unit(session, as_(world, Role.BUSINESS_MANAGER))
    version = action.version
    add_answer(manager, action, recommendation_named(manager, action.partnership_id, "R1 of LCSPR-2026-01"))
    session.flush()
    assert answered(session, action, world) == ["R1 of RR-2026-03", "R1 of LCSPR-2026-01"]
    assert action.version == version + 1
    remove_answer(manager, action, other)
    session.flush()
    assert answered(session, action, world) == ["R1 of RR-2026-03"]


@pytest.mark.parametrize(
    "words", ["R1 of LCSPR-2026-01", "lcspr-2026-01 r1", "LCSPR-2026-01/R1", " LCSPR-2026-01,  R1"]
)
def test_a_recommendation_is_named_as_people_name_it(session: Session, world: World, words: str) -> None:
    action, other = two_reviews(session, world)
    assert recommendation_named(a_unit(session), action.partnership_id, words) is other


@pytest.mark.parametrize("words", ["", "R1", "R9 of LCSPR-2026-01", "R1 of RR-1999-01"])
def test_what_is_not_there_is_refused_with_the_words(session: Session, world: World, words: str) -> None:
    action, _ = two_reviews(session, world)
    with pytest.raises(Refused, match=f"no recommendation “{words}”"):
        recommendation_named(a_unit(session), action.partnership_id, words)


def test_a_recommendation_of_another_partnership_does_not_exist(session: Session, world: World) -> None:
    action, _ = two_reviews(session, world)
    foreign = a_recommendation(session, a_case(session, world.midmarch.partnership, reference="RR-2026-77"))
    manager = a_unit(session, as_(world, Role.BUSINESS_MANAGER))
    with pytest.raises(Refused, match="There is no recommendation"):
        recommendation_named(manager, action.partnership_id, "R1 of RR-2026-77")
    with pytest.raises(Refused, match="of the same partnership"):
        add_answer(a_unit(session), action, foreign)


def test_a_review_and_a_child_death_share_no_action(session: Session, world: World) -> None:
    action, _ = two_reviews(session, world)
    death = a_recommendation(session, a_case(session, world.anyshire.partnership, "cdop_case", reference="CDR-2026-07"))
    with pytest.raises(Refused, match="of the same partnership and kind of review"):
        add_answer(a_unit(session), action, death)
    manager = a_unit(session, as_(world, Role.BUSINESS_MANAGER))
    with pytest.raises(Refused, match="There is no recommendation"):
        recommendation_named(manager, action.partnership_id, "R1 of CDR-2026-07")


@pytest.mark.parametrize("role", [Role.ACTION_OWNER, Role.AGENCY_LEAD, Role.SUBGROUP_CHAIR, Role.CDOP_MANAGER])
def test_what_an_action_answers_is_for_the_unit_to_say(session: Session, world: World, role: Role) -> None:
    action, other = two_reviews(session, world)
    with pytest.raises(NotAllowed):
        add_answer(a_unit(session, as_(world, role)), action, other)
    with pytest.raises(NotAllowed):
        remove_answer(a_unit(session, as_(world, role)), action, other)


def test_nothing_is_answered_twice_or_given_up_that_was_not_there(session: Session, world: World) -> None:
    action, other = two_reviews(session, world)
    unit = a_unit(session)
    with pytest.raises(Refused, match="as a further one"):
        remove_answer(unit, action, other)
    add_answer(unit, action, other)
    session.flush()
    for asked in (other, session.get_one(Recommendation, action.recommendation_id)):
        with pytest.raises(Refused, match="already"):
            add_answer(unit, action, asked)


def test_an_action_stands_once_in_the_plan_of_each_case(session: Session, world: World) -> None:
    action, other = two_reviews(session, world)
    second = session.get_one(Case, other.case_id)
    once_more = add_recommendation(a_unit(session), second, text="Once more.")
    for asked in (other, once_more):
        add_answer(a_unit(session), action, asked)
    session.flush()
    manager = as_(world, Role.BUSINESS_MANAGER)
    for reference in (RR, LCSPR):
        page = action_list(session, manager, today=TODAY, wanted=ActionFilter(case_reference=reference))
        assert ([line.reference for line in page.rows], page.total) == ([action.reference], 1)
    assert further_answers(session, second) == {action.id: [other.id, once_more.id]}
    for asked in (other, once_more):
        assert [line.id for line in actions_answering(session, manager, asked, today=TODAY)] == [action.id]


def test_the_plan_of_the_other_case_waits_for_it(session: Session, world: World) -> None:
    action, other = two_reviews(session, world)
    add_answer(a_unit(session), action, other)
    session.flush()
    second = session.get_one(Case, other.case_id)
    facts = facts_of(session, BUILDER, second, CASE_WORKFLOWS["lcspr"], on=TODAY)
    assert (facts.number("plan_actions"), facts.names("open_actions")) == (1, (action.reference,))


def test_whoever_sees_the_action_and_not_the_other_case_does_not_read_of_it(session: Session, world: World) -> None:
    action, other = two_reviews(session, world)
    action.owner_id = world.anyshire.people[Role.ACTION_OWNER].id
    add_answer(a_unit(session), action, other)
    session.flush()
    assert answered(session, action, world, Role.ACTION_OWNER) == []
    owner = as_(world, Role.ACTION_OWNER)
    told = [row for row in action_history(session, owner, action).rows if row.kind is EventKind.ANSWER_ADDED]
    assert [row.details for row in told] == [{"recommendation_id": other.id}]
    assert recommendation_labels(session, owner, [other.id]) == {}
    second = session.get_one(Case, other.case_id)
    history = case_history(session, as_(world, Role.BUSINESS_MANAGER), second).rows
    assert [row.details for row in history if row.kind is EventKind.ANSWER_ADDED] == [{"recommendation": "R1"}]


def test_one_row_is_kept_for_each_answer(session: Session, world: World) -> None:
    action, other = two_reviews(session, world)
    add_answer(a_unit(session), action, other)
    session.flush()
    kept = session.get_one(ActionAnswer, (action.id, other.id))
    assert (kept.action_id, kept.recommendation_id) == (action.id, other.id)

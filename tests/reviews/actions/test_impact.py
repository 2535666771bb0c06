"""Impact checks of an accepted action: their due dates, and what follows each result."""

from datetime import date

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.actions.impact import answer_check
from reviews.actions.list_queries import ActionFilter, action_list
from reviews.actions.plan_rules import PlanRuleSet, set_plan_rules
from reviews.actions.steps import accept_action, submit_action
from reviews.core.clock import StoppedClock, read_moment
from reviews.models import Action, Event, EventKind, ImpactResult, Recommendation
from reviews.recommendations.commands import add_answer
from reviews.transactions.unit_of_work import reading, unit_of_work
from tests.builders import TODAY, a_case, a_recommendation, a_world, an_action
from tests.changes import nothing_changes
from workflows.core.engine import Refused, WrongRole
from workflows.core.vocabulary import Role

EMBEDDED, PARTLY, NOT_SEEN = ImpactResult.EMBEDDED, ImpactResult.PARTLY, ImpactResult.NOT_SEEN
FIRST, SECOND = date(2027, 2, 20), date(2027, 8, 20)
CHAIR = Role.SUBGROUP_CHAIR


@pytest.fixture
def place(database):
    return a_world(database).anyshire


@pytest.fixture
def action(database, place):
    with database.begin() as session:
        case = a_case(session, place.partnership)
        return an_action(
            session,
            case,
            owner=place.people[Role.ACTION_OWNER],
            agency=place.agencies["Police"],
            recommendation=a_recommendation(session, case),
            success_measure="Babies sleep safely.",
        )


@pytest.fixture
def act(database, place, action):
    def act_once(role, command, on=TODAY, **given):
        with unit_of_work(database, place.actors[role], StoppedClock(read_moment(f"{on}T10:00"))) as unit:
            command(unit, unit.action(action.reference), happened_on=on, **given)

    return act_once


@pytest.fixture
def accepted(act, action):
    accept(act)
    return action


def accept(act, on=TODAY):
    act(Role.ACTION_OWNER, submit_action, on, evidence="Minutes.")
    act(CHAIR, accept_action, on)


def checks(database, action):
    with reading(database) as session:
        found = session.get_one(Action, action.id).impact_checks
        return [(each.due_on, each.result) for each in found]


def stage(database, action):
    with reading(database) as session:
        return session.get_one(Action, action.id).stage


def due(database, place, today):
    with reading(database) as session:
        wanted = ActionFilter(group="impact_due")
        there = place.partnership.id
        return action_list(session, place.actors[CHAIR], today=today, partnership_id=there, wanted=wanted).total


def test_it_is_asked_three_and_nine_months_after_acceptance(database, place, accepted):
    assert checks(database, accepted) == [(FIRST, None), (SECOND, None)]
    assert [due(database, place, day) for day in (date(2027, 2, 19), FIRST)] == [0, 1]


def test_a_plan_may_ask_at_other_times(database, place, clock, act, action):
    with unit_of_work(database, place.actors[Role.BUSINESS_MANAGER], clock) as unit:
        case = unit.action(action.reference).case
        set_plan_rules(unit, case, PlanRuleSet(first_impact_months=1, second_impact_months=12))
    accept(act)

    assert checks(database, action) == [(date(2026, 12, 20), None), (date(2027, 11, 20), None)]
    with reading(database) as session:
        event = session.scalars(sa.select(Event).where(Event.kind == EventKind.PLAN_RULES_SET)).one()
        assert event.details["now"]["second_impact_months"] == 12


@pytest.mark.parametrize(
    ("role", "first", "second", "kind"),
    [
        (Role.BUSINESS_MANAGER, 9, 3, Refused),
        (Role.BUSINESS_MANAGER, 0, 3, Refused),
        (Role.BUSINESS_MANAGER, None, None, Refused),
        (CHAIR, 3, 12, NotAllowed),
    ],
)
def test_rules_that_cannot_be_are_refused(database, place, clock, action, role, first, second, kind):
    with nothing_changes(database), pytest.raises(kind), unit_of_work(database, place.actors[role], clock) as unit:
        set_plan_rules(unit, unit.action(action.reference).case, PlanRuleSet(first, second))


def test_embedded_ends_the_action_at_the_last_check_only(database, act, accepted):
    act(CHAIR, answer_check, FIRST, result=EMBEDDED, text="Seen at every visit.")
    assert (stage(database, accepted), checks(database, accepted)[0]) == ("complete_awaiting_impact", (FIRST, EMBEDDED))
    act(CHAIR, answer_check, SECOND, result=EMBEDDED, text="And it holds.")

    assert stage(database, accepted) == "embedded"
    assert checks(database, accepted) == [(FIRST, EMBEDDED), (SECOND, EMBEDDED)]


def test_seen_in_part_it_is_asked_again_also_after_the_last_check(database, act, accepted):
    act(CHAIR, answer_check, FIRST, result=PARTLY, text="In one ward.")
    act(CHAIR, answer_check, SECOND, result=PARTLY, text="In two wards.")

    assert checks(database, accepted)[1:] == [(SECOND, PARTLY), (date(2027, 11, 20), None)]
    assert stage(database, accepted) == "complete_awaiting_impact"


def test_not_seen_opens_the_action_and_all_it_answers_again(database, place, act, action, clock):
    with unit_of_work(database, place.actors[Role.BUSINESS_MANAGER], clock) as unit:
        other = a_case(unit.session, place.partnership)
        add_answer(unit, unit.action(action.reference), a_recommendation(unit.session, other))
    accept(act)
    act(CHAIR, answer_check, FIRST, result=NOT_SEEN, text="Nothing has changed.")

    assert (stage(database, action), checks(database, action)) == ("in_progress", [(FIRST, NOT_SEEN)])
    with reading(database) as session:
        assert set(session.scalars(sa.select(Recommendation.reopened_on))) == {FIRST}
        kinds = list(session.scalars(sa.select(Event.kind).where(Event.happened_on == FIRST)))
    assert kinds.count(EventKind.RECOMMENDATION_REOPENED) == 2


def test_what_is_done_again_and_embedded_settles_the_recommendation(database, act, accepted):
    act(CHAIR, answer_check, FIRST, result=NOT_SEEN, text="Nothing has changed.")
    accept(act, FIRST)
    assert checks(database, accepted)[1:] == [(date(2027, 5, 20), None), (date(2027, 11, 20), None)]
    act(CHAIR, answer_check, date(2027, 5, 20), result=EMBEDDED, text="Now it is.")
    act(CHAIR, answer_check, date(2027, 11, 20), result=EMBEDDED, text="And it holds.")

    with reading(database) as session:
        assert session.scalars(sa.select(Recommendation.reopened_on)).one() is None


@pytest.mark.parametrize(
    ("role", "on", "result", "text", "kind"),
    [
        (CHAIR, date(2027, 1, 19), EMBEDDED, "Too early.", Refused),
        (CHAIR, FIRST, PARTLY, " ", Refused),
        (CHAIR, FIRST, NOT_SEEN, "", Refused),
        (Role.BUSINESS_MANAGER, FIRST, EMBEDDED, "Not mine.", WrongRole),
        (Role.ACTION_OWNER, FIRST, PARTLY, "Not mine.", WrongRole),
    ],
)
def test_an_answer_that_cannot_be_given_changes_nothing(database, act, accepted, role, on, result, text, kind):
    with nothing_changes(database), pytest.raises(kind):
        act(role, answer_check, on, result=result, text=text)


def test_an_action_that_waits_since_before_is_confirmed_without_a_check(database, place, act, action):
    with database.begin() as session:
        session.get_one(Action, action.id).stage = "complete_awaiting_impact"
        session.flush()
    act(CHAIR, answer_check, result=EMBEDDED, text="Seen.")

    assert (stage(database, action), checks(database, action)) == ("embedded", [])

"""What is said of a late action, and time that was given and is taken back."""

from datetime import date

import pytest
import sqlalchemy as sa

from reviews.actions.extensions import ask_extension, explain_delay
from reviews.actions.list_queries import ActionFilter, action_list
from reviews.actions.steps import extend_action, submit_action, undo_extension
from reviews.models import Action, Event, EventKind
from reviews.transactions.unit_of_work import reading, unit_of_work
from tests.builders import TODAY, a_case, a_world, an_action
from tests.changes import nothing_changes
from workflows.core.engine import NotReady, Refused, WrongRole
from workflows.core.vocabulary import Role

DUE, EXPECTED, LATER, LATEST = date(2026, 11, 2), date(2026, 12, 15), date(2027, 1, 15), date(2027, 3, 1)


@pytest.fixture
def place(database):
    return a_world(database).anyshire


@pytest.fixture
def action(database, place):
    with database.begin() as session:
        owner, council = place.people[Role.ACTION_OWNER], place.agencies["Council"]
        case = a_case(session, place.partnership)
        return an_action(session, case, owner=owner, agency=council, due_on=DUE, stage="in_progress")


@pytest.fixture
def act(database, clock, place, action):
    def act_as(role, command, **given):
        with unit_of_work(database, place.actors[role], clock) as unit:
            command(unit, unit.action(action.reference), happened_on=TODAY, **given)

    return act_as


def now(database, action) -> Action:
    with reading(database) as session:
        return session.get_one(Action, action.id)


def kinds(database, action):
    with reading(database) as session:
        return session.scalars(sa.select(Event.kind).where(Event.action_id == action.id).order_by(Event.id)).all()


def test_it_stays_late_and_is_no_progress(database, place, action, act) -> None:
    act(Role.ACTION_OWNER, explain_delay, expected_on=EXPECTED, reason=" Two wards wait. ")
    found = now(database, action)
    assert (found.expected_on, found.due_on, found.original_due_on) == (EXPECTED, DUE, DUE)
    assert (found.last_progress_on, found.stage) == (None, "in_progress")
    assert kinds(database, action)[-1] is EventKind.DELAY_EXPLAINED
    with reading(database) as session:
        overdue = ActionFilter(group="overdue")
        (line,) = action_list(session, place.actors[Role.SUBGROUP_CHAIR], today=TODAY, wanted=overdue).rows
        assert (line.reference, line.rating) == (action.reference, "Red")


@pytest.mark.parametrize(
    ("expected_on", "reason", "kind"),
    [
        (TODAY, "Wait.", Refused),
        (date(2031, 1, 1), "Wait.", Refused),
        (EXPECTED, "  ", NotReady),
    ],
)
def test_a_day_to_come_and_a_reason_are_asked(database, act, expected_on, reason, kind) -> None:
    with nothing_changes(database), pytest.raises(kind):
        act(Role.ACTION_OWNER, explain_delay, expected_on=expected_on, reason=reason)


def test_the_chair_says_nothing_in_the_owners_place(database, act) -> None:
    with nothing_changes(database), pytest.raises(WrongRole):
        act(Role.SUBGROUP_CHAIR, explain_delay, expected_on=EXPECTED, reason="Wait.")


def test_more_time_given_after_the_date_ends_what_was_expected_and_keeps_the_first_date(database, action, act) -> None:
    act(Role.ACTION_OWNER, explain_delay, expected_on=EXPECTED, reason="Two wards wait.")
    act(Role.ACTION_OWNER, ask_extension, wanted_due_on=LATER, reason="Two wards wait.")
    assert now(database, action).due_on == DUE
    act(Role.SUBGROUP_CHAIR, extend_action, new_due_on=LATER, reason="As asked.")
    found = now(database, action)
    assert (found.due_on, found.original_due_on, found.expected_on) == (LATER, DUE, None)


def test_time_that_was_given_is_taken_back_with_the_reason(database, action, act) -> None:
    act(Role.ACTION_OWNER, explain_delay, expected_on=EXPECTED, reason="Two wards wait.")
    act(Role.SUBGROUP_CHAIR, extend_action, new_due_on=LATER, reason="As asked.")
    act(Role.SUBGROUP_CHAIR, undo_extension, reason="It was meant for another action.")
    found = now(database, action)
    assert (found.due_on, found.times_extended, found.expected_on) == (DUE, 0, EXPECTED)
    with reading(database) as session:
        (extension,) = session.get_one(Action, action.id).extensions
        assert (extension.new_due_on, extension.undone_reason) == (LATER, "It was meant for another action.")
        event = session.scalars(sa.select(Event).where(Event.kind == EventKind.EXTENSION_UNDONE)).one()
        assert (event.details["previous"], event.details["now"]) == ("2027-01-15", "2026-11-02")
    act(Role.SUBGROUP_CHAIR, extend_action, new_due_on=LATEST, reason="Now it is this one.")
    assert now(database, action).due_on == LATEST


def test_the_second_time_is_the_partners_to_take_back(database, action, act) -> None:
    act(Role.SUBGROUP_CHAIR, extend_action, new_due_on=LATER, reason="Once.")
    act(Role.SAFEGUARDING_PARTNER, extend_action, new_due_on=LATEST, reason="Twice.")
    with nothing_changes(database), pytest.raises(NotReady, match="Only a safeguarding partner"):
        act(Role.SUBGROUP_CHAIR, undo_extension, reason="Too long.")
    act(Role.SAFEGUARDING_PARTNER, undo_extension, reason="Too long.")
    act(Role.SUBGROUP_CHAIR, undo_extension, reason="Too long.")
    assert (now(database, action).due_on, now(database, action).times_extended) == (DUE, 0)


def test_nothing_is_taken_back_where_nothing_was_given_or_by_whoever_may_not_give(database, act) -> None:
    with nothing_changes(database), pytest.raises(NotReady, match="No more time was given"):
        act(Role.SUBGROUP_CHAIR, undo_extension, reason="Why not.")
    act(Role.SUBGROUP_CHAIR, extend_action, new_due_on=LATER, reason="Once.")
    with nothing_changes(database), pytest.raises(WrongRole):
        act(Role.ACTION_OWNER, undo_extension, reason="I can do it sooner.")
    act(Role.ACTION_OWNER, submit_action, evidence="Minutes")
    with nothing_changes(database), pytest.raises(Refused):
        act(Role.SUBGROUP_CHAIR, undo_extension, reason="Too late.")

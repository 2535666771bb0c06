"""Requests for an extension of an action: one at a time, granted or refused once."""

from datetime import date

import pytest

from reviews.actions.extensions import ask_extension, refuse_extension
from reviews.actions.list_queries import ActionFilter, action_list
from reviews.actions.steps import extend_action, submit_action
from reviews.models import Action
from reviews.summary.queries import chair_summary
from reviews.transactions.unit_of_work import Stale, reading, unit_of_work
from tests.builders import TODAY, a_case, a_world, an_action
from tests.changes import nothing_changes
from workflows.core.engine import NotReady, Refused, WrongRole
from workflows.core.vocabulary import Role

DUE, WANTED, GIVEN = date(2026, 12, 4), date(2027, 3, 1), date(2027, 1, 15)


@pytest.fixture
def place(database):
    return a_world(database).anyshire


@pytest.fixture
def action(database, place):
    with database.begin() as session:
        owner, council = place.people[Role.ACTION_OWNER], place.agencies["Council"]
        return an_action(session, a_case(session, place.partnership), owner=owner, agency=council, due_on=DUE)


@pytest.fixture
def act(database, clock, place, action):
    def act_once(role, command, **given):
        with unit_of_work(database, place.actors[role], clock) as unit:
            command(unit, unit.action(action.reference), happened_on=TODAY, **given)

    return act_once


@pytest.fixture
def refused(database, act):
    def refuse(kind, role, command, **given):
        with nothing_changes(database), pytest.raises(kind) as refusal:
            act(role, command, **given)
        return refusal.value.sentence

    return refuse


def asked(act, wanted=WANTED):
    act(Role.ACTION_OWNER, ask_extension, wanted_due_on=wanted, reason="The venue was lost.", meanwhile="Online.")


def requests(database, action):
    with reading(database) as session:
        found = session.get_one(Action, action.id).requests
        return [(each.wanted_due_on, each.granted, each.answer, each.answered_by.partition(" <")[0]) for each in found]


def waiting(database, place):
    with reading(database) as session:
        chair, there = place.actors[Role.SUBGROUP_CHAIR], place.partnership.id
        listed = action_list(
            session, chair, today=TODAY, partnership_id=there, wanted=ActionFilter(group="more_time")
        ).total
        counted = chair_summary(session, chair, partnership_id=there, today=TODAY).totals["more_time"]
    assert listed == counted
    return listed


def test_a_wish_leaves_the_date_and_waits_for_the_chair(database, place, action, act):
    asked(act)

    assert requests(database, action) == [(WANTED, None, "", "")]
    assert waiting(database, place) == 1
    with reading(database) as session:
        assert session.get_one(Action, action.id).due_on == DUE


def test_a_second_wish_waits_until_the_first_is_answered(database, place, action, act, refused):
    asked(act)
    wish = {"wanted_due_on": WANTED, "reason": "Again."}
    assert refused(NotReady, Role.ACTION_OWNER, ask_extension, **wish).startswith(
        "More time has already been asked for"
    )
    act(Role.SUBGROUP_CHAIR, refuse_extension, reason="The venue is free again.")
    asked(act)

    chair = place.actors[Role.SUBGROUP_CHAIR].name
    assert requests(database, action) == [(WANTED, False, "The venue is free again.", chair), (WANTED, None, "", "")]


def test_another_date_than_the_one_wished_for_answers_the_wish(database, place, action, act):
    asked(act)
    act(Role.SUBGROUP_CHAIR, extend_action, new_due_on=GIVEN, reason="As far as the term goes.")

    assert requests(database, action) == [(WANTED, True, "", place.actors[Role.SUBGROUP_CHAIR].name)]
    assert waiting(database, place) == 0


def test_a_second_wish_is_the_partners_to_refuse(database, place, action, act, refused):
    asked(act)
    act(Role.SUBGROUP_CHAIR, extend_action, new_due_on=GIVEN, reason="Once.")
    asked(act)

    sentence = refused(NotReady, Role.SUBGROUP_CHAIR, refuse_extension, reason="No.")
    assert sentence == "Only a safeguarding partner can grant a second extension."
    act(Role.SAFEGUARDING_PARTNER, refuse_extension, reason="It was moved before.")
    assert [granted for _, granted, _, _ in requests(database, action)] == [True, False]


@pytest.mark.parametrize(
    ("kind", "role", "reason"),
    [
        (NotReady, Role.SUBGROUP_CHAIR, "Nobody has asked."),
        (WrongRole, Role.BUSINESS_MANAGER, "Not mine to refuse."),
        (WrongRole, Role.ACTION_OWNER, "Not mine to refuse."),
        (Refused, Role.SUBGROUP_CHAIR, "  "),
    ],
)
def test_what_nobody_asked_for_is_not_refused_nor_by_anybody_else(refused, kind, role, reason):
    refused(kind, role, refuse_extension, reason=reason)


@pytest.mark.parametrize("wanted", [date(2026, 12, 4), date(2026, 11, 1), date(2030, 1, 1)])
def test_a_date_that_cannot_be_given_is_not_asked_for(refused, wanted):
    refused(Refused, Role.ACTION_OWNER, ask_extension, wanted_due_on=wanted, reason="The venue was lost.")


def test_what_is_submitted_meanwhile_waits_for_no_answer(database, place, act):
    asked(act)
    act(Role.ACTION_OWNER, submit_action, evidence="Done after all.")

    assert waiting(database, place) == 0


def test_of_two_wishes_at_once_the_second_finds_the_action_changed(database, clock, place, action):
    wish = {"wanted_due_on": WANTED, "reason": "The venue was lost.", "happened_on": TODAY}
    with unit_of_work(database, place.actors[Role.ACTION_OWNER], clock) as unit:
        seen = unit.action(action.reference).version
        ask_extension(unit, unit.action(action.reference), **wish)
    owner = place.actors[Role.ACTION_OWNER]
    with pytest.raises(Stale), unit_of_work(database, owner, clock) as unit:
        ask_extension(unit, unit.action(action.reference, version=seen), **wish)

"""Adding actions and recommendations to a plan, responses to recommendations, and changes of owner."""

from datetime import date

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.actions.details import NewAction, add_action, assign_action
from reviews.core.clock import StoppedClock
from reviews.core.db import Database
from reviews.models import Action, Case, Event, EventKind, Recommendation
from reviews.recommendations.commands import add_recommendation, answer_recommendation
from reviews.transactions.unit_of_work import NotFound, reading, unit_of_work
from tests.builders import World, a_case, a_person, a_recommendation, a_unit, a_world, an_action
from tests.changes import changes_of, nothing_changes
from workflows.core.engine import Refused, WrongRole
from workflows.core.vocabulary import Realm, Role

DUE = date(2026, 12, 4)


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def case(database: Database, world: World) -> Case:
    with database.begin() as session:
        return a_case(session, world.anyshire.partnership, reference="RR-2025-03")


def test_an_action_is_added_with_its_history_and_its_first_date(
    database: Database, clock: StoppedClock, world: World, case: Case
) -> None:
    place = world.anyshire
    owner, council = place.people[Role.ACTION_OWNER], place.agencies["Council"]
    new = NewAction(text=" Train the staff. ", due_on=DUE, owner_id=owner.id, lead_agency_id=council.id)
    with changes_of(database) as changes, unit_of_work(database, place.actors[Role.BUSINESS_MANAGER], clock) as unit:
        added = add_action(unit, unit.case(case.reference), new)
    assert changes.added == {"actions": 1, "events": 2}
    assert "actions" not in changes.changed
    assert (added.reference, added.address, added.stage) == ("RR-2025-03/A1", "RR-2025-03.A1", "not_started")
    assert (added.due_on, added.original_due_on, added.times_extended) == (DUE, DUE, 0)
    assert (added.title, added.text, added.title_safe_to_mail) == ("Train the staff.", "Train the staff.", False)
    with reading(database) as session:
        told = session.execute(
            sa.select(Event.kind, Event.details).where(Event.action_id == added.id).order_by(Event.id)
        )
        assert [tuple(row) for row in told] == [
            (EventKind.ACTION_ADDED, {}),
            (EventKind.ACTION_ASSIGNED, {"owner": owner.id, "previous": None}),
        ]


def test_an_action_without_a_date_is_agreed_with_the_date_to_follow(database: Database, case: Case) -> None:
    with database() as session:
        added = an_action(session, session.get_one(Case, case.id), due_on=None, due_text="once the lead is back")
        assert (added.stage, added.original_due_on, added.due_text) == ("agreed_no_date", None, "once the lead is back")


def test_an_action_belongs_to_the_partnership_and_the_realm_of_its_case(database: Database, world: World) -> None:
    with database() as session:
        death = a_case(session, world.midmarch.partnership, "cdop_case")
        added = an_action(session, death)
        assert (added.partnership_id, added.realm) == (world.midmarch.partnership.id, Realm.CHILD_DEATHS)


def test_references_count_within_the_recommendation_they_answer(database: Database, case: Case) -> None:
    with database() as session:
        kept = session.get_one(Case, case.id)
        first, second = a_recommendation(session, kept), a_recommendation(session, kept)
        assert (first.reference, second.reference) == ("R1", "R2")
        assert an_action(session, kept, recommendation=second).reference == "RR-2025-03/R2/A1"
        assert an_action(session, kept, recommendation=second).reference == "RR-2025-03/R2/A2"
        assert an_action(session, kept, recommendation=first).reference == "RR-2025-03/R1/A1"
        assert an_action(session, kept).reference == "RR-2025-03/A1"


def test_a_number_that_a_reader_chose_is_stepped_over(database: Database, case: Case) -> None:
    with database() as session:
        kept = session.get_one(Case, case.id)
        add_recommendation(a_unit(session), kept, text="Chosen.", reference="R2")
        assert a_recommendation(session, kept).reference == "R3"
        add_action(a_unit(session), kept, NewAction(text="Chosen."), reference="RR-2025-03/A2")
        assert an_action(session, kept).reference == "RR-2025-03/A3"


@pytest.mark.parametrize(
    ("text", "of_action", "of_recommendation"),
    [
        ("  ", "Enter what will be done.", "Enter the recommendation"),
        ("x" * 10_001, "10,000 characters", "10,000 characters"),
    ],
)
def test_an_action_and_a_recommendation_need_a_text_of_some_length(
    database: Database, case: Case, text: str, of_action: str, of_recommendation: str
) -> None:
    with database() as session:
        kept = session.get_one(Case, case.id)
        with pytest.raises(Refused, match=of_action):
            an_action(session, kept, text=text)
        with pytest.raises(Refused, match=of_recommendation):
            a_recommendation(session, kept, text=text)


def test_only_the_business_unit_adds_to_the_plan_of_a_review(
    database: Database, clock: StoppedClock, world: World, case: Case
) -> None:
    for add in (add_one_action, add_one_recommendation):
        able = set()
        for role, actor in world.anyshire.actors.items():
            try:
                with unit_of_work(database, actor, clock) as unit:
                    add(unit, case)
                able.add(role)
            except (NotAllowed, NotFound):
                continue
        assert able == {Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN}


def add_one_action(unit, case: Case) -> None:
    add_action(unit, unit.case(case.reference), NewAction(text="Train."))


def add_one_recommendation(unit, case: Case) -> None:
    add_recommendation(unit, unit.case(case.reference), text="Share.")


def test_a_recommendation_is_answered_with_its_reason(
    database: Database, clock: StoppedClock, world: World, case: Case
) -> None:
    with database.begin() as session:
        made = a_recommendation(session, session.get_one(Case, case.id))
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with changes_of(database) as changes, unit_of_work(database, manager, clock) as unit:
        found = unit.case(case.reference)
        mine = unit.session.get_one(Recommendation, made.id)
        answer_recommendation(unit, found, mine, response="rejected", reason="Not ours to do.", by="Executive group")
    assert changes.added == {"events": 1}
    answered = {"response", "response_reason", "response_by", "responded_on"}
    assert changes.changed == {"recommendations": answered, "cases": {"version"}}


@pytest.mark.parametrize(
    ("response", "reason", "sentence"),
    [
        ("perhaps", "", "one of the responses in the list"),
        ("rejected", " ", "Enter a reason"),
        ("accepted_in_part", "", "Enter a reason"),
        ("national", "", "Enter a reason"),
        ("already_done", "", "Enter a reason"),
    ],
)
def test_a_response_without_its_reason_is_refused(
    database: Database, clock: StoppedClock, case: Case, response: str, reason: str, sentence: str
) -> None:
    with database() as session:
        kept = session.get_one(Case, case.id)
        made = a_recommendation(session, kept)
        with pytest.raises(Refused, match=sentence):
            answer_recommendation(a_unit(session), kept, made, response=response, reason=reason, by="Executive group")
        answer_recommendation(a_unit(session), kept, made, response="accepted", reason="", by="Executive group")
        assert made.response == "accepted"


def test_an_action_is_given_to_another_owner_and_to_their_agency(
    database: Database, clock: StoppedClock, world: World, case: Case
) -> None:
    place = world.anyshire
    before = place.people[Role.ACTION_OWNER]
    with database.begin() as session:
        action = an_action(session, session.get_one(Case, case.id), owner=before, agency=place.agencies["Council"])
        heir = a_person(session, place.partnership, Role.ACTION_OWNER, place.agencies["Hospitals"])
    manager = place.actors[Role.BUSINESS_MANAGER]
    with changes_of(database) as changes, unit_of_work(database, manager, clock) as unit:
        assign_action(unit, unit.action(action.reference), owner_email=heir.email.upper())
    assert changes.added == {"events": 1}
    assert changes.changed == {"actions": {"owner_id", "lead_agency_id", "version"}}
    with reading(database) as session:
        kept = session.get_one(Action, action.id)
        told = session.scalars(sa.select(Event.details).where(Event.kind == EventKind.ACTION_ASSIGNED)).all()
    assert (kept.owner_id, kept.lead_agency_id) == (heir.id, place.agencies["Hospitals"].id)
    assert told[-1] == {"owner": heir.id, "previous": before.id}


@pytest.mark.parametrize("email", ["nobody@anyshire.example", "owner@midmarch.example", "leaver@anyshire.example"])
def test_an_action_is_not_given_to_somebody_who_does_not_work_there(
    database: Database, clock: StoppedClock, world: World, case: Case, email: str
) -> None:
    with database.begin() as session:
        action = an_action(session, session.get_one(Case, case.id))
        leaver = a_person(session, world.anyshire.partnership, email="leaver@anyshire.example")
        leaver.disabled_at = clock.now()
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with (
        nothing_changes(database),
        pytest.raises(Refused, match="Nobody with this e-mail address"),
        unit_of_work(database, manager, clock) as unit,
    ):
        assign_action(unit, unit.action(action.reference), owner_email=email)


def test_an_action_is_not_given_to_its_owner_again(
    database: Database, clock: StoppedClock, world: World, case: Case
) -> None:
    owner = world.anyshire.people[Role.ACTION_OWNER]
    with database.begin() as session:
        action = an_action(session, session.get_one(Case, case.id), owner=owner)
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with nothing_changes(database), pytest.raises(Refused) as refusal, unit_of_work(database, manager, clock) as unit:
        assign_action(unit, unit.action(action.reference), owner_email=owner.email)
    assert refusal.value.sentence.endswith("owns this action already.")


def test_an_owner_does_not_pass_an_action_on(database: Database, clock: StoppedClock, world: World, case: Case) -> None:
    with database.begin() as session:
        action = an_action(session, session.get_one(Case, case.id), owner=world.anyshire.people[Role.ACTION_OWNER])
    owner = world.anyshire.actors[Role.ACTION_OWNER]
    with nothing_changes(database), pytest.raises(WrongRole), unit_of_work(database, owner, clock) as unit:
        assign_action(unit, unit.action(action.reference), owner_email="chair@anyshire.example")

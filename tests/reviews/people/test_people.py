"""Adding people, giving them roles, and disabling accounts."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.core.clock import StoppedClock
from reviews.core.db import Database
from reviews.models import Event, EventKind, Person, SignIn
from reviews.people.accounts import add_person
from reviews.people.offboarding import disable_person
from reviews.people.queries import actor_by_email
from reviews.settings.reminder_policies import choose_reminder_policy
from reviews.transactions.unit_of_work import NotFound, Unit, reading, unit_of_work
from tests.builders import BUILDER, TODAY, World, a_case, a_person, a_world, an_action
from tests.changes import changes_of, nothing_changes
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


def add_ada(unit: Unit, world: World, **given) -> Person:
    place = world.anyshire
    ada = {
        "email": " Ada@Anyshire.example ",
        "name": "Ada  Fair",
        "job_title": "Named nurse",
        "agency": place.agencies["Hospitals"],
        "role": Role.ACTION_OWNER,
    }
    return add_person(unit, place.partnership, **(ada | given))


def test_a_person_is_added_with_one_role_and_its_history(database: Database, clock: StoppedClock, world: World) -> None:
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with changes_of(database) as changes, unit_of_work(database, manager, clock) as unit:
        ada = add_ada(unit, world)
    assert changes.added == {"people": 1, "memberships": 1, "events": 1, "account_mails": 1}
    assert changes.changed == {}
    assert (ada.email, ada.name, ada.password_hash) == ("ada@anyshire.example", "Ada Fair", None)
    with reading(database) as session:
        event = session.scalars(sa.select(Event).order_by(Event.id.desc())).first()
    assert (event.kind, event.details) == (EventKind.PERSON_ADDED, {"person": ada.id, "role": "action_owner"})


def test_somebody_known_gets_the_further_role_and_keeps_name_and_password(
    database: Database, clock: StoppedClock, world: World
) -> None:
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with unit_of_work(database, manager, clock) as unit:
        add_ada(unit, world).password_hash = "kept"
    with changes_of(database) as changes, unit_of_work(database, manager, clock) as unit:
        add_ada(unit, world, name="Somebody Else", role=Role.AGENCY_LEAD, password_hash="new")
    assert changes.added == {"memberships": 1, "events": 1, "account_mails": 1}
    assert changes.changed == {}
    with reading(database) as session:
        ada = actor_by_email(session, "ADA@anyshire.example", today=TODAY)
    assert {post.role for post in ada.roles_held} == {Role.ACTION_OWNER, Role.AGENCY_LEAD}


def test_the_same_role_is_not_given_twice(database: Database, clock: StoppedClock, world: World) -> None:
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with unit_of_work(database, manager, clock) as unit:
        add_ada(unit, world)
    with nothing_changes(database), pytest.raises(Refused) as refusal, unit_of_work(database, manager, clock) as unit:
        add_ada(unit, world)
    assert refusal.value.sentence == "Ada Fair already has the role action owner in this partnership."


@pytest.mark.parametrize(
    "given",
    [
        {"email": "ada"},
        {"email": "ada@anyshire"},
        {"email": "ada@anyshire.example\nBcc: all@anyshire.example"},
        {"email": "ada <ada@anyshire.example>"},
        {"email": "a" * 250 + "@anyshire.example"},
        {"name": " "},
        {"name": "A" * 201},
        {"name": "Ada\x00Fair"},
        {"job_title": ""},
    ],
    ids=lambda given: next(iter(given)),
)
def test_a_person_who_could_not_be_written_to_is_refused(
    database: Database, clock: StoppedClock, world: World, given: dict[str, str]
) -> None:
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with nothing_changes(database), pytest.raises(Refused), unit_of_work(database, manager, clock) as unit:
        add_ada(unit, world, **given)


def test_only_a_business_manager_of_the_partnership_lets_people_in(
    database: Database, clock: StoppedClock, world: World
) -> None:
    others = [actor for role, actor in world.anyshire.actors.items() if role is not Role.BUSINESS_MANAGER]
    for actor in (*others, world.midmarch.actors[Role.BUSINESS_MANAGER]):
        with nothing_changes(database), pytest.raises(NotAllowed), unit_of_work(database, actor, clock) as unit:
            add_ada(unit, world)


def test_a_leaver_is_shut_out_at_once_and_what_they_had_open_goes_to_the_manager(
    database: Database, clock: StoppedClock, world: World
) -> None:
    place = world.anyshire
    leaver = place.people[Role.ACTION_OWNER]
    with database.begin() as session:
        case = a_case(session, place.partnership, reference="RR-2026-07")
        for stage in ("in_progress", "submitted", "closed_complete"):
            an_action(session, case, owner=leaver, stage=stage, evidence="Lists.")
        started = clock.now() - timedelta(hours=1)
        session.add(SignIn(token_hash="a" * 64, person_id=leaver.id, started_at=started, seen_at=started))
    manager = place.actors[Role.BUSINESS_MANAGER]
    with changes_of(database) as changes, unit_of_work(database, manager, clock) as unit:
        left = disable_person(unit, email="OWNER@anyshire.example")
    assert [(each.reference, each.to) for each in left] == [
        ("RR-2026-07/A1", manager.email),
        ("RR-2026-07/A2", manager.email),
    ]
    assert changes.added == {"events": 3, "account_mails": 1}
    assert changes.changed == {
        "people": {"disabled_at"},
        "sign_ins": {"ended_at"},
        "actions": {"owner_id", "owner_text", "awaiting_owner", "previous_owner_id", "version"},
    }
    with reading(database) as session, pytest.raises(NotFound):
        actor_by_email(session, leaver.email, today=TODAY)


def test_somebody_of_another_partnership_is_not_found(database: Database, clock: StoppedClock, world: World) -> None:
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    for email in ("owner@midmarch.example", "nobody@anyshire.example"):
        with nothing_changes(database), pytest.raises(NotFound), unit_of_work(database, manager, clock) as unit:
            disable_person(unit, email=email)


def test_somebody_who_works_in_two_partnerships_is_not_shut_out_by_one_of_them(
    database: Database, clock: StoppedClock, world: World
) -> None:
    both = world.anyshire.people[Role.ACTION_OWNER]
    with database.begin() as session:
        a_person(session, world.midmarch.partnership, email=both.email)
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with nothing_changes(database), pytest.raises(NotAllowed), unit_of_work(database, manager, clock) as unit:
        disable_person(unit, email=both.email)


def test_the_reminder_policy_is_one_of_the_ladders(database: Database, clock: StoppedClock, world: World) -> None:
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with unit_of_work(database, manager, clock) as unit:
        choose_reminder_policy(unit, unit.partnership("ANYSHIRE"), policy="calendar-ladder")
    with nothing_changes(database), pytest.raises(Refused) as refusal, unit_of_work(database, manager, clock) as unit:
        choose_reminder_policy(unit, unit.partnership("ANYSHIRE"), policy="never")
    assert refusal.value.sentence.startswith("There is no reminder policy “never”. Choose one of: calendar-ladder")


def test_people_are_read_back_with_their_role_agency_and_job_title(database: Database, world: World) -> None:
    with reading(database) as session:
        for place in (world.anyshire, world.midmarch):
            for role, actor in place.actors.items():
                assert actor_by_email(session, place.people[role].email, today=TODAY) == actor
    (post,) = world.anyshire.actors[Role.BUSINESS_MANAGER].roles_held
    assert (post.partnership_code, post.agency_name, post.job_title) == (
        "ANYSHIRE",
        "Anyshire Council",
        "Business manager",
    )


@pytest.mark.parametrize("role", [Role.CDOP_MANAGER, Role.CDOP_PANEL_MEMBER])
def test_who_only_manages_people_gives_no_role_of_child_death_review(
    database: Database, clock: StoppedClock, world: World, role: Role
) -> None:
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with nothing_changes(database), unit_of_work(database, manager, clock) as unit:
        with pytest.raises(NotAllowed, match="Only the CDOP manager who also manages the people of the partnership"):
            add_ada(unit, world, role=role)
        with pytest.raises(NotAllowed):  # nor to themself
            add_ada(unit, world, email=manager.email, role=role)


def test_a_manager_who_is_cdop_manager_there_gives_them_and_so_does_the_operator(
    database: Database, clock: StoppedClock, world: World
) -> None:
    manager, cdop = (world.anyshire.actors[role] for role in (Role.BUSINESS_MANAGER, Role.CDOP_MANAGER))
    both = replace(manager, roles_held=(*manager.roles_held, *cdop.roles_held))
    elsewhere = replace(manager, roles_held=(*manager.roles_held, *world.midmarch.actors[Role.CDOP_MANAGER].roles_held))
    with unit_of_work(database, both, clock) as unit:
        add_ada(unit, world, role=Role.CDOP_PANEL_MEMBER)
    with unit_of_work(database, BUILDER, clock) as unit:
        add_ada(unit, world, role=Role.CDOP_MANAGER)
    for actor in (cdop, elsewhere):
        with nothing_changes(database), pytest.raises(NotAllowed), unit_of_work(database, actor, clock) as unit:
            add_ada(unit, world, email="ben@anyshire.example", role=Role.CDOP_PANEL_MEMBER)

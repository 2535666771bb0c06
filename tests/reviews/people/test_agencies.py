"""When an agency is renamed, merged or split, what is open moves and what is closed keeps the name."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from threading import Barrier

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed, system
from reviews.access.visibility import visible
from reviews.actions.details import NewAction, add_action, agency_named, assign_action
from reviews.cases.child_cases import start_child_case
from reviews.core.clock import StoppedClock
from reviews.core.db import Database
from reviews.imports.rows import directory
from reviews.models import (
    Action,
    ActionPart,
    Agency,
    AgencyKind,
    AgencySuccession,
    Case,
    CaseAgency,
    Event,
    EventKind,
    Membership,
    PartState,
)
from reviews.people.accounts import add_agency, add_person
from reviews.people.agencies import Successor, merge_or_split_agency, plan_agency_change
from reviews.people.offboarding import end_role
from reviews.people.queries import actor_by_email, agencies
from reviews.transactions.unit_of_work import NotFound, reading, unit_of_work
from tests.builders import TODAY, World, a_case, a_person, a_world, an_action, facts_for
from tests.changes import changes_of, nothing_changes
from tests.web.visitor import statements
from workflows.core.engine import NotReady, Refused
from workflows.core.vocabulary import Role
from workflows.definitions import CASE_WORKFLOWS

ON = date(2022, 7, 1)


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def manager(world: World):
    return world.anyshire.actors[Role.BUSINESS_MANAGER]


def change(database, clock, actor, world, old, new, **more):
    """Let agencies of Anyshire go on as others, by their words."""
    place = world.anyshire
    with unit_of_work(database, actor, clock) as unit:
        return merge_or_split_agency(
            unit,
            place.partnership,
            old=[place.agencies[word] for word in old],
            new=[Successor(name) for name in new],
            **({"on": ON} | more),
        )


def a_plan(database, world, word="Hospitals", **more):
    """Give references of an open and a closed action of an agency, of one case it is involved in."""
    place = world.anyshire
    agency = place.agencies[word]
    with database.begin() as session:
        case = a_case(session, place.partnership, agencies=(agency,))
        found = [an_action(session, case, agency=agency, stage=stage, **more) for stage in ("", "closed_complete")]
        return [action.reference for action in found]


def lead(database, reference):
    with reading(database) as session:
        query = sa.select(Agency.name).join(Action, Action.lead_agency_id == Agency.id)
        return session.scalar(query.where(Action.reference == reference))


def named(database, name):
    with reading(database) as session:
        return session.scalars(sa.select(Agency).where(Agency.name == name)).one()


def test_an_agency_that_is_renamed_takes_what_is_open_with_it(database, clock, world, manager) -> None:
    still_open, closed = a_plan(database, world)
    with database.begin() as session:
        nurse = a_person(session, world.anyshire.partnership, agency=world.anyshire.agencies["Hospitals"])

    done = change(database, clock, manager, world, ["Hospitals"], ["  Anyshire  Hospitals Group "])

    new = named(database, "Anyshire Hospitals Group")
    assert (done.actions, done.people) == ([(still_open, new.name)], [(nurse.email, new.name)])
    assert (lead(database, still_open), lead(database, closed)) == (new.name, "Anyshire Hospitals")
    assert (new.kind, new.began_on, new.ended_on) == (AgencyKind.OTHER, ON, None)
    assert named(database, "Anyshire Hospitals").ended_on == ON
    with reading(database) as session:
        assert actor_by_email(session, nurse.email, today=TODAY).roles_held[0].agency_name == new.name
        (event,) = session.scalars(sa.select(Event).where(Event.kind == EventKind.ACTION_CHANGED))
        assert event.details == {"agency_was": "Anyshire Hospitals", "agency": new.name}
        told = sa.select(Event).where(Event.kind == EventKind.AGENCY_CHANGED, Event.case_id.is_(None))
        assert session.scalars(told).one().happened_on == ON


def test_agencies_that_merge_become_one_that_is_there(database, clock, world, manager) -> None:
    (first, _), (second, _) = a_plan(database, world), a_plan(database, world, "Police")

    done = change(database, clock, manager, world, ["Hospitals", "Police"], ["anyshire integrated care board"])

    board = "Anyshire Integrated Care Board"
    assert done.actions == [(first, board), (second, board)]
    assert {lead(database, first), lead(database, second)} == {board}
    assert named(database, board).kind is AgencyKind.INTEGRATED_CARE_BOARD
    with reading(database) as session:
        assert len(session.scalars(sa.select(AgencySuccession)).all()) == 2


def test_a_split_asks_of_each_action_request_and_person_where_they_go(database, clock, world, manager) -> None:
    still_open, _ = a_plan(database, world)
    with database.begin() as session:
        nurse = a_person(session, world.anyshire.partnership, agency=world.anyshire.agencies["Hospitals"])
    into = (["Hospitals"], ["North Trust", "South Trust"])

    with nothing_changes(database), pytest.raises(NotReady) as refusal:
        change(database, clock, manager, world, *into, others="North Trust")
    assert [each.partition(":")[0] for each in refusal.value.missing] == [still_open, nurse.email]

    chosen = {still_open: "South Trust", nurse.email: "north trust"}
    with nothing_changes(database), pytest.raises(NotReady) as refusal:
        change(database, clock, manager, world, *into, chosen=chosen)
    assert refusal.value.missing == ("the agency for whatever else is open",)

    change(database, clock, manager, world, *into, chosen=chosen, others="North Trust")
    assert lead(database, still_open) == "South Trust"
    with reading(database) as session:
        assert actor_by_email(session, nurse.email, today=TODAY).roles_held[0].agency_name == "North Trust"


def test_what_is_open_in_child_death_review_moves_and_is_named_to_nobody_else(database, clock, world, manager) -> None:
    place = world.anyshire
    with database.begin() as session:
        death = a_case(session, place.partnership, "cdop_case")
        unseen = an_action(session, death, agency=place.agencies["Hospitals"]).reference
    into = (["Hospitals"], ["North Trust", "South Trust"])

    with nothing_changes(database), pytest.raises(Refused) as refusal:
        change(database, clock, manager, world, *into, chosen={unseen: "South Trust"}, others="North Trust")
    assert refusal.value.missing == ()
    done = change(database, clock, manager, world, *into, others="South Trust")

    assert done.actions == []
    assert lead(database, unseen) == "South Trust"


def test_open_cases_get_the_successor_beside_the_old_name_and_closed_ones_do_not(
    database, clock, world, manager
) -> None:
    place = world.anyshire
    with database.begin() as session:
        running = a_case(session, place.partnership, agencies=(place.agencies["Police"],))
        over = a_case(session, place.partnership, agencies=(place.agencies["Police"],))
        over.closed_on = TODAY
    change(database, clock, manager, world, ["Police"], ["Anyshire Constabulary"])

    def involved(case):
        with reading(database) as session:
            query = sa.select(Agency.name).join(CaseAgency).where(CaseAgency.case_id == case.id)
            return set(session.scalars(query))

    assert involved(running) == {"Anyshire Police", "Anyshire Constabulary"}
    assert involved(over) == {"Anyshire Police"}


def test_a_request_that_runs_goes_to_the_successor_and_one_that_is_answered_stays(
    database, clock, world, manager
) -> None:
    place = world.anyshire
    opening = CASE_WORKFLOWS["information_request"].opening
    with database.begin() as session:
        case = a_case(session, place.partnership)
    references = []
    for _ in range(2):
        with unit_of_work(database, system("builder"), clock) as unit:
            small = start_child_case(
                unit,
                unit.case(case.reference),
                workflow="information_request",
                happened_on=TODAY,
                answers=facts_for(opening),
                agency_id=place.agencies["Police"].id,
            )
            references.append(small.reference)
    with database.begin() as session:
        session.execute(sa.update(Case).where(Case.reference == references[1]).values(closed_on=TODAY))

    done = change(database, clock, manager, world, ["Police"], ["Anyshire Constabulary"])

    assert done.requests == [(references[0], "Anyshire Constabulary")]
    with reading(database) as session:
        query = sa.select(Agency.name, Case.title).join(CaseAgency, CaseAgency.agency_id == Agency.id)
        query = query.join(Case, Case.id == CaseAgency.case_id).where(Case.reference.in_(references))
        rows = session.execute(query.order_by(Case.reference)).all()
    assert [tuple(row) for row in rows] == [("Anyshire Constabulary",) * 2, ("Anyshire Police",) * 2]


def test_open_parts_of_a_shared_action_go_to_the_successor_and_finished_ones_stay(
    database, clock, world, manager
) -> None:
    place = world.anyshire
    hospitals, police, council = (place.agencies[word].id for word in ("Hospitals", "Police", "Council"))
    with database.begin() as session:
        case = a_case(session, place.partnership)
        first, second = (an_action(session, case, agency=place.agencies["Council"]) for _ in range(2))
        session.add_all([ActionPart(action_id=first.id, agency_id=key) for key in (hospitals, police, council)])
        session.add(ActionPart(action_id=second.id, agency_id=hospitals, state=PartState.DONE, ended_on=TODAY))
    change(database, clock, manager, world, ["Hospitals", "Police"], ["Anyshire Council"])

    with reading(database) as session:
        strands = session.scalars(sa.select(ActionPart).order_by(ActionPart.id)).all()
    assert {each.agency_id for each in strands[:3]} == {council}
    assert sorted(each.agency_text for each in strands[:3]) == ["", "Anyshire Hospitals", "Anyshire Police"]
    assert strands[3].agency_id == hospitals


@pytest.mark.parametrize(
    ("old", "new", "more", "sentence"),
    [
        (["Police"], ["Constabulary"], {"on": date(2026, 11, 21)}, "The day must not be in the future"),
        (["Police"], [], {}, "Choose the agency that changes"),
        ([], ["Constabulary"], {}, "Choose the agency that changes"),
        (["Police", "Hospitals"], ["North", "South"], {}, "one after the other"),
        (["Police"], ["ANYSHIRE POLICE"], {}, "cannot replace itself"),
        (["Police"], [" "], {}, "must be one line of 1 to 200 characters"),
        (["Police"], ["Constabulary"], {"chosen": {"RR-1066-01/A1": "Constabulary"}}, "is not an open action"),
        (["Police"], ["Constabulary"], {"others": "Nowhere"}, "is not one of the new agencies: Constabulary."),
    ],
)
def test_a_change_that_cannot_be_is_refused(database, clock, world, manager, old, new, more, sentence) -> None:
    with nothing_changes(database), pytest.raises(Refused) as refusal:
        change(database, clock, manager, world, old, new, **more)
    assert sentence in refusal.value.sentence


def test_an_agency_ends_once_and_is_nobodys_successor_afterwards(database, clock, world, manager) -> None:
    change(database, clock, manager, world, ["Police"], ["Constabulary"])
    for old, new, sentence in (
        (["Police"], ["Other"], "Anyshire Police already ended on 1 July 2022"),
        (["Hospitals"], ["Anyshire Police"], "Anyshire Police ended on 1 July 2022"),
    ):
        with nothing_changes(database), pytest.raises(Refused) as refusal:
            change(database, clock, manager, world, old, new)
        assert sentence in refusal.value.sentence


def test_only_the_partnerships_own_business_manager_changes_its_agencies(database, clock, world) -> None:
    others = [actor for role, actor in world.anyshire.actors.items() if role is not Role.BUSINESS_MANAGER]
    for actor in (*others, world.midmarch.actors[Role.BUSINESS_MANAGER]):
        with nothing_changes(database), pytest.raises(NotAllowed):
            change(database, clock, actor, world, ["Police"], ["Constabulary"])


def test_another_partnerships_agency_does_not_exist(database, clock, world, manager) -> None:
    with nothing_changes(database), pytest.raises(NotFound), unit_of_work(database, manager, clock) as unit:
        theirs = [world.midmarch.agencies["Police"]]
        merge_or_split_agency(unit, world.anyshire.partnership, old=theirs, new=[Successor("Constabulary")], on=ON)


def test_another_partnerships_actions_and_people_stay(database, clock, world, manager) -> None:
    place = world.midmarch
    with database.begin() as session:
        action = an_action(session, a_case(session, place.partnership), agency=place.agencies["Police"])
    change(database, clock, manager, world, ["Police"], ["Midmarch Police"])
    assert lead(database, action.reference) == "Midmarch Police"
    with reading(database) as session:
        assert session.get_one(Action, action.id).lead_agency_id == place.agencies["Police"].id


def test_an_ended_agency_is_offered_for_nothing_new(database, clock, world, manager) -> None:
    place = world.anyshire
    police = place.agencies["Police"]
    change(database, clock, manager, world, ["Police"], ["Constabulary"])
    with reading(database) as session:
        assert "Anyshire Police" not in dict(map(reversed, agencies(session, manager, place.partnership.id)))
        assert (police.id, police.name) in agencies(session, manager, place.partnership.id, ended=True)
    person = {"email": "a@b.example", "name": "A", "job_title": "B", "role": Role.ACTION_OWNER, "agency": police}
    with database.begin() as session:
        plan = a_case(session, place.partnership)
    new = NewAction(text="Train.", lead_agency_id=police.id)
    for act in (
        lambda unit: add_person(unit, place.partnership, **person),
        lambda unit: add_action(unit, unit.case(plan.reference), new),
        lambda unit: agency_named(unit, place.partnership.id, police.name),
        lambda unit: add_agency(unit, place.partnership, name="anyshire POLICE"),
    ):
        with nothing_changes(database), pytest.raises(Refused), unit_of_work(database, manager, clock) as unit:
            act(unit)


def test_a_tracker_that_names_an_ended_agency_means_its_only_successor(database, clock, world, manager) -> None:
    change(database, clock, manager, world, ["Police"], ["Constabulary"])
    with database.begin() as session:
        world.anyshire.agencies["Constabulary"] = session.scalars(
            sa.select(Agency).where(Agency.name == "Constabulary")
        ).one()
    change(database, clock, manager, world, ["Constabulary"], ["County Police"], on=TODAY)
    change(database, clock, system("operator"), world, ["Hospitals"], ["North Trust", "South Trust"])
    with reading(database) as session:
        known = directory(session, manager, world.anyshire.partnership.id)
    assert known.agency("anyshire police") == known.agency("County Police") == named(database, "County Police").id
    assert (known.agency("Anyshire Hospitals"), known.is_split("Anyshire Hospitals")) == (None, True)


def test_a_plan_of_a_change_writes_nothing(database, clock, world, manager) -> None:
    still_open, _ = a_plan(database, world)
    place = world.anyshire
    with nothing_changes(database), unit_of_work(database, manager, clock) as unit:
        plan = plan_agency_change(
            unit, place.partnership, old=[place.agencies["Hospitals"]], new=[Successor("Trust")], on=ON
        )
    assert plan.destinations == {still_open: "Trust"}


def test_a_change_asks_the_database_no_more_for_many_actions(database, clock, world, manager) -> None:
    a_plan(database, world, "Integrated Care Board")
    with statements(database) as for_few:
        change(database, clock, manager, world, ["Integrated Care Board"], ["New Board"])
    with database.begin() as session:
        case = a_case(session, world.anyshire.partnership)
        for _ in range(60):
            an_action(session, case, agency=world.anyshire.agencies["Police"])
    a_plan(database, world, "Police")
    with statements(database) as for_many:
        change(database, clock, manager, world, ["Police"], ["Constabulary"])
    assert len(for_many) == len(for_few)


def test_an_agency_that_two_people_change_at_once_is_changed_once(
    database, clock: StoppedClock, world, manager
) -> None:
    still_open, _ = a_plan(database, world)
    start = Barrier(2)

    def once(name: str) -> str:
        start.wait()
        try:
            change(database, clock, manager, world, ["Hospitals"], [name])
        except Refused as refusal:
            return refusal.sentence
        return name

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(once, ["North Trust", "South Trust"]))
    (won,) = [name for name in said if name.endswith("Trust")]
    assert lead(database, still_open) == won
    assert "Anyshire Hospitals already ended on 1 July 2022." in said


def test_an_action_given_to_an_agency_meanwhile_goes_with_it(database, clock, world, manager) -> None:
    still_open, _ = a_plan(database, world, "Council")
    with database.begin() as session:
        nurse = a_person(session, world.anyshire.partnership, agency=world.anyshire.agencies["Hospitals"])
    start = Barrier(2)

    def move() -> None:
        start.wait()
        change(database, clock, manager, world, ["Hospitals"], ["Trust"])

    def assign() -> None:
        start.wait()
        with suppress(Refused), unit_of_work(database, manager, clock) as unit:
            assign_action(unit, unit.action(still_open), owner_email=nurse.email)

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(move), pool.submit(assign)]:
            each.result()
    with reading(database) as session:
        assert session.scalars(sa.select(Membership.agency_id).where(Membership.person_id == nurse.id)).one() == (
            named(database, "Trust").id
        )
    assert lead(database, still_open) in ("Trust", "Anyshire Council")


def test_a_change_is_all_of_it_or_nothing(database, clock, world, manager) -> None:
    a_plan(database, world)
    with changes_of(database) as changes, pytest.raises(RuntimeError), unit_of_work(database, manager, clock) as unit:
        place = world.anyshire
        merge_or_split_agency(
            unit, place.partnership, old=[place.agencies["Hospitals"]], new=[Successor("Trust")], on=ON
        )
        raise RuntimeError
    assert changes.none


def test_a11_a_merger_widens_and_narrows_what_nobody_sees(database, clock, world, manager) -> None:
    place = world.anyshire
    police, hospitals = place.agencies["Police"], place.agencies["Hospitals"]
    with database.begin() as session:
        for agency in (police, hospitals):
            case = a_case(session, place.partnership, agencies=(agency,))
            an_action(session, case, agency=agency, stage="closed_complete")
            case.closed_on = TODAY
        roles = (Role.REVIEW_SUBGROUP_MEMBER, Role.AGENCY_LEAD)
        people = {
            (agency.name, role): a_person(session, place.partnership, role, agency).email
            for agency in (police, hospitals)
            for role in roles
        }
    people |= {("", role): person.email for role, person in place.people.items()}

    def seen():
        with reading(database) as session:
            actors = {who: actor_by_email(session, email, today=TODAY) for who, email in people.items()}
            return {
                who: {
                    *session.scalars(sa.select(Case.reference).where(visible(actor, Case))),
                    *session.scalars(sa.select(Action.reference).where(visible(actor, Action))),
                    *session.scalars(sa.select(Event.id).where(visible(actor, Event), Event.case_id.is_not(None))),
                }
                for who, actor in actors.items()
            }

    before = seen()
    assert before["Anyshire Police", Role.AGENCY_LEAD]
    change(database, clock, manager, world, ["Hospitals"], ["Anyshire Trust"])
    world.anyshire.agencies["Trust"] = named(database, "Anyshire Trust")
    change(database, clock, manager, world, ["Trust", "Police"], ["Anyshire Emergency Services"], on=TODAY)
    assert seen() == before

    with database.begin() as session:
        heir = named(database, "Anyshire Emergency Services")
        email = a_person(session, place.partnership, Role.AGENCY_LEAD, heir).email
    with reading(database) as session:
        newcomer = actor_by_email(session, email, today=TODAY)
        assert session.scalars(sa.select(Case.reference).where(visible(newcomer, Case))).all() == []


def test_who_comes_back_into_a_role_does_not_see_what_they_saw_in_an_earlier_one(
    database, clock, world, manager
) -> None:
    place = world.anyshire
    with database.begin() as session:
        case = a_case(session, place.partnership, agencies=(place.agencies["Hospitals"],))
        case.closed_on = TODAY
        nurse = a_person(session, place.partnership, Role.AGENCY_LEAD, place.agencies["Hospitals"])
    change(database, clock, manager, world, ["Hospitals"], ["Anyshire Trust"])
    with unit_of_work(database, system("builder"), clock) as unit:
        end_role(unit, place.partnership, email=nurse.email, role=Role.AGENCY_LEAD)
    with unit_of_work(database, system("builder"), clock) as unit:
        again = {"email": nurse.email, "name": "x", "job_title": "Nurse", "agency": place.agencies["Council"]}
        add_person(unit, place.partnership, **again, role=Role.AGENCY_LEAD)

    with reading(database) as session:
        actor = actor_by_email(session, nurse.email, today=TODAY)
        assert session.scalar(sa.select(Case.id).where(visible(actor, Case))) is None

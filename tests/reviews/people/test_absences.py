"""Who may record an absence, and what a deputy may do meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.access.visibility import visible
from reviews.actions.steps import accept_action, record_progress, submit_action
from reviews.models import Absence, Action, Event, EventKind
from reviews.people.absences import absence_of, absences, end_absence, find_absence, people_to_record, record_absence
from reviews.people.queries import actor_by_email
from reviews.transactions.unit_of_work import NotFound, unit_of_work
from tests.builders import TODAY, a_case, a_person, a_world, an_action
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

FROM, UNTIL = date(2026, 11, 23), date(2026, 12, 4)
OWNER, DEPUTY = "owner@anyshire.example", "reviewer@anyshire.example"


@pytest.fixture
def world(database):
    return a_world(database)


@pytest.fixture
def anyshire(world):
    return world.anyshire


@pytest.fixture
def record(database, anyshire, clock):
    def record(by=Role.ACTION_OWNER, email=OWNER, deputy=DEPUTY, from_on=FROM, until_on=UNTIL):
        with unit_of_work(database, anyshire.actors[by], clock) as unit:
            place = unit.partnership("ANYSHIRE")
            return record_absence(unit, place, email=email, deputy_email=deputy, from_on=from_on, until_on=until_on)

    return record


def read_back(database, email, day=FROM):
    with database() as session:
        return actor_by_email(session, email, today=day)


def seen_by(database, actor):
    with database() as session:
        return list(session.scalars(sa.select(Action.reference).where(visible(actor, Action))))


@pytest.mark.parametrize("by", [Role.ACTION_OWNER, Role.BUSINESS_MANAGER, Role.AGENCY_LEAD])
def test_the_person_their_agencys_lead_and_the_manager_may_record_it(database, record, by):
    absence = record(by)

    assert (absence.from_on, absence.until_on) == (FROM, UNTIL)
    with database() as session:
        event = session.scalars(sa.select(Event).where(Event.kind == EventKind.ABSENCE_RECORDED)).one()
    assert event.details["until_on"] == "2026-12-04"


@pytest.mark.parametrize("by", [Role.SUBGROUP_CHAIR, Role.CDOP_MANAGER, Role.BUSINESS_UNIT_ADMIN, Role.LEAD_REVIEWER])
def test_nobody_else_may(record, by):
    with pytest.raises(NotAllowed, match="lead of their agency"):
        record(by)


def test_a_lead_may_not_for_the_people_of_another_agency(database, anyshire, record):
    with database.begin() as session:
        a_person(session, anyshire.partnership, agency=anyshire.agencies["Police"], email="far@anyshire.example")

    with pytest.raises(NotAllowed):
        record(Role.AGENCY_LEAD, email="far@anyshire.example")


def test_nobody_of_another_partnership_is_found(record):
    with pytest.raises(NotFound):
        record(Role.BUSINESS_MANAGER, email="owner@midmarch.example")
    with pytest.raises(Refused, match="Nobody with the deputy's"):
        record(deputy="manager@midmarch.example")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"deputy": OWNER}, "The deputy must be somebody else."),
        ({"until_on": date(2026, 11, 22)}, "The last day away must not be before the first."),
        (
            {"from_on": date(2026, 11, 1), "until_on": date(2026, 11, 19)},
            "These days are in the past. Enter a last day that is today or later.",
        ),
        ({"until_on": date(2027, 11, 24)}, "An absence can last a year at most."),
    ],
)
def test_what_makes_no_sense_is_refused(record, given, sentence):
    with pytest.raises(Refused) as refusal:
        record(**given)
    assert refusal.value.sentence.startswith(sentence)


def test_days_in_common_are_refused_for_the_person_and_for_the_deputy(record):
    record()

    with pytest.raises(Refused, match="is already away from 23 November 2026 to 4 December 2026"):
        record(from_on=UNTIL, until_on=date(2026, 12, 31))
    with pytest.raises(Refused, match="and cannot stand in"):
        record(Role.BUSINESS_MANAGER, email="admin@anyshire.example", deputy=OWNER)
    record(from_on=date(2026, 12, 5), until_on=date(2026, 12, 31))


def test_of_two_absences_at_once_one_is_kept(database, record):
    start = Barrier(2)

    def try_it(deputy):
        start.wait()
        try:
            return record(Role.BUSINESS_MANAGER, deputy=deputy).id
        except Refused:
            return None

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(try_it, (DEPUTY, "member@anyshire.example")))

    assert sorted(each is None for each in done) == [False, True]
    with database() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Absence)) == 1


def test_who_is_back_early_can_be_away_again(database, anyshire, clock, record):
    record()
    with unit_of_work(database, anyshire.actors[Role.ACTION_OWNER], clock) as unit:
        end_absence(unit, absence_of(unit, unit.partnership("ANYSHIRE"), OWNER))

    record()

    with database() as session:
        kinds = list(session.scalars(sa.select(Event.kind).order_by(Event.id)))
    assert kinds[-3:] == [EventKind.ABSENCE_RECORDED, EventKind.ABSENCE_ENDED, EventKind.ABSENCE_RECORDED]


def test_the_deputy_sees_an_absence_and_cannot_end_it_and_others_do_not_see_it(database, anyshire, clock, record):
    number = record().id

    for role, answer in ((Role.LEAD_REVIEWER, NotAllowed), (Role.SUBGROUP_CHAIR, NotFound)):
        with pytest.raises(answer), unit_of_work(database, anyshire.actors[role], clock) as unit:
            end_absence(unit, find_absence(unit, number))
    shown = {}
    for role in (Role.ACTION_OWNER, Role.LEAD_REVIEWER, Role.AGENCY_LEAD, Role.BUSINESS_MANAGER, Role.SUBGROUP_CHAIR):
        with database() as session:
            lines = absences(session, anyshire.actors[role], today=TODAY)
        shown[role] = [(each.email, each.state(TODAY), each.may_end) for each in lines]
    theirs = [(OWNER, "to come", True)]
    assert shown[Role.ACTION_OWNER] == shown[Role.AGENCY_LEAD] == shown[Role.BUSINESS_MANAGER] == theirs
    assert shown[Role.LEAD_REVIEWER] == [(OWNER, "to come", False)]
    assert shown[Role.SUBGROUP_CHAIR] == []


def test_whom_each_may_choose(database, anyshire):
    with database() as session:
        own, all_here = (
            people_to_record(session, anyshire.actors[role], anyshire.partnership.id)
            for role in (Role.SUBGROUP_CHAIR, Role.BUSINESS_MANAGER)
        )
    assert [email for email, _ in own] == ["chair@anyshire.example"]
    assert [all_here[0][0], len(all_here)] == ["manager@anyshire.example", len(Role)]


def test_a_deputy_sees_the_actions_and_acts_as_the_owner_on_these_days_alone(database, anyshire, clock, record):
    with database.begin() as session:
        case = a_case(session, anyshire.partnership, reference="RR-2026-01")
        an_action(session, case, owner=anyshire.people[Role.ACTION_OWNER], agency=anyshire.agencies["Hospitals"])
    record()

    before, during, after = (read_back(database, DEPUTY, day) for day in (date(2026, 11, 20), FROM, date(2026, 12, 5)))

    assert [seen_by(database, actor) for actor in (before, during, after)] == [[], ["RR-2026-01/A1"], []]
    with unit_of_work(database, during, clock) as unit:
        action = unit.action("RR-2026-01/A1")
        record_progress(unit, action, text="Half of it.", happened_on=unit.today)
        submit_action(unit, action, evidence="A list.", happened_on=unit.today)


def test_a_deputy_does_not_close_what_they_stand_in_for(database, anyshire, clock, record):
    chair = "chair@anyshire.example"
    with database.begin() as session:
        case = a_case(session, anyshire.partnership, reference="RR-2026-01")
        owner = anyshire.people[Role.ACTION_OWNER]
        an_action(session, case, owner=owner, agency=anyshire.agencies["Hospitals"], stage="submitted", evidence="x")
    record(deputy=chair)

    deputy = read_back(database, chair)
    with pytest.raises(Refused) as refusal, unit_of_work(database, deputy, clock) as unit:
        accept_action(unit, unit.action("RR-2026-01/A1"), happened_on=unit.today)
    assert "not open to: the owner and their deputy" in refusal.value.sentence


def test_a_deputy_without_a_part_in_child_death_review_sees_nothing_of_it(database, anyshire, record):
    with database.begin() as session:
        case = a_case(session, anyshire.partnership, "cdop_case", reference="CDR-2026-01")
        an_action(session, case, owner=anyshire.people[Role.ACTION_OWNER])
    record()

    assert seen_by(database, read_back(database, DEPUTY)) == []


def test_an_absence_counts_in_its_own_partnership_alone(database, world, anyshire, record):
    with database.begin() as session:
        elsewhere = a_case(session, world.midmarch.partnership, reference="RR-2026-01")
        an_action(session, elsewhere, owner=anyshire.people[Role.ACTION_OWNER])
    record()

    assert seen_by(database, read_back(database, DEPUTY)) == []

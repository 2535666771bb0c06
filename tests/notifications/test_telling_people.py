"""What somebody else records about a person, that person is mailed."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from reviews.access.permissions import system
from reviews.models import AccountMail, Person
from reviews.people.absences import absence_of, end_absence, record_absence
from reviews.people.accounts import add_person
from reviews.people.offboarding import disable_person, end_role
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import TODAY, a_world
from tests.notifications.mornings import Pigeonhole, deliver_to
from workflows.core.vocabulary import Role

OWNER, LEAD, MANAGER = "owner@anyshire.example", "agency-lead@anyshire.example", "manager@anyshire.example"


@pytest.fixture
def world(database):
    return a_world(database)


@pytest.fixture
def does(database, clock, world):
    """Do something as somebody, and give who is mailed, with the subject and the body on one line."""

    def does(role, act):
        actor = world.anyshire.actors[role] if role else system("operator")
        with unit_of_work(database, actor, clock) as unit:
            act(unit, unit.partnership("ANYSHIRE"))
        post = Pigeonhole()
        deliver_to(post, database, clock)
        return {letter.to: (letter.subject, " ".join(letter.body.split())) for letter in post.letters}

    return does


def away(deputy=LEAD, email=OWNER):
    until = TODAY + timedelta(days=360)
    return lambda unit, here: record_absence(
        unit, here, email=email, deputy_email=deputy, from_on=TODAY, until_on=until
    )


def test_f9_whoever_is_recorded_as_away_by_somebody_else_is_told_who_and_until_when(does, world):
    found = does(Role.AGENCY_LEAD, away())
    assert set(found) == {OWNER}
    subject, body = found[OWNER]
    lead = world.anyshire.people[Role.AGENCY_LEAD]
    assert subject == "You are recorded as away"
    assert f"{lead.name} has recorded that you are away from 20 November 2026 to 15 November 2027." in body
    assert f"Meanwhile {lead.name} is your deputy" in body
    back = does(Role.AGENCY_LEAD, lambda unit, here: end_absence(unit, absence_of(unit, here, OWNER)))
    assert back[OWNER][0] == "You are no longer recorded as away"


def test_f9_the_deputy_is_told_too_and_who_records_their_own_absence_is_not(does):
    found = does(Role.ACTION_OWNER, away(deputy=MANAGER))
    assert {to: subject for to, (subject, _) in found.items()} == {MANAGER: "You are somebody’s deputy"}


def test_f9_a_role_given_or_ended_is_told(database, does, world):
    with database.begin() as session:
        session.execute(sa.update(Person).where(Person.email == OWNER).values(password_hash="$argon2id$none"))
    found = does(
        Role.BUSINESS_MANAGER,
        lambda unit, here: add_person(
            unit,
            here,
            email=OWNER,
            name="x",
            job_title="Chair",
            agency=world.anyshire.agencies["Police"],
            role=Role.REVIEW_SUBGROUP_MEMBER,
        ),
    )
    assert "has given you the role" in found[OWNER][1]
    found = does(None, lambda unit, here: end_role(unit, here, email=OWNER, role=Role.REVIEW_SUBGROUP_MEMBER))
    assert found[OWNER][0] == "A role of yours in Followthrough has ended"
    assert "Whoever runs Followthrough has ended your role" in found[OWNER][1]


def test_f9_whose_account_is_disabled_is_told_once_and_gets_no_more(database, does, world):
    found = does(Role.BUSINESS_MANAGER, lambda unit, here: disable_person(unit, email=OWNER))
    assert found[OWNER][0] == "Your account for Followthrough is disabled"
    assert [to for to in found if to == OWNER] == [OWNER]


def test_what_the_product_does_by_itself_is_told_to_nobody(database, clock, world):
    with unit_of_work(database, system("reminders"), clock) as unit:
        away()(unit, unit.partnership("ANYSHIRE"))
    with database() as session:
        assert session.scalars(sa.select(AccountMail)).all() == []

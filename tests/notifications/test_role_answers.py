"""What became of a role that was asked for is told to whoever asked; whoever gets it hears that they have it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from notifications.letters.role_letter import write_role_letter
from notifications.models import ROLE_ANSWERED, Letter
from notifications.process.job import ReminderJobs
from reviews.models import Person, RoleAnswer
from reviews.people.accounts import add_person
from reviews.people.role_requests import WAITS_FOR, confirm_role, find_request, refuse_role, role_requests
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, TODAY, a_world
from tests.notifications.mornings import LETTERHEAD, Pigeonhole
from tests.web.visitor import rows
from workflows.core.vocabulary import Role

SAMPLE = Path(__file__).with_name("letters") / "a_role_that_was_confirmed.txt"
MANAGER, ANN = "manager@anyshire.example", "ann@anyshire.example"


@pytest.fixture
def place(database):
    return a_world(database).anyshire


@pytest.fixture
def waits(database, clock, place):
    with unit_of_work(database, place.actors[Role.BUSINESS_MANAGER], clock) as unit:
        council = unit.session.merge(place.agencies["Council"])
        chair = {"name": "Ann Lee", "job_title": "Chair", "agency": council, "role": Role.SUBGROUP_CHAIR}
        add_person(unit, unit.partnership("ANYSHIRE"), email=ANN, **chair)
    with database() as session:
        return role_requests(session, BUILDER, now=clock.now())[0].number


def delivered(database, clock):
    post = Pigeonhole()
    jobs = ReminderJobs(clock, post, letterhead=LETTERHEAD)
    for _ in range(2):
        jobs.deliver(database)
    return {letter.to: (letter.subject, " ".join(letter.body.split())) for letter in post.letters}


def test_a_confirmed_role_is_told_once_to_who_asked(database, clock, waits):
    assert delivered(database, clock) == {}
    with unit_of_work(database, BUILDER, clock) as unit:
        confirm_role(unit, find_request(unit, waits))
    mails = delivered(database, clock)
    assert {to: subject for to, (subject, _) in mails.items()} == {MANAGER: "A role in ANYSHIRE: confirmed"}
    assert "builder confirmed it on 20 November 2026. Ann Lee has the role from now on." in mails[MANAGER][1]
    assert delivered(database, clock) == {}
    assert rows(database, Letter, Letter.kind == ROLE_ANSWERED) == 1


def test_whoever_gets_a_confirmed_role_and_can_sign_in_has_one_mail_about_it(database, clock, waits):
    with database.begin() as session:
        session.execute(sa.update(Person).where(Person.email == ANN).values(password_hash="x"))
    with unit_of_work(database, replace(BUILDER, name="operator (root)"), clock) as unit:
        confirm_role(unit, find_request(unit, waits))
    assert {to: subject for to, (subject, _) in delivered(database, clock).items()} == {
        MANAGER: "A role in ANYSHIRE: confirmed",
        ANN: "You have another role in Followthrough",
    }


def test_a_refusal_is_told_without_its_reason_to_who_asked_alone(database, clock, waits):
    with unit_of_work(database, BUILDER, clock) as unit:
        refuse_role(unit, find_request(unit, waits), reason="She is a witness.")
    mails = delivered(database, clock)
    assert set(mails) == {MANAGER}
    assert "builder refused it on 20 November 2026. Ann Lee does not have the role." in mails[MANAGER][1]
    assert "witness" not in str(mails)


def test_a_role_that_nobody_confirmed_ends_by_itself_and_who_asked_hears_of_it(database, clock, waits):
    clock.at += WAITS_FOR - timedelta(minutes=1)
    assert delivered(database, clock) == {}
    clock.at += timedelta(minutes=1)
    mails = delivered(database, clock)
    assert {subject for subject, _ in mails.values()} == {"A role in ANYSHIRE: lapsed"}
    assert "Nobody confirmed it in time, so it ended on 4 December 2026." in mails[MANAGER][1]


def test_the_letter_reads_as_it_should():
    written = write_role_letter(
        "Olive O'Neill & Co",
        partnership=("ANYSHIRE", "Anyshire Safeguarding Children Partnership"),
        name="Ann Lee",
        role=Role.SUBGROUP_CHAIR,
        agency="Anyshire Council",
        asked_by="Mary Manager",
        asked_on=TODAY - timedelta(days=2),
        answer=RoleAnswer.CONFIRMED,
        answered_by="Bob\nBell",
        answered_on=TODAY,
        letterhead=LETTERHEAD,
    )
    assert f"Subject: {written.subject}\n\n{written.body}" == SAMPLE.read_text(encoding="utf-8")
    assert "Olive O&#39;Neill &amp; Co" in written.html

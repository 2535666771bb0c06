"""The page of delivery problems: returned email and leavers, and how a manager resolves them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from notifications.models import AddressProblem, FailureKind, SendingFault
from notifications.process.heartbeat import REMINDERS
from notifications.process.job import record_heartbeat
from notifications.process.leader import Leadership
from notifications.returns.address_problems import confirm_for_old_address, record_address_problem
from reviews.models import Event, EventKind, Membership, Person
from reviews.people.address_changes import open_change_of
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, NOW, TODAY, a_case, a_person, a_unit, an_action
from tests.web.reminders.letters import a_letter
from tests.web.visitor import rows
from workflows.core.vocabulary import Role

MANAGER, ADMIN, OWNER = "manager@anyshire.example", "admin@anyshire.example", "owner@anyshire.example"
PAGE = "/reminders/addresses"


@pytest.fixture
def trouble(doors, world):
    """Let a mail to the owner of an action come back, and give the number of the trouble."""
    with doors.database.begin() as session:
        owner = world.anyshire.people[Role.ACTION_OWNER]
        action = an_action(session, a_case(session, world.anyshire.partnership), owner=owner)
        letter = a_letter(session, world.anyshire, action, state="bounced", answer="5.1.1")
        record_address_problem(a_unit(session), letter, OWNER, source="bounce", code="5.1.1", kind=FailureKind.ADDRESS)
        return session.scalars(sa.select(AddressProblem.id)).one()


def email_of(doors, person):
    with doors.database() as session:
        return session.get_one(Person, person.id).email


def test_a_manager_is_told_where_they_begin_and_sees_since_when(doors, trouble):
    visitor = doors.visitor(MANAGER)
    visitor.open("/cases")
    assert "Addresses and owners to put right: 1" in visitor.said
    visitor.open("/reminders")
    assert "Addresses and owners to put right: 1" in visitor.said
    assert visitor.open(PAGE) == 200
    assert f"{OWNER} Since 20 November 2026: 5.1.1. Owner of 1 open action of Action owner" in visitor.said


def test_nothing_to_put_right_is_said_and_where_one_begins_is_silent(doors):
    visitor = doors.visitor(MANAGER)
    visitor.open(PAGE)
    assert "Mail comes back: 0 No mail comes back." in visitor.said
    assert "No mail came back in the last week" in visitor.said
    assert "Every report about our mails was understood." in visitor.said
    assert "Nobody has left with actions still open." in visitor.said
    visitor.open("/cases")
    assert "to put right" not in visitor.said


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        (FailureKind.FULL, "5.2.2", "Mail came back, and is tried again: 1"),
        (FailureKind.UNCLEAR, "", "Report not understood: 1"),
    ],
)
def test_what_closes_no_address_is_shown_as_what_it_is(doors, world, kind, code, words):
    with doors.database.begin() as session:
        owner = world.anyshire.people[Role.ACTION_OWNER]
        action = an_action(session, a_case(session, world.anyshire.partnership), owner=owner)
        letter = a_letter(session, world.anyshire, action, state="sent")
        for _ in range(2):
            record_address_problem(a_unit(session), letter, OWNER, source="bounce", code=code, kind=kind)
        number = letter.id
    visitor = doors.visitor(MANAGER)
    visitor.open(PAGE)

    assert words in visitor.said
    assert f"/reminders/{number}" in visitor.links
    if code:
        assert "Mailbox full (5.2.2): 1 mail since 20 November 2026" in visitor.said


def test_a_fault_of_our_sending_stands_on_every_page_of_a_manager_and_on_nobody_elses(doors):
    with doors.database.begin() as session:
        fault = SendingFault(kind=FailureKind.POLICY, code="5.7.1", people=200, found_at=NOW, last_reported_at=NOW)
        session.add(fault)
    words = "Mail to 200 people has come back since 20 November 2026 for one reason: refused by policy (5.7.1)."
    for email in (MANAGER, "cdop@anyshire.example"):
        visitor = doors.visitor(email)
        for page in ("/cases", "/actions/mine", "/reminders" if email == MANAGER else "/workflows"):
            visitor.open(page)
            assert words in visitor.said, page
    visitor = doors.visitor(OWNER)
    visitor.open("/actions/mine")
    assert words not in visitor.said


def test_a_leaver_is_shown_with_the_way_to_hand_on(doors, world):
    place = world.anyshire
    with doors.database.begin() as session:
        leaver = a_person(session, place.partnership, agency=place.agencies["Council"], email="x@anyshire.example")
        an_action(session, a_case(session, place.partnership), owner=leaver)
        ended = sa.update(Membership).where(Membership.person_id == leaver.id)
        session.execute(ended.values(ended_on=TODAY - timedelta(days=3)))
        person = leaver.id
    visitor = doors.visitor(MANAGER)
    visitor.open(PAGE)
    assert "Has left, with open actions: 1" in visitor.said
    assert "x@anyshire.example Since 17 November 2026. Hand on 1 open action of" in visitor.said
    address = f"/actions?group=outstanding&owner={person}"
    assert address in visitor.links
    visitor.open(address)
    assert "RR-2026-01/A1" in visitor.said


def test_a_leaver_stays_on_the_page_until_their_actions_have_an_owner_of_their_own(doors, world):
    place = world.anyshire
    with doors.database.begin() as session:
        leaver = a_person(session, place.partnership, agency=place.agencies["Police"], email="x@anyshire.example")
        an_action(session, a_case(session, place.partnership), owner=leaver, agency=place.agencies["Police"])
        person = leaver.id
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/people/{person}/disable")
    assert "Park it with Business manager" in visitor.html
    assert visitor.send(f"/people/{person}/disable") == 303
    visitor.follow()
    assert f"Parked with {MANAGER}: RR-2026-01/A1." in visitor.said
    visitor.open(PAGE)
    assert "Has left, with open actions: 1" in visitor.said
    visitor.open(f"/actions?group=outstanding&owner={person}")
    assert "RR-2026-01/A1" in visitor.said


def test_an_address_that_works_again_is_solved_with_a_sentence_by_one_press(doors, trouble):
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"{PAGE}/{trouble}") == 200
    assert visitor.send(f"{PAGE}/{trouble}", solution="") == 422
    assert "Enter what was done" in visitor.said
    form = {"solution": "Their mailbox was full.", "form_id": "one"}
    assert [visitor.send(f"{PAGE}/{trouble}", **form) for _ in range(2)] == [303, 303]
    visitor.follow()
    assert "will be sent again." in visitor.html
    assert "No mail comes back." in visitor.said
    assert rows(doors.database, Event, Event.kind == EventKind.ADDRESS_SOLVED) == 1
    assert visitor.open(f"{PAGE}/{trouble}") == 404


def test_another_address_that_is_confirmed_solves_it(doors, world, trouble):
    owner, visitor = world.anyshire.people[Role.ACTION_OWNER], doors.visitor(MANAGER)
    visitor.open(PAGE)
    assert f"/people/{owner.id}/email" in visitor.links
    assert visitor.open(f"/people/{owner.id}/email") == 200
    form = {"email": " New.Owner@Anyshire.example", "form_id": "one"}
    assert [visitor.send(f"/people/{owner.id}/email", **form) for _ in range(2)] == [303, 303]
    visitor.follow()
    assert "It is to be new.owner@anyshire.example." in visitor.said
    assert email_of(doors, owner) == OWNER
    with unit_of_work(doors.database, BUILDER, doors.clock) as unit:
        change = open_change_of(unit.session, owner.id)
        change.new_confirmed_at = doors.clock.now()
        unit.session.flush()
        confirm_for_old_address(unit, change.id)
    visitor.open(PAGE)
    assert "No mail comes back." in visitor.said
    assert email_of(doors, owner) == "new.owner@anyshire.example"
    assert rows(doors.database, Event, Event.kind == EventKind.EMAIL_CHANGED) == 1
    assert rows(doors.database, AddressProblem, AddressProblem.solved_at.is_(None)) == 0


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Enter the new e-mail address"),
        ("nowhere", "Enter an e-mail address in the correct format, such as name@example.com."),
        ("CHAIR@anyshire.example", "Somebody else already has the address chair@anyshire.example."),
        (OWNER, "They already have this address. Enter a new one."),
    ],
)
def test_what_cannot_be_their_address_is_refused(doors, world, typed, sentence):
    owner, visitor = world.anyshire.people[Role.ACTION_OWNER], doors.visitor(MANAGER)
    assert visitor.send(f"/people/{owner.id}/email", email=typed) == 422
    assert sentence in visitor.said
    assert email_of(doors, owner) == OWNER


def test_the_unit_changes_addresses_but_not_those_of_child_death_review(doors, world):
    people = world.anyshire.people
    admin = doors.visitor(ADMIN)
    admin.open("/people")
    assert f"/people/{people[Role.ACTION_OWNER].id}/email" in admin.links
    assert admin.send(f"/people/{people[Role.ACTION_OWNER].id}/email", email="a@anyshire.example") == 303
    for word in ("manager", "admin"):
        visitor = doors.visitor(f"{word}@anyshire.example")
        assert visitor.send(f"/people/{people[Role.CDOP_MANAGER].id}/email", email="b@anyshire.example") == 403
        assert "Only the CDOP manager" in visitor.said
    assert email_of(doors, people[Role.CDOP_MANAGER]) == "cdop@anyshire.example"


@pytest.mark.parametrize("word", ["chair", "agency-lead", "owner", "cdop"])
def test_nobody_else_puts_it_right(doors, world, trouble, word):
    visitor = doors.visitor(f"{word}@anyshire.example")
    assert [visitor.open(PAGE), visitor.open(f"{PAGE}/{trouble}")] == [403, 403]
    assert visitor.send(f"{PAGE}/{trouble}", solution="x") == 403
    visitor.open("/cases")
    assert "to put right" not in visitor.html


def test_another_partnership_finds_nothing_of_it(doors, world, trouble):
    visitor = doors.visitor("manager@midmarch.example")
    owner = world.anyshire.people[Role.ACTION_OWNER]
    assert visitor.open(PAGE) == 200
    assert OWNER not in visitor.html
    assert [visitor.open(f"{PAGE}/{trouble}"), visitor.open(f"/people/{owner.id}/email")] == [404, 404]
    assert visitor.send(f"/people/{owner.id}/email", email="mine@midmarch.example") == 404


def test_the_process_page_says_how_it_stands(doors, trouble):
    visitor = doors.visitor(MANAGER)
    assert visitor.open("/reminders/process") == 200
    assert "It has never run. No mail is sent until it runs." in visitor.said
    assert "Leading machine None" in visitor.said
    lead = Leadership(doors.database, holder="north.example|17|abc")
    lead.beat()
    record_heartbeat(doors.database, REMINDERS, NOW - timedelta(minutes=2), "no mail server")
    record_heartbeat(doors.database, REMINDERS, NOW)
    visitor.open("/reminders/process")
    assert "It is running. Last seen 20 November 2026 at 8:00am Next check 20 November 2026 at 8:01am" in visitor.said
    assert "Leading machine north.example Mails waiting 0" in visitor.said
    assert "20 November 2026 at 7:58am no mail server" in visitor.said
    assert "|17" not in visitor.html
    lead.give_up()
    visitor.open("/reminders/process")
    assert "None. It was last led by north.example." in visitor.said


def test_a_process_that_stopped_is_said_with_what_waits(doors, world):
    with doors.database.begin() as session:
        action = an_action(session, a_case(session, world.anyshire.partnership))
        waits = {"state": "queued", "sent_at": None, "first_tried_at": None, "next_try_at": NOW}
        a_letter(session, world.anyshire, action, **waits)
    record_heartbeat(doors.database, REMINDERS, NOW - timedelta(hours=1))
    visitor = doors.visitor(MANAGER)
    visitor.open("/reminders/process")
    assert "It may have stopped" in visitor.said
    assert "Mails waiting 1 Oldest waiting since 20 November 2026 at 8:00am" in visitor.said


@pytest.mark.parametrize("word", ["owner", "partner", "cdop", "scrutiny"])
def test_the_process_is_not_for_everybody(doors, word):
    assert doors.visitor(f"{word}@anyshire.example").open("/reminders/process") == 403

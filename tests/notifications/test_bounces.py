"""Reading returned email: which reports change a reminder or an address, and which are ignored."""

from base64 import encodebytes
from datetime import timedelta

import pytest
import sqlalchemy as sa

from notifications.models import AddressProblem, Letter, LetterState
from notifications.process.worker import deliver
from notifications.returns.address_problems import solve_problem
from notifications.returns.bounces import Returned, reports_of, take_mail
from notifications.returns.delivery_reports import DeliveryOutcome, Report
from reviews.access.permissions import NotAllowed
from reviews.core.clock import StoppedClock
from reviews.models import Event, EventKind, Person
from reviews.transactions.unit_of_work import NotFound
from tests.builders import a_partnership, a_person, a_unit, actor_of
from tests.notifications.mornings import Pigeonhole, letters_of, queue, states
from tests.notifications.returned import returned
from workflows.core.vocabulary import Role

SHAPES = ("postfix", "exchange", "gmail")
IN_FREE_TEXT = ("qmail", "exim")
TO = "owner@anyshire.example"
FIRST = "<action_owner-0@followthrough.example>"
SECOND = "<action_owner-1@followthrough.example>"

FORGED = (
    {"message_id": "<somebody-elses@council.example>"},
    {"message_id": "action_owner-0"},
    {"message_id": f"{FIRST}\nMessage-ID: {SECOND}"},
    {"message_id": f"{FIRST}\0"},
    {"to": "manager@anyshire.example"},
    {"to": "owner@anyshire.example.evil.example"},
    {"to": ""},
)


@pytest.fixture
def sent(database, anyshire, clock):
    """Two letters to the owner that were handed over."""
    queue(database, anyshire, clock, 2)
    deliver(database, clock, Pigeonhole())
    return anyshire


def came_back(shape: str = "postfix", **values: str) -> bytes:
    return returned(shape, **{"to": TO, "message_id": FIRST, **values})


def troubles(database) -> list[tuple[str, str, str]]:
    with database() as session:
        rows = session.scalars(sa.select(AddressProblem).order_by(AddressProblem.id))
        return [(row.email, row.source, row.answer) for row in rows]


def events(database, kind: EventKind = EventKind.ADDRESS_FAILED) -> list[Event]:
    with database() as session:
        return list(session.scalars(sa.select(Event).where(Event.kind == kind)))


@pytest.mark.parametrize("shape", SHAPES)
def test_every_mail_servers_report_names_letter_address_and_answer(shape):
    (report,) = reports_of(came_back(shape))

    assert report == Report(FIRST, frozenset({TO}), DeliveryOutcome.RETURNED, "bounce", "5.1.1")


@pytest.mark.parametrize("shape", IN_FREE_TEXT)
def test_a_bounce_in_free_text_names_letter_and_address(shape):
    (report,) = reports_of(came_back(shape))

    assert report == Report(FIRST, frozenset({TO}), DeliveryOutcome.RETURNED, "bounce", "5.0.0")


def test_a_bounce_in_free_text_makes_the_address_a_problem(database, sent, clock):
    assert take_mail(database, clock, came_back("qmail")).bounced == 1
    assert take_mail(database, clock, came_back("exim", message_id=SECOND)).bounced == 1

    assert states(database) == [LetterState.BOUNCED] * 2
    assert troubles(database) == [(TO, "bounce", "5.0.0")]


def test_a_delay_in_free_text_is_only_late(database, sent, clock):
    assert take_mail(database, clock, came_back("exim-delay")).delayed == 1
    assert states(database) == [LetterState.SENT] * 2
    assert (letters_of(database)[0].answer, troubles(database)) == ("4.0.0", [])


def test_failed_recipients_are_not_believed_without_the_letter_that_failed(database, sent, clock):
    values = [*FORGED, {"message_id": FIRST}, {"to": f"manager@anyshire.example, {TO}"}]
    found = [take_mail(database, clock, came_back("failed-recipients-only", **each)) for each in values]

    assert found == [Returned(read=1, ignored=1)] * len(found)
    assert (states(database), troubles(database)) == ([LetterState.SENT] * 2, [])


def test_failed_recipients_are_believed_of_the_person_the_letter_went_to_and_of_nobody_else(database, sent, clock):
    assert take_mail(database, clock, came_back("exim", to="manager@anyshire.example")).ignored == 1
    assert troubles(database) == []

    assert take_mail(database, clock, came_back("exim", to=f"manager@anyshire.example, {TO}")).bounced == 1
    assert [email for email, _, _ in troubles(database)] == [TO]


@pytest.mark.parametrize("shape", ["qmail", "exim"])
def test_a_bounce_whose_text_is_encoded_is_read(shape):
    head, _, text = came_back(shape).partition(b"\r\n\r\n")
    encoding = b"\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64"
    (report,) = reports_of(head + encoding + b"\r\n\r\n" + encodebytes(text))

    assert (report.message_id, report.recipients, report.code) == (FIRST, frozenset({TO}), "5.0.0")


def test_a_report_whose_status_is_encoded_is_read():
    before, marker, after = came_back("postfix").partition(b"Content-Type: message/delivery-status")
    head, _, text = after.partition(b"\r\n\r\n")
    status, end, rest = text.partition(b"\r\n--")
    encoding = b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"

    assert b"Status: 5.1.1" in status
    assert reports_of(before + marker + head + encoding + encodebytes(status) + end + rest) == reports_of(came_back())


@pytest.mark.parametrize(
    ("action", "status", "state", "counted", "troubled"),
    [
        ("failed", "5.1.1", LetterState.BOUNCED, "bounced", True),
        ("Failed", "5.7.129 (policy)", LetterState.BOUNCED, "bounced", True),
        ("failed", "4.4.7", LetterState.BOUNCED, "bounced", False),
        ("delayed", "4.4.1", LetterState.SENT, "delayed", False),
        ("delivered", "2.1.5", LetterState.DELIVERED, "delivered", False),
        ("relayed", "2.0.0", LetterState.DELIVERED, "delivered", False),
        ("expanded", "2.0.0", LetterState.SENT, "ignored", False),
        ("failed", "2.0.0", LetterState.SENT, "ignored", False),
        ("delivered", "5.1.1", LetterState.SENT, "ignored", False),
        ("failed", "nonsense", LetterState.SENT, "ignored", False),
    ],
)
def test_a_report_says_what_became_of_the_letter(database, sent, clock, action, status, state, counted, troubled):
    found = take_mail(database, clock, came_back(action=action, status=status))

    assert found == Returned(read=1, **{counted: 1})
    assert states(database) == [state, LetterState.SENT]
    assert troubles(database) == ([(TO, "bounce", status.partition(" ")[0])] if troubled else [])


@pytest.mark.parametrize("shape", ["on-leave", "read-receipt", "abuse-report", "forwarded-report", "our-own"])
def test_what_is_no_report_says_nothing(shape):
    assert reports_of(came_back(shape)) == []


def test_a_forged_report_changes_nothing(database, sent, clock):
    shapes = (*SHAPES, *IN_FREE_TEXT)
    found = [take_mail(database, clock, came_back(shape, **values)) for shape in shapes for values in FORGED]

    assert found == [Returned(read=1, ignored=1)] * len(found)
    assert states(database) == [LetterState.SENT] * 2
    assert troubles(database) == []


def test_a_report_of_a_letter_that_was_never_handed_over_changes_nothing(database, anyshire, clock):
    queue(database, anyshire, clock, 1)

    assert take_mail(database, clock, came_back()).ignored == 1
    assert states(database) == [LetterState.QUEUED]


def test_a_repeated_report_changes_nothing_more(database, sent, clock):
    found = [take_mail(database, clock, came_back()) for _ in range(3)]

    assert [each.bounced for each in found] == [1, 0, 0]
    assert len(troubles(database)) == len(events(database)) == 1


def test_a_report_out_of_order_does_not_undo_what_is_known(database, sent, clock):
    take_mail(database, clock, came_back(action="relayed", status="2.0.0"))
    take_mail(database, clock, came_back(action="delayed", status="4.4.1"))
    assert states(database)[0] is LetterState.DELIVERED

    take_mail(database, clock, came_back())
    take_mail(database, clock, came_back(action="delivered", status="2.0.0"))
    assert states(database)[0] is LetterState.BOUNCED


def test_two_letters_that_came_back_are_one_trouble(database, sent, clock):
    take_mail(database, clock, came_back())
    take_mail(database, clock, came_back("exchange", message_id=SECOND))

    assert states(database) == [LetterState.BOUNCED] * 2
    assert len(troubles(database)) == 1
    assert [letter.reported_at for letter in letters_of(database)] == [clock.now()] * 2


def test_the_history_names_the_person_and_not_the_address(database, sent, clock):
    take_mail(database, clock, came_back())

    (event,) = events(database)
    assert event.details["person"] == sent.people[Role.ACTION_OWNER].id
    assert event.details["code"] == "5.1.1"
    assert "@" not in str(event.details)


def test_somebody_with_the_address_in_capitals_is_known(database, sent, clock):
    assert take_mail(database, clock, came_back(to="Owner@Anyshire.Example")).bounced == 1


def test_a_report_on_an_address_that_was_changed_since_changes_nothing(database, sent, clock):
    with database.begin() as session:
        session.execute(sa.update(Person).where(Person.email == TO).values(email="olive@anyshire.example"))

    assert take_mail(database, clock, came_back()).ignored == 1
    assert troubles(database) == []


def test_a_trouble_is_solved_by_who_manages_the_people_and_not_reopened_by_an_older_letter(database, sent, clock):
    take_mail(database, clock, came_back())
    with database.begin() as session:
        manager = actor_of(session, session.merge(sent.people[Role.BUSINESS_MANAGER]))
        solve_problem(a_unit(session, manager, clock.now()), problem_id(session), "The mailbox was full.")
    solved = clock.now() + timedelta(minutes=1)

    take_mail(database, StoppedClock(solved), came_back(message_id=SECOND))

    assert len(troubles(database)) == 1
    (event,) = events(database, EventKind.ADDRESS_SOLVED)
    assert event.recorded_by.startswith("Business manager")


def test_a_letter_that_comes_back_after_it_was_solved_is_a_trouble_again(database, sent, clock):
    take_mail(database, clock, came_back())
    with database.begin() as session:
        solve_problem(a_unit(session), problem_id(session), "It was only full.")
        third = Letter(
            letter_key="third",
            kind="morning",
            partnership_id=sent.partnership.id,
            person_id=sent.people[Role.ACTION_OWNER].id,
            morning=clock.now().date(),
            subject="Again",
            body="Good morning\n",
            message_id="<third@followthrough.example>",
            next_try_at=clock.now(),
        )
        session.add(third)
    later = StoppedClock(clock.now() + timedelta(days=1))
    deliver(database, later, Pigeonhole())

    take_mail(database, later, came_back(message_id="<third@followthrough.example>"))

    assert len(troubles(database)) == 2


@pytest.mark.parametrize("role", [Role.ACTION_OWNER, Role.SUBGROUP_CHAIR, Role.AGENCY_LEAD])
def test_nobody_else_solves_it(database, sent, clock, role):
    take_mail(database, clock, came_back())
    with database() as session:
        unit = a_unit(session, actor_of(session, session.merge(sent.people[role])))
        with pytest.raises(NotAllowed):
            solve_problem(unit, problem_id(session), "It works.")


def test_to_another_partnership_the_trouble_does_not_exist(database, sent, clock):
    take_mail(database, clock, came_back())
    with database.begin() as session:
        elsewhere = a_person(session, a_partnership(session, "FARSHIRE"), Role.BUSINESS_MANAGER)
        for number in (problem_id(session), 999):
            with pytest.raises(NotFound):
                solve_problem(a_unit(session, actor_of(session, elsewhere)), number, "It works.")


def problem_id(session) -> int:
    return session.scalars(sa.select(AddressProblem.id)).one()


@pytest.mark.parametrize(
    "mail",
    [
        b"",
        b"\0\xff\xfe",
        b"Content-Type: multipart/report; report-type=delivery-status\r\n\r\nno parts",
        b"Content-Type: multipart/report; report-type*0*=utf-8''%ff; boundary=a\r\n\r\n--a\r\n\r\n--a--",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=a\r\n\r\n--a\r\n"
        b"Content-Type: message/delivery-status\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n--a--",
        b"Content-Type: multipart/report; boundary=" + b"a" * 100_000 + b"\r\n\r\n",
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3000)),
        b"Content-Type: message/rfc822\r\n\r\n" * 3000,
        b"From: x\r\n" * 100_000,
    ],
)
def test_whatever_a_stranger_sends_is_no_report_and_no_fault(mail):
    assert reports_of(mail) == []


def test_a_very_long_mail_is_looked_at_only_as_far_as_a_report_goes(database, sent, clock):
    endless = came_back("exchange").replace(b"Good morning", b"Good morning\r\n" * 200_000)

    assert take_mail(database, clock, endless).bounced == 1

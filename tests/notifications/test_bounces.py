"""Reading returned email: which reports change a reminder or an address, and which are ignored."""

from base64 import encodebytes
from datetime import timedelta

import pytest
import sqlalchemy as sa

from notifications.base.retry_policy import MOST_RETURNED_TRIES, RETURNED_WAIT
from notifications.models import AddressProblem, Letter, LetterState
from notifications.process.worker import deliver
from notifications.returns.address_problems import solve_problem
from notifications.returns.bounces import Returned, reports_of, take_mail
from notifications.returns.delivery_reports import DeliveryOutcome, Report
from notifications.rounds.delivery_problems import read_tasks
from reviews.access.permissions import NotAllowed
from reviews.core.clock import StoppedClock
from reviews.models import Event, EventKind, Person
from reviews.transactions.unit_of_work import NotFound
from tests.builders import a_partnership, a_person, a_unit, actor_of
from tests.notifications.mornings import LETTERHEAD, Pigeonhole, letters_of, queue, states
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
    {"message_id": "<followthrough.example>"},
)
UNCLEAR = (
    {"message_id": f"{FIRST}\nMessage-ID: {SECOND}"},
    {"message_id": f"{FIRST}\0"},
)
CLOSED = "no such address"


@pytest.fixture
def sent(database, anyshire, clock):
    """Two letters to the owner that were handed over."""
    queue(database, anyshire, clock, 2)
    deliver(database, clock, Pigeonhole(), letterhead=LETTERHEAD)
    return anyshire


def came_back(shape: str = "postfix", **values: str) -> bytes:
    return returned(shape, **{"to": TO, "message_id": FIRST, **values})


def troubles(database) -> list[tuple[str, str, str]]:
    with database() as session:
        rows = session.scalars(sa.select(AddressProblem).order_by(AddressProblem.id))
        return [(row.email, row.kind, row.answer) for row in rows]


def problems(database) -> list[AddressProblem]:
    with database() as session:
        return list(session.scalars(sa.select(AddressProblem).order_by(AddressProblem.id)))


def closed(database) -> list[str]:
    with database() as session:
        return list(session.scalars(sa.select(AddressProblem.email).where(AddressProblem.closes)))


def events(database, kind: EventKind = EventKind.ADDRESS_FAILED) -> list[Event]:
    with database() as session:
        return list(session.scalars(sa.select(Event).where(Event.kind == kind)))


@pytest.mark.parametrize("shape", SHAPES)
def test_every_mail_servers_report_names_letter_address_and_answer(shape):
    (report,) = reports_of(came_back(shape))

    assert report == Report(FIRST, frozenset({TO}), DeliveryOutcome.RETURNED, "bounce", "5.1.1")


@pytest.mark.parametrize(("shape", "code"), [("qmail", "5.1.1"), ("exim", "5.0.0")])
def test_a_bounce_in_free_text_names_letter_address_and_the_status_if_it_gives_one(shape, code):
    (report,) = reports_of(came_back(shape))

    assert report == Report(FIRST, frozenset({TO}), DeliveryOutcome.RETURNED, "bounce", code)


def test_a_bounce_in_free_text_closes_the_address_only_where_it_says_that_there_is_none(database, sent, clock):
    assert take_mail(database, clock, came_back("exim", message_id=SECOND)).bounced == 1
    assert (troubles(database), closed(database)) == ([(TO, "refused", "5.0.0")], [])

    assert take_mail(database, clock, came_back("qmail")).bounced == 1
    assert (states(database), closed(database)) == ([LetterState.BOUNCED, LetterState.QUEUED], [TO])


def test_a_delay_in_free_text_is_only_late(database, sent, clock):
    assert take_mail(database, clock, came_back("exim-delay")).delayed == 1
    assert states(database) == [LetterState.SENT] * 2
    assert (letters_of(database)[0].answer, troubles(database)) == ("4.0.0", [])


def test_failed_recipients_without_the_letter_that_failed_are_for_a_person_to_look_at(database, sent, clock):
    found = [take_mail(database, clock, came_back("failed-recipients-only", **each)) for each in FORGED]
    assert found == [Returned(read=1, ignored=1)] * len(found)
    assert troubles(database) == []

    assert take_mail(database, clock, came_back("failed-recipients-only")).unclear == 1
    assert (states(database), closed(database)) == ([LetterState.SENT] * 2, [])
    assert troubles(database) == [(TO, "report not understood", "")]


@pytest.mark.parametrize("shape", [*SHAPES, "exim"])
def test_our_message_id_is_enough_whoever_the_final_recipient_was(database, sent, clock, shape):
    assert take_mail(database, clock, came_back(shape, to="someone@newcouncil.example")).bounced == 1

    assert [email for email, _, _ in troubles(database)] == [TO]


@pytest.mark.parametrize("shape", ["qmail", "exim"])
def test_a_bounce_whose_text_is_encoded_is_read(shape):
    head, _, text = came_back(shape).partition(b"\r\n\r\n")
    encoding = b"\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64"
    (report,) = reports_of(head + encoding + b"\r\n\r\n" + encodebytes(text))

    code = "5.1.1" if shape == "qmail" else "5.0.0"
    assert (report.message_id, report.recipients, report.code) == (FIRST, frozenset({TO}), code)


def test_a_report_whose_status_is_encoded_is_read():
    before, marker, after = came_back("postfix").partition(b"Content-Type: message/delivery-status")
    head, _, text = after.partition(b"\r\n\r\n")
    status, end, rest = text.partition(b"\r\n--")
    encoding = b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"

    assert b"Status: 5.1.1" in status
    assert reports_of(before + marker + head + encoding + encodebytes(status) + end + rest) == reports_of(came_back())


@pytest.mark.parametrize(
    ("action", "status", "state", "counted", "kind"),
    [
        ("failed", "5.1.1", LetterState.BOUNCED, "bounced", CLOSED),
        ("failed", "5.1.10", LetterState.BOUNCED, "bounced", CLOSED),
        ("failed", "5.1.8", LetterState.QUEUED, "bounced", "refused by policy"),
        ("Failed", "5.7.129 (policy)", LetterState.QUEUED, "bounced", "refused by policy"),
        ("failed", "5.7.1", LetterState.QUEUED, "bounced", "refused by policy"),
        ("failed", "5.2.2", LetterState.QUEUED, "bounced", "mailbox full"),
        ("failed", "5.4.14", LetterState.QUEUED, "bounced", "mail loop"),
        ("failed", "4.4.7", LetterState.QUEUED, "bounced", "given up after days"),
        ("failed", "5.0.0", LetterState.QUEUED, "bounced", "refused"),
        ("delayed", "4.4.1", LetterState.SENT, "delayed", ""),
        ("delivered", "2.1.5", LetterState.DELIVERED, "delivered", ""),
        ("relayed", "2.0.0", LetterState.DELIVERED, "delivered", ""),
        ("expanded", "2.0.0", LetterState.DELIVERED, "delivered", ""),
        ("failed", "2.0.0", LetterState.SENT, "unclear", "report not understood"),
        ("delivered", "5.1.1", LetterState.SENT, "unclear", "report not understood"),
        ("failed", "nonsense", LetterState.SENT, "unclear", "report not understood"),
    ],
)
def test_a_report_says_what_became_of_the_letter(database, sent, clock, action, status, state, counted, kind):
    found = take_mail(database, clock, came_back(action=action, status=status))

    assert found == Returned(read=1, **{counted: 1})
    assert states(database) == [state, LetterState.SENT]
    assert [of_kind for _, of_kind, _ in troubles(database)] == ([kind] if kind else [])
    assert closed(database) == ([TO] if kind == CLOSED else [])


def test_a_letter_that_came_back_for_what_may_pass_goes_again_four_times_in_all(database, sent, clock):
    tried = 1
    while letters_of(database)[0].state is not LetterState.BOUNCED:
        take_mail(database, clock, came_back(status="5.2.2"))
        take_mail(database, clock, came_back(status="5.2.2"))  # the same report twice is one
        clock.at += RETURNED_WAIT
        tried += deliver(database, clock, Pigeonhole(), letterhead=LETTERHEAD).sent

    assert tried == MOST_RETURNED_TRIES
    (problem,) = problems(database)
    assert (problem.reports, problem.closes) == (1, False)


def test_an_expired_letter_goes_again_though_its_first_try_was_days_ago(database, sent, clock):
    clock.at += timedelta(days=5)
    take_mail(database, clock, came_back(status="4.4.7"))
    clock.at += RETURNED_WAIT

    assert deliver(database, clock, Pigeonhole(), letterhead=LETTERHEAD).sent == 1


@pytest.mark.parametrize("shape", ["on-leave", "read-receipt", "abuse-report", "forwarded-report", "our-own"])
def test_what_is_no_report_says_nothing(shape):
    assert reports_of(came_back(shape)) == []


@pytest.mark.parametrize("shape", ["on-leave", "read-receipt", "abuse-report", "our-own"])
def test_what_names_a_letter_and_reports_no_failure_changes_nothing(database, sent, clock, shape):
    assert take_mail(database, clock, came_back(shape)) == Returned(read=1, ignored=1)
    assert troubles(database) == []


@pytest.mark.parametrize("encoded", [False, True])
def test_a_report_in_whatever_form_that_names_a_letter_is_shown(database, sent, clock, encoded):
    odd = f"Your message &lt;{FIRST[1:-1]}&gt; was not delivered. Bitte nicht antworten.\n".encode()
    head = b"From: x@elsewhere.example\r\nContent-Type: text/html; charset=utf-8\r\nMIME-Version: 1.0\r\n"
    coding = b"Content-Transfer-Encoding: base64\r\n" if encoded else b""
    odd = encodebytes(odd) if encoded else odd

    for mail in (head + coding + b"\r\n" + odd, came_back("forwarded-report")):
        assert take_mail(database, clock, mail) == Returned(read=1, unclear=1)

    assert states(database) == [LetterState.SENT] * 2
    assert troubles(database) == [(TO, "report not understood", "")]


def test_a_report_that_names_two_letters_is_not_guessed_at(database, sent, clock):
    found = [take_mail(database, clock, came_back("postfix", **values)) for values in UNCLEAR]

    assert found == [Returned(read=1, unclear=1)] * len(found)
    assert (states(database), closed(database)) == ([LetterState.SENT] * 2, [])


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


def test_a_report_on_an_address_that_was_changed_since_closes_the_old_one_alone(database, sent, clock):
    with database.begin() as session:
        session.execute(sa.update(Person).where(Person.email == TO).values(email="olive@anyshire.example"))

    assert take_mail(database, clock, came_back()).bounced == 1
    assert closed(database) == [TO]
    with database() as session:
        assert read_tasks(session, sent.partnership.id) == []


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
    deliver(database, later, Pigeonhole(), letterhead=LETTERHEAD)

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

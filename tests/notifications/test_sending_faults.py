"""Much mail that comes back on one day for one reason is a fault of our sending, and closes no address."""

import pytest
import sqlalchemy as sa

from notifications.models import AddressProblem, Letter, LetterState
from notifications.process.heartbeat import process_status
from notifications.process.job import ReminderJobs
from notifications.process.worker import deliver
from notifications.returns.bounces import take_mail
from notifications.returns.failure_kinds import kind_of
from notifications.returns.sending_faults import MANY, end_sending_faults, open_faults
from notifications.transports.configured import transport_for
from reviews.access.permissions import NotAllowed
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, a_person
from tests.notifications.mornings import LETTERHEAD, SENDER, Pigeonhole, letters_of, run_jobs, states
from tests.notifications.returned import returned
from workflows.core.vocabulary import Role

NO_SUCH_ADDRESS, POLICY = "5.1.1", "5.7.1"


@pytest.fixture
def write_to(database, anyshire, clock):
    """Queue a letter to each of so many new people."""

    def write_to(count: int) -> list[str]:
        with database.begin() as session:
            people = [
                a_person(session, anyshire.partnership, agency=anyshire.agencies["Council"]) for _ in range(count)
            ]
            for person in people:
                session.add(
                    Letter(
                        letter_key=f"x|{person.id}",
                        kind="morning",
                        partnership_id=anyshire.partnership.id,
                        person_id=person.id,
                        morning=clock.now().date(),
                        subject="x",
                        body="x\n",
                        message_id=f"<{person.id}@followthrough.example>",
                        next_try_at=clock.now(),
                    )
                )
            return [person.email for person in people]

    return write_to


@pytest.fixture
def sent(database, clock, write_to):
    def sent(count: int) -> None:
        write_to(count)
        deliver(database, clock, Pigeonhole(), letterhead=LETTERHEAD)

    return sent


def come_back(database, clock, code: str, letters: list[Letter]) -> None:
    for letter in letters:
        mail = returned("postfix", to=letter.sent_to, message_id=letter.message_id, status=code)
        assert take_mail(database, clock, mail).bounced == 1


def closed(database) -> int:
    with database() as session:
        return session.scalar(sa.select(sa.func.count()).where(AddressProblem.closes))


def faults(database) -> list[tuple[str, int]]:
    with database() as session:
        return [(fault.kind, fault.people) for fault in open_faults(session)]


@pytest.mark.faults
def test_two_hundred_refusals_by_policy_in_an_hour_close_no_address(database, clock, sent):
    sent(200)
    come_back(database, clock, POLICY, letters_of(database))

    assert closed(database) == 0
    assert set(states(database)) == {LetterState.QUEUED}
    assert faults(database) == [("refused by policy", 200)]


def test_missing_addresses_in_numbers_are_opened_again_and_their_letters_go_again(database, clock, sent):
    sent(2 * MANY)
    letters = letters_of(database)
    come_back(database, clock, NO_SUCH_ADDRESS, letters[: MANY - 1])
    assert (closed(database), faults(database)) == (MANY - 1, [])

    come_back(database, clock, NO_SUCH_ADDRESS, letters[MANY - 1 : MANY + 2])

    assert (closed(database), faults(database)) == (0, [("no such address", MANY + 2)])
    assert states(database)[: MANY + 2] == [LetterState.QUEUED] * (MANY + 2)


def test_few_of_many_are_only_those_addresses(database, clock, sent):
    sent(5 * MANY)
    come_back(database, clock, NO_SUCH_ADDRESS, letters_of(database)[:MANY])

    assert (closed(database), faults(database)) == (MANY, [])


def test_the_operator_ends_it_and_what_was_wrong_after_all_is_closed(database, anyshire, clock, sent):
    sent(MANY)
    come_back(database, clock, NO_SUCH_ADDRESS, letters_of(database))
    with pytest.raises(NotAllowed), unit_of_work(database, anyshire.actors[Role.BUSINESS_MANAGER], clock) as unit:
        end_sending_faults(unit, "It works.")
    with unit_of_work(database, BUILDER, clock) as unit:
        assert end_sending_faults(unit, "They were imported wrongly.", addresses_are_wrong=True) == 1

    assert (faults(database), closed(database)) == ([], MANY)


def test_the_process_says_so_until_it_ends(database, clock, sent):
    sent(MANY)
    come_back(database, clock, POLICY, letters_of(database))
    jobs = ReminderJobs(clock, Pigeonhole(), letterhead=LETTERHEAD)
    jobs.record_heartbeat(database)
    with database() as session:
        failure = process_status(session).heartbeat.failure
    assert "refused by policy (5.7.1)" in failure

    with unit_of_work(database, BUILDER, clock) as unit:
        end_sending_faults(unit, "The sender is allowed again.")
    jobs.record_heartbeat(database)
    with database() as session:
        assert process_status(session).heartbeat.failure == ""


@pytest.mark.parametrize(
    ("answer", "state", "kind", "closes"),
    [
        ("550 5.1.1 No such user", LetterState.FAILED, "no such address", True),
        ("550 5.7.1 Not allowed", LetterState.QUEUED, "refused by policy", False),
        ("552 5.2.2 Full", LetterState.QUEUED, "mailbox full", False),
        ("550 Something", LetterState.QUEUED, "refused", False),
    ],
)
def test_a_recipient_refused_at_once_counts_like_a_letter_that_comes_back(
    database, clock, write_to, mail_server, answer, state, kind, closes
):
    [gone, _] = write_to(2)
    mail_server.answers[gone] = answer

    delivered = deliver(database, clock, transport_for(mail_server.url, SENDER), letterhead=LETTERHEAD)

    assert (delivered.sent, delivered.failed, delivered.retry) == (1, int(closes), int(not closes))
    assert states(database) == [state, LetterState.SENT]
    with database() as session:
        (problem,) = session.scalars(sa.select(AddressProblem))
    assert (problem.email, problem.kind, problem.source, problem.closes) == (gone, kind, "smtp", closes)


def test_a_server_that_refuses_everybody_silences_nobody(database, clock, write_to, mail_server):
    for email in write_to(MANY):
        mail_server.answers[email] = "550 5.1.1 No such user"
    run_jobs(database, clock, transport_for(mail_server.url, SENDER))

    assert (closed(database), faults(database)) == (0, [("no such address", MANY)])
    assert set(states(database)) == {LetterState.QUEUED}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("5.1.2", "no such address"),
        ("5.1.6", "no such address"),
        ("5.1.7", "refused by policy"),
        ("5.4.6", "mail loop"),
        ("5.4.7", "given up after days"),
        ("4.2.2", "mailbox full"),
        ("552", "mailbox full"),
        ("550", "refused"),
        ("permanent-failure", "no such address"),
    ],
)
def test_a_code_has_a_kind(code, kind):
    assert kind_of(code) == kind

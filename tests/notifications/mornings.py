"""Helpers for the tests of reminders: a transport that stores emails, and a reminder round in one call."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.letters.links import Letterhead
from notifications.models import FailureKind, Letter, LetterState
from notifications.outbox.rate_limit import RateLimit
from notifications.process.job import ReminderJobs
from notifications.process.plan_round import plan_round
from notifications.process.worker import Delivered, deliver
from notifications.returns.address_problems import record_address_problem
from notifications.rounds.report import ClockHeldBack, ClockItem, HeldBack, Item, Round
from notifications.transports.configured import MailTransport
from notifications.transports.envelope import Outgoing
from reviews.cases.child_cases import start_child_case
from reviews.cases.steps import take_case_step
from reviews.core.clock import StoppedClock, local_day, read_moment
from reviews.core.db import Database
from reviews.models import Action, Agency, Case, Event, Membership, Partnership, Person
from reviews.people.absences import record_absence
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, Place, a_case, a_clock, a_unit, an_action, facts_for
from workflows.core.questions import Value
from workflows.core.vocabulary import Role
from workflows.definitions import CASE_WORKFLOWS

LETTERHEAD = Letterhead("https://followthrough.example", "a key for tests only, with forty characters")
SENDER = "followthrough@anyshire.example"
BECAUSE = "Sent to you because "


@dataclass(slots=True)
class Pigeonhole:
    """A post that keeps what it is given; `at_hand_over` is called first and may raise."""

    letters: list[Outgoing] = field(default_factory=list)
    at_hand_over: Callable[[Outgoing], object] = lambda letter: None

    def send(self, letter: Outgoing) -> None:
        self.at_hand_over(letter)
        self.letters.append(letter)

    def taken(self, letter: Outgoing, *, settled: bool) -> None:
        """Knows nothing of earlier letters."""

    def close(self) -> None:
        """Nothing is kept open."""


def a_quiet_case(
    session: Session,
    partnership: Partnership,
    workflow: str = "rapid_review",
    *,
    reference: str,
    title: str = "A neutral title",
) -> Case:
    """Open a case whose clocks were all met on their first day, so that only its actions are brought up."""
    case = a_case(session, partnership, workflow, reference=reference, title=title)
    for clock in case.clocks:
        clock.met_on = clock.counted_from_on
    session.flush()
    return case


def a_request(
    database: Database, parent: Case, agency: Agency, due_on: date, workflow: str = "information_request"
) -> Case:
    """Ask one agency for information inside a case, on the day that case was opened."""
    with database.begin() as session:
        around, opening = session.get_one(Case, parent.id), CASE_WORKFLOWS[workflow].opening
        assert opening is not None
        return start_child_case(
            a_unit(session),
            around,
            workflow=workflow,
            happened_on=around.opened_on,
            answers=facts_for(opening, on=around.opened_on, returns_due_on=due_on),
            agency_id=agency.id,
        )


def record(database: Database, case: Case, step: str, day: str, **answers: Value) -> None:
    """Record a step of a case on a day, answering all its form must be given."""
    with unit_of_work(database, BUILDER, a_clock(day)) as unit:
        taken = CASE_WORKFLOWS[case.workflow].step(step)
        assert taken is not None, step
        facts = facts_for(taken, on=unit.today, **answers)
        take_case_step(unit, unit.case(case.reference), step, happened_on=unit.today, answers=facts)


def owner_of(place: Place) -> Person:
    return place.people[Role.ACTION_OWNER]


def an_owned_action(
    database: Database, case: Case, place: Place, owner: Person | None, due_on: date | None, **more: object
) -> Action:
    with database.begin() as session:
        return an_action(session, case, due_on=due_on, owner=owner, agency=place.agencies["Council"], **more)


def leaves(database: Database, person: Person, day: str = "2026-11-01") -> None:
    """End every role of a person without handing their actions on, as another system's data may."""
    with database.begin() as session:
        of_person = Membership.person_id == person.id
        session.execute(sa.update(Membership).where(of_person).values(ended_on=date.fromisoformat(day)))


def is_away(database: Database, place: Place, person: Person, deputy: Person, from_on: str, until_on: str) -> None:
    with unit_of_work(database, BUILDER, a_clock(from_on)) as unit:
        record_absence(
            unit,
            unit.partnership(place.partnership.code),
            email=person.email,
            deputy_email=deputy.email,
            from_on=date.fromisoformat(from_on),
            until_on=date.fromisoformat(until_on),
        )


def mail_comes_back(database: Database, place: Place, person: Person, on: str = "2026-11-20") -> None:
    """Let the first letter to a person come back for good."""
    moment = read_moment(on)
    with database.begin() as session:
        letter = Letter(
            letter_key=f"{place.partnership.code}|{person.id}|returned",
            kind="morning",
            partnership_id=place.partnership.id,
            person_id=person.id,
            morning=moment.date(),
            subject="x",
            body="x",
            message_id=f"<returned-{person.id}@followthrough.example>",
            state=LetterState.BOUNCED,
            next_try_at=moment,
            sent_at=moment,
        )
        session.add(letter)
        session.flush()
        record_address_problem(
            a_unit(session, now=moment),
            letter,
            person.email,
            source="bounce",
            code="5.1.1",
            kind=FailureKind.ADDRESS,
        )


def reasons(result: Round, database: Database) -> dict[str, str]:
    """Give what each address's letter of a morning says of hearing in another's place."""
    with database() as session:
        rows = session.execute(
            sa.select(Person.email, Letter.body)
            .join(Letter, Letter.person_id == Person.id)
            .where(Letter.morning == local_day(result.as_of))
        )
        found = {email: [line.strip() for line in body.splitlines() if BECAUSE in line] for email, body in rows}
    return {email: lines[0].removeprefix(BECAUSE).removesuffix(".") for email, lines in found.items() if lines}


def hush(database: Database) -> None:
    """Let what has happened so far be old news."""
    with database.begin() as session:
        session.execute(sa.update(Event).values(announced_at=read_moment("2026-01-01")))


def a_morning(database: Database, text: str) -> Round:
    return plan_round(database, read_moment(text), letterhead=LETTERHEAD)


def morning_after_morning(database: Database, first: str, days: int) -> dict[str, list[tuple[str, str]]]:
    """Live through calendar days, and give what each address heard: the day and the rung, in order."""
    heard: dict[str, list[tuple[str, str]]] = {}
    for number in range(days):
        as_of: datetime = read_moment(first) + timedelta(days=number)
        for mail in plan_round(database, as_of, letterhead=LETTERHEAD).mails:
            for item in mail.items:
                heard.setdefault(mail.to.partition("@")[0], []).append((f"{as_of:%m-%d}", item.rung))
    return heard


def said(result: Round) -> dict[str, list[tuple[str, str]]]:
    """Give what each address hears in a round: the action, or the case and its clock, and the rung."""
    return {mail.to: [(named(item), item.rung) for item in mail.items] for mail in result.mails}


def why(result: Round) -> dict[str, str]:
    return {named(held): held.why for held in result.held_back}


def named(item: Item | ClockItem | HeldBack | ClockHeldBack) -> str:
    return f"{item.case} {item.clock}" if isinstance(item, ClockItem | ClockHeldBack) else item.action


def deliver_to(
    transport: Pigeonhole, database: Database, clock: StoppedClock, *, ignore_waits: bool = False
) -> Delivered:
    return deliver(database, clock, transport, ignore_waits=ignore_waits, letterhead=LETTERHEAD)


def run_jobs(
    database: Database, clock: StoppedClock, transport: MailTransport, *, rate_limit: RateLimit | None = None
) -> bool:
    """Run the jobs of the reminder process once, one after the other, and tell whether mail is left."""
    jobs = ReminderJobs(clock, transport, letterhead=LETTERHEAD, rate_limit=rate_limit)
    for begins in jobs.rounds_due(database):
        jobs.plan_rounds(database, begins)
    is_mail_left = jobs.deliver(database)
    jobs.record_heartbeat(database)
    return is_mail_left


def states(database: Database) -> list[LetterState]:
    with database() as session:
        return list(session.scalars(sa.select(Letter.state).order_by(Letter.id)))


def letters_of(database: Database) -> list[Letter]:
    with database() as session:
        return list(session.scalars(sa.select(Letter).order_by(Letter.id)))


def queue(database: Database, place: Place, clock: StoppedClock, count: int, role: Role = Role.ACTION_OWNER) -> None:
    """Queue letters to one person, one a morning."""
    with database.begin() as session:
        session.add_all(
            Letter(
                letter_key=f"{place.partnership.code}|{role}|{number}",
                kind="morning",
                partnership_id=place.partnership.id,
                person_id=place.people[role].id,
                morning=clock.now().date(),
                subject=f"Action A{number}: due on 4 December 2026",
                body="Good morning\n",
                message_id=f"<{role}-{number}@followthrough.example>",
                next_try_at=clock.now(),
            )
            for number in range(count)
        )


def raising(answer: BaseException) -> Callable[[Outgoing], None]:
    def at_hand_over(_letter: Outgoing) -> None:
        raise answer

    return at_hand_over

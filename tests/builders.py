"""What do tests start from? Plain functions with defaults, which use the real commands where there is one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, RoleAssignment, system
from reviews.actions.details import NewAction, add_action
from reviews.cases.child_cases import start_child_case
from reviews.cases.steps import open_case, take_case_step
from reviews.core.clock import StoppedClock, local_day, read_moment
from reviews.core.db import Database, is_sqlite
from reviews.models import (
    Action,
    Agency,
    AgencyKind,
    Case,
    CasePerson,
    Evidence,
    FactorRule,
    Membership,
    Partner,
    Partnership,
    Person,
    Recommendation,
)
from reviews.people.accounts import add_agency, add_partnership, add_person
from reviews.people.partners import partners_on
from reviews.people.queries import actor_by_email
from reviews.recommendations.commands import add_recommendation
from reviews.transactions.unit_of_work import Unit
from workflows.core.questions import Kind, Question, Value, filled_in
from workflows.core.vocabulary import Realm, Role, Step
from workflows.definitions import CASE_WORKFLOWS
from workflows.definitions.action import FINISHED

NOW = read_moment("2026-11-20T08:00")
TODAY = local_day(NOW)
BUILDER = system("builder")

AGENCIES: Mapping[str, AgencyKind] = {
    "Council": AgencyKind.LOCAL_AUTHORITY,
    "Integrated Care Board": AgencyKind.INTEGRATED_CARE_BOARD,
    "Police": AgencyKind.POLICE,
    "Hospitals": AgencyKind.OTHER,
}
KINDS = [(word, kind) for word, kind in AGENCIES.items() if kind is not AgencyKind.OTHER]
STATUTORY = ("Anyshire Council", "Anyshire Integrated Care Board", "Anyshire Police")
"""The statutory partners of Anyshire, by the names that forms are answered with."""
WORDS: Mapping[Role, str] = {
    Role.BUSINESS_MANAGER: "manager",
    Role.BUSINESS_UNIT_ADMIN: "admin",
    Role.REVIEW_SUBGROUP_MEMBER: "member",
    Role.SUBGROUP_CHAIR: "chair",
    Role.INDEPENDENT_CHAIR: "independent-chair",
    Role.SAFEGUARDING_PARTNER: "partner",
    Role.AGENCY_LEAD: "agency-lead",
    Role.ACTION_OWNER: "owner",
    Role.CDOP_MANAGER: "cdop",
    Role.CDOP_PANEL_MEMBER: "cdop-member",
    Role.LEAD_REVIEWER: "reviewer",
    Role.SCRUTINY_MEMBER: "scrutiny",
    Role.PRIVACY_OFFICER: "privacy",
    Role.TECHNICIAN: "technician",
}
"""The word before the @ of a person's address, by role."""

UNLIKE: Mapping[str, Value] = {
    "nature": "serious_harm",
    "no_involvement": False,
    "request_made": False,
    "decision": "lcspr",
    "draft_decision": "lcspr",
    "consideration": "learning_review",
    "cases_count": 3,
}
"""Answers that a generated fact does not get right: otherwise yes, the first choice and the day of the step."""

RETURNS_IN = "every agency asked answers"
"""Not a step of the case: one of each small case inside it."""
TO_THE_PANEL = (
    "convene_discussion",
    "decide_notify",
    "submit_sin",
    "open_gathering",
    RETURNS_IN,
    "hold_meeting",
    "submit_for_signoff",
    "sign",
    "sign_off",
)
"""The steps of a rapid review from its referral to the national Panel."""

_numbers = count(1)


def a_unit(session: Session, actor: Actor = BUILDER, now: datetime = NOW) -> Unit:
    """Give a unit over a session whose transaction the test looks after."""
    return Unit(session, actor, now)


@contextmanager
def rewriting_history(session: Session) -> Iterator[None]:
    """Let a test change rows that are only ever added, as nothing of ours can: so that they say what is long past."""
    if is_sqlite(session):
        query = sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = session.execute(query).all()
        for name, _ in triggers:
            session.execute(sa.text(f"DROP TRIGGER {name}"))
        yield
        session.flush()
        for _, made in triggers:
            session.execute(sa.text(made))
    else:
        session.execute(sa.text("SET LOCAL session_replication_role = replica"))
        yield
        session.flush()
        session.execute(sa.text("SET LOCAL session_replication_role = origin"))


def a_partnership(session: Session, code: str = "ANYSHIRE") -> Partnership:
    """Make a partnership that asks nobody for a second factor, as in the demonstration."""
    name = f"{code.title()} Safeguarding Children Partnership"
    partnership = add_partnership(a_unit(session), code=code, name=name)
    partnership.factor_rule = FactorRule.NOBODY
    return partnership


def an_agency(
    session: Session, partnership: Partnership, name: str = "", kind: AgencyKind = AgencyKind.OTHER
) -> Agency:
    return add_agency(a_unit(session), partnership, name=name or f"Agency {next(_numbers)}", kind=kind)


def a_person(
    session: Session,
    partnership: Partnership,
    role: Role = Role.ACTION_OWNER,
    agency: Agency | None = None,
    email: str = "",
) -> Person:
    """Make a person with one role; without an agency, one is made for them."""
    word = f"{WORDS[role]}-{next(_numbers)}"
    return add_person(
        a_unit(session),
        partnership,
        email=email or f"{word}@{partnership.code.lower()}.example",
        name=f"{role.words} {word.rpartition('-')[2]}",
        job_title=role.words,
        agency=agency or an_agency(session, partnership),
        role=role,
    )


def an_actor(
    session: Session,
    role: Role = Role.BUSINESS_MANAGER,
    partnership: Partnership | None = None,
    agency: Agency | None = None,
) -> Actor:
    """Make a person and read them back as whoever acts."""
    return actor_of(session, a_person(session, partnership or a_partnership(session), role, agency))


def actor_of(session: Session, person: Person) -> Actor:
    session.flush()
    return actor_by_email(session, person.email, today=TODAY)


def a_case(
    session: Session,
    partnership: Partnership,
    workflow: str = "rapid_review",
    *,
    opened_on: date = TODAY,
    reference: str = "",
    title: str = "A neutral title",
    pseudonyms: tuple[str, ...] = ("Child K",),
    agencies: tuple[Agency, ...] = (),
    **answers: Value,
) -> Case:
    """Open a case with all its opening step asks for; `given` overrides what is answered.

    A kind that begins no more is opened on its last day, as it was then.
    """
    definition = CASE_WORKFLOWS[workflow]
    opening, last = definition.opening, definition.last_opening_on
    assert opening is not None
    opened_on = min(opened_on, last or opened_on)
    facts = facts_for(opening, on=opened_on, **answers)
    if opening.for_each:
        _know_agencies(session, partnership.id, facts[opening.for_each])
    return open_case(
        a_unit(session, now=NOW if last is None else datetime(last.year, last.month, last.day, 12, tzinfo=UTC)),
        workflow=workflow,
        partnership=partnership,
        happened_on=opened_on,
        answers=facts,
        title=title,
        reference=reference,
        pseudonyms=pseudonyms,
        agency_ids=[agency.id for agency in agencies],
    )


def take(
    session: Session, case: Case, *steps: str, on: date = TODAY, actor: Actor = BUILDER, **answers: Value
) -> Case | None:
    """Take steps one after the other on one day, and give the case that the last of them opened."""
    opened = None
    for name in steps:
        if name == RETURNS_IN:
            returns_come_in(session, case, on=on, actor=actor)
            continue
        step = CASE_WORKFLOWS[case.workflow].step(name)
        assert step is not None, name
        given = {key: value for key, value in answers.items() if key in _asked(step)}
        facts = facts_for(step, on=on, **_partners_asked(session, case, step) | given)
        _know_agencies(session, case.partnership_id, facts.get(step.for_each))
        opened = take_case_step(a_unit(session, actor), case, name, happened_on=on, answers=facts)
        session.flush()
    return opened


def _partners_asked(session: Session, case: Case, step: Step) -> dict[str, Value]:
    """Answer questions about partners with the statutory ones there are; where a test has not made them, make them."""
    asked = [question.name for question in step.questions if question.kind is Kind.PARTNERS]
    if not asked:
        return {}
    there = [each.name for each in partners_on(session, case.partnership_id, TODAY) if each.is_statutory]
    if not there:
        partnership = session.get_one(Partnership, case.partnership_id)
        there = [
            an_agency(session, partnership, f"{partnership.code.title()} {word}", kind).name for word, kind in KINDS
        ]
        session.flush()
    return dict.fromkeys(asked, tuple(there))


def a_small_case(session: Session, partnership: Partnership, kind: str, *, opened_on: date = TODAY) -> Case:
    """Open a case that lives inside another, in one that is made for it."""
    definition = CASE_WORKFLOWS[kind]
    parent = a_case(
        session,
        partnership,
        "cdop_case" if definition.realm is Realm.CHILD_DEATHS else "rapid_review",
        opened_on=opened_on,
    )
    assert definition.opening is not None
    asks_one = any(Role.AGENCY_LEAD in step.by for step in definition.steps)
    made = start_child_case(
        a_unit(session),
        parent,
        workflow=kind,
        happened_on=opened_on,
        answers=facts_for(definition.opening, on=opened_on),
        agency_id=an_agency(session, partnership).id if asks_one else None,
    )
    session.flush()
    return made


def small_cases(session: Session, case: Case) -> list[Case]:
    """Give what lives inside a case, in the order it was opened."""
    return list(session.scalars(sa.select(Case).where(Case.parent_id == case.id).order_by(Case.id)))


def returns_come_in(session: Session, case: Case, *, on: date = TODAY, actor: Actor = BUILDER) -> None:
    for request in small_cases(session, case):
        if request.closed_on is None:
            take(session, request, "receive", on=on, actor=actor)


def a_process(session: Session, case: Case, *blocks: str, on: date = TODAY, **answers: Value) -> Case:
    """List criminal proceedings beside a case, for which some of its steps must wait."""
    opening = CASE_WORKFLOWS["parallel_process"].opening
    assert opening is not None
    facts = facts_for(opening, on=on, **{"process_kind": "criminal_proceedings", "blocks": blocks} | answers)
    process = start_child_case(a_unit(session), case, workflow="parallel_process", happened_on=on, answers=facts)
    session.flush()
    return process


def facts_for(step: Step, *, on: date = TODAY, **answers: Value) -> dict[str, Value]:
    """Answer all that the form of that day must be given: with yes, the first choice, the day or some words."""
    return filled_in(step.form_on(on), answers, lambda asked: _answer(asked, on))


def a_recommendation(
    session: Session, case: Case, text: str = "Agencies should share what they know."
) -> Recommendation:
    return add_recommendation(a_unit(session), case, text=text)


def an_action(
    session: Session,
    case: Case,
    *,
    due_on: date | None = date(2026, 12, 4),
    owner: Person | None = None,
    agency: Agency | None = None,
    stage: str = "",
    evidence: str = "",
    recommendation: Recommendation | None = None,
    **more: object,
) -> Action:
    """Add an action to a plan; a stage or evidence given is set as it stands, without its steps."""
    owned = {"owner_id": owner.id if owner else None, "lead_agency_id": agency.id if agency else None}
    new = NewAction(**({"text": "Train the staff of the hospital.", "due_on": due_on} | owned | more))
    action = add_action(a_unit(session), case, new, recommendation=recommendation)
    if stage:
        action.stage = stage
        action.ended_on = TODAY if stage in FINISHED else None
    if evidence:
        action.evidence.append(Evidence(text=evidence, offered_by="somebody", offered_at=NOW))
    session.flush()
    return action


@dataclass(frozen=True, slots=True)
class Place:
    """One partnership with its agencies by kind of name, and one person of each role."""

    partnership: Partnership
    agencies: Mapping[str, Agency]
    people: Mapping[Role, Person]
    actors: dict[Role, Actor]


@dataclass(frozen=True, slots=True)
class World:
    """Two partnerships that must not hear of each other."""

    anyshire: Place
    midmarch: Place


def a_world(database: Database) -> World:
    """Make both partnerships in one transaction; people are called as in the demo, `manager@anyshire.example`."""
    with database.begin() as session:
        return World(a_place(session, "ANYSHIRE"), a_place(session, "MIDMARCH"))


def a_place(session: Session, code: str) -> Place:
    """Make a partnership with its agencies and one person of each role, all of them of the council, in few queries.

    Nobody in it must have a second factor, as in the demonstration.
    """
    name = f"{code.title()} Safeguarding Children Partnership"
    partnership = Partnership(code=code, name=name, factor_rule=FactorRule.NOBODY)
    session.add(partnership)
    session.flush()
    agencies = {
        word: Agency(partnership_id=partnership.id, name=f"{code.title()} {word}", kind=kind)
        for word, kind in AGENCIES.items()
    }
    people = {
        role: Person(email=f"{word}@{code.lower()}.example", name=f"{role.words} {next(_numbers)}")
        for role, word in WORDS.items()
    }
    session.add_all([*agencies.values(), *people.values()])
    session.flush()
    session.add_all(Partner(agency_id=agencies[word].id) for word, _ in KINDS)
    council = agencies["Council"]
    session.add_all(_post(person, council, role) for role, person in people.items())
    session.flush()
    actors = {role: _actor(person, partnership, council, role) for role, person in people.items()}
    return Place(partnership, agencies, people, actors)


def _post(person: Person, agency: Agency, role: Role) -> Membership:
    return Membership(
        person_id=person.id,
        partnership_id=agency.partnership_id,
        agency_id=agency.id,
        role=role,
        job_title=role.words,
    )


def _actor(person: Person, partnership: Partnership, agency: Agency, role: Role) -> Actor:
    assignment = RoleAssignment(
        partnership.id, partnership.code, partnership.name, agency.id, agency.name, role, role.words
    )
    return Actor(name=person.name, email=person.email, person_id=person.id, roles_held=(assignment,))


def give_review(session: Session, case: Case, reviewer: Person, until_on: date | None = None) -> None:
    """Put a lead reviewer under contract for one case."""
    session.add(CasePerson(case_id=case.id, person_id=reviewer.id, until_on=until_on))
    session.flush()


def a_clock(text: str = "2026-11-20T08:00") -> StoppedClock:
    return StoppedClock(read_moment(text))


def _know_agencies(session: Session, partnership_id: int, names: object) -> None:
    """Make the agencies that a step is about to ask, where a test has not made them."""
    known = set(session.scalars(sa.select(Agency.name).where(Agency.partnership_id == partnership_id)))
    new = [name for name in names if name not in known] if isinstance(names, tuple) else []
    partnership = session.get_one(Partnership, partnership_id)
    for name in new:
        an_agency(session, partnership, name)
    session.flush()


def _asked(step: Step) -> set[str]:
    return {asked.name for asked in step.questions}


def _answer(asked: Question, on: date) -> Value:
    if asked.name in UNLIKE:
        return UNLIKE[asked.name]
    match asked.kind:
        case Kind.DAY | Kind.MOMENT:
            return on
        case Kind.YES_NO:
            return True
        case Kind.NUMBER:
            return 1
        case Kind.CHOICE:
            return asked.choices[0][0]
        case Kind.AGENCIES | Kind.PARTNERS:
            return STATUTORY[:1] if asked.kind is Kind.AGENCIES else STATUTORY
        case Kind.STEPS:
            return ()
        case _:
            return "some words"

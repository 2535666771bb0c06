"""The people who are named in a case: who is meant by an answer, and which lead reviewers have the case."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, realm_of
from reviews.access.visibility import WHOLE_PARTNERSHIP, visible
from reviews.cases.case_access import require_not_excluded
from reviews.models import Case, CasePerson, Membership, Person
from reviews.people.queries import owners
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused
from workflows.core.questions import Kind, Question, Value
from workflows.core.vocabulary import REVIEWER, REVIEWER_ENDED, REVIEWER_UNTIL, Realm, Role, Step

REVIEWERS = (REVIEWER, REVIEWER_ENDED)
"""The facts that can name nobody but a lead reviewer."""


def people_to_choose(
    session: Session, actor: Actor, partnership_id: int, realm: Realm, questions: Iterable[Question]
) -> dict[str, list[tuple[str, str]]]:
    """Give for each question about a person, by its name, who may be chosen: the answer and the words for it.

    Lead reviewers where one is asked for, and else those who see every case of the realm.
    """
    asked = [question.name for question in questions if question.kind is Kind.PERSON]
    if not asked:
        return {}
    everybody = owners(session, actor, partnership_id)
    reviewers, readers = (_holders(session, partnership_id, roles) for roles in ({Role.LEAD_REVIEWER}, _readers(realm)))
    return {
        name: [
            (f"{person.name} <{person.email}>", person.in_words)
            for person in everybody
            if person.person_id in (reviewers if name in REVIEWERS else readers)
        ]
        for name in asked
    }


def name_people(
    unit: Unit, partnership_id: int, realm: Realm, step: Step, answers: Mapping[str, Value | None]
) -> dict[str, Value | None]:
    """Give the answers with each person named as the history names people. A person may be given by address alone.

    Raises Refused where nobody with an open account here has the address, or who was chosen cannot be.
    """
    named = dict(answers)
    for question in step.questions:
        answer = answers.get(question.name)
        if question.kind is Kind.PERSON and isinstance(answer, str) and answer.strip():
            person = _find(unit, partnership_id, answer)
            _require_choosable(unit, partnership_id, realm, question, person)
            named[question.name] = f"{person.name} <{person.email}>"
    return named


def give_case(unit: Unit, case: Case, answers: Mapping[str, Value], *, on: date) -> None:
    """Give the case to the lead reviewer whom a step names, up to the day it gives, or take it from them at once."""
    if isinstance(named := answers.get(REVIEWER), str):
        until = answers.get(REVIEWER_UNTIL)
        if not isinstance(until, date) or until < on:
            raise Refused("The last day on which the lead reviewer has the case must be the day of this step or later.")
        person = _find(unit, case.partnership_id, named)
        require_not_excluded(unit, case.parent_id or case.id, person.id)
        row = unit.session.get(CasePerson, (case.id, person.id))
        if row is None:
            unit.session.add(CasePerson(case_id=case.id, person_id=person.id, until_on=until))
        else:
            row.until_on = until
    if isinstance(named := answers.get(REVIEWER_ENDED), str):
        person = _find(unit, case.partnership_id, named)
        row = unit.session.get(CasePerson, (case.id, person.id))
        if row is None or (row.until_on is not None and row.until_on < on):
            raise Refused(f"{person.name} does not have this case.")
        row.until_on = on - timedelta(days=1)


def end_reviewers(unit: Unit, case: Case, *, on: date) -> None:
    """Let the lead reviewers have a closed case up to and including the day it was closed, and no longer."""
    later = CasePerson.until_on.is_(None) | (CasePerson.until_on > on)
    unit.session.execute(sa.update(CasePerson).where(CasePerson.case_id == case.id, later).values(until_on=on))


@dataclass(frozen=True, slots=True)
class ReviewerLine:
    """A lead reviewer who has the case; `until_on` is None where no day was given."""

    name: str
    until_on: date | None


def reviewers_of(session: Session, actor: Actor, case: Case, *, today: date) -> Sequence[ReviewerLine]:
    """List the lead reviewers who have a case today that may be seen."""
    rows = session.execute(
        sa.select(Person.name, CasePerson.until_on)
        .join(CasePerson, CasePerson.person_id == Person.id)
        .where(CasePerson.case_id == case.id, visible(actor, Person))
        .where(CasePerson.until_on.is_(None) | (CasePerson.until_on >= today))
        .order_by(Person.name, Person.id)
    )
    return [ReviewerLine(row.name, row.until_on) for row in rows]


def _find(unit: Unit, partnership_id: int, answer: str) -> Person:
    address = _address(answer)
    found = unit.session.scalars(
        sa.select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Person.email == address,
            Person.disabled_at.is_(None),
            Membership.partnership_id == partnership_id,
            Membership.ended_on.is_(None),
            visible(unit.actor, Person),
        )
    ).first()
    if found is None:
        raise Refused(f"Nobody here has the address {address[:80]}. Choose a person, or add them under People first.")
    return found


def _require_choosable(unit: Unit, partnership_id: int, realm: Realm, question: Question, person: Person) -> None:
    roles = {Role.LEAD_REVIEWER} if question.name in REVIEWERS else _readers(realm)
    if person.id in _holders(unit.session, partnership_id, roles):
        return
    if question.name in REVIEWERS:
        raise Refused(f"{person.name} does not have the role lead reviewer. Give them that role first.")
    raise Refused(f"{person.name} does not see every case, so you cannot choose them for “{question.label}”.")


def _readers(realm: Realm) -> set[Role]:
    return {role for role in WHOLE_PARTNERSHIP if realm_of(role) is realm}


def _holders(session: Session, partnership_id: int, roles: set[Role]) -> set[int]:
    query = sa.select(Membership.person_id).where(
        Membership.partnership_id == partnership_id, Membership.role.in_(roles), Membership.ended_on.is_(None)
    )
    return set(session.scalars(query))


def person_id_named(session: Session, partnership_id: int, answer: str) -> int | None:
    """Give the person of the partnership whom a recorded answer names, also one who has left; None for nobody."""
    if not answer:
        return None
    fellows = sa.select(Membership.person_id).where(Membership.partnership_id == partnership_id)
    return session.scalar(sa.select(Person.id).where(Person.email == _address(answer), Person.id.in_(fellows)))


def _address(answer: str) -> str:
    return answer.strip().rpartition("<")[2].removesuffix(">").strip().lower()

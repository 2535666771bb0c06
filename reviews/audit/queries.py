"""What the audit log has of one case, and of one person, the newest first.

The log may be in another database than the cases, so nothing is joined: the numbers of a case come from its row, and
from the log where the case is disposed of. Each question is asked of an index that ends in the time, so that it takes
as long in a log of millions of rows as in a short one. Nothing is counted over all rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from heapq import merge
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, Permission
from reviews.core.clock import LONDON
from reviews.core.db import Database
from reviews.models import Action, AuditEntry, AuditKind, Case, Membership, Partnership, Person, Through
from reviews.models.people import name_here
from reviews.transactions.unit_of_work import NotFound


@dataclass(frozen=True, slots=True)
class LogRow:
    """An entry as it is shown."""

    id: int
    at: datetime
    kind: AuditKind
    partnership_id: int | None
    person_id: int | None
    person: str
    role: str
    through: Through
    route: str
    case_id: int | None
    action_id: int | None
    reference: str
    outcome: str
    number: int | None
    network: str


COLUMNS = tuple(getattr(AuditEntry, each.name) for each in fields(LogRow))


@dataclass(frozen=True, slots=True)
class LogPeriod:
    """What of the log is asked for: days, both included, and kinds of entries; None and empty narrow nothing."""

    from_on: date | None = None
    to_on: date | None = None
    kinds: frozenset[AuditKind] = frozenset()

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        found: list[sa.ColumnElement[bool]] = []
        if self.from_on is not None:
            found.append(AuditEntry.at >= _midnight(self.from_on))
        if self.to_on is not None:
            found.append(AuditEntry.at < _midnight(self.to_on + timedelta(days=1)))
        if self.kinds:
            found.append(AuditEntry.kind.in_(sorted(self.kinds)))
        return found


WHOLE_LOG = LogPeriod()


@dataclass(frozen=True, slots=True)
class CaseSubject:
    """A case by its reference. `numbers` are those of its row, or what the log has of one that is disposed of.

    Two, where a review and a child death have the same reference. `action_references` name its actions, which are asked
    for where somebody was refused one. `is_there` is false for a case that is disposed of.
    """

    partnership_id: int
    reference: str
    numbers: tuple[int, ...]
    action_references: tuple[str, ...]
    is_there: bool


@dataclass(frozen=True, slots=True)
class PersonSubject:
    person_id: int
    name: str
    email: str
    partnership_ids: tuple[int, ...]


Subject = CaseSubject | PersonSubject


def case_subject(
    session: Session, database: Database, actor: Actor, partnership_id: int, reference: str
) -> CaseSubject:
    """Find a case of a partnership by its reference, or by that of one of its actions.

    Raises NotAllowed, and NotFound where neither the cases nor the log have it.
    """
    actor.require(Permission.SEE_AUDIT, partnership_id)
    named = reference.strip().upper().partition("/")[0]
    numbers = session.scalars(
        sa.select(Case.id).where(Case.partnership_id == partnership_id, Case.reference == named).order_by(Case.id)
    ).all()
    actions = session.execute(
        sa.select(Action.reference, Action.address).where(Action.case_id.in_(numbers)).order_by(Action.id)
    ).all()
    is_there = bool(numbers)
    if not is_there:
        numbers = [number for number, of in _cases_in_log(database, named) if of == partnership_id]
        if not numbers:
            raise NotFound
    names = dict.fromkeys(name for pair in actions for name in pair)
    return CaseSubject(partnership_id, named, tuple(numbers), tuple(names), is_there)


def partnerships_of_reference(session: Session, database: Database, reference: str) -> list[int]:
    """Give the partnerships whose cases, or whose entries of the log, have a reference."""
    named = reference.strip().upper().partition("/")[0]
    found = session.scalars(sa.select(Case.partnership_id).where(Case.reference == named).distinct()).all()
    if not found:
        found = list({of for _, of in _cases_in_log(database, named) if of is not None})
    return sorted(found)


def people_of(session: Session, actor: Actor, partnership_id: int) -> list[PersonSubject]:
    """Give everybody who holds or held a role in a partnership, by name. Raises NotAllowed."""
    actor.require(Permission.SEE_AUDIT, partnership_id)
    name = sa.func.max(name_here())
    rows = session.execute(
        sa.select(Person.id, name, Person.email)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.partnership_id == partnership_id)
        .group_by(Person.id, Person.email)
        .order_by(name, Person.id)
    )
    return [PersonSubject(*row, (partnership_id,)) for row in rows]


def person_subject(session: Session, actor: Actor, partnership_id: int, person_id: int) -> PersonSubject:
    """Find somebody among those who hold or held a role there. Raises NotAllowed and NotFound."""
    found = next((each for each in people_of(session, actor, partnership_id) if each.person_id == person_id), None)
    if found is None:
        raise NotFound
    return found


def person_by_email(session: Session, actor: Actor, email: str) -> PersonSubject:
    """Find somebody by their address, with all partnerships they work or worked in that the actor may ask about.

    Raises NotFound, also for somebody who never worked in one of them.
    """
    person = session.scalars(sa.select(Person).where(Person.email == email.strip().lower())).first()
    if person is None:
        raise NotFound
    theirs = sa.select(Membership.partnership_id).where(Membership.person_id == person.id).distinct()
    found = [each for each in session.scalars(theirs) if actor.may(Permission.SEE_AUDIT, each)]
    if not found:
        raise NotFound
    return PersonSubject(person.id, person.name, person.email, tuple(sorted(found)))


def log_rows(
    session: Session,
    database: Database,
    subject: Subject,
    period: LogPeriod = WHOLE_LOG,
    *,
    before: int | None = None,
    limit: int | None = None,
) -> list[LogRow]:
    """Give the entries about a case, or of a person, the newest first; those older than the entry `before`."""
    with database.audit() as log:
        conditions = period.conditions()
        if before is not None:
            at = log.scalar(sa.select(AuditEntry.at).where(AuditEntry.id == before))
            if at is None:
                raise NotFound
            conditions.append((AuditEntry.at < at) | ((AuditEntry.at == at) & (AuditEntry.id < before)))
            conditions.append(AuditEntry.at <= at)  # what the index is entered by
        found = [
            log.execute(query.where(*conditions).order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit))
            for query in _queries(session, subject)
        ]
        rows: Iterator[Any] = merge(*found, key=lambda row: (row.at, row.id), reverse=True)
        return [LogRow(*row) for row in islice(rows, limit)]


def partnership_named(session: Session, code: str) -> int:
    """Give the number of a partnership by its code. Raises NotFound."""
    found = session.scalar(sa.select(Partnership.id).where(Partnership.code == code.upper()))
    if found is None:
        raise NotFound
    return found


def _queries(session: Session, subject: Subject) -> Iterator[sa.Select[Any]]:
    entries = sa.select(*COLUMNS)
    if isinstance(subject, PersonSubject):
        here = AuditEntry.partnership_id.in_(subject.partnership_ids) | AuditEntry.partnership_id.is_(None)
        yield entries.where(AuditEntry.person_id == subject.person_id, here)
        return
    theirs = _people_ids(session, subject.partnership_id)
    by_them = AuditEntry.partnership_id.is_(None) & AuditEntry.person_id.in_(theirs)
    here = (AuditEntry.partnership_id == subject.partnership_id) | by_them
    for number in subject.numbers:
        yield entries.where(AuditEntry.case_id == number, here)
    # whoever was refused is on record with the reference they asked for alone
    names = (subject.reference, *subject.action_references)
    yield entries.where(NAMED, AuditEntry.reference.in_(names), AuditEntry.case_id.is_(None), here)


NAMED = sa.text("reference <> ''")
"""As the index on references has it, so that both databases see that it serves."""


def _cases_in_log(database: Database, reference: str) -> list[tuple[int, int | None]]:
    """Give the numbers of cases that the log has under a reference, with their partnerships, one look for each."""
    found: list[tuple[int, int | None]] = []
    with database.audit() as log:
        query = sa.select(AuditEntry.case_id, AuditEntry.partnership_id).where(NAMED, AuditEntry.reference == reference)
        while row := log.execute(
            query.where(AuditEntry.case_id > (found[-1][0] if found else 0)).order_by(AuditEntry.case_id).limit(1)
        ).first():
            found.append((int(row[0] or 0), row[1]))
    return found


def _people_ids(session: Session, partnership_id: int) -> Sequence[int]:
    theirs = sa.select(Membership.person_id).where(Membership.partnership_id == partnership_id).distinct()
    return session.scalars(theirs).all()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON)

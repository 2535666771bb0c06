"""Notices of what is unusual in the audit log: raised by a job, told by mail, answered with what somebody found."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import NOTICE_READERS, Actor, NotAllowed, Permission, system
from reviews.audit.thresholds import THRESHOLDS, Reached, Seen, Threshold, in_words, reached
from reviews.core.clock import Clock
from reviews.core.db import Database
from reviews.core.paging import SIZE, Page
from reviews.models import (
    AccountMail,
    AccountMailKind,
    AuditEntry,
    AuditNotice,
    AuditWatch,
    EventKind,
    Membership,
    NoticeFinding,
    Person,
)
from reviews.models.people import known_as_in
from reviews.transactions.references import LONGEST_REASON
from reviews.transactions.unit_of_work import NotFound, Unit, reading, unit_of_work
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

WATCH = "audit"
BATCH = 5_000
"""Entries that are looked through in one transaction."""
NEWEST = sa.select(sa.func.max(AuditEntry.id))
OVERLAP = 500
"""Entries looked at again, as one with a smaller number may be committed after one with a larger."""
THEMSELF = "This notice is about you. Somebody else must look into it."
ANSWERED = "What was found is on record for this notice, and stays as it is."


def raise_notices(
    database: Database, clock: Clock, *, stop: Callable[[], bool] = lambda: False, batch: int = BATCH
) -> int:
    """Look through what is new in the audit log, and raise the notices it gives rise to. Gives how many are new.

    Without a mark, as on the first run, it begins with the newest entries: what is long past alarms nobody. What is
    found is worked out before the write lock is taken, which others wait for.
    """
    raised = 0
    while not stop():
        with reading(database) as session, database.audit() as log:
            new_entries = _new_entries(session, log, batch)
            if new_entries is None:
                break
            after, upto = new_entries
            found = list(_reached_by_people(session, log, after - OVERLAP, upto))
        with unit_of_work(database, system(WATCH), clock) as unit:
            raised += sum(_raise(unit, each) for each in found)
            unit.session.merge(AuditWatch(id=1, last_entry_id=upto))
    return raised


def _new_entries(session: Session, log: Session, batch: int) -> tuple[int, int] | None:
    """Give the numbers after which, and up to which, entries are to be looked through; None where none is new."""
    newest = log.scalar(NEWEST) or 0
    mark = session.scalar(sa.select(AuditWatch.last_entry_id))
    # a log that is younger than the mark was put back from a backup
    last = max(0, newest - batch) if mark is None or mark > newest else mark
    return None if last == newest else (last, min(newest, last + batch))


@dataclass(frozen=True, slots=True)
class _ReachedByPerson:
    partnership_id: int
    person_id: int
    threshold: str
    reached: Reached


def _reached_by_people(session: Session, log: Session, after: int, upto: int) -> Iterator[_ReachedByPerson]:
    """Give the windows that are full, of everybody with an entry between two numbers, in each of their partnerships."""
    since: dict[int, dict[str, datetime]] = {}
    for person_id, kind, at in log.execute(
        sa.select(AuditEntry.person_id, AuditEntry.kind, sa.func.min(AuditEntry.at, type_=AuditEntry.at.type))
        .where(AuditEntry.id > after, AuditEntry.id <= upto, AuditEntry.person_id.is_not(None))
        .group_by(AuditEntry.person_id, AuditEntry.kind)
    ):
        for name, threshold in THRESHOLDS.items():
            if person_id is not None and kind in threshold.kinds:
                theirs = since.setdefault(person_id, {})
                theirs[name] = min(at, theirs.get(name, at))
    partnerships = _partnerships_of(session, since)
    for person_id in sorted(partnerships):
        yield from _reached_by(session, log, person_id, since[person_id], partnerships[person_id])


def _reached_by(
    session: Session, log: Session, person_id: int, since: Mapping[str, datetime], partnership_ids: set[int]
) -> Iterator[_ReachedByPerson]:
    """Apply thresholds to one person, whose entries are new since a moment for each of them."""
    raised: dict[str, list[tuple[int, datetime]]] = {name: [] for name in since}
    longest = {name: 2 * THRESHOLDS[name].within for name in since}
    earliest = min(at - longest[name] for name, at in since.items())
    for name, partnership_id, from_at in session.execute(
        sa.select(AuditNotice.threshold, AuditNotice.partnership_id, AuditNotice.from_at).where(
            AuditNotice.person_id == person_id, AuditNotice.from_at > earliest
        )
    ):
        if name in since and from_at > since[name] - longest[name]:
            raised[name].append((partnership_id, from_at))
    starts = {
        name: min([at - THRESHOLDS[name].within, *(from_at for _, from_at in raised[name])])
        for name, at in since.items()
    }
    entries: dict[int, list[Seen]] = {}
    for at, kind, case_id, written_for in log.execute(
        sa.select(AuditEntry.at, AuditEntry.kind, AuditEntry.case_id, AuditEntry.partnership_id)
        .where(AuditEntry.person_id == person_id, AuditEntry.at >= min(starts.values()))
        .order_by(AuditEntry.at, AuditEntry.id)
    ):
        for each in [written_for] if written_for is not None else partnership_ids:
            entries.setdefault(each, []).append(Seen(at, kind, case_id))
    for name, start in starts.items():
        for partnership_id in sorted(entries.keys() & partnership_ids):
            earlier = [from_at for of, from_at in raised[name] if of == partnership_id]
            lately = [each for each in entries[partnership_id] if each.at >= start]
            for found in reached(THRESHOLDS[name], lately, earlier):
                yield _ReachedByPerson(partnership_id, person_id, name, found)


def _raise(unit: Unit, found: _ReachedByPerson) -> bool:
    """Raise a notice, or count on in the one there is; gives whether it is new.

    It is mailed unless an earlier one of the same kind still waits to be looked into.
    """
    of_person = (
        AuditNotice.partnership_id == found.partnership_id,
        AuditNotice.person_id == found.person_id,
        AuditNotice.threshold == found.threshold,
    )
    there = unit.session.scalars(
        sa.select(AuditNotice).where(*of_person, AuditNotice.from_at == found.reached.from_at)
    ).first()
    if there is not None:
        there.count, there.to_at = found.reached.count, found.reached.to_at
        return False
    waits = sa.select(AuditNotice.id).where(
        *of_person, AuditNotice.noted_at.is_(None), AuditNotice.recipient_role.is_not(None)
    )
    is_mailed = unit.session.scalar(waits.limit(1)) is None
    recipients = _recipients(unit.session, found.partnership_id, found.person_id)
    notice = AuditNotice(
        partnership_id=found.partnership_id,
        person_id=found.person_id,
        threshold=found.threshold,
        count=found.reached.count,
        from_at=found.reached.from_at,
        to_at=found.reached.to_at,
        recipient_role=recipients[0] if recipients else None,
        raised_at=unit.now,
    )
    unit.session.add(notice)
    unit.session.flush()
    for recipient_id in recipients[1] if recipients and is_mailed else ():
        unit.session.add(
            AccountMail(
                kind=AccountMailKind.AUDIT_NOTICE,
                email="",
                person_id=recipient_id,
                partnership_id=found.partnership_id,
                audit_notice_id=notice.id,
                asked_at=unit.now,
            )
        )
    return True


def _recipients(session: Session, partnership_id: int, person_id: int) -> tuple[Role, list[int]] | None:
    """Give the first of the roles that read notices which somebody else than the person holds, with its holders."""
    rows = session.execute(
        sa.select(Membership.role, Membership.person_id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.partnership_id == partnership_id,
            Membership.role.in_(NOTICE_READERS),
            Membership.ended_on.is_(None),
            Person.disabled_at.is_(None),
            Person.id != person_id,
        )
        .order_by(Person.id)
    ).all()
    for role in NOTICE_READERS:
        if holders := list(dict.fromkeys(holder for held, holder in rows if held is role)):
            return role, holders
    return None


def _partnerships_of(session: Session, people: Collection[int]) -> dict[int, set[int]]:
    """Give the partnerships in which people work or worked, by their numbers."""
    found: dict[int, set[int]] = {}
    theirs = sa.select(Membership.person_id, Membership.partnership_id).where(Membership.person_id.in_(people))
    for person_id, partnership_id in session.execute(theirs):
        found.setdefault(person_id, set()).add(partnership_id)
    return found


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A notice as it is listed. `what` says what the person did; `may_note` is whether the reader may answer it."""

    number: int
    partnership_id: int
    person_id: int
    person: str
    title: str
    what: str
    from_at: datetime
    to_at: datetime
    finding: NoticeFinding | None
    note: str
    noted_by: str
    noted_at: datetime | None
    may_note: bool


def open_notices(session: Session, actor: Actor, partnership_id: int, *, most: int = SIZE) -> list[NoticeLine]:
    """Give the notices that wait for what somebody found, the newest first. Raises NotAllowed."""
    return list(_lines(session, actor, partnership_id, [AuditNotice.noted_at.is_(None)], most, 0))


def all_notices(session: Session, actor: Actor, partnership_id: int, *, page: int = 1) -> Page[NoticeLine]:
    """Give one page of the notices of a partnership that the actor reads, the newest first. Raises NotAllowed."""
    readable = _readable(actor, partnership_id)
    total = session.scalar(sa.select(sa.func.count()).select_from(AuditNotice).where(*readable)) or 0
    return Page(list(_lines(session, actor, partnership_id, [], SIZE, (page - 1) * SIZE)), page, total)


def find_notice(session: Session, actor: Actor, number: int) -> NoticeLine:
    """Find a notice that the actor reads. Raises NotFound."""
    partnership_id = session.scalar(sa.select(AuditNotice.partnership_id).where(AuditNotice.id == number))
    if partnership_id is None or not actor.may(Permission.SEE_AUDIT_NOTICES, partnership_id):
        raise NotFound
    found = next(_lines(session, actor, partnership_id, [AuditNotice.id == number], 1, 0), None)
    if found is None:
        raise NotFound
    return found


def note_notice(unit: Unit, number: int, *, finding: NoticeFinding, note: str) -> NoticeLine:
    """Write down what somebody found who looked into a notice. It is written once, and by somebody else.

    Raises NotFound, NotAllowed and Refused.
    """
    line = find_notice(unit.session, unit.actor, number)
    if line.person_id == unit.actor.person_id:
        raise NotAllowed(THEMSELF)
    notice = unit.session.get_one(AuditNotice, number, with_for_update=True)
    if notice.noted_at is not None:
        raise Refused(ANSWERED)
    if not note.strip():
        raise Refused("Write what you found.", field="note")
    if len(note.strip()) > LONGEST_REASON:
        raise Refused(f"A note must be {LONGEST_REASON:,} characters or fewer.", field="note")
    notice.finding, notice.note = finding, note.strip()
    notice.noted_by, notice.noted_by_id, notice.noted_at = unit.actor.signature, unit.actor.person_id, unit.now
    unit.record(
        EventKind.AUDIT_NOTICE_NOTED,
        partnership_id=notice.partnership_id,
        details={"notice": notice.id, "person": notice.person_id, "finding": finding.value},
    )
    return line


def notice_in_words(notice: AuditNotice) -> str:
    """Say what the notice is about, without who it was: `opened 120 different cases in 11 seconds`."""
    threshold: Threshold | None = THRESHOLDS.get(notice.threshold)
    found = Reached(notice.count, notice.from_at, notice.to_at)
    return in_words(threshold, found) if threshold else f"did something {notice.count} times that is unusual"


def _readable(actor: Actor, partnership_id: int) -> list[sa.ColumnElement[bool]]:
    """Give the conditions for the notices that somebody reads: all, or those that are for their role."""
    actor.require(Permission.SEE_AUDIT_NOTICES, partnership_id)
    here = AuditNotice.partnership_id == partnership_id
    if actor.may(Permission.SEE_AUDIT, partnership_id):
        return [here]
    roles = sorted({each.role for each in actor.roles_held_in(partnership_id)})
    return [here, AuditNotice.recipient_role.in_(roles)]


def _lines(
    session: Session,
    actor: Actor,
    partnership_id: int,
    conditions: Sequence[sa.ColumnElement[bool]],
    limit: int,
    offset: int,
) -> Iterator[NoticeLine]:
    name = sa.func.coalesce(known_as_in(AuditNotice.partnership_id, AuditNotice.person_id), Person.name)
    rows: Iterable[Any] = session.execute(
        sa.select(AuditNotice, name)
        .join(Person, Person.id == AuditNotice.person_id)
        .where(*_readable(actor, partnership_id), *conditions)
        .order_by(AuditNotice.from_at.desc(), AuditNotice.id.desc())
        .limit(limit)
        .offset(offset)
    )
    for notice, person in rows:
        threshold = THRESHOLDS.get(notice.threshold)
        yield NoticeLine(
            number=notice.id,
            partnership_id=notice.partnership_id,
            person_id=notice.person_id,
            person=person,
            title=threshold.title if threshold else notice.threshold,
            what=notice_in_words(notice),
            from_at=notice.from_at,
            to_at=notice.to_at,
            finding=notice.finding,
            note=notice.note,
            noted_by=notice.noted_by.partition(" <")[0],
            noted_at=notice.noted_at,
            may_note=notice.noted_at is None and notice.person_id != actor.person_id,
        )

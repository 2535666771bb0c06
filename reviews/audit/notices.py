"""Notices of what is unusual in the audit log: raised by a job, told by mail, answered with what somebody found."""

from collections.abc import Callable, Iterable, Iterator, Sequence
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

    Without a mark, as on the first run, it begins with the newest entries: what is long past alarms nobody.
    """
    with reading(database) as session, database.audit() as log:
        more = session.scalar(sa.select(AuditWatch.last_entry_id)) != log.scalar(NEWEST)
    raised = 0
    while more and not stop():
        with unit_of_work(database, system(WATCH), clock) as unit, database.audit() as log:
            new, more = _look_through(unit, log, batch)
            raised += new
    return raised


def _look_through(unit: Unit, log: Session, batch: int) -> tuple[int, bool]:
    """Look through one batch; gives how many notices are new, and whether there is more to look through."""
    newest = log.scalar(NEWEST) or 0
    mark = unit.session.get(AuditWatch, 1)
    if mark is None or mark.last_entry_id > newest:  # a log that is younger than the mark was put back from a backup
        mark = mark or AuditWatch(id=1, last_entry_id=0)
        mark.last_entry_id = max(0, newest - batch)
        unit.session.add(mark)
    if mark.last_entry_id == newest:
        return 0, False
    upto = min(newest, mark.last_entry_id + batch)
    new = 0
    for person_id, kind, since in log.execute(
        sa.select(AuditEntry.person_id, AuditEntry.kind, sa.func.min(AuditEntry.at, type_=AuditEntry.at.type))
        .where(AuditEntry.id > mark.last_entry_id - OVERLAP, AuditEntry.id <= upto, AuditEntry.person_id.is_not(None))
        .group_by(AuditEntry.person_id, AuditEntry.kind)
        .order_by(AuditEntry.person_id, AuditEntry.kind)
    ).all():
        for name, threshold in THRESHOLDS.items():
            if person_id is not None and kind in threshold.kinds:
                new += _apply(unit, log, name, person_id, since)
    mark.last_entry_id = upto
    return new, upto < newest


def _apply(unit: Unit, log: Session, name: str, person_id: int, since: datetime) -> int:
    """Apply one threshold to one person, whose entries are new since a moment."""
    threshold, new = THRESHOLDS[name], 0
    of_person = (AuditNotice.person_id == person_id, AuditNotice.threshold == name)
    lately = AuditNotice.from_at > since - 2 * threshold.within
    raised = {
        (each.partnership_id, each.from_at): each
        for each in unit.session.scalars(sa.select(AuditNotice).where(*of_person, lately))
    }
    start = min([since - threshold.within, *(from_at for _, from_at in raised)])
    theirs = _partnerships_of(unit.session, person_id)
    entries: dict[int, list[Seen]] = {}
    rows = log.execute(
        sa.select(AuditEntry.at, AuditEntry.kind, AuditEntry.case_id, AuditEntry.partnership_id)
        .where(AuditEntry.person_id == person_id, AuditEntry.at >= start, AuditEntry.kind.in_(sorted(threshold.kinds)))
        .order_by(AuditEntry.at, AuditEntry.id)
    )
    for at, kind, case_id, partnership_id in rows:
        for each in [partnership_id] if partnership_id is not None else theirs:
            entries.setdefault(each, []).append(Seen(at, kind, case_id))
    for partnership_id in sorted(entries.keys() & set(theirs)):
        earlier = [from_at for of, from_at in raised if of == partnership_id]
        for found in reached(threshold, entries[partnership_id], earlier):
            if (notice := raised.get((partnership_id, found.from_at))) is not None:
                notice.count, notice.to_at = found.count, found.to_at
            else:
                _raise(unit, partnership_id, person_id, name, found)
                new += 1
    return new


def _raise(unit: Unit, partnership_id: int, person_id: int, name: str, found: Reached) -> None:
    """Raise a notice, and have it mailed unless an earlier one of the same kind still waits to be looked into."""
    recipients = _recipients(unit.session, partnership_id, person_id)
    waits = sa.select(AuditNotice.id).where(
        AuditNotice.partnership_id == partnership_id,
        AuditNotice.person_id == person_id,
        AuditNotice.threshold == name,
        AuditNotice.noted_at.is_(None),
        AuditNotice.recipient_role.is_not(None),
    )
    is_mailed = unit.session.scalar(waits.limit(1)) is None
    notice = AuditNotice(
        partnership_id=partnership_id,
        person_id=person_id,
        threshold=name,
        count=found.count,
        from_at=found.from_at,
        to_at=found.to_at,
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
                partnership_id=partnership_id,
                audit_notice_id=notice.id,
                asked_at=unit.now,
            )
        )


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


def _partnerships_of(session: Session, person_id: int) -> list[int]:
    theirs = sa.select(Membership.partnership_id).where(Membership.person_id == person_id).distinct()
    return sorted(session.scalars(theirs))


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

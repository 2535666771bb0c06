"""Retention of the audit log: months of it are due by the schedule, two people decide, and a run disposes of them.

One of the two is a privacy officer. What names a case on which a hold runs, or which an open request is about, stays.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from hashlib import sha256
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, NotAllowed, Permission
from reviews.audit.canonical_rows import unpack_ids
from reviews.audit.disposing import disposing
from reviews.audit.seal_rows import note_disposed
from reviews.backups.audit_packs import packs_folder
from reviews.core.clock import Clock
from reviews.core.db import Database
from reviews.core.keyring import keyring_of
from reviews.core.settings import Settings
from reviews.models import (
    AuditEntry,
    Case,
    DisposalAnswer,
    DisposedRows,
    EventKind,
    LogDisposal,
    Membership,
    Partnership,
    RetentionHold,
    RetentionRule,
    Stream,
)
from reviews.requests.queries import requests_holding
from reviews.retention.decisions_on_cases import SECOND_PERSON
from reviews.retention.dispose import overwrite_what_is_deleted, write_anew
from reviews.retention.schedule import AUDIT_LOG, rules_of
from reviews.transactions.references import check_reason
from reviews.transactions.unit_of_work import Unit, reading, unit_of_work
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

AT_A_TIME = 5_000
ONE_OF_TWO = "One of the two people who decide on the audit log must be a privacy officer of the partnership."


@dataclass(frozen=True, slots=True)
class LogRetention:
    """The retention of the audit log of a partnership.

    `before` is the first day that stays, where something is due by the rule; `pending` is what was proposed or approved
    and not run yet, `past` what was, refusals among them, the latest first.
    """

    partnership_id: int
    rule: RetentionRule | None
    before: date | None
    pending: LogDisposal | None
    past: Sequence[LogDisposal]


def log_retention(session: Session, actor: Actor, partnership_id: int, *, today: date) -> LogRetention:
    """Give the retention of the audit log of a partnership. Raises NotAllowed."""
    if not actor.may(Permission.MANAGE_RETENTION, partnership_id):
        raise NotAllowed("Your role cannot see the retention of the audit log.")
    rule = rules_of(session, partnership_id).get(AUDIT_LOG)
    query = sa.select(LogDisposal).where(LogDisposal.partnership_id == partnership_id).order_by(LogDisposal.id.desc())
    disposals = list(session.scalars(query))
    pending = next((each for each in disposals if _is_pending(each)), None)
    before = date(today.year - rule.years, today.month, 1) if rule and rule.years else None
    past = [each for each in disposals if each is not pending]
    return LogRetention(partnership_id, rule, before, pending, past)


def propose_log_disposal(unit: Unit, partnership: Partnership, *, reason: str) -> LogDisposal:
    """Propose to dispose of the months that are due; a second person must approve. Raises Refused."""
    why = check_reason(reason)
    unit.session.execute(sa.select(Partnership.id).where(Partnership.id == partnership.id).with_for_update())
    found = log_retention(unit.session, unit.actor, partnership.id, today=unit.today)
    if found.rule is None or found.before is None:
        raise Refused("The schedule has no years for the audit log. Set them first.")
    if found.pending is not None:
        raise Refused("The disposal of months of the audit log is proposed already.")
    if any(each.number and each.before >= found.before for each in found.past):
        raise Refused(f"What is older than {found.before:%-d %B %Y} was disposed of already.")
    disposal = LogDisposal(
        partnership_id=partnership.id,
        rule_id=found.rule.id,
        before=found.before,
        reason=why,
        proposed_by=unit.actor.signature,
        proposed_by_id=unit.actor.person_id,
        at_terminal=unit.actor.at_terminal,
        proposed_at=unit.now,
    )
    unit.session.add(disposal)
    _record(unit, disposal, "propose", why)
    unit.session.flush()
    return disposal


def approve_log_disposal(unit: Unit, partnership: Partnership) -> LogDisposal:
    """Approve, as the second person, what another proposed. Raises NotAllowed, Refused."""
    disposal = _require_pending(unit, partnership)
    if disposal.answer is not None:
        raise Refused("The disposal of months of the audit log is approved already.")
    is_same = unit.actor.person_id is not None and unit.actor.person_id == disposal.proposed_by_id
    if is_same or (unit.actor.at_terminal and disposal.at_terminal):
        raise NotAllowed(SECOND_PERSON)
    # whoever acts as somebody at the terminal is not them
    decided = ((disposal.proposed_by_id, disposal.at_terminal), (unit.actor.person_id, unit.actor.at_terminal))
    people = [person_id for person_id, at_terminal in decided if person_id is not None and not at_terminal]
    officers = sa.select(Membership.id).where(
        Membership.person_id.in_(people),
        Membership.partnership_id == partnership.id,
        Membership.role == Role.PRIVACY_OFFICER,
        sa.or_(Membership.ended_on.is_(None), Membership.ended_on > unit.today),
    )
    if unit.session.scalars(officers).first() is None:
        raise NotAllowed(ONE_OF_TWO)
    _answer(unit, disposal, DisposalAnswer.APPROVED, "approve", "")
    return disposal


def refuse_log_disposal(unit: Unit, partnership: Partnership, *, reason: str) -> LogDisposal:
    """Refuse what is proposed, or take back what is approved; whoever proposed it may. Raises Refused."""
    why = check_reason(reason)
    disposal = _require_pending(unit, partnership)
    _answer(unit, disposal, DisposalAnswer.REFUSED, "refuse", why)
    return disposal


def dispose_of_log(database: Database, settings: Settings, clock: Clock, actor: Actor) -> list[LogDisposal]:
    """Dispose of all approved months, and finish what a run that was killed has left. Gives what is finished now.

    The certificate and the numbers of the rows are in the main database before the first row is deleted.
    """
    actor.require_operator()
    with reading(database) as session:
        query = sa.select(LogDisposal.id).where(
            LogDisposal.answer == DisposalAnswer.APPROVED, LogDisposal.finished_at.is_(None)
        )
        numbers = list(session.scalars(query.order_by(LogDisposal.id)))
    for number in numbers:
        _certify(database, settings, clock, actor, number)
    for number in numbers:
        with reading(database) as session:
            disposal = session.get_one(LogDisposal, number)
        _delete(database, disposal)
        _remove_packs(settings.home, disposal.before)
    if numbers:
        write_anew(database.audit)
    finished = []
    for number in numbers:
        with unit_of_work(database, actor, clock) as unit:
            disposal = unit.session.get_one(LogDisposal, number)
            disposal.finished_at = unit.now
            unit.session.flush()
            finished.append(disposal)
    return finished


def _certify(database: Database, settings: Settings, clock: Clock, actor: Actor, number: int) -> None:
    """Count and hash what goes, and note its numbers under a certificate; a run that was killed has done it already."""
    with unit_of_work(database, actor, clock) as unit:
        disposal = unit.session.get_one(LogDisposal, number, with_for_update=True)
        if disposal.number is not None or disposal.answer is not DisposalAnswer.APPROVED:
            return
        partnership_id, held = disposal.partnership_id, _held_cases(unit.session, disposal.partnership_id)
        # so that the certificates of a year are numbered one after the other
        unit.session.execute(sa.select(Partnership.id).where(Partnership.id == partnership_id).with_for_update())
        start = f"AL-{unit.today.year}-"
        given = unit.session.scalar(
            sa.select(sa.func.count()).where(
                LogDisposal.partnership_id == partnership_id, LogDisposal.number.startswith(start)
            )
        )
        disposal.number = f"{start}{(given or 0) + 1:02}"
        goes, stays, digest = 0, 0, sha256()
        with database.audit() as audit:
            for some in _due_rows(audit, unit.session, disposal):
                going = [row for row in some if row.case_id not in held]
                goes, stays = goes + len(going), stays + len(some) - len(going)
                for row in going:
                    digest.update(repr(tuple(row)).encode())
                ids = [row.id for row in going]
                note_disposed(unit.session, Stream.AUDIT_LOG, ids, _named(disposal), keyring=keyring_of(settings))
        disposal.counts = {"audit_entries": goes} | ({"held": stays} if stays else {})
        disposal.digest, disposal.run_by, disposal.run_at = digest.hexdigest(), actor.signature, unit.now
        unit.record(
            EventKind.AUDIT_LOG_DISPOSED,
            partnership_id=partnership_id,
            details={"certificate": disposal.number, "before": disposal.before.isoformat(), "rows": goes},
        )


def _due_rows(audit: Session, session: Session, disposal: LogDisposal) -> Iterator[Sequence[sa.Row[Any]]]:
    """Read what is due in blocks, in the order of its numbers. Rows of no partnership go with those of the only one."""
    entries = AuditEntry.__table__
    whose = entries.c.partnership_id == disposal.partnership_id
    if session.scalar(sa.select(sa.func.count()).select_from(Partnership)) == 1:
        whose = sa.or_(whose, entries.c.partnership_id.is_(None))
    begin = datetime.combine(disposal.before, time(), UTC)
    after = 0
    query = sa.select(entries).where(whose, entries.c.at < begin).order_by(entries.c.id).limit(AT_A_TIME)
    while rows := audit.execute(query.where(entries.c.id > after)).all():
        audit.rollback()  # on SQLite nobody waits for a reader for longer than this
        yield rows
        after = rows[-1].id


def _delete(database: Database, disposal: LogDisposal) -> None:
    with reading(database) as session:
        query = sa.select(DisposedRows.row_ids).where(
            DisposedRows.stream == Stream.AUDIT_LOG, DisposedRows.certificate == _named(disposal)
        )
        packed = list(session.scalars(query.order_by(DisposedRows.id)))
    for each in packed:
        with database.audit() as session:
            session.connection(execution_options={"writes": True})
            overwrite_what_is_deleted(session)
            with disposing(session):
                session.execute(sa.delete(AuditEntry).where(AuditEntry.id.in_(unpack_ids(each))))
            session.commit()


def _remove_packs(home: Path, before: date) -> None:
    """Remove what backups have packed of these months; the next one packs what stays of them."""
    for path in packs_folder(home).glob("*"):
        if path.name[:7] < f"{before:%Y-%m}":
            path.unlink()


def _held_cases(session: Session, partnership_id: int) -> set[int]:
    """Give the cases whose entries stay: on hold or asked for, with those inside them and around them."""
    query = sa.select(Case.id, Case.parent_id).where(Case.partnership_id == partnership_id)
    parents = {row[0]: row[1] for row in session.execute(query)}
    running = sa.select(RetentionHold.case_id).where(RetentionHold.released_at.is_(None))
    named = {*session.scalars(running), *requests_holding(session, list(parents))} & parents.keys()
    roots = {parents[each] or each for each in named}
    return {each for each, parent in parents.items() if (parent or each) in roots}


def _named(disposal: LogDisposal) -> str:
    """Name the certificate so that no other partnership has one of that name."""
    return f"{disposal.number} of partnership {disposal.partnership_id}"


def _is_pending(disposal: LogDisposal) -> bool:
    return disposal.answer is None or (disposal.answer is DisposalAnswer.APPROVED and disposal.finished_at is None)


def _require_pending(unit: Unit, partnership: Partnership) -> LogDisposal:
    unit.session.execute(sa.select(Partnership.id).where(Partnership.id == partnership.id).with_for_update())
    pending = log_retention(unit.session, unit.actor, partnership.id, today=unit.today).pending
    if pending is None or pending.run_at is not None:
        raise Refused("No disposal of months of the audit log is proposed.")
    return pending


def _answer(unit: Unit, disposal: LogDisposal, answer: DisposalAnswer, called: str, reason: str) -> None:
    disposal.answer, disposal.answered_at, disposal.answered_by = answer, unit.now, unit.actor.signature
    disposal.answer_reason = reason
    _record(unit, disposal, called, reason)
    unit.session.flush()


def _record(unit: Unit, disposal: LogDisposal, called: str, reason: str) -> None:
    unit.record(
        EventKind.AUDIT_LOG_DECIDED,
        partnership_id=disposal.partnership_id,
        details={"decision": called, "before": disposal.before.isoformat(), "reason": reason},
    )

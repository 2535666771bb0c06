"""The round of one morning: plans the digests of every partnership and queues their letters."""

import logging
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.letters.compose import Writer, Written, message_id
from notifications.letters.links import Letterhead
from notifications.letters.previous_answers import read_previous_answers
from notifications.outbox.claims import announce, claim_letters, note_reminders
from notifications.process.seal_letters import add_seal_letters
from notifications.rounds.delivery_problems import WITH_TASKS
from notifications.rounds.digests import DigestPlan, Line, plan_digests
from notifications.rounds.escalation import Escalation, policies_of
from notifications.rounds.report import Mail, Moved, Round, held_back_of, item_of
from notifications.rounds.snapshot import PartnershipRow, PartnershipSnapshot, list_partnerships, read_snapshot
from notifications.summaries.summary_letter import add_summaries, summaries_due
from reviews.access.permissions import system
from reviews.backups.generations import HELD, generation_of, is_held
from reviews.cases.timed_moves import DueMove, carry_out_timed_moves, due_moves
from reviews.core.clock import StoppedClock, local_day
from reviews.core.db import Database
from reviews.definitions.bank_holidays import present_calendar
from reviews.definitions.installed import present_catalogue
from reviews.models import Partnership
from reviews.transactions.unit_of_work import Unit, reading, unit_of_work
from workflows.catalogue import Catalogue

KIND = "morning"


def write_down(unit: Unit, snapshot: PartnershipSnapshot, digest_plan: DigestPlan, letterhead: Letterhead) -> set[int]:
    """Queue the letters, record their reminders, mark events as announced, and return the people written to.

    An event is announced when everybody to be told of it has been written to; otherwise it waits for the next morning.
    """
    writer, previous_answers = (
        Writer(snapshot, letterhead, unit.today),
        read_previous_answers(unit.session, snapshot.partnership.id, unit.now),
    )
    generation = generation_of(unit.session)

    def letter(person_id: int) -> dict[str, Any]:
        lines, tasks = list(digest_plan.lines[person_id].values()), digest_plan.tasks.get(person_id, ())
        written = writer.write(snapshot.recipients[person_id], lines, previous_answers.get(person_id, ()), tasks)
        return {
            "kind": WITH_TASKS if tasks else KIND,
            **_letter(unit, snapshot.partnership, letterhead, person_id, written, generation),
        }

    claimed = claim_letters(unit.session, map(letter, sorted(digest_plan.lines)))
    note_reminders(
        unit.session,
        (
            _reminder(line, person_id, letter_id)
            for person_id, letter_id in sorted(claimed.items())
            for line in digest_plan.lines[person_id].values()
        ),
    )
    not_written_to = snapshot.mailed | (digest_plan.lines.keys() - claimed.keys())
    done = [
        event_id
        for event_id, person_ids in digest_plan.recipients_of_event.items()
        if not_written_to.isdisjoint(person_ids)
    ]
    announce(unit.session, snapshot.partnership.id, done, unit.now)
    return set(claimed)


def letter_key(code: str, person_id: int, morning: date) -> str:
    """Return the unique key of the one letter of a partnership to a person on a morning."""
    return f"{code}|{person_id}|{morning.isoformat()}"


def _letter(
    unit: Unit,
    partnership: PartnershipRow,
    letterhead: Letterhead,
    person_id: int,
    written: Written,
    generation: int,
) -> dict[str, Any]:
    key = letter_key(partnership.code, person_id, unit.today)
    return {
        "letter_key": key,
        "partnership_id": partnership.id,
        "person_id": person_id,
        "morning": unit.today,
        "subject": written.subject,
        "body": written.body,
        "html": written.html,
        "message_id": message_id(letterhead, key, generation),
        "next_try_at": unit.now,
        "written_at": unit.now,
    }


def _reminder(line: Line, person_id: int, letter_id: int) -> dict[str, Any]:
    return {
        "action_id": None if line.of_clock else line.subject.id,
        "clock_id": line.subject.id if line.of_clock else None,
        "person_id": person_id,
        "rung": line.rung,
        "about": line.about,
        "letter_id": letter_id,
        "role": line.role,
        "why": line.why,
    }


log = logging.getLogger(__name__)


def plan_round(
    database: Database,
    as_of: datetime,
    *,
    letterhead: Letterhead,
    dry_run: bool = False,
    codes: Collection[str] | None = None,
) -> Round:
    """Plan one morning for every partnership, or those with these `codes`, and queue the mails.

    A dry run writes nothing, and while the installation is held after a restore nothing is planned. Each partnership
    has its own transaction: one whose round fails is named in `failed_in`, and the others have theirs. Unique keys make
    a second round of the same morning queue nothing.
    """
    result = Round(as_of)
    morning = local_day(as_of)
    with reading(database) as session:
        calendar, catalogue = present_calendar(session), present_catalogue(session)
        served = [
            partnership for partnership in list_partnerships(session) if codes is None or partnership.code in codes
        ]
        summaries = summaries_due(session, served, calendar, morning)
        waits = is_held(session) and not dry_run
    if not calendar.is_working_day(morning):
        why = calendar.title(morning) or "a weekend"
        result.note = f"No reminders on {morning:%A} {morning.day} {morning:%B %Y}: {why}."
        return result
    if waits:
        result.note = f"{HELD}."
        return result
    for partnership in served:
        try:
            _add_to(result, *_round_of(database, partnership, catalogue, as_of, letterhead=letterhead, dry_run=dry_run))
        except Exception as fault:  # noqa: BLE001  # one partnership's fault must not silence the others
            log.error("The reminders of %s were not planned: %s", partnership.code, type(fault).__name__)
            result.failed_in.append(partnership.code)
        if partnership.id in summaries:
            add_summaries(
                result, database, partnership, summaries[partnership.id], letterhead=letterhead, dry_run=dry_run
            )
        if not dry_run:
            add_seal_letters(result, database, partnership, as_of, letterhead=letterhead)
    return result


def _round_of(
    database: Database,
    partnership: PartnershipRow,
    catalogue: Catalogue,
    as_of: datetime,
    *,
    letterhead: Letterhead,
    dry_run: bool,
) -> tuple[PartnershipSnapshot, DigestPlan, set[int], Sequence[DueMove]]:
    """Return what one partnership's round read and planned, the people written to, and what happened by itself.

    Timed moves come first, so that nobody is reminded of a clock that one of them ends.
    """
    if dry_run:
        with reading(database) as session:
            moves = due_moves(session, partnership.id, today=local_day(as_of))
            snapshot, digest_plan = _read_and_plan(session, partnership, catalogue, as_of)
        return snapshot, digest_plan, set(digest_plan.lines), moves
    with unit_of_work(database, system("reminders"), StoppedClock(as_of)) as unit:
        _lock_partnership(unit.session, partnership)
        moves = carry_out_timed_moves(unit, partnership.id)
        snapshot, digest_plan = _read_and_plan(unit.session, partnership, catalogue, as_of)
        return snapshot, digest_plan, write_down(unit, snapshot, digest_plan, letterhead), moves


def _lock_partnership(session: Session, partnership: PartnershipRow) -> None:
    """Lock the partnership, so that the second of two rounds at once sees the letters of the first."""
    row = sa.select(Partnership.id).where(Partnership.id == partnership.id)
    session.execute(row.with_for_update(key_share=True))


def _read_and_plan(
    session: Session, partnership: PartnershipRow, catalogue: Catalogue, as_of: datetime
) -> tuple[PartnershipSnapshot, DigestPlan]:
    escalation = Escalation(policies_of(session, partnership.id), present_calendar(session), local_day(as_of))
    snapshot = read_snapshot(session, partnership, escalation, catalogue)
    return snapshot, plan_digests(snapshot, escalation)


def _add_to(
    result: Round,
    snapshot: PartnershipSnapshot,
    digest_plan: DigestPlan,
    written: set[int],
    moves: Sequence[DueMove],
) -> None:
    code = snapshot.partnership.code
    result.moved.extend(Moved(due.case.reference, due.move.step, due.move.reason, code) for due in moves)
    for person_id in sorted(written):
        items = tuple(item_of(line) for line in digest_plan.lines[person_id].values())
        result.mails.append(Mail(snapshot.recipients[person_id].email, KIND, code, items))
    result.held_back.extend(held_back_of(subject, why, code) for subject, why in digest_plan.held_back)
    result.already += len(snapshot.mailed)

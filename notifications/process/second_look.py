"""A second look at a queued letter before it leaves: what holds no more is left out, and the rest written anew."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.letters.account_letters import ACCOUNT_KINDS, ALSO_TO_LEAVERS, why_stopped
from notifications.letters.compose import Writer, Written
from notifications.letters.links import Letterhead
from notifications.letters.previous_answers import read_previous_answers
from notifications.models import Letter, Reminder
from notifications.outbox.recipient_access import (
    STILL_TRUE,
    LeftOut,
    join_clocks,
    of_letter,
    why_action_left_out,
    why_clock_left_out,
)
from notifications.rounds.delivery_problems import WITH_TASKS, read_tasks
from notifications.rounds.digests import Line, ReminderSubject
from notifications.rounds.snapshot import (
    COLUMNS,
    ActionLine,
    PartnershipSnapshot,
    list_partnerships,
    read_checks,
    read_clocks,
    read_parts,
    read_submissions,
    snapshot_for_writing,
)
from reviews.definitions.bank_holidays import present_calendar
from reviews.definitions.installed import present_catalogue
from reviews.models import Action
from reviews.transactions.unit_of_work import Unit
from workflows.core.vocabulary import Role


def stop_reason(session: Session, row: Any) -> str:
    """Return why a letter may not leave; empty if it may."""
    if not row.is_there and row.kind not in ALSO_TO_LEAVERS:
        return "the person has left"
    if row.comes_back:
        return "mail to them comes back"
    if not row.may_see_summary:
        return "they may no longer see anything in it"
    if row.kind in ACCOUNT_KINDS:
        return why_stopped(session, row.id)
    if not row.lines or row.true_lines:
        return ""
    reasons = {reason for _, reason in _why_left_out(session, row.id)}
    return _REASONS.get(next(iter(reasons)), NOTHING_LEFT) if len(reasons) == 1 else NOTHING_LEFT


def leave_out_all(session: Session, row: Any) -> None:
    """Record that no line of a letter was sent, so that none counts as sent. The lines of a copy were."""
    if row.again_of_id is None:
        unsent = sa.update(Reminder).where(Reminder.letter_id == row.id, Reminder.left_out == "")
        session.execute(unsent.values(left_out=LeftOut.STOPPED), execution_options=NO_SYNC)


def is_to_be_rewritten(row: Any, today: date) -> bool:
    """Whether lines of it hold no more, a case was hidden from its person, or it leaves on a later day."""
    if not row.lines and row.kind != WITH_TASKS:
        return False
    return bool(row.true_lines < row.lines) or row.has_lost_case or row.morning < today


def rewrite(unit: Unit, row: Any, letterhead: Letterhead, today: date) -> Written | None:
    """Write a letter anew with the lines that hold, in the words of today; None where nothing is left to say.

    Lines that are left out are marked. Its links keep the morning of the letter.
    """
    if row.again_of_id is None:
        _leave_out(unit.session, row.id)
    partnership = next(each for each in list_partnerships(unit.session) if each.id == row.partnership_id)
    snapshot = snapshot_for_writing(unit.session, partnership, unit.today)
    lines = _lines(unit.session, snapshot, row, today)
    tasks = read_tasks(unit.session, partnership.id) if row.kind == WITH_TASKS else []
    if not lines and not tasks:
        return None
    answers = () if row.again_of_id else read_previous_answers(unit.session, partnership.id, unit.now, row.morning)
    writer = Writer(snapshot, letterhead, row.morning, today=today)
    to = snapshot.recipients[row.person_id]
    return writer.write(to, lines, answers.get(row.person_id, ()) if answers else (), tasks)


NO_SYNC = {"synchronize_session": False}
NOTHING_LEFT = "there is nothing in it for them any more"
_REASONS = {
    LeftOut.HIDDEN.value: "they may no longer see anything in it",
    LeftOut.REASSIGNED.value: LeftOut.REASSIGNED.value,
    LeftOut.ANSWERED.value: LeftOut.ANSWERED.value,
    LeftOut.REPEATED.value: LeftOut.REPEATED.value,
}


def _why_left_out(session: Session, letter_id: int) -> list[tuple[int, str]]:
    """Return the reason of each line of a letter, by the id of its reminder."""
    found = sa.select(Reminder.id).select_from(Letter).join(Reminder, sa.and_(*of_letter()))
    found = found.where(Letter.id == letter_id)
    actions = found.add_columns(why_action_left_out()).join(Action, Action.id == Reminder.action_id)
    clocks = join_clocks(found.add_columns(why_clock_left_out()))
    return [(row[0], row[1]) for query in (actions, clocks) for row in session.execute(query)]


def _leave_out(session: Session, letter_id: int) -> None:
    for reminder_id, reason in _why_left_out(session, letter_id):
        if reason != STILL_TRUE:
            left_out = sa.update(Reminder).where(Reminder.id == reminder_id).values(left_out=reason)
            session.execute(left_out, execution_options=NO_SYNC)


def _lines(session: Session, snapshot: PartnershipSnapshot, row: Any, today: date) -> list[Line]:
    true_ids = [reminder_id for reminder_id, reason in _why_left_out(session, row.id) if reason == STILL_TRUE]
    reminders = session.scalars(sa.select(Reminder).where(Reminder.id.in_(true_ids)).order_by(Reminder.id)).all()
    actions = _actions(session, snapshot, [each for each in reminders if each.action_id is not None], today)
    clock_ids = {each.clock_id for each in reminders if each.clock_id is not None}
    clocks = _clocks(session, snapshot, clock_ids, today) if clock_ids else {}
    lines = []
    for each in reminders:
        subject = (
            clocks.get(each.clock_id) if each.clock_id is not None else actions.get((each.action_id, _aspect(each)))
        )
        if subject is not None:
            lines.append(Line(subject, each.rung, each.about, _role(each, subject), each.why))
    return lines


def _role(reminder: Reminder, subject: ReminderSubject) -> Role:
    """The role as which they are told; a line of an earlier version does not have it."""
    if reminder.role:
        return Role(reminder.role)
    owns = isinstance(subject, ActionLine) and reminder.person_id in (subject.owner_id, subject.deputy_id)
    return Role.ACTION_OWNER if owns else Role.BUSINESS_MANAGER


def _aspect(reminder: Reminder) -> str:
    """The aspect in what the line is about: `part 7` of `part 7 2026-12-04`, and nothing of a date or event."""
    return reminder.about.rpartition(" ")[0]


def _actions(
    session: Session, snapshot: PartnershipSnapshot, reminders: Iterable[Reminder], today: date
) -> dict[tuple[int | None, str], ActionLine]:
    ids = {each.action_id for each in reminders}
    rows = session.execute(sa.select(*COLUMNS).where(Action.id.in_(ids)))
    found: dict[tuple[int | None, str], ActionLine] = {(row[0], ""): ActionLine(*row) for row in rows}
    if any(map(_aspect, reminders)):
        partnership_id = snapshot.partnership.id
        latest = date.max
        aspects = [
            *read_parts(session, partnership_id, until=latest),
            *read_checks(session, partnership_id, today),
            *read_submissions(session, partnership_id),
        ]
        found |= {(each.id, each.aspect): replace(each) for each in aspects if each.id in ids}
    return found


def _clocks(
    session: Session, snapshot: PartnershipSnapshot, ids: set[int], today: date
) -> dict[int | None, ReminderSubject]:
    found = read_clocks(session, present_catalogue(session), snapshot.partnership.id, today, present_calendar(session))
    return {each.id: each for each in found if each.id in ids}

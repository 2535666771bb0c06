"""The mail that tells a chair the anchors of the record, where for a week no other mail has."""

import logging
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.letters.compose import CHAIRS, Written, message_id, render_mail
from notifications.letters.links import Letterhead
from notifications.letters.wording import day, one_line
from notifications.models import ROLE_ANSWERED, SEALS, SECOND_FACTOR, Letter
from notifications.outbox.claims import claim_letters
from notifications.rounds.report import Mail, Round
from notifications.rounds.snapshot import PartnershipRow, read_people
from notifications.rounds.unavailable import read_unavailable
from reviews.access.permissions import system
from reviews.audit.anchors import anchor_lines
from reviews.backups.generations import generation_of
from reviews.core.clock import StoppedClock
from reviews.core.db import Database
from reviews.models import AccountMailKind
from reviews.transactions.unit_of_work import Unit, reading, unit_of_work

WEEK = timedelta(days=7)
WITHOUT_ANCHORS = (ROLE_ANSWERED, SECOND_FACTOR, *AccountMailKind)
"""Kinds of letters that tell no anchors."""
WHY = (
    "Please keep this mail. If the record were changed later, even by somebody who can do everything on the server, "
    "these lines would not fit it. You have this mail because no other of the week told you."
)
log = logging.getLogger(__name__)


def add_seal_letters(
    result: Round, database: Database, partnership: PartnershipRow, as_of: datetime, *, letterhead: Letterhead
) -> None:
    """Queue the mail for each chair whom nothing has told the anchors for a week, in a transaction of its own."""
    try:
        with reading(database) as session:
            if not anchor_lines(session, partnership.id, partnership.code, day=as_of.date()):
                return
        with unit_of_work(database, system("reminders"), StoppedClock(as_of)) as unit:
            result.mails.extend(_queued(unit, partnership, letterhead))
    except Exception as fault:  # noqa: BLE001  # it must not stop the reminders
        log.error("The mail with the seals of %s was not written: %s", partnership.code, type(fault).__name__)
        if partnership.code not in result.failed_in:
            result.failed_in.append(partnership.code)


def _queued(unit: Unit, partnership: PartnershipRow, letterhead: Letterhead) -> list[Mail]:
    session, today = unit.session, unit.today
    people, recipients = read_people(session, partnership)
    unavailable = read_unavailable(session, partnership.id, today)
    reached = _reached_lately(session, partnership.id, today)
    chairs = {person_id for role in CHAIRS for person_id in people.all_with(role)}
    waiting = sorted(chairs - reached - set(unavailable.unreachable))
    if not waiting:
        return []
    lines, generation = anchor_lines(session, partnership.id, partnership.code, day=today), generation_of(session)
    letters: list[dict[str, Any]] = []
    for person_id in waiting:
        subject = f"Seals of the record of {partnership.code}, {day(today)}"
        values = {
            "subject": subject,
            "name": one_line(recipients[person_id].name),
            "opening": f"This is how far the record of {one_line(partnership.name)} is sealed.",
            "anchors": lines,
            "why": WHY,
        }
        written = Written(subject, *render_mail(SEALS, values))
        letter_key = f"{partnership.code}|{person_id}|{SEALS}|{today.isoformat()}"
        letters.append(
            {
                "letter_key": letter_key,
                "kind": SEALS,
                "partnership_id": partnership.id,
                "person_id": person_id,
                "morning": today,
                "subject": written.subject,
                "body": written.body,
                "html": written.html,
                "message_id": message_id(letterhead, letter_key, generation),
                "next_try_at": unit.now,
                "written_at": unit.now,
            }
        )
    claimed = claim_letters(session, letters)
    return [Mail(recipients[person_id].email, SEALS, partnership.code, ()) for person_id in sorted(claimed)]


def _reached_lately(session: Session, partnership_id: int, today: date) -> set[int]:
    """Give who had a mail with anchors in the last seven days."""
    of_week = (Letter.morning > today - WEEK, Letter.kind.not_in(WITHOUT_ANCHORS))
    return set(
        session.scalars(sa.select(Letter.person_id).where(Letter.partnership_id == partnership_id, *of_week).distinct())
    )

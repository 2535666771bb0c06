"""What is said this morning, to whom, and has it been claimed?"""

import logging
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.claims import announce, claim_letters, note_reminders
from notifications.decisions import Decided, Line, decide
from notifications.letters import Sender, message_id, write_letter
from notifications.rounds import HeldBack, Item, Mail, Round
from notifications.standing import Place, Standing, places, read_standing
from reviews.clock import StoppedClock, local_day
from reviews.db import Database
from reviews.models import Partnership
from reviews.permissions import system
from reviews.unit import reading, unit_of_work
from workflows.definitions.ladders import LADDERS
from workflows.working_days import bank_holiday, is_working_day

KIND = "morning"
log = logging.getLogger(__name__)


def plan_round(database: Database, as_of: datetime, *, base_url: str, dry_run: bool = False) -> Round:
    """Decide one morning for every partnership, and queue its mails; a dry run writes nothing.

    One transaction each: a partnership whose round fails is named in `failed_in`, and the others have theirs. The
    unique keys make a second round of the same morning say nothing.
    """
    result = Round(as_of)
    morning = local_day(as_of)
    if not is_working_day(morning):
        result.note = f"No reminders on {morning:%A} {morning.day} {morning:%B %Y}: {_why_quiet(morning)}."
        return result
    with reading(database) as session:
        served = places(session)
    for place in served:
        try:
            _plan_place(database, place, result, Sender(base_url, morning), dry_run=dry_run)
        except Exception as fault:  # noqa: BLE001  # one partnership's fault must not silence the others
            log.error("The reminders of %s were not planned: %s", place.code, type(fault).__name__)
            result.failed_in.append(place.code)
    return result


def _why_quiet(day: date) -> str:
    return bank_holiday(day) or "a weekend"


def _plan_place(database: Database, place: Place, result: Round, sender: Sender, *, dry_run: bool) -> None:
    ladder = LADDERS[place.policy]
    if dry_run:
        with reading(database) as session:
            standing = read_standing(session, place, ladder, sender.morning)
            decided = decide(standing, ladder, sender.morning)
        written = set(decided.lines)
    else:
        with unit_of_work(database, system("reminders"), StoppedClock(result.as_of)) as unit:
            _take_turns(unit.session, place)
            standing = read_standing(unit.session, place, ladder, sender.morning)
            decided = decide(standing, ladder, sender.morning)
            written = _write_down(unit.session, standing, decided, sender, unit.now)
    _report(result, standing, decided, written)


def _take_turns(session: Session, place: Place) -> None:
    """Let two planners look at one partnership one after the other: the second then sees what the first has said."""
    mine = sa.select(Partnership.id).where(Partnership.id == place.id)
    session.execute(mine.with_for_update(key_share=True))


def _write_down(session: Session, standing: Standing, decided: Decided, sender: Sender, now: datetime) -> set[int]:
    """Claim the letters, keep what they say, and announce the events whose people have all been written to."""
    letters = [_letter(standing, sender, person_id, list(lines.values()), now) for person_id, lines in _sorted(decided)]
    claimed = claim_letters(session, letters)
    note_reminders(
        session,
        [
            _reminder(line, person_id, claimed[person_id])
            for person_id, lines in _sorted(decided)
            if person_id in claimed
            for line in lines.values()
        ],
    )
    waiting = standing.mailed | (decided.lines.keys() - claimed.keys())
    done = [event_id for event_id, people in decided.hears.items() if waiting.isdisjoint(people)]
    announce(session, standing.place.id, done, now)
    return set(claimed)


def _sorted(decided: Decided) -> list[tuple[int, dict[int, Line]]]:
    return sorted(decided.lines.items())


def _letter(standing: Standing, sender: Sender, person_id: int, lines: list[Line], now: datetime) -> dict[str, Any]:
    written = write_letter(standing, sender, standing.recipients[person_id], lines)
    once = f"{standing.place.code}|{person_id}|{sender.morning.isoformat()}"
    return {
        "once": once,
        "kind": KIND,
        "partnership_id": standing.place.id,
        "person_id": person_id,
        "morning": sender.morning,
        "subject": written.subject,
        "body": written.body,
        "message_id": message_id(sender.base_url, once),
        "next_try_at": now,
    }


def _reminder(line: Line, person_id: int, letter_id: int) -> dict[str, Any]:
    return {
        "action_id": line.action.id,
        "person_id": person_id,
        "rung": line.rung,
        "about": line.about,
        "letter_id": letter_id,
    }


def _report(result: Round, standing: Standing, decided: Decided, written: set[int]) -> None:
    code = standing.place.code
    for person_id, lines in _sorted(decided):
        if person_id in written:
            items = tuple(Item(line.action.reference, line.rung) for line in lines.values())
            result.mails.append(Mail(standing.recipients[person_id].email, KIND, code, items))
    result.held_back.extend(HeldBack(reference, why, code) for reference, why in decided.held_back)
    result.already += len(standing.mailed)

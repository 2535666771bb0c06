"""What is said this morning, and to whom?"""

import logging
from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.letters.answers_told import read_given
from notifications.letters.compose import Writer, Written, message_id
from notifications.letters.letterhead import Letterhead
from notifications.outbox.claims import announce, claim_letters, note_reminders
from notifications.rounds.applied_policies import policies_of
from notifications.rounds.delivery_problems import WITH_TASKS
from notifications.rounds.digests import Decided, Line, decide
from notifications.rounds.escalation import Stairs
from notifications.rounds.report import Mail, Round, held_back_of, item_of
from notifications.rounds.snapshot import Place, Standing, places, read_standing
from notifications.summaries.write import add_summaries, summaries_due
from reviews.access.permissions import system
from reviews.core.clock import StoppedClock, local_day
from reviews.core.db import Database
from reviews.definitions.bank_holidays import present_calendar
from reviews.definitions.catalogue import present_catalogue
from reviews.models import Partnership
from reviews.transactions.unit_of_work import Unit, reading, unit_of_work
from workflows.catalogue import Catalogue

KIND = "morning"


def write_down(unit: Unit, standing: Standing, decided: Decided, letterhead: Letterhead) -> set[int]:
    """Claim the letters, keep what they say, announce what is dealt with, and give the people written to.

    An event is announced when everybody who hears of it has been written to; otherwise it waits for the next morning.
    """
    writer, given = Writer(standing, letterhead, unit.today), read_given(unit.session, standing.place.id, unit.now)

    def letter(person_id: int) -> dict[str, Any]:
        lines, tasks = list(decided.lines[person_id].values()), decided.tasks.get(person_id, ())
        written = writer.write(standing.recipients[person_id], lines, given.get(person_id, ()), tasks)
        return {"kind": WITH_TASKS if tasks else KIND, **_letter(unit, standing.place, letterhead, person_id, written)}

    claimed = claim_letters(unit.session, map(letter, sorted(decided.lines)))
    note_reminders(
        unit.session,
        (
            _reminder(line, person_id, letter_id)
            for person_id, letter_id in sorted(claimed.items())
            for line in decided.lines[person_id].values()
        ),
    )
    waiting = standing.mailed | (decided.lines.keys() - claimed.keys())
    done = [event_id for event_id, hearers in decided.hears.items() if waiting.isdisjoint(hearers)]
    announce(unit.session, standing.place.id, done, unit.now)
    return set(claimed)


def once_key(code: str, person_id: int, morning: date) -> str:
    """Give the key that makes a letter the only one to this person of this partnership on this morning."""
    return f"{code}|{person_id}|{morning.isoformat()}"


def _letter(unit: Unit, place: Place, letterhead: Letterhead, person_id: int, written: Written) -> dict[str, Any]:
    once = once_key(place.code, person_id, unit.today)
    return {
        "once": once,
        "partnership_id": place.id,
        "person_id": person_id,
        "morning": unit.today,
        "subject": written.subject,
        "body": written.body,
        "html": written.html,
        "message_id": message_id(letterhead, once),
        "next_try_at": unit.now,
    }


def _reminder(line: Line, person_id: int, letter_id: int) -> dict[str, Any]:
    return {
        "action_id": None if line.of_clock else line.matter.id,
        "clock_id": line.matter.id if line.of_clock else None,
        "person_id": person_id,
        "rung": line.rung,
        "about": line.about,
        "letter_id": letter_id,
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
    """Decide one morning for every partnership, and queue its mails; a dry run writes nothing.

    One transaction each: a partnership whose round fails is named in `failed_in`, and the others have theirs. The
    unique keys make a second round of the same morning say nothing. With `codes`, only theirs are planned: each
    partnership says itself at which hour its round begins (`notifications.rounds.applied_policies.beginnings`).
    """
    result = Round(as_of)
    morning = local_day(as_of)
    with reading(database) as session:
        calendar, catalogue = present_calendar(session), present_catalogue(session)
        served = [place for place in places(session) if codes is None or place.code in codes]
        summaries = summaries_due(session, served, calendar, morning)
    if not calendar.is_working_day(morning):
        why = calendar.title(morning) or "a weekend"
        result.note = f"No reminders on {morning:%A} {morning.day} {morning:%B %Y}: {why}."
        return result
    for place in served:
        try:
            _add_to(result, *_round_of(database, place, catalogue, as_of, letterhead=letterhead, dry_run=dry_run))
        except Exception as fault:  # noqa: BLE001  # one partnership's fault must not silence the others
            log.error("The reminders of %s were not planned: %s", place.code, type(fault).__name__)
            result.failed_in.append(place.code)
        if place.id in summaries:
            add_summaries(result, database, place, summaries[place.id], letterhead=letterhead, dry_run=dry_run)
    return result


def _round_of(
    database: Database, place: Place, catalogue: Catalogue, as_of: datetime, *, letterhead: Letterhead, dry_run: bool
) -> tuple[Standing, Decided, set[int]]:
    """Give what one partnership's round found, decided, and who is written to."""
    if dry_run:
        with reading(database) as session:
            standing, decided = _look(session, place, catalogue, as_of)
        return standing, decided, set(decided.lines)
    with unit_of_work(database, system("reminders"), StoppedClock(as_of)) as unit:
        _take_turns(unit.session, place)
        standing, decided = _look(unit.session, place, catalogue, as_of)
        return standing, decided, write_down(unit, standing, decided, letterhead)


def _take_turns(session: Session, place: Place) -> None:
    """Let two planners look at one partnership one after the other: the second then sees what the first has said."""
    mine = sa.select(Partnership.id).where(Partnership.id == place.id)
    session.execute(mine.with_for_update(key_share=True))


def _look(session: Session, place: Place, catalogue: Catalogue, as_of: datetime) -> tuple[Standing, Decided]:
    stairs = Stairs(policies_of(session, place.id), present_calendar(session), local_day(as_of))
    standing = read_standing(session, place, stairs, catalogue)
    return standing, decide(standing, stairs)


def _add_to(result: Round, standing: Standing, decided: Decided, written: set[int]) -> None:
    code = standing.place.code
    for person_id in sorted(written):
        items = tuple(item_of(line) for line in decided.lines[person_id].values())
        result.mails.append(Mail(standing.recipients[person_id].email, KIND, code, items))
    result.held_back.extend(held_back_of(matter, why, code) for matter, why in decided.held_back)
    result.already += len(standing.mailed)

"""What is said this morning, and to whom?"""

import logging
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.letters.letterhead import Letterhead
from notifications.process.queueing import KIND, write_down
from notifications.rounds.applied_policies import policies_of
from notifications.rounds.decided import Decided
from notifications.rounds.decisions import decide
from notifications.rounds.escalation import Stairs
from notifications.rounds.report import Mail, Round, held_back_of, item_of
from notifications.rounds.snapshot import Place, Standing, places, read_standing
from notifications.summaries.write import add_summaries, summaries_due
from reviews.access.permissions import system
from reviews.core.clock import StoppedClock, local_day
from reviews.core.db import Database
from reviews.definitions.calendars import present_calendar
from reviews.definitions.catalogue import present_catalogue
from reviews.models import Partnership
from reviews.transactions.unit_of_work import reading, unit_of_work
from workflows.catalogue import Catalogue

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

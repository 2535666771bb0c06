"""Who has the summary by mail this morning, as they may see it themself?"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.base.summary_rhythm import BEFORE_A_MEETING, SUMMARY, WEEKDAYS, Rhythm, Wish, read_wishes
from notifications.letters.compose import Written, message_id, printed
from notifications.letters.letterhead import Letterhead
from notifications.letters.wording import day, one_line, when
from notifications.models import SummaryRhythm
from notifications.outbox.claims import claim_letters
from notifications.rounds.report import Mail, Round, SummaryHeldBack
from notifications.rounds.snapshot import Place
from notifications.rounds.unavailable import Quiet, read_quiet
from reviews.access.permissions import Actor, Permission, system
from reviews.actions.list_queries import GROUPS, WAITING
from reviews.core.clock import StoppedClock, local_day
from reviews.core.db import Database
from reviews.people.queries import actor_by_email
from reviews.summary.queries import MOST_CLOCKS, NEAR, Changes, Summary, chair_summary, changes_since
from reviews.transactions.unit_of_work import NotFound, Unit, reading, unit_of_work
from workflows.core.bank_holidays import Calendar

SHOWN_CLOCKS = 10
COUNTED = ("outstanding", "overdue", "due_soon")


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the letter: each row is what it is about and what is said of it; `more` is what was left out."""

    title: str
    rows: list[tuple[str, str]]
    more: str = ""


def is_empty(summary: Summary, changes: Changes | None) -> bool:
    """Whether there is nothing to say: nothing outstanding, no clock late or near, and nothing new."""
    return not (summary.totals["outstanding"] or summary.clocks or (changes and changes.any))


def write_summary(
    place: Place,
    name: str,
    wish: Wish,
    summary: Summary,
    changes: Changes | None,
    *,
    letterhead: Letterhead,
    morning: date,
) -> Written:
    """Write to one person what they would read on the page; `changes` are those since their last summary."""
    base, query = letterhead.base_url.rstrip("/"), urlencode({"partnership": place.code})
    subject = f"Summary of {place.code}, {day(morning)}"
    said = {
        "subject": subject,
        "name": one_line(name),
        "opening": f"This is what is outstanding in {one_line(place.name)} on {day(morning)}, as you may see it.",
        "sections": [section for section in _sections(wish, summary, changes, morning) if section.rows],
        "page": f"{base}/summary?{query}",
        "rhythm": f"You have this summary {rhythm_words(wish.rhythm, wish.weekday, wish.meeting_on)}, as you chose.",
        "choose": f"{base}/summary/mail?{query}",
    }
    return Written(subject, *printed("summary", said))


def rhythm_words(rhythm: Rhythm, weekday: int, meeting_on: date | None) -> str:
    """Say when it comes, within a sentence."""
    match rhythm:
        case Rhythm.WEEKLY:
            return f"every {WEEKDAYS[weekday].capitalize()}"
        case Rhythm.MONTHLY:
            return "on the first working morning of a month"
        case Rhythm.MEETING:
            before = f"{BEFORE_A_MEETING} working days before the meeting"
            return f"{before} on {day(meeting_on)}" if meeting_on else before


def _sections(wish: Wish, summary: Summary, changes: Changes | None, morning: date) -> Iterator[Section]:
    yield Section("Actions", _numbers(summary))
    if changes is not None and wish.last_on is not None:
        yield Section(f"Since your last summary, {day(wish.last_on)}", _changed(changes))
    yield Section("By lead agency", _agencies(summary))
    yield Section(
        f"Clocks that are late, or due within {NEAR.days} days",
        [
            (one_line(each.case_reference), f"{one_line(each.title)}, {when(each.due_on, morning)}")
            for each in summary.clocks[:SHOWN_CLOCKS]
        ],
        _left_out(len(summary.clocks)),
    )
    yield Section(
        "Oldest overdue actions",
        [
            (one_line(each.reference), f"{when(each.due_on, morning)}; {one_line(each.agency or 'no lead agency')}")
            for each in summary.oldest
        ],
    )


def _numbers(summary: Summary) -> list[tuple[str, str]]:
    totals = summary.totals
    if not totals["outstanding"]:
        return []
    waiting = [(words, str(totals[name])) for name, (words, _) in WAITING.items() if totals[name]]
    return [*((words, str(totals[name])) for name, (words, _) in GROUPS.items()), *waiting]


def _left_out(clocks: int) -> str:
    """Say how many clocks are not named here; beyond the page's own limit nobody has counted them."""
    more = clocks - SHOWN_CLOCKS
    return f"and {'at least ' if clocks == MOST_CLOCKS else ''}{more} more" if more > 0 else ""


def _changed(changes: Changes) -> list[tuple[str, str]]:
    rows = {"New": changes.new, "Closed": changes.closed, "Newly overdue": changes.newly_overdue}
    return [(words, str(count)) for words, count in rows.items() if count]


def _agencies(summary: Summary) -> list[tuple[str, str]]:
    said = {name: GROUPS[name][0].lower() for name in COUNTED}
    return [
        (one_line(agency), ", ".join(f"{counts[name]} {said[name]}" for name in COUNTED if counts[name]))
        for agency, counts in summary.by_agency.items()
        if counts["outstanding"]
    ]


log = logging.getLogger(__name__)
AWAY = "They are away: it follows when they are back."
COMES_BACK = "Mail to them comes back, and nobody stands in for reading the summary."
NOT_THEIRS = "The summary is not theirs to see any more."
EMPTY = "Nothing is outstanding for them, no clock is late or near, and nothing has changed."


@dataclass(frozen=True, slots=True)
class Due:
    """A wish whose morning has come; `on` is that morning, also where it is made up for later."""

    wish: Wish
    on: date


@dataclass(slots=True)
class Found:
    """What is written to whom, what is held back, and the wishes that are dealt with either way."""

    written: list[tuple[Due, Written]] = field(default_factory=list)
    held_back: list[tuple[Due, str]] = field(default_factory=list)
    dealt_with: list[int] = field(default_factory=list)


def summaries_due(session: Session, places: Sequence[Place], calendar: Calendar, morning: date) -> dict[int, list[Due]]:
    """Give by partnership the wishes whose morning has come, in one query for all."""
    due: dict[int, list[Due]] = {}
    for wish in read_wishes(session, partnership_ids=[place.id for place in places]):
        if (on := wish.comes_on(calendar, morning)) is not None:
            due.setdefault(wish.partnership_id, []).append(Due(wish, on))
    return due


def add_summaries(
    result: Round, database: Database, place: Place, due: Sequence[Due], *, letterhead: Letterhead, dry_run: bool
) -> None:
    """Queue one partnership's summaries in a transaction of their own: reminders do not wait for them."""
    try:
        found, claimed = _queued(database, place, due, result.as_of, letterhead=letterhead, dry_run=dry_run)
    except Exception as fault:  # noqa: BLE001  # a summary must not silence the reminders
        log.error("The summaries of %s were not written: %s", place.code, type(fault).__name__)
        if place.code not in result.failed_in:
            result.failed_in.append(place.code)
        return
    for each, _ in found.written:
        if each.wish.person_id in claimed:
            result.mails.append(Mail(each.wish.email, SUMMARY, place.code, ()))
    result.held_back.extend(SummaryHeldBack(each.wish.email, why, place.code) for each, why in found.held_back)


def _queued(
    database: Database, place: Place, due: Sequence[Due], as_of: datetime, *, letterhead: Letterhead, dry_run: bool
) -> tuple[Found, set[int]]:
    if dry_run:
        with reading(database) as session:
            found = _find(session, place, due, local_day(as_of), letterhead)
        return found, {each.wish.person_id for each, _ in found.written}
    with unit_of_work(database, system("reminders"), StoppedClock(as_of)) as unit:
        found = _find(unit.session, place, due, unit.today, letterhead)
        return found, _write_down(unit, place, found, letterhead)


def _find(session: Session, place: Place, due: Sequence[Due], morning: date, letterhead: Letterhead) -> Found:
    found, quiet = Found(), read_quiet(session, place.id, morning)
    for each in due:
        if (why := _not_now(each.wish, quiet)) is not None:
            found.held_back.append((each, why))
            continue
        found.dealt_with.append(each.wish.id)
        written = _write(session, place, each.wish, morning, letterhead)
        if isinstance(written, str):
            found.held_back.append((each, written))
        else:
            found.written.append((each, written))
    return found


def _not_now(wish: Wish, quiet: Quiet) -> str | None:
    if wish.person_id in quiet.unreachable:
        return COMES_BACK
    return AWAY if wish.person_id in quiet.away else None


def _write(session: Session, place: Place, wish: Wish, morning: date, letterhead: Letterhead) -> Written | str:
    """Write it with the reader's own rights, or say why there is nothing to write."""
    reader = _reader(session, place, wish, morning)
    if reader is None:
        return NOT_THEIRS
    summary = chair_summary(session, reader, partnership_id=place.id, today=morning)
    changes = None
    if wish.last_on is not None:
        changes = changes_since(session, reader, partnership_id=place.id, since=wish.last_on, today=morning)
    if is_empty(summary, changes):
        return EMPTY
    return write_summary(place, reader.name, wish, summary, changes, letterhead=letterhead, morning=morning)


def _reader(session: Session, place: Place, wish: Wish, morning: date) -> Actor | None:
    try:
        actor = actor_by_email(session, wish.email, today=morning)
    except NotFound:
        return None
    return actor if actor.may(Permission.SEE_SUMMARY, place.id) else None


def _write_down(unit: Unit, place: Place, found: Found, letterhead: Letterhead) -> set[int]:
    """Claim the letters, and keep that these wishes are dealt with; give who is written to."""
    letters = []
    for each, written in found.written:
        once = f"{place.code}|{each.wish.person_id}|{SUMMARY}|{each.on.isoformat()}"
        letters.append(
            {
                "once": once,
                "kind": SUMMARY,
                "partnership_id": place.id,
                "person_id": each.wish.person_id,
                "morning": unit.today,
                "subject": written.subject,
                "body": written.body,
                "html": written.html,
                "message_id": message_id(letterhead, once),
                "next_try_at": unit.now,
            }
        )
    claimed = claim_letters(unit.session, letters)
    dealt_with = sa.update(SummaryRhythm).where(SummaryRhythm.id.in_(found.dealt_with))
    unit.session.execute(dealt_with.values(last_on=unit.today), execution_options={"synchronize_session": False})
    return set(claimed)

"""The summaries that are due on a morning, each written with its reader's own permissions."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.base.summary_rhythm import (
    BEFORE_A_MEETING,
    SUMMARY,
    WEEKDAYS,
    Rhythm,
    SummaryChoice,
    read_summary_choices,
)
from notifications.letters.compose import CHAIRS, Written, message_id, render_mail
from notifications.letters.links import Letterhead
from notifications.letters.wording import day, one_line, when
from notifications.models import SummaryRhythm
from notifications.outbox.claims import claim_letters
from notifications.rounds.report import Mail, Round, SummaryHeldBack
from notifications.rounds.snapshot import PartnershipRow
from notifications.rounds.unavailable import Unavailable, read_unavailable
from reviews.access.permissions import Actor, Permission, system
from reviews.actions.list_queries import GROUPS, WAITING, ActionLine
from reviews.audit.anchors import anchor_lines
from reviews.backups.generations import generation_of
from reviews.core.clock import StoppedClock, local_day
from reviews.core.db import Database
from reviews.people.queries import actor_by_email
from reviews.summary.queries import MOST_CLOCKS, NEAR, CaseWithClock, Changes, Summary, chair_summary, changes_since
from reviews.transactions.unit_of_work import NotFound, Unit, reading, unit_of_work
from workflows.core.bank_holidays import Calendar

CLOCKS_IN_MAIL = 10
COUNTED = ("outstanding", "overdue", "due_soon")


@dataclass(frozen=True, slots=True)
class SummarySection:
    """One section of the mail: each row is a label and its text; `more` says what was left out."""

    title: str
    rows: list[tuple[str, str]]
    more: str = ""


def is_empty(summary: Summary, changes: Changes | None) -> bool:
    """Whether nothing is outstanding, no clock is late or near, and nothing has changed."""
    return not (summary.totals["outstanding"] or summary.clocks or (changes and changes.any))


def write_summary(
    partnership: PartnershipRow,
    name: str,
    choice: SummaryChoice,
    summary: Summary,
    changes: Changes | None,
    *,
    letterhead: Letterhead,
    morning: date,
    anchors: Sequence[str] = (),
) -> Written:
    """Write the mail for one person; `changes` are those since their last summary, `anchors` those told to a chair."""
    base, query = letterhead.base_url.rstrip("/"), urlencode({"partnership": partnership.code})
    subject = f"Summary of {partnership.code}, {day(morning)}"
    values = {
        "subject": subject,
        "name": one_line(name),
        "opening": f"This is what you can see as outstanding in {one_line(partnership.name)} on {day(morning)}.",
        "sections": [section for section in _sections(choice, summary, changes, morning) if section.rows],
        "anchors": anchors,
        "page": f"{base}/summary?{query}",
        "rhythm": f"You chose this summary {rhythm_words(choice.rhythm, choice.weekday, choice.meeting_on)}.",
        "choose": f"{base}/summary/mail?{query}",
    }
    return Written(subject, *render_mail("summary", values))


def rhythm_words(rhythm: Rhythm, weekday: int, meeting_on: date | None) -> str:
    """Say how often it comes, as part of a sentence."""
    match rhythm:
        case Rhythm.WEEKLY:
            return f"every {WEEKDAYS[weekday].capitalize()}"
        case Rhythm.MONTHLY:
            return "on the first working morning of a month"
        case Rhythm.MEETING:
            before = f"{BEFORE_A_MEETING} working days before the meeting"
            return f"{before} on {day(meeting_on)}" if meeting_on else before


def _sections(
    choice: SummaryChoice, summary: Summary, changes: Changes | None, morning: date
) -> Iterator[SummarySection]:
    yield SummarySection("Actions", _numbers(summary))
    if changes is not None and choice.last_on is not None:
        yield SummarySection(f"Since your last summary, {day(choice.last_on)}", _changed(changes))
    yield SummarySection("By lead agency", _agencies(summary))
    yield SummarySection(
        f"Late cases: {summary.late_cases}",
        [_case(each, morning) for each in summary.late],
        _left_out(summary.late_cases - len(summary.late)),
    )
    shown, more = summary.near[:CLOCKS_IN_MAIL], len(summary.near) - CLOCKS_IN_MAIL
    yield SummarySection(
        f"Clocks due within {NEAR.days} days",
        [_case(each, morning) for each in shown],
        _left_out(more, at_least=len(summary.near) == MOST_CLOCKS),
    )
    yield SummarySection(
        "To be accepted or returned",
        [(one_line(each.reference), _action_words(each, morning)) for each in summary.to_accept],
        _left_out(summary.totals["awaiting_sign_off"] - len(summary.to_accept)),
    )
    yield SummarySection(
        "Oldest overdue actions",
        [(one_line(each.reference), _action_words(each, morning)) for each in summary.oldest],
        _left_out(summary.totals["overdue"] - len(summary.oldest)),
    )


def _case(found: CaseWithClock, morning: date) -> tuple[str, str]:
    """Give the reference of a case, and its clock, which may be that of a case inside it."""
    clock = found.clock
    title = one_line(f"{clock.title_by_rule} ({clock.inside})" if clock.inside else clock.title_by_rule)
    due = when(clock.due_on, morning, clock.lateness(morning).in_words)
    return one_line(found.reference), f"{title}, {due}"


def _action_words(line: ActionLine, morning: date) -> str:
    due = when(line.due, morning, line.lateness(morning).in_words)
    return f"{due}; {one_line(line.agency or 'no lead agency')}"


def _numbers(summary: Summary) -> list[tuple[str, str]]:
    totals = summary.totals
    if not totals["outstanding"]:
        return []
    awaiting = [(words, str(totals[name])) for name, (words, _) in WAITING.items() if totals[name]]
    return [*((words, str(totals[name])) for name, (words, _) in GROUPS.items()), *awaiting]


def _left_out(more: int, *, at_least: bool = False) -> str:
    """Say how many are left out; at the limit of the query their number is not known."""
    return f"and {'at least ' if at_least else ''}{more} more" if more > 0 else ""


def _changed(changes: Changes) -> list[tuple[str, str]]:
    rows = {"New": changes.new, "Closed": changes.closed, "Newly overdue": changes.newly_overdue}
    return [(words, str(count)) for words, count in rows.items() if count]


def _agencies(summary: Summary) -> list[tuple[str, str]]:
    labels = {name: GROUPS[name][0].lower() for name in COUNTED}
    return [
        (one_line(agency), ", ".join(f"{counts[name]} {labels[name]}" for name in COUNTED if counts[name]))
        for agency, counts in summary.by_agency.items()
        if counts["outstanding"]
    ]


log = logging.getLogger(__name__)
AWAY = "They are away. The summary follows when they are back."
COMES_BACK = "Mail to them comes back. Nobody else gets their summary."
NOT_THEIRS = "They may no longer see the summary."
EMPTY = "Nothing is outstanding for them, no clock is late or near, and nothing has changed."


@dataclass(frozen=True, slots=True)
class DueSummary:
    """A choice that is due; `on` is the morning it was due, which may be before today."""

    choice: SummaryChoice
    on: date


@dataclass(slots=True)
class Found:
    """The mails to send, those held back with the reason, and the ids of the choices that are dealt with."""

    written: list[tuple[DueSummary, Written]] = field(default_factory=list)
    held_back: list[tuple[DueSummary, str]] = field(default_factory=list)
    dealt_with: list[int] = field(default_factory=list)


def summaries_due(
    session: Session, partnerships: Sequence[PartnershipRow], calendar: Calendar, morning: date
) -> dict[int, list[DueSummary]]:
    """Return the choices that are due, by partnership id, in one query."""
    due: dict[int, list[DueSummary]] = {}
    for choice in read_summary_choices(session, partnership_ids=[partnership.id for partnership in partnerships]):
        if (on := choice.comes_on(calendar, morning)) is not None:
            due.setdefault(choice.partnership_id, []).append(DueSummary(choice, on))
    return due


def add_summaries(
    result: Round,
    database: Database,
    partnership: PartnershipRow,
    due: Sequence[DueSummary],
    *,
    letterhead: Letterhead,
    dry_run: bool,
) -> None:
    """Queue one partnership's summaries in their own transaction, so that reminders do not depend on them."""
    try:
        found, claimed = _queued(database, partnership, due, result.as_of, letterhead=letterhead, dry_run=dry_run)
    except Exception as fault:  # noqa: BLE001  # a failed summary must not stop the reminders
        log.error("The summaries of %s were not written: %s", partnership.code, type(fault).__name__)
        if partnership.code not in result.failed_in:
            result.failed_in.append(partnership.code)
        return
    for each, _ in found.written:
        if each.choice.person_id in claimed:
            result.mails.append(Mail(each.choice.email, SUMMARY, partnership.code, ()))
    result.held_back.extend(SummaryHeldBack(each.choice.email, why, partnership.code) for each, why in found.held_back)


def _queued(
    database: Database,
    partnership: PartnershipRow,
    due: Sequence[DueSummary],
    as_of: datetime,
    *,
    letterhead: Letterhead,
    dry_run: bool,
) -> tuple[Found, set[int]]:
    if dry_run:
        with reading(database) as session:
            found = _find(session, partnership, due, local_day(as_of), letterhead)
        return found, {each.choice.person_id for each, _ in found.written}
    with unit_of_work(database, system("reminders"), StoppedClock(as_of)) as unit:
        found = _find(unit.session, partnership, due, unit.today, letterhead)
        return found, _write_down(unit, partnership, found, letterhead)


def _find(
    session: Session, partnership: PartnershipRow, due: Sequence[DueSummary], morning: date, letterhead: Letterhead
) -> Found:
    found, unavailable = Found(), read_unavailable(session, partnership.id, morning)
    for each in due:
        if (why := _hold_reason(each.choice, unavailable)) is not None:
            found.held_back.append((each, why))
            continue
        found.dealt_with.append(each.choice.id)
        written = _write(session, partnership, each.choice, morning, letterhead)
        if isinstance(written, str):
            found.held_back.append((each, written))
        else:
            found.written.append((each, written))
    return found


def _hold_reason(choice: SummaryChoice, unavailable: Unavailable) -> str | None:
    if choice.person_id in unavailable.unreachable:
        return COMES_BACK
    return AWAY if choice.person_id in unavailable.away else None


def _write(
    session: Session, partnership: PartnershipRow, choice: SummaryChoice, morning: date, letterhead: Letterhead
) -> Written | str:
    """Write it with the reader's own permissions, or return the reason why there is nothing to write."""
    reader = _reader(session, partnership, choice, morning)
    if reader is None:
        return NOT_THEIRS
    summary = chair_summary(session, reader, partnership_id=partnership.id, today=morning)
    changes = None
    if choice.last_on is not None:
        changes = changes_since(session, reader, partnership_id=partnership.id, since=choice.last_on, today=morning)
    if is_empty(summary, changes):
        return EMPTY
    is_chair = any(held.role in CHAIRS for held in reader.roles_held_in(partnership.id))
    anchors = anchor_lines(session, partnership.id, partnership.code, day=morning) if is_chair else ()
    return write_summary(
        partnership, reader.name, choice, summary, changes, letterhead=letterhead, morning=morning, anchors=anchors
    )


def _reader(session: Session, partnership: PartnershipRow, choice: SummaryChoice, morning: date) -> Actor | None:
    try:
        actor = actor_by_email(session, choice.email, today=morning)
    except NotFound:
        return None
    return actor if actor.may(Permission.SEE_SUMMARY, partnership.id) else None


def _write_down(unit: Unit, partnership: PartnershipRow, found: Found, letterhead: Letterhead) -> set[int]:
    """Queue the letters, mark the choices as dealt with, and return the people written to."""
    letters = []
    generation = generation_of(unit.session) if found.written else 0
    for each, written in found.written:
        letter_key = f"{partnership.code}|{each.choice.person_id}|{SUMMARY}|{each.on.isoformat()}"
        letters.append(
            {
                "letter_key": letter_key,
                "kind": SUMMARY,
                "partnership_id": partnership.id,
                "person_id": each.choice.person_id,
                "morning": unit.today,
                "subject": written.subject,
                "body": written.body,
                "html": written.html,
                "message_id": message_id(letterhead, letter_key, generation),
                "next_try_at": unit.now,
                "written_at": unit.now,
            }
        )
    claimed = claim_letters(unit.session, letters)
    dealt_with = sa.update(SummaryRhythm).where(SummaryRhythm.id.in_(found.dealt_with))
    unit.session.execute(dealt_with.values(last_on=unit.today), execution_options={"synchronize_session": False})
    return set(claimed)

"""In which words does the summary come by mail? Numbers, references, dates and agencies, and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from notifications.base.summary_rhythm import BEFORE_A_MEETING, WEEKDAYS, Rhythm, Wish
from notifications.letters.compose import Written
from notifications.letters.letterhead import Letterhead
from notifications.letters.printing import printed
from notifications.letters.wording import day, one_line, when
from notifications.rounds.snapshot import Place
from reviews.actions.action_groups import GROUPS, WAITING
from reviews.summary.chair_changes import Changes
from reviews.summary.queries import MOST_CLOCKS, NEAR, Summary

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

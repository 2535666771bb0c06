"""With which small words is a date, a heading, a typed text written in a mail?"""

from collections.abc import Iterable
from datetime import date

from notifications.clocks import ClockLine
from notifications.decided import NO_DATE, Line
from workflows.vocabulary import Role

BINDING, ASKED, OTHERS = "Clocks of law and national guidance", "Asked of your agency", "Other clocks"
NOUNS = {BINDING: "clock", ASKED: "request", OTHERS: "clock"}

NEWS_TITLES = {
    "assigned": "New to you",
    "returned": "Back with you: something is still wanted",
    "extended": "More time: the due date has moved",
    "submitted": "Waiting for your check: the owner says it is done",
    "refused": "No more time: the due date stays",
    "more-time": "Waiting for your answer: the owner asks for more time",
    NO_DATE: "Without a due date: please agree one",
}
ORDER = (BINDING, ASKED, OTHERS, "Overdue", "Due today", "Due soon", *NEWS_TITLES.values())


def day(on: date) -> str:
    return f"{on.day} {on:%B %Y}"


def when(due_on: date | None, today: date) -> str:
    """Say when it is due, and how far that is away."""
    if due_on is None:
        return "no due date yet"
    away = (due_on - today).days
    if away == 0:
        return f"due on {day(due_on)}, today"
    count = f"{abs(away)} day{'' if abs(away) == 1 else 's'}"
    return f"was due on {day(due_on)}, {count} ago" if away < 0 else f"due on {day(due_on)}, in {count}"


def one_line(text: str) -> str:
    """Keep what a person typed on the line that it belongs to."""
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(text.split())


def clock_words(clock: ClockLine, *, asked: bool, today: date) -> str:
    """Say what runs until when; to the lead of the agency that was asked, that it was."""
    if not asked:
        return f"{one_line(clock.title)}: {when(clock.due_on, today)}"
    around = one_line(clock.within or clock.reference)
    away = when(clock.due_on, today).rpartition(", ")[2]
    return f"Your agency was asked for information for {around} by {day(clock.due_on)}, {away}"


def counted(lines: list[Line]) -> str:
    """Count what a mail speaks of: `one clock and 3 actions`."""
    nouns = [noun(line) for line in lines]
    return _joined(
        f"{'one' if nouns.count(each) == 1 else nouns.count(each)} {_of(each, nouns)}" for each in _kinds(nouns)
    )


def nouns_of(lines: list[Line]) -> str:
    """Name what a mail speaks of: `clocks and actions`."""
    return _joined(f"{each}s" for each in _kinds([noun(line) for line in lines]))


def noun(line: Line) -> str:
    return NOUNS[clock_heading(line, line.matter)] if isinstance(line.matter, ClockLine) else "action"


def clock_heading(line: Line, clock: ClockLine) -> str:
    if line.role is Role.AGENCY_LEAD:
        return ASKED
    return BINDING if clock.is_binding else OTHERS


def heading(line: Line, morning: date) -> str:
    if isinstance(line.matter, ClockLine):
        return clock_heading(line, line.matter)
    if line.rung in NEWS_TITLES:
        return NEWS_TITLES[line.rung]
    if line.role is not Role.ACTION_OWNER:
        return f"For your attention as {line.role.in_sentence}"
    due_on = line.matter.due_on or date.max
    return "Overdue" if due_on < morning else "Due today" if due_on == morning else "Due soon"


def place_of(title: str) -> tuple[int, str]:
    """Give the place of a heading in the mail: clocks first, what one is told of others' actions last."""
    return (ORDER.index(title) if title in ORDER else len(ORDER), title)


def _kinds(nouns: list[str]) -> list[str]:
    return [each for each in ("clock", "request", "action") if each in nouns]


def _of(each: str, nouns: list[str]) -> str:
    return each if nouns.count(each) == 1 else f"{each}s"


def _joined(parts: Iterable[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last

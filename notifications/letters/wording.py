"""With which small words is a date, a heading, a typed text written in a mail?"""

from collections.abc import Iterable
from datetime import date

from notifications.letters.answers_told import Given
from notifications.letters.links import WORDS
from notifications.rounds.delivery_problems import Trouble, Why
from notifications.rounds.digests import NO_DATE, Line
from notifications.rounds.snapshot import IMPACT, ActionLine, ClockLine
from workflows.core.vocabulary import Role
from workflows.definitions.action import OPEN

BINDING, ASKED, OTHERS = "Clocks of law and national guidance", "Asked of your agency", "Other clocks"
NOUNS = {BINDING: "clock", ASKED: "request", OTHERS: "clock"}

NEWS_TITLES = {
    "assigned": "New to you",
    "parked": "Parked with you: its owner has left, please give it to somebody",
    "returned": "Back with you: something is still wanted",
    "extended": "More time: the due date has moved",
    "submitted": "Waiting for your check: the owner says it is done",
    "refused": "No more time: the due date stays",
    "more-time": "Waiting for your answer: the owner asks for more time",
    "not-mine": "Not theirs, says the owner: somebody else may have to own it",
    NO_DATE: "Without a due date: please agree one",
}
PART_TITLE, IMPACT_TITLE = "Your agency's part of an action", "Impact to be checked"
ANSWERED_HERE = (
    "The short answers below an action need no signing in: open the link, choose, and press the button. Until then "
    "nothing has happened. They were made for you: please do not pass them on."
)
YOURS = (
    "When one of yours is done, open it, say what shows that, and ask for it to be closed. If you need more time, ask "
    "for it before the day. If one should not be yours, please say so soon."
)
OTHERS_TO_DO = "Somebody else is to do {these}. Please answer what waits for your check, and help along what is late."
REQUESTED = (
    "What your agency answers is logged on the page above, also that it was not involved. If it needs more time, "
    "please say so."
)
RUNNING = (
    "A clock stops when the step that meets it is recorded; its date never moves by itself. Where it cannot be kept, "
    "please record why."
)
MANNER = (
    "Followthrough sends one mail on a working morning when there is something to say, and puts no details of any case "
    "into it."
)
ORDER = (
    BINDING,
    ASKED,
    OTHERS,
    "Overdue",
    "Due today",
    "Due soon",
    PART_TITLE,
    *NEWS_TITLES.values(),
    IMPACT_TITLE,
)


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


def action_words(action: ActionLine, today: date) -> str:
    """Say when an action is due, or its check; to the lead of an agency that has a part in it, when that is."""
    if action.aspect == IMPACT:
        return f"is anything different for children? Asked, and {when(action.due_on, today)}"
    due = when(action.due_on, today)
    return f"Your agency's part of {one_line(action.reference)}: {due}" if action.aspect else due


def task_words(task: Trouble) -> str:
    """Say what is wrong since when, and how many open actions wait for it."""
    waiting = f"{task.open_actions or 'no'} open action{'' if task.open_actions == 1 else 's'}"
    if task.why is Why.LEFT:
        return f"has left, {day(task.since)}, and still owns {waiting}"
    return f"mail to {task.email} comes back since {day(task.since)}; owner of {waiting}"


def counted(lines: list[Line], *, tasks: int = 0) -> str:
    """Count what a mail speaks of: `one clock and 3 actions`."""
    nouns = [*(noun(line) for line in lines), *["task"] * tasks]
    return _joined(
        f"{'one' if nouns.count(each) == 1 else nouns.count(each)} {_of(each, nouns)}" for each in _kinds(nouns)
    )


def nouns_of(lines: list[Line], *, tasks: int = 0) -> str:
    """Name what a mail speaks of: `clocks and actions`."""
    return _joined(f"{each}s" for each in _kinds([*(noun(line) for line in lines), *["task"] * tasks]))


def closings(lines: list[Line]) -> list[str]:
    """Say what is to be done with what a mail speaks of, in paragraphs."""
    nouns = {noun(line) for line in lines}
    said = []
    if any(line.role is Role.ACTION_OWNER for line in lines):
        said.append(YOURS)
        said += [ANSWERED_HERE] if any(map(may_answer, lines)) else []
    elif "action" in nouns:
        said.append(OTHERS_TO_DO.format(these="the actions" if len(nouns) > 1 else "these"))
    said += [REQUESTED] if "request" in nouns else []
    return said + ([RUNNING] if "clock" in nouns else [])


def may_answer(line: Line) -> bool:
    """Whether a line offers links: to who owns the action or stands in for them, of the whole of an open action."""
    if isinstance(line.matter, ClockLine) or line.role is not Role.ACTION_OWNER:
        return False
    return not line.matter.aspect and line.matter.stage in OPEN


def given_words(given: Given) -> str:
    """Say what was answered by a link, when, and how long it can be taken back."""
    said = f"{WORDS[given.answer]}, on {day(given.on)}"
    return said if given.may_undo else f"{said}, and taken back since" if given.is_undone else said


def noun(line: Line) -> str:
    return NOUNS[clock_heading(line, line.matter)] if isinstance(line.matter, ClockLine) else "action"


def clock_heading(line: Line, clock: ClockLine) -> str:
    if line.role is Role.AGENCY_LEAD:
        return ASKED
    return BINDING if clock.is_binding else OTHERS


def heading(line: Line, morning: date) -> str:
    if isinstance(line.matter, ClockLine):
        return clock_heading(line, line.matter)
    if line.matter.aspect:
        return IMPACT_TITLE if line.matter.aspect == IMPACT else PART_TITLE
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
    return [each for each in ("clock", "request", "action", "task") if each in nouns]


def _of(each: str, nouns: list[str]) -> str:
    return each if nouns.count(each) == 1 else f"{each}s"


def _joined(parts: Iterable[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last

"""The headings and sentences of a mail."""

from collections.abc import Iterable
from datetime import date

from notifications.letters.links import WORDS
from notifications.letters.previous_answers import PreviousAnswer
from notifications.rounds.delivery_problems import DeliveryProblem, ProblemCause
from notifications.rounds.digests import NO_DATE, Line
from notifications.rounds.escalation import ARRIVAL_WORDS
from notifications.rounds.snapshot import ACCEPTANCE, IMPACT, PART, ActionLine, ClockLine
from workflows.core.days import KnownDay, due_in_words, last_day
from workflows.core.ladders import name_words
from workflows.core.vocabulary import Role
from workflows.definitions.action import OPEN

FIRST_OF_ALL = "First of all"
BINDING, ASKED, OTHERS = "Clocks of law and national guidance", "Requests to your agency", "Other clocks"
NOUNS = {BINDING: "clock", ASKED: "request", OTHERS: "clock"}

NEWS_TITLES = {
    **{name: words.capitalize() for name, words in ARRIVAL_WORDS.items()},
    "assigned": "New to you",
    "parked": "Parked with you: the owner has left. Please give it a new owner",
    "returned": "Returned to you: more is needed before it can be closed",
    "extended": "More time granted: the due date has changed",
    "submitted": "To be accepted or returned: the owner says it is done",
    "refused": "More time refused: the due date stays the same",
    "time-taken-back": "More time taken back: the earlier due date holds again",
    "more-time": "For you to decide: the owner asks for more time",
    "not-mine": "The owner says it is not theirs: it may need another owner",
    "owner-excluded": "The owner may no longer work on this case: please give the action another owner",
    NO_DATE: "No due date: please agree one",
}
NEWS_LABELS = {
    **ARRIVAL_WORDS,
    "assigned": "new to them",
    "parked": "parked with them",
    "returned": "returned to them",
    "extended": "more time granted",
    "submitted": "for them to accept or return",
    "refused": "more time refused",
    "time-taken-back": "more time taken back",
    "more-time": "more time requested",
    "not-mine": "the owner says it is not theirs",
    "owner-excluded": "the owner may no longer work on the case",
    NO_DATE: "no due date",
}
"""The same news in the ledger, which is about somebody else's mail."""
WAITING_FOR_ANSWER = frozenset({"submitted", "more-time", "not-mine", "owner-excluded", "returned", "parked"})
ASPECT_LABELS = {PART: "their agency's part", IMPACT: "impact check", ACCEPTANCE: "still to be accepted or returned"}
PART_TITLE, IMPACT_TITLE = "Your agency's part of an action", "Impact to be checked"
ACCEPTANCE_TITLE = "Still to be accepted or returned"
ASPECT_TITLES = {IMPACT: IMPACT_TITLE, ACCEPTANCE: ACCEPTANCE_TITLE}
ANSWERED_HERE = (
    "You can give a short answer without signing in: open the link below an action, choose an answer and press the "
    "button. Nothing is recorded until you press it. The links are for you only: please do not pass them on."
)
YOURS = (
    "When you have done an action, open it, record what shows that, and ask for it to be closed. If you need more "
    "time, ask for it, also after the due date. If an action should not be yours, please say so soon."
)
OTHERS_TO_DO = "Somebody else owns {these}. Please decide what is waiting for you, and help with what is late."
REQUESTED = (
    "Your agency's answer is recorded on the page above, even if it was not involved. If your agency needs more time, "
    "please say so."
)
RUNNING = (
    "A clock stops when the step that meets it is recorded. Its due date never moves by itself. If it cannot be met, "
    "please record why."
)
MANNER = (
    "Followthrough sends one mail on a working morning, if there is something to tell you. It never puts details of a "
    "case into a mail."
)
ORDER = (
    BINDING,
    ASKED,
    OTHERS,
    "Overdue",
    *(NEWS_TITLES[name] for name in ARRIVAL_WORDS),
    "Due today",
    "Due soon",
    PART_TITLE,
    *NEWS_TITLES.values(),
    ACCEPTANCE_TITLE,
    IMPACT_TITLE,
)


def day(on: date) -> str:
    return f"{on.day} {on:%B %Y}"


def when(due: KnownDay, today: date, late: str = "") -> str:
    """Say when it is due, and how many days that is away; `late` says how late it is where that is not in days."""
    last = last_day(due)
    if due is None or last is None:
        return "no due date yet"
    words, away = due_in_words(due), (last - today).days
    if away == 0:
        return f"due {words}, today"
    count = f"{abs(away)} day{'' if abs(away) == 1 else 's'}"
    return f"was due {words}, {late or f'{count} late'}" if away < 0 else f"due {words}, in {count}"


def one_line(text: str) -> str:
    """Put a text that somebody typed on one line, without control characters."""
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(text.split())


def clock_words(clock: ClockLine, *, asked: bool, today: date) -> str:
    """Say what runs until when; to the lead of an agency that was asked for information (`asked`), say that."""
    late = clock.lateness.in_words
    due = when(clock.due_on, today, late)
    if not asked:
        waits = clock.timed_step and clock.due_on >= today
        by_itself = f". If nobody acts by then, this is recorded by itself: {clock.timed_step}" if waits else ""
        return f"{one_line(clock.title)}: {due}{by_itself}"
    parent_case = one_line(clock.within or clock.reference)
    away = f"now {late}" if late else due.rpartition(", ")[2]
    return f"Your agency was asked to send information for {parent_case} by {day(clock.due_on)}, {away}"


def action_words(action: ActionLine, today: date) -> str:
    """Say when an action, its impact check or an agency's part of it is due, or how long it waits to be accepted."""
    if action.aspect == IMPACT:
        due = when(action.due, today)
        return f"Is anything different for children? {due[0].upper()}{due[1:]}"
    if action.aspect == ACCEPTANCE and action.due_on is not None:
        return f"submitted on {day(action.due_on)}, and waits for your decision: {(today - action.due_on).days} days"
    due = when(action.due, today)
    if action.aspect:
        return f"Your agency's part of {one_line(action.reference)}: {due}"
    is_late = action.due_on is not None and action.due_on < today
    return f"{due}; now expected on {day(action.expected_on)}" if is_late and action.expected_on else due


def task_words(task: DeliveryProblem) -> str:
    """Say what the problem is, since when, and how many open actions it affects."""
    waiting = f"{task.open_actions or 'no'} open action{'' if task.open_actions == 1 else 's'}"
    if task.why is ProblemCause.LEFT:
        return f"left on {day(task.since)}: {waiting} need{'s' if task.open_actions == 1 else ''} a new owner"
    if task.why is ProblemCause.UNCLEAR:
        return f"a report of {day(task.since)} about a mail to {task.email} could not be understood; owns {waiting}"
    return f"mail to {task.email} has come back since {day(task.since)}; owns {waiting}"


def counted(lines: list[Line], *, tasks: int = 0) -> str:
    """Count the lines of a mail by what they are about: `one clock and 3 actions`."""
    nouns = [*(noun(line) for line in lines), *["task"] * tasks]
    return _joined(
        f"{'one' if nouns.count(each) == 1 else nouns.count(each)} {_of(each, nouns)}" for each in _kinds(nouns)
    )


def nouns_of(lines: list[Line], *, tasks: int = 0) -> str:
    """Name what the lines of a mail are about: `clocks and actions`."""
    return _joined(f"{each}s" for each in _kinds([*(noun(line) for line in lines), *["task"] * tasks]))


def closings(lines: list[Line]) -> list[str]:
    """Return the closing paragraphs of a mail, which say what to do about its lines."""
    nouns = {noun(line) for line in lines}
    paragraphs = []
    if any(line.role is Role.ACTION_OWNER for line in lines):
        paragraphs.append(YOURS)
        if any(map(may_answer, lines)):
            paragraphs.append(ANSWERED_HERE)
    elif "action" in nouns:
        paragraphs.append(OTHERS_TO_DO.format(these="the actions" if len(nouns) > 1 else "these"))
    if "request" in nouns:
        paragraphs.append(REQUESTED)
    if "clock" in nouns:
        paragraphs.append(RUNNING)
    return paragraphs


def may_answer(line: Line) -> bool:
    """Whether a line offers answer links: only for the whole of an open action, to its owner or who stands in."""
    if isinstance(line.subject, ClockLine) or line.role is not Role.ACTION_OWNER:
        return False
    return not line.subject.aspect and line.subject.stage in OPEN


def previous_answer_words(answer: PreviousAnswer) -> str:
    """Say what was answered by a link and when, and whether it was undone."""
    words = f"{WORDS[answer.answer]}, on {day(answer.on)}"
    return f"{words}, and undone since" if answer.is_undone else words


def noun(line: Line) -> str:
    return NOUNS[clock_heading(line, line.subject)] if isinstance(line.subject, ClockLine) else "action"


def clock_heading(line: Line, clock: ClockLine) -> str:
    if line.role is Role.AGENCY_LEAD:
        return ASKED
    return BINDING if clock.is_binding else OTHERS


def heading(line: Line, morning: date) -> str:
    if line.rung in NEWS_TITLES:
        return NEWS_TITLES[line.rung]
    if isinstance(line.subject, ClockLine):
        return clock_heading(line, line.subject)
    if line.subject.aspect:
        return ASPECT_TITLES.get(line.subject.aspect, PART_TITLE)
    if line.role is not Role.ACTION_OWNER:
        return f"For your attention as {line.role.in_sentence}"
    due_on = line.subject.due_on or date.max
    return "Overdue" if due_on < morning else "Due today" if due_on == morning else "Due soon"


def heading_order(title: str) -> tuple[int, str]:
    """Return the sort key of a heading in the mail: clocks first, other people's actions last."""
    return (ORDER.index(title) if title in ORDER else len(ORDER), title)


def urgency(line: Line, today: date) -> int:
    """Return how soon a line wants to be read: the smaller, the sooner.

    What is late comes before what is due today, law and national guidance before local custom, one's own before what
    others own; then what waits for this person's answer.
    """
    subject = line.subject
    due_on = subject.due_on or date.max
    is_theirs = line.role is Role.ACTION_OWNER or (line.of_clock and line.role is Role.AGENCY_LEAD)
    if isinstance(subject, ClockLine) and subject.is_binding and due_on < today:
        return 0
    if is_theirs and due_on < today:
        return 1
    if due_on == today and (is_theirs or line.of_clock):
        return 2
    waits_for_acceptance = isinstance(subject, ActionLine) and subject.aspect == ACCEPTANCE
    if line.rung in WAITING_FOR_ANSWER or waits_for_acceptance:
        return 3
    return 4 if due_on <= today else 5


def rung_label(name: str) -> str:
    """Say in the ledger why a line was sent: `due+14` is `14 days after`, `part due` the same of an agency's part.

    Raises LookupError for a name that neither a ladder nor the news has.
    """
    aspect, _, rung = name.rpartition(" ")
    label = NEWS_LABELS.get(rung) or name_words(rung).removesuffix(" the date")
    if not label:
        raise LookupError(rung)
    return f"{ASPECT_LABELS[aspect]}: {label}" if aspect else label


def _kinds(nouns: list[str]) -> list[str]:
    return [each for each in ("clock", "request", "action", "task") if each in nouns]


def _of(each: str, nouns: list[str]) -> str:
    return each if nouns.count(each) == 1 else f"{each}s"


def _joined(parts: Iterable[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last

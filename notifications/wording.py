"""With which small words is a date, a heading, a typed text written in a mail?"""

from datetime import date

from notifications.decisions import NO_DATE, Line
from workflows.vocabulary import Role

NEWS_TITLES = {
    "assigned": "New to you",
    "returned": "Back with you: something is still wanted",
    "extended": "More time: the due date has moved",
    "submitted": "Waiting for your check: the owner says it is done",
    "more-time": "Waiting for your answer: the owner asks for more time",
    NO_DATE: "Without a due date: please agree one",
}
ORDER = ("Overdue", "Due today", "Due soon", *NEWS_TITLES.values())


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


def heading(line: Line, morning: date) -> str:
    if line.rung in NEWS_TITLES:
        return NEWS_TITLES[line.rung]
    if line.role is not Role.ACTION_OWNER:
        return f"For your attention as {line.role.in_sentence}"
    due_on = line.action.due_on or date.max
    return "Overdue" if due_on < morning else "Due today" if due_on == morning else "Due soon"


def place_of(title: str) -> tuple[int, str]:
    """Give the place of a heading in the mail: one's own actions first, what one is told for a role last."""
    return (ORDER.index(title) if title in ORDER else len(ORDER), title)

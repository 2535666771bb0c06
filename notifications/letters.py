"""In which words is a person told?"""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit
from uuid import NAMESPACE_URL, uuid5

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from notifications.decisions import NO_DATE, Line
from notifications.standing import ActionLine, Recipient, Standing
from workflows.vocabulary import Realm, Role

# plain text: escaping for HTML would put &amp; into people's names
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=False,  # noqa: S701  # no HTML is made here
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
PLAIN_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/()-]{0,118}")
NEWS_TITLES = {
    "assigned": "New to you",
    "returned": "Back with you: something is still wanted",
    "extended": "More time: the due date has moved",
    "submitted": "Waiting for your check: the owner says it is done",
    NO_DATE: "Without a due date: please agree one",
}
ORDER = ("Overdue", "Due soon", *NEWS_TITLES.values())


@dataclass(frozen=True, slots=True)
class Sender:
    """Where links lead, and which morning it is."""

    base_url: str
    morning: date


@dataclass(frozen=True, slots=True)
class Written:
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Entry:
    reference: str
    standing: str
    title: str
    link: str


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    entries: list[Entry]


def write_letter(standing: Standing, sender: Sender, to: Recipient, lines: list[Line]) -> Written:
    """Write one person's mail. Of an action it has the reference, the date and a link; the title where it is safe."""
    contact = standing.recipients.get(_contact(standing, lines) or 0)
    text = TEMPLATES.get_template("morning.txt").render(
        subject=subject_of(lines, sender.morning),
        name=one_line(to.name),
        opening=_opening(standing, lines),
        sections=_sections(standing, sender, lines),
        is_owner=any(line.role is Role.ACTION_OWNER for line in lines),
        mine=_link(sender, "/actions/mine", standing.place.code),
        partnership=one_line(standing.place.name),
        contact=None if contact == to else contact,
    )
    head, _, body = text.partition("\n\n")
    return Written(head.removeprefix("Subject: "), body)


def subject_of(lines: list[Line], morning: date) -> str:
    """Give a fixed sentence with reference and date; a reference of unusual characters stays out of the header."""
    action = lines[0].action
    if len(lines) > 1 or not PLAIN_REFERENCE.fullmatch(action.reference):
        return f"Your actions: {len(lines)} to look at, {day(morning)}"
    if action.due_on is None:
        return f"Action {action.reference}: to look at, {day(morning)}"
    return f"Action {action.reference}: due on {day(action.due_on)}"


def message_id(base_url: str, once: str) -> str:
    """Give the same Message-ID for the same letter, however often it is handed over."""
    host = urlsplit(base_url).hostname or "localhost"
    return f"<{uuid5(NAMESPACE_URL, f'{base_url}|{once}')}@{'localhost' if ':' in host else host}>"


def day(on: date) -> str:
    return f"{on.day} {on:%B %Y}"


def one_line(text: str) -> str:
    """Keep what a person typed on the line that it belongs to."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _opening(standing: Standing, lines: list[Line]) -> str:
    what = "one action" if len(lines) == 1 else f"{len(lines)} actions"
    return f"Please look at {what} of {one_line(standing.place.name)} today."


def _contact(standing: Standing, lines: list[Line]) -> int | None:
    """Name the person who may know about these actions: for child death review that is not the business manager."""
    in_deaths = any(line.action.realm is Realm.CHILD_DEATHS for line in lines)
    return standing.people.first(Role.CDOP_MANAGER if in_deaths else Role.BUSINESS_MANAGER)


def _sections(standing: Standing, sender: Sender, lines: list[Line]) -> list[Section]:
    by_title: dict[str, list[Entry]] = {}
    for line in sorted(lines, key=_oldest_first):
        title = _title(line, sender.morning)
        by_title.setdefault(title, []).append(_entry(standing, sender, line.action))
    return [Section(title, by_title[title]) for title in sorted(by_title, key=_place)]


def _oldest_first(line: Line) -> tuple[date, str]:
    return line.action.due_on or date.max, line.action.reference


def _place(title: str) -> tuple[int, str]:
    return (ORDER.index(title) if title in ORDER else len(ORDER), title)


def _title(line: Line, morning: date) -> str:
    if line.rung in NEWS_TITLES:
        return NEWS_TITLES[line.rung]
    if line.role is not Role.ACTION_OWNER:
        return f"For your attention as {_mid_sentence(line.role.words)}"
    return "Overdue" if line.action.due_on is not None and line.action.due_on < morning else "Due soon"


def _mid_sentence(words: str) -> str:
    return words if words[:2].isupper() else words[:1].lower() + words[1:]


def _entry(standing: Standing, sender: Sender, action: ActionLine) -> Entry:
    link = _link(sender, f"/actions/{quote(action.address)}", standing.place.code)
    return Entry(one_line(action.reference), _when(action.due_on, sender.morning), one_line(action.title), link)


def _link(sender: Sender, path: str, code: str) -> str:
    return f"{sender.base_url.rstrip('/')}{path}?{urlencode({'partnership': code})}"


def _when(due_on: date | None, today: date) -> str:
    if due_on is None:
        return "no due date yet"
    away = (due_on - today).days
    if away == 0:
        return f"due today, {day(due_on)}"
    count = f"{abs(away)} day{'' if abs(away) == 1 else 's'}"
    return f"was due on {day(due_on)}, {count} ago" if away < 0 else f"due on {day(due_on)}, in {count}"

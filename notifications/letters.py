"""In which words is a person told?"""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit
from uuid import NAMESPACE_URL, uuid5

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from notifications.clocks import ClockLine
from notifications.decided import Line
from notifications.standing import ActionLine, Recipient, Standing
from notifications.wording import clock_words, counted, day, heading, noun, nouns_of, one_line, place_of, when
from workflows.vocabulary import Realm, Role

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=False,  # noqa: S701  # plain text: escaping for HTML would put &amp; into people's names
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
PLAIN_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/()-]{0,118}")


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


class Writer:
    """Writes one partnership's letters of one morning. What a mail says of an action is worked out once for all."""

    def __init__(self, standing: Standing, base_url: str, morning: date) -> None:
        self._standing = standing
        self._morning = morning
        self._base = base_url.rstrip("/")
        self._query = urlencode({"partnership": standing.place.code})
        self._entries: dict[int, Entry] = {}

    def write(self, to: Recipient, lines: list[Line]) -> Written:
        """Write to one person. Of an action or clock a mail has reference, date and link; a title where it is safe."""
        nouns = {noun(line) for line in lines}
        text = TEMPLATES.get_template("morning.txt").render(
            subject=subject_of(lines, self._morning),
            name=one_line(to.name),
            opening=self._opening(lines),
            sections=self._sections(lines),
            is_owner=any(line.role is Role.ACTION_OWNER for line in lines),
            nouns=nouns,
            mine=self._link("/actions/mine"),
            cases=self._link("/cases"),
            contact=self._contact(to, lines),
        )
        head, _, body = text.partition("\n\n")
        return Written(head.removeprefix("Subject: "), body)

    def _opening(self, lines: list[Line]) -> str:
        return f"Please look at {counted(lines)} of {one_line(self._standing.place.name)} today."

    def _contact(self, to: Recipient, lines: list[Line]) -> str:
        """Name who may know about these matters: for child death review that is not the business manager."""
        in_deaths = any(line.matter.realm is Realm.CHILD_DEATHS for line in lines)
        person_id = self._standing.people.first(Role.CDOP_MANAGER if in_deaths else Role.BUSINESS_MANAGER)
        if person_id is None or person_id == to.id:
            return ""
        contact = self._standing.recipients[person_id]
        return f"{one_line(contact.name)}: {contact.email}"

    def _sections(self, lines: list[Line]) -> list[Section]:
        by_title: dict[str, list[Entry]] = {}
        for line in sorted(lines, key=_oldest_first):
            by_title.setdefault(heading(line, self._morning), []).append(self._entry(line))
        return [Section(title, by_title[title]) for title in sorted(by_title, key=place_of)]

    def _entry(self, line: Line) -> Entry:
        if isinstance(line.matter, ClockLine):
            return self._of_clock(line.matter, asked=line.role is Role.AGENCY_LEAD)
        return self._of_action(line.matter)

    def _of_clock(self, clock: ClockLine, *, asked: bool) -> Entry:
        page = f"/cases/{quote(clock.reference, safe='')}"
        return Entry(
            one_line(clock.reference),
            clock_words(clock, asked=asked, today=self._morning),
            "",
            self._link(page if clock.agency_id is not None else f"{page}/clocks"),
        )

    def _of_action(self, action: ActionLine) -> Entry:
        if action.id not in self._entries:
            self._entries[action.id] = Entry(
                one_line(action.reference),
                when(action.due_on, self._morning),
                one_line(action.title),
                self._link(f"/actions/{quote(action.address)}"),
            )
        return self._entries[action.id]

    def _link(self, path: str) -> str:
        return f"{self._base}{path}?{self._query}"


def subject_of(lines: list[Line], morning: date) -> str:
    """Give a fixed sentence with reference and date; a reference of unusual characters stays out of the header."""
    matter = lines[0].matter
    if len(lines) > 1 or not PLAIN_REFERENCE.fullmatch(matter.reference):
        return f"Your {nouns_of(lines)}: {len(lines)} to look at, {day(morning)}"
    kind = "Case" if lines[0].of_clock else "Action"
    if matter.due_on is None:
        return f"{kind} {matter.reference}: to look at, {day(morning)}"
    return f"{kind} {matter.reference}: due on {day(matter.due_on)}"


def message_id(base_url: str, once: str) -> str:
    """Give the same Message-ID for the same letter, however often it is handed over."""
    host = urlsplit(base_url).hostname or "localhost"
    return f"<{uuid5(NAMESPACE_URL, f'{base_url}|{once}')}@{'localhost' if ':' in host else host}>"


def _oldest_first(line: Line) -> tuple[date, str]:
    return line.matter.due_on or date.max, line.matter.reference
